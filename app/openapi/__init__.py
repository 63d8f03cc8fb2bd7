"""The OpenAPI document: what FastAPI derives from the code, completed with what clients and generators need."""

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

from fastapi import FastAPI
from sqlalchemy import func, select

from app.database import Database
from app.http.preconditions import MAX_CONDITION_BYTES
from app.pages import problem_example
from app.problems import (
    INVALID_REQUEST,
    KINDS,
    METHOD_NOT_ALLOWED,
    NOT_ACCEPTABLE,
    NOT_FOUND,
    PRECONDITION_FAILED,
    UNAVAILABLE,
    Kind,
    Problem,
    ProblemError,
)
from app.reading import MAX_LINK_BYTES
from app.registry import RESOURCES, TABLES
from app.routers.service import INDEX
from app.tables import table_of

Object = dict[str, Any]

TITLE: Final = "Kratom and chronic back pain"
VERSION: Final = "1.0.0"
DESCRIPTION: Final = """A read-only JSON API about kratom and chronic back pain. It serves what one published article says, \
each statement beside the evidence for or against it, with its sources, its date and its cautions. It is information, \
not medical or legal advice, and it recommends no amount of anything.

Lists hold up to 100 records and link to their neighbours; a list and a single record give the same whole object. \
Filters take several values with commas between them, or the parameter repeated; a query may have 4,096 bytes. Unknown \
parameters, and any other that is repeated, are refused. Errors are problem details (RFC 9457). Responses have an `ETag`; send it back in `If-None-Match` and get a short \
304 while nothing changed.

Within v1, objects may gain fields and, where `x-may-grow` is true, enums may gain values: let a client ignore a field and \
keep a value that it does not know.

The content is under CC BY 4.0, the program under the MIT License."""

TAGS: Final = {
    **{resource.collection: resource.description for resource in RESOURCES},
    "service": "The index and what the data set is.",
    "health": "How the service is.",
}

_TEXT: Final = {"type": "string", "maxLength": MAX_LINK_BYTES}
HEADERS: Final = {
    "X-Request-ID": "Identifier of the request: the client's own when it sent a plain one.",
    "Content-Language": "Language of the content.",
    "Access-Control-Allow-Origin": "Pages of any origin may read the response.",
    "Access-Control-Expose-Headers": "Response headers that scripts may read.",
    "Content-Security-Policy": "What a browser may load when the response is opened as a page.",
    "Cross-Origin-Resource-Policy": "Pages of any origin may load the response.",
    "Referrer-Policy": "How much of this address a browser sends when a link is followed.",
    "X-Content-Type-Options": "The browser must not guess another media type.",
    "Strict-Transport-Security": "Clients must use TLS only; sent when the service is reached over TLS.",
    "Content-Encoding": "Coding of the body, when `Accept-Encoding` allows one and the body is large enough.",
    "Cache-Control": "How long the response may be cached.",
    "ETag": "Strong validator of this representation.",
    "Last-Modified": "Day of the release.",
    "Vary": "Request headers that the response depends on.",
    "Link": f"The links of the body, as RFC 8288 writes them; left out when longer than {MAX_LINK_BYTES} bytes.",
    "Allow": "The allowed methods.",
    "Retry-After": "Seconds to wait before trying again.",
}
ON_ALL: Final = (
    "X-Request-ID",
    "Content-Language",
    "Access-Control-Allow-Origin",
    "Access-Control-Expose-Headers",
    "Cache-Control",
    "Content-Security-Policy",
    "Cross-Origin-Resource-Policy",
    "Referrer-Policy",
    "X-Content-Type-Options",
    "Strict-Transport-Security",
)
ON_CACHEABLE: Final = ("ETag", "Last-Modified", "Content-Encoding")
OF_THE_BODY: Final = frozenset({"Content-Language", "Content-Encoding"})
ON_PROBLEM: Final = {
    METHOD_NOT_ALLOWED: ("Allow",),
    NOT_ACCEPTABLE: ("Vary",),
    PRECONDITION_FAILED: ("Vary",),
    UNAVAILABLE: ("Retry-After",),
}
SETTLED: Final = frozenset({"Confidence", "SafetyFlag", "Support", "SymptomKind", "Verdict"})
"""The enums that are complete; any other may get new values."""
GROWING: Final = " Values may be added: keep one that is not listed here, and show it as it is."
GROWING_SORT: Final = " Values may be added; a client sends them and never receives one."
WHOLE: Final = " No value will be added."
CONDITIONS: Final = {
    "If-None-Match": ("Entity tags of cached responses; when one is current, the response is a 304 without a body."),
    "If-Modified-Since": "Date of the cached response; ignored when `If-None-Match` is sent.",
}
"""The conditional headers that are useful for reading. The 412 response documents `If-Match` and `If-Unmodified-Since`."""


