"""The HTML pages and their files, all rendered at start-up."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.database import Database
from app.problems import KINDS, Kind, ProblemError, ProblemException, problem_document
from app.reading import list_page
from app.schemas.contacts import ContactQuery
from app.schemas.queries import PageQuery
from app.schemas.warning_signs import Urgency, WarningSignQuery
from app.tables import Contact, Resource, WarningSign

FILES: Final = Path(__file__).parent
TEMPLATES: Final = Environment(
    loader=FileSystemLoader(FILES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
EXAMPLES: Final = json.loads((FILES / "problems.json").read_bytes())
"""By the slug of a problem: a request that causes it, and the details of the response."""
OPENAPI: Final = Path(__file__).parents[2] / "openapi.json"

ASSETS: Final = {
    "style.css": "text/css",
    "landing.js": "text/javascript",
    "docs.css": "text/css",
    "docs.js": "text/javascript",
    "icon.svg": "image/svg+xml",
    "swagger-ui/swagger-ui.css": "text/css",
    "swagger-ui/swagger-ui-bundle.js": "text/javascript",
    "swagger-ui/swagger-ui-bundle.js.LICENSE.txt": "text/plain",
    "swagger-ui/LICENSE": "text/plain",
    "swagger-ui/NOTICE": "text/plain",
}
"""Files served under /pages. Their names are stable: a page that a cache still holds finds them after a release."""

PAGE_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# The script completes the examples; connect-src lets a reader run them in the console.
LANDING_POLICY: Final = f"{PAGE_POLICY}; script-src 'self'; connect-src 'self'"
# The style sheet of Swagger UI holds its pictures as data.
DOCS_POLICY: Final = LANDING_POLICY.replace("img-src 'self'", "img-src 'self' data:")

CATALOG_TYPE: Final = 'application/linkset+json; profile="https://www.rfc-editor.org/info/rfc9727"'
CATALOG_LINK: Final = '</.well-known/api-catalog>; rel="api-catalog"'
LANDING_LINKS: Final = f'{CATALOG_LINK}, </openapi.json>; rel="service-desc", </docs>; rel="service-doc"'

SHOWN_CHARACTERS: Final = 90


def make_pages(app: FastAPI) -> dict[str, Response]:
    """Every page for the data set that the application serves, by path."""
    database: Database = app.state.database
    title = {"title": app.title}
    # Without the committed file, the document is generated, as it is the first time.
    document = OPENAPI.read_bytes() if OPENAPI.exists() else json.dumps(app.openapi(), ensure_ascii=False).encode()
    return {
        "/": _html("landing", title | _landing(database), LANDING_POLICY, {"Link": LANDING_LINKS}),
        "/docs": _html("docs", title, DOCS_POLICY),
        "/openapi.json": Response(document, media_type="application/json"),
        "/favicon.ico": _file("favicon.ico", "image/x-icon"),
        "/robots.txt": _file("robots.txt", "text/plain"),
        "/.well-known/api-catalog": _file("api-catalog.json", CATALOG_TYPE, {"Link": CATALOG_LINK}),
        "/problems": _html("problems", title | {"problems": [_described(kind) for kind in KINDS]}),
        **{f"/problems/{kind.slug}": _html("problem", title | _described(kind) | _example(kind)) for kind in KINDS},
        **{f"/pages/{name.rpartition('/')[2]}": _file(name, media_type) for name, media_type in ASSETS.items()},
    }


def _landing(database: Database) -> dict[str, Any]:
    release = json.loads(database.release_document)
    first = _body(database, WarningSign, WarningSignQuery(urgency=[Urgency.emergency_now], limit=1))
    collections = [
        {"name": name, "url": f"/v1/{name}", "total": f"{total:,}", "coverage": database.coverage[name]}
        for name, total in database.totals.items()
    ]
    return {
        **{key: value for key, value in release.items() if isinstance(value, str) and key != "title"},
        "data_licence": release["data_licence"]["name"],
        "data_licence_url": release["data_licence"]["url"],
        "code_licence": release["code_licence"]["name"],
        "code_licence_url": release["code_licence"]["url"],
        "total": f"{sum(database.totals.values()):,}",
        "collection_count": str(len(collections)),
        "collections": collections,
        "contacts": _body(database, Contact, ContactQuery(country=["US"]))["data"],
        "gaps": [{"gap": gap} for gap in release["known_gaps"]],
        "address": first["links"]["self"],
        "response": _json(shortened(first)),
    }


def _body(database: Database, resource: type[Resource], query: PageQuery) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(bytes(list_page(database, resource, query).body))
    return body


def shortened(value: Any) -> Any:
    """A response body shortened for an example: an ellipsis replaces the rest of a long text or list."""
    if isinstance(value, dict):
        return {key: shortened(item) for key, item in value.items()}
    if isinstance(value, list):
        return [shortened(item) for item in value[:1]] + ["…"] * (len(value) > 1)
    if isinstance(value, str) and len(value) > SHOWN_CHARACTERS:
        return value[:SHOWN_CHARACTERS].rsplit(" ", 1)[0] + " …"
    return value


def _described(kind: Kind) -> dict[str, str]:
    return {"slug": kind.slug, "status": str(kind.status), "problem": kind.title, "explanation": kind.explanation}


def problem_example(kind: Kind) -> tuple[str, dict[str, Any]]:
    """A request that causes the problem, if a plain one can, and the response to it."""
    example = EXAMPLES.get(kind.slug, {})
    request = example.get("request", "A response looks like this.")
    detail = example.get("detail", kind.explanation.partition(". ")[0].rstrip(".") + ".")
    problem = ProblemException(kind, detail, [ProblemError(**fault) for fault in example.get("errors", [])])
    return request, json.loads(problem_document(problem, example.get("path", "/v1/strains"), "0f6c2d9be14a47d8"))


def _example(kind: Kind) -> dict[str, str]:
    request, response = problem_example(kind)
    return {"request": request, "response": _json(response)}


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _file(name: str, media_type: str, headers: Mapping[str, str] = {}) -> Response:
    return Response((FILES / name).read_bytes(), headers=headers, media_type=media_type)


def _html(name: str, values: Mapping[str, Any], policy: str = PAGE_POLICY, headers: Mapping[str, str] = {}) -> Response:
    html = TEMPLATES.get_template(f"{name}.html").render(values)
    return Response(html, headers={"Content-Security-Policy": policy, **headers}, media_type="text/html")
