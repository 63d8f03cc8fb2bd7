"""The OpenAPI document: what FastAPI derives from the code, completed with what clients and generators need."""

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

from fastapi import FastAPI

from app.database import Database
from app.feeds import FEEDS
from app.http.request import IGNORED_PARAMETERS
from app.openapi.examples import Examples, examples_from
from app.pages import problem_example
from app.problems import (
    GONE,
    INVALID_REQUEST,
    KINDS,
    METHOD_NOT_ALLOWED,
    NOT_FOUND,
    UNAVAILABLE,
    Kind,
    Problem,
    ProblemError,
)
from app.registry import RESOURCES, TABLES
from app.schemas.envelopes import MAX_LINK_BYTES
from app.schemas.fields import LINE_PATTERN
from app.schemas.formats import CitationFormat, CitationListFormat, ListFormat
from app.schemas.queries import View

Object = dict[str, Any]

TITLE: Final = "Kratom and chronic back pain"
VERSION: Final = "1.0.0"
FEED: Final = f"{FEEDS}/{{feed}}"
SUMMARIES: Final = "/v1/summaries/"
"""What the paths of the brief views begin with."""
DESCRIPTION: Final = """A read-only JSON API about kratom and chronic back pain. It serves what one published article says, \
each statement beside the evidence for or against it, with its sources, its date and its cautions. It is information, \
not medical or legal advice, and it recommends no amount of anything.

- **Lists** return up to 100 records a page, with links to the neighbouring pages. A list has the same complete object as the \
single record. Paths under `/v1/summaries` return up to 500 records in brief.
- **Sorting**: named values sort in the order they are listed, text by code point, unknown values first, and records that \
compare equal by their slug.
- **Filters** take several values, with commas between them or with the parameter repeated, and match any of them. Different \
filters must all match. A query may have at most 4,096 bytes. Named values, codes and slugs are case-insensitive; a flag is `true` or `false`, or `1`, `0`, `yes`, `no`, `on` or `off`. Links show \
the canonical spelling. Unknown parameters are refused, and so is any repeated parameter that is not a list. Tracking and \
cache-busting parameters are ignored: {ignored}.
- **Formats**: with `format` or `Accept`, a list returns every matching record at once as CSV or NDJSON, unless `limit` is given; `/v1/datapackage.json` describes the columns.
- **Facets**: `facet=name,name` counts, in `meta.facets`, how many records have each value of these filters and match all other \
filters. Every value of the filter is listed with its label.
- **Errors** are problem details (RFC 9457), of the schema `Problem`; `/problems` explains each kind.
- **Conditional requests**: send the `ETag` of a response back in `If-None-Match` and get a 304 without a body until \
the data changes. `If-Match` is evaluated too; a 412 says that it failed.
- **A copy of everything**: ship the bundle with an app, check for a new release once a day, apply the changes and verify the SHA-256. `/v1/releases/latest` links to the bundle of the newest release, one document that never changes; `/v1/changes` returns what changed since a release, field by field. A withdrawn record returns 410 with the reason, a renamed one 308 with its new address.
- **Response headers**: every operation lists those that a program reads. All responses also have `Content-Language`, the \
security headers `Content-Security-Policy`, `Cross-Origin-Resource-Policy`, `Referrer-Policy`, `X-Content-Type-Options` and, over \
TLS, `Strict-Transport-Security`, and let pages of any origin read them (`Access-Control-Allow-Origin`, \
`Access-Control-Expose-Headers`). `Vary` and `Content-Encoding` describe the compression.
- **Compatibility**: within v1, objects may gain fields and, where `x-may-grow` is true, enums may gain values. Let a client \
ignore a field and keep a value that it does not know.


The content is under CC BY 4.0, the program under the MIT License.""".replace(
    "{ignored}", ", ".join(f"`{name}`" for name in IGNORED_PARAMETERS)
)

TAGS: Final = {
    **{resource.collection: resource.description for resource in RESOURCES},
    "search": "Search over all resources, and suggestions while typing.",
    "releases": "The content as a whole, release by release, and what changed between them.",
    "service": "The index, the data set as a whole and its vocabularies.",
    "health": "Health of the service.",
}