def describe(app: FastAPI) -> None:
    """Make the application return the completed document."""
    app.title, app.version, app.description = TITLE, VERSION, DESCRIPTION
    derive = app.openapi

    def openapi() -> Object:
        if app.openapi_schema is None:
            app.openapi_schema = _completed(derive(), app.state.database)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # the way FastAPI documents for extending it


def _completed(document: Object, database: Database) -> Object:
    document = _plain(document)
    document["openapi"] = "3.1.0"
    document["info"] |= {
        "summary": "Typed, cited, dated, safety-first content.",
        "license": {"name": "MIT", "identifier": "MIT"},
        "contact": {"name": "Maintainers"},
    }
    document["servers"] = [{"url": "/", "description": "This server."}]
    document["security"] = []
    document["tags"] = [{"name": name, "description": text} for name, text in TAGS.items()]
    schemas = document["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for model in (Problem, ProblemError):
        schemas[model.__name__] = _plain(
            model.model_json_schema(mode="serialization", ref_template="#/components/schemas/{model}")
        )
        schemas[model.__name__].pop("$defs", None)
    examples = dict(_examples(database))
    for path, operation in _operations(document):
        _complete(path, operation, examples)
        schemas |= _named_sort(operation)
    for name, schema in schemas.items():
        schema.pop("additionalProperties", None)  # requests are validated; responses may gain fields
        if "enum" in schema:
            schema["x-may-grow"] = name not in SETTLED
            growing = GROWING_SORT if name.endswith("Sort") else GROWING
            schema["description"] += WHOLE if name in SETTLED else growing
    document["components"]["schemas"] = dict(sorted(schemas.items()))
    document["components"] |= {
        "headers": {name: {"description": text, "schema": _TEXT} for name, text in HEADERS.items()},
        "parameters": {
            name: {
                "name": name,
                "in": "header",
                "required": False,
                "description": text,
                "schema": {"type": "string", "maxLength": MAX_CONDITION_BYTES},
            }
            for name, text in CONDITIONS.items()
        },
        "responses": {_name(kind): _problem(kind) for kind in KINDS},
    }
    return _ordered(document)


def _operations(document: Object) -> Iterator[tuple[str, Object]]:
    for path, item in document["paths"].items():
        yield path, item["get"]


def _complete(path: str, operation: Object, examples: dict[str, Object]) -> None:
    cacheable = not path.startswith("/health")
    for parameter in operation.get("parameters", []):
        schema = parameter["schema"]
        schema.pop("description", None)
        if schema.get("type") == "array":
            parameter |= {"style": "form", "explode": False}
            schema["minItems"] = 1
            del schema["default"]  # an empty list stands for a parameter that is not sent
        if schema.get("type") == ["boolean", "null"]:
            schema["type"] = "boolean"
        if parameter["in"] == "path" and path in examples:
            parameter["example"] = examples[path]["data"]["slug"]
    if cacheable:
        operation.setdefault("parameters", [])
        operation["parameters"] += [{"$ref": f"#/components/parameters/{name}"} for name in CONDITIONS]
    responses = operation["responses"]
    headers = _headers(
        ON_ALL + (("Vary", *ON_CACHEABLE) if cacheable else ()) + (("Link",) if path.startswith("/v1") else ())
    )
    responses["200"] |= {"description": _success(path), "headers": headers}
    if path in examples:
        responses["200"]["content"]["application/json"]["example"] = examples[path]
    still = {name: header for name, header in headers.items() if name not in OF_THE_BODY}
    responses["304"] = {"description": "The cached response of the client is current.", "headers": still}
    for kind in KINDS:
        # Probes may send any query and any Accept.
        impossible = (NOT_FOUND,) if cacheable else (NOT_FOUND, NOT_ACCEPTABLE, INVALID_REQUEST)
        if kind not in impossible or "{slug}" in path:
            responses[str(kind.status)] = {"$ref": f"#/components/responses/{_name(kind)}"}
    operation["responses"] = dict(sorted(responses.items()))


def _success(path: str) -> str:
    if path.startswith("/health"):
        return "The service is well."
    if path.endswith("{slug}"):
        return "Returns the record."
    name = path.removeprefix("/v1/")
    return "Returns a page of records." if name in TABLES else "Returns the document."


def _named_sort(operation: Object) -> Object:
    """Move the sorts of a list to a schema of their own, for generators to name them by."""
    for parameter in operation.get("parameters", []):
        if parameter.get("name") == "sort":
            page = operation["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
            name = page.rpartition("/")[2].removesuffix("Page") + "Sort"
            sort = parameter["schema"]
            parameter["schema"] = {"$ref": f"#/components/schemas/{name}", "default": sort.pop("default")}
            return {name: {"description": "What a list can be ordered by; a leading `-` reverses it."} | sort}
    return {}


def _problem(kind: Kind) -> Object:
    return {
        "description": f"{kind.title}. {kind.explanation}",
        "headers": _headers((*ON_ALL, *ON_PROBLEM.get(kind, ()))),
        "content": {
            "application/problem+json": {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "example": problem_example(kind)[1],
            }
        },
    }


def _name(kind: Kind) -> str:
    return "".join(word.capitalize() for word in kind.slug.split("-"))


def _headers(names: Sequence[str]) -> Object:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _examples(database: Database) -> Iterator[tuple[str, Object]]:
    """Real responses: the shortest record of each resource, alone and as a page of one, lists cut to two entries."""
    version = {"dataset_version": database.dataset_version}
    for name, table in TABLES.items():
        columns = table_of(table).columns
        shortest = select(columns.document).order_by(func.length(columns.document), columns.slug)
        found = database.driver.execute(str(shortest)).fetchone()
        if found is None:
            continue  # an empty collection has no example
        record = _cut(json.loads(found[0]))
        path = f"/v1/{name}"
        meta = {"total": 1, "limit": 20, "offset": 0, **version, "coverage": database.coverage[name]}
        address = f"{path}?slug={record['slug']}"
        links = {"self": address, "first": address, "prev": None, "next": None, "last": address}
        yield path, {"data": [record], "meta": meta, "links": links}
        yield (
            path + "/{slug}",
            {"data": record, "meta": version, "links": {"self": f"{path}/{record['slug']}", "collection": path}},
        )
    yield (
        "/v1/meta",
        {
            "data": _cut(json.loads(database.release_document)),
            "meta": version,
            "links": {"self": "/v1/meta", "collection": "/v1"},
        },
    )
    yield "/v1", {"data": json.loads(INDEX), "meta": version, "links": {"self": "/v1", "collection": "/v1"}}
    yield "/health/live", {"status": "ok"}
    yield "/health/ready", {"status": "ok"}


def _cut(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _cut(item) for key, item in value.items()}
    return [_cut(item) for item in value[:2]] if isinstance(value, list) else value


def _plain(value: Any) -> Any:
    """Without the titles Pydantic makes up, and with `type: [x, null]` for what it writes as a union with null."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    made_up = "type" in value or "$ref" in value or "anyOf" in value or "allOf" in value
    plain = {
        key: _plain(item) for key, item in value.items() if not (key == "title" and made_up and isinstance(item, str))
    }
    union = plain.get("anyOf")
    if isinstance(union, list) and len(union) == 2 and union[1] == {"type": "null"} and "type" in union[0]:  # noqa: PLR2004  # a type and null
        rest = {key: item for key, item in plain.items() if key != "anyOf"}
        plain = union[0] | {"type": [union[0]["type"], "null"]} | rest
    return plain


def _ordered(document: Object) -> Object:
    first = ("openapi", "info", "servers", "security", "tags", "paths", "components")
    return {key: document[key] for key in first if key in document}
