"""The HTML pages and their files, all rendered at start-up; those about the data again with each data set."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from fastapi import FastAPI, Response

from app.database import Database
from app.files import packaged_path
from app.pages.assets import ASSETS, FILES, Asset
from app.pages.site import STARTING_POINTS, Site, collection_title, emergency_line
from app.pages.templates import TEMPLATES
from app.problems import KINDS, Kind, ProblemError, ProblemException, problem_document
from app.reading import list_page
from app.schemas.contacts import ContactQuery
from app.schemas.queries import PageQuery
from app.schemas.warning_signs import Urgency, WarningSignQuery
from app.tables import Contact, Resource, WarningSign

EXAMPLES: Final = json.loads((FILES / "problems.json").read_bytes())
"""The example of each problem by slug: a request and the response to it."""
OPENAPI: Final = packaged_path("openapi.json")

LICENCES: Final = ("swagger-ui-bundle.js.LICENSE.txt", "LICENSE", "NOTICE")
"""The licences of Swagger UI, served beside it under the names that it refers to."""
REVALIDATED: Final = {"Cache-Control": "no-cache"}
"""For HTML: a page of an earlier release would load files that are no longer there."""

PAGE_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# The script completes the examples; connect-src lets a reader run them in the console.
SCRIPTED_POLICY: Final = f"{PAGE_POLICY}; script-src 'self'; connect-src 'self'"
LANDING_POLICY: Final = SCRIPTED_POLICY.replace("form-action 'none'", "form-action 'self'")
# The style sheet of Swagger UI contains its pictures as data URLs.
DOCS_POLICY: Final = SCRIPTED_POLICY.replace("img-src 'self'", "img-src 'self' data:")

CATALOG_TYPE: Final = 'application/linkset+json; profile="https://www.rfc-editor.org/info/rfc9727"'
CATALOG_LINK: Final = '</.well-known/api-catalog>; rel="api-catalog"'
LANDING_LINKS: Final = f'{CATALOG_LINK}, </openapi.json>; rel="service-desc", </docs>; rel="service-doc"'

SHOWN_CHARACTERS: Final = 90


@dataclass(frozen=True)
class Page:
    """A response that stays the same until another data set is served."""

    response: Response
    compressed: Mapping[bytes, bytes] = field(default_factory=dict)
    """The precompressed body, by content coding."""


def make_pages(app: FastAPI, public_url: str = "") -> dict[str, Page]:
    """Every page for the data set that the application serves, by path; clients reach it at the public URL."""
    title = {"title": app.title}
    # Without the committed document, the derived one is served; so the document can be written for the first time.
    document = json.loads(OPENAPI.read_bytes()) if OPENAPI.exists() else app.openapi()
    if public_url:
        document = document | {"servers": [{"url": public_url, "description": "This server."}]}
    pages = {
        "/docs": _html("docs", title, DOCS_POLICY),
        "/openapi.json": Response(minified(document), media_type="application/json"),
        "/favicon.ico": _file("favicon.ico", "image/x-icon"),
        "/robots.txt": Response(
            TEMPLATES.get_template("robots.txt").render(public_url=public_url), media_type="text/plain"
        ),
        "/.well-known/api-catalog": _file("api-catalog.json", CATALOG_TYPE, {"Link": CATALOG_LINK}),
        "/problems": _html("problems", title | {"problems": [_described(kind) for kind in KINDS]}),
        **{
            f"/problems/{kind.slug}": _html("problem", title | _described(kind) | _example(kind), root="../")
            for kind in KINDS
        },
        **{f"/pages/{name}": _file(f"swagger-ui/{name}", "text/plain") for name in LICENCES},
    }
    if public_url:
        # Browsers need an absolute address to add the search.
        description = TEMPLATES.get_template("site/opensearch.xml").render(title, public_url=public_url)
        pages["/opensearch.xml"] = Response(description, media_type="application/opensearchdescription+xml")
    assets = {f"/{asset.address}": Page(_asset(asset), asset.compressed()) for asset in ASSETS.values()}
    return (
        data_pages(app.title, app.state.database, Site(public_url))
        | {path: Page(response) for path, response in pages.items()}
        | assets
    )


def data_pages(title: str, database: Database, site: Site | None = None) -> dict[str, Page]:
    """The pages that depend on the data set, by path."""
    site = site or Site()
    values = {"title": title, "is_static": site.is_static, "public_url": site.public_url} | _landing(database)
    landing = _html("landing", values, LANDING_POLICY, {"Link": LANDING_LINKS})
    return {"/": Page(landing)}


def minified(document: Any) -> bytes:
    """A JSON document without any white space between its tokens."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _landing(database: Database) -> dict[str, Any]:
    release = json.loads(database.release_document)
    first = _body(database, WarningSign, WarningSignQuery(urgency=[Urgency.emergency_now], limit=1))
    collections = [
        {
            "name": name,
            "title": collection_title(name),
            "url": f"v1/{name}",
            "total": f"{total:,}",
            "coverage": database.coverage[name],
        }
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
        "emergency": emergency_line(database),
        "starting_points": STARTING_POINTS,
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


def _asset(asset: Asset) -> Response:
    forever = {"Cache-Control": "public, max-age=31536000, immutable"}
    return Response(asset.content, headers=forever, media_type=asset.media_type)


def _html(
    name: str,
    values: Mapping[str, Any],
    policy: str = PAGE_POLICY,
    headers: Mapping[str, str] = {},
    *,
    root: str = "",
) -> Response:
    """An HTML page; `root` leads from its path to the root of the service, wherever that is mounted."""
    addresses = {file: f"{root}{asset.address}" for file, asset in ASSETS.items()}
    html = TEMPLATES.get_template(f"{name}.html").render(values, assets=addresses)
    return Response(html, headers={"Content-Security-Policy": policy, **REVALIDATED, **headers}, media_type="text/html")