_TEXT: Final = {"type": "string", "maxLength": MAX_LINK_BYTES}
HEADERS: Final = {
    "X-Request-ID": "Identifier of the request: the client's own when it sent a valid one.",
    "Cache-Control": "How long the response may be cached.",
    "ETag": "Validator of this representation, for `If-None-Match`.",
    "Link": f"The links of the body (RFC 8288); left out when longer than {MAX_LINK_BYTES} bytes.",
    "Repr-Digest": "SHA-256 of the body as it is sent, in its content coding (RFC 9530).",
    "Location": "With a 308: the path under which the record is now.",
    "Allow": "With a 405: the allowed methods.",
    "Retry-After": "With a 503: seconds to wait before trying again.",
}
"""The headers that a program reads. The description of the document names all others, which every response has."""
ON_ALL: Final = ("X-Request-ID", "Cache-Control")
ON_CACHEABLE: Final = (*ON_ALL, "ETag", "Link")
ON_MOVED: Final = (*ON_ALL, "Location")
ON_PROBLEM: Final = {
    GONE: (*ON_ALL, "Link"),
    METHOD_NOT_ALLOWED: (*ON_ALL, "Allow"),
    UNAVAILABLE: (*ON_ALL, "Retry-After"),
}
NAMED: Final = (NOT_FOUND, METHOD_NOT_ALLOWED, GONE, INVALID_REQUEST, UNAVAILABLE)
"""The problems that some operations name; the default response documents the others."""
SETTLED: Final = frozenset({"Confidence", "SafetyFlag", "Support", "SymptomKind", "Verdict"})
"""The enums that are complete; any other may get new values."""
GROWING: Final = " Values may be added; keep an unknown one."
GROWING_CHOICE: Final = " Values may be added."
CHOICES: Final = {
    "sort": "What a list can be ordered by.",
    "facet": "The filters whose values can be counted.",
}
"""The parameters whose values get a schema of their own, with its description."""
WHOLE: Final = " No value will be added."


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
    # The document describes whole records in JSON, so that each operation has one type.
    schemas[View.__name__] |= {"enum": [View.full]}
    for formats in (ListFormat, CitationListFormat, CitationFormat):
        schemas[formats.__name__] |= {"enum": [ListFormat.json]}
    examples = examples_from(database)
    for path, operation in _operations(document):
        _complete(path, operation, examples)
        schemas |= _named_choices(operation)
    for name, schema in schemas.items():
        schema.pop("additionalProperties", None)  # requests are validated; responses may gain fields
        if "enum" in schema:
            schema["x-may-grow"] = name not in SETTLED
            is_choice = schema["description"] in CHOICES.values() or name.endswith("Format")
            growing = GROWING_CHOICE if is_choice else GROWING
            schema["description"] += WHOLE if name in SETTLED else growing
    document["components"]["schemas"] = dict(sorted(schemas.items()))
    document["components"] |= {
        "parameters": _shared_parameters(document),
        "headers": {name: {"description": text, "schema": _TEXT} for name, text in HEADERS.items()},
        "responses": {
            "Moved": {"description": "The record has a new slug.", "headers": _headers(ON_MOVED)},
            "NotModified": _not_modified(ON_CACHEABLE),
            **{_name(kind): _problem(kind) for kind in NAMED},
            "OtherProblem": _other_problem(),
        },
    }
    return _ordered(document)


def _operations(document: Object) -> Iterator[tuple[str, Object]]:
    for path, item in document["paths"].items():
        yield path, item["get"]


def _complete(path: str, operation: Object, examples: Examples) -> None:
    is_probe, is_bundle = path.startswith("/health"), path.endswith("/bundle")
    values = examples.parameters.get(path, {})
    if path.startswith(SUMMARIES):
        # They take the one view that they have; a client has no need to name it.
        # The same goes for the format.
        operation["parameters"] = [each for each in operation["parameters"] if each["name"] not in {"view", "format"}]
    for parameter in operation.get("parameters", []):
        schema = parameter["schema"]
        schema.pop("description", None)
        if not parameter["required"]:
            del parameter["required"]  # as OpenAPI takes it to be
        if schema.get("type") == "array":
            parameter |= {"style": "form", "explode": False}
            schema["minItems"] = 1
            del schema["default"]  # an empty list stands for a parameter that is not sent
        if schema.get("default") == "":
            del schema["default"]  # nor is an empty question one
        if isinstance(schema.get("type"), list):
            schema["type"] = schema["type"][0]  # null stands for a parameter that is not sent
        if parameter["name"] in values:
            parameter["example"] = values[parameter["name"]]
    success = operation["responses"]["200"] | {
        "description": _success(path),
        "headers": _headers(ON_ALL if is_probe else (*ON_CACHEABLE, "Repr-Digest") if is_bundle else ON_CACHEABLE),
    }
    for media_type, content in success["content"].items():
        example = examples.responses.get(path if media_type == "application/json" else f"{path} {media_type}")
        if example is not None:
            content["example"] = example
    operation["responses"] = {
        "200": success,
        "304": _not_modified(ON_ALL) if is_probe else _response("NotModified"),
        **({"308": _response("Moved")} if "{slug}" in path else {}),
        **{str(kind.status): _response(_name(kind)) for kind in _named(path)},
        "default": _response("OtherProblem"),
    }


def _named(path: str) -> list[Kind]:
    """The problems that the operation of a path names: those that a correct client meets."""
    if path == "/health/ready":
        return [METHOD_NOT_ALLOWED, UNAVAILABLE]
    if path == "/health/live":
        return [METHOD_NOT_ALLOWED]  # a probe may send any query
    if path == "/v1/changes":
        return [GONE, INVALID_REQUEST]
    if path == FEED:
        return [NOT_FOUND, INVALID_REQUEST]
    return [NOT_FOUND, GONE, INVALID_REQUEST] if "{" in path else [INVALID_REQUEST]


def _success(path: str) -> str:
    if path.startswith("/health"):
        return "The service is healthy."
    if path.endswith("{slug}"):
        return "Returns the record."
    if path == "/v1/search":
        return "Returns a page of results, best first."
    if path == "/v1/suggest":
        return "Returns the suggestions, best first."
    name = path.removeprefix(SUMMARIES).removeprefix("/v1/")
    return "Returns a page of records." if name in TABLES else "Returns the document."


def _named_choices(operation: Object) -> Object:
    """Move the sorts and the facets of a list to schemas of their own, for generators to name them by."""
    named: Object = {}
    for parameter in operation.get("parameters", []):
        if parameter["name"] in CHOICES:
            page = operation["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
            record = page.rpartition("/")[2].removesuffix("Page").removesuffix("Summary")
            name = record + parameter["name"].capitalize()
            schema = parameter["schema"]
            choice = schema.get("items", schema)
            values = choice.get("enum") or [choice["const"]]
            named[name] = {"type": "string", "enum": values, "description": CHOICES[parameter["name"]]}
            reference = {"$ref": f"#/components/schemas/{name}"}
            if "items" in schema:
                schema["items"] = reference
            else:
                parameter["schema"] = reference | {"default": schema["default"]}
    return named


def _shared_parameters(document: Object) -> Object:
    """Move what several operations take in the same words to a place of its own, where each refers to it."""
    users: dict[str, list[Object]] = {}
    for _, operation in _operations(document):
        for parameter in operation.get("parameters", []):
            users.setdefault(json.dumps(parameter), []).append(operation)
    shared: Object = {}
    for text, operations in users.items():
        parameter, (first, *others) = json.loads(text), operations
        if not others:
            continue
        # The first list that takes it names it, unless all lists take the same.
        of, suffix = first["operationId"].removeprefix("list"), parameter["name"].title().replace("_", "")
        name = ("Summaries" if of.endswith("Summaries") else "List") + suffix
        if len(others) == 1 or name in shared:
            name = of + suffix
        shared[name] = parameter
        for operation in operations:
            place = operation["parameters"].index(parameter)
            operation["parameters"][place] = {"$ref": f"#/components/parameters/{name}"}
    return shared


def _not_modified(headers: Sequence[str]) -> Object:
    return {"description": "The cached response of the client is current.", "headers": _headers(headers)}


def _problem(kind: Kind) -> Object:
    return {
        "description": f"{kind.title}. {kind.explanation}",
        "headers": _headers(ON_PROBLEM.get(kind, ON_ALL)),
        "content": _problem_content({"example": problem_example(kind)[1]}),
    }


def _other_problem() -> Object:
    """Every kind of problem that most operations do not name."""
    others = [kind for kind in KINDS if kind not in (NOT_FOUND, GONE, INVALID_REQUEST)]
    named = ", ".join(f"{kind.status} {kind.title.lower()}" for kind in others)
    examples = {
        kind.slug: {"summary": f"{kind.status} {kind.title}", "value": problem_example(kind)[1]} for kind in others
    }
    return {
        "description": f"Any other problem: {named}.",
        "headers": _headers((*ON_ALL, "Allow", "Retry-After")),
        "content": _problem_content({"examples": examples}),
    }


def _problem_content(examples: Object) -> Object:
    return {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}, **examples}}


def _response(name: str) -> Object:
    return {"$ref": f"#/components/responses/{name}"}


def _name(kind: Kind) -> str:
    return "".join(word.capitalize() for word in kind.slug.split("-"))


def _headers(names: Sequence[str]) -> Object:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


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
    if plain.get("pattern") == LINE_PATTERN:
        # What no client can act on: that a text is not empty and has no blanks at its ends.
        del plain["pattern"], plain["minLength"]
    union = plain.get("anyOf")
    if isinstance(union, list) and len(union) == 2 and union[1] == {"type": "null"} and "type" in union[0]:  # noqa: PLR2004  # a type and null
        rest = {key: item for key, item in plain.items() if key != "anyOf"}
        plain = union[0] | {"type": [union[0]["type"], "null"]} | rest
    return plain


def _ordered(document: Object) -> Object:
    first = ("openapi", "info", "servers", "security", "tags", "paths", "components")
    return {key: document[key] for key in first if key in document}
