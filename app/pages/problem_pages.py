"""Problems as HTML pages: what is wrong and where to go next, for a reader who followed a link or set a filter."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol
from urllib.parse import quote

from fastapi import Response

from app.database import Database
from app.pages.forms import SearchForm, form_of
from app.pages.refusals import accepted, asked_words, refusals_of
from app.pages.site import POLICY, Site, collection_title, counted_list, html_path, list_address, list_form, render
from app.problems import GONE, INTERNAL_ERROR, INVALID_REQUEST, NOT_FOUND, UNAVAILABLE, Kind, ProblemException, shown
from app.reading import get_one
from app.registry import TABLES
from app.schemas.queries import PageQuery

HTML: Final = b"text/html"
PROBLEM: Final = b"application/problem+json"
FOR_PROGRAMS: Final = frozenset(
    {"v1", "docs", "health", "openapi.json", "problems", "pages", "pictures", ".well-known"}
    | {"robots.txt", "sitemap.xml", "favicon.ico", "opensearch.xml"}
)
"""The first path segments of addresses at which a problem is always JSON."""
POLICY_HEADER: Final = {"Content-Security-Policy": POLICY}
DEEPEST: Final = 10
"""How many slashes the address of an HTML problem may have, because each of its relative links goes up through all of them."""
FOR_READERS: Final = (NOT_FOUND, GONE, INVALID_REQUEST, INTERNAL_ERROR, UNAVAILABLE)
"""The problems that a reader of HTML pages can meet; the others concern programs."""
TITLES: Final[Mapping[str, str]] = {
    NOT_FOUND.slug: "There is no such page",
    GONE.slug: "This page was withdrawn",
    INVALID_REQUEST.slug: "This cannot be shown as it was asked for",
    INTERNAL_ERROR.slug: "This page could not be made",
    UNAVAILABLE.slug: "This page cannot be shown right now",
}
"""The heading of a page; the title of the problem where nothing is here."""
WHAT_NOW: Final[Mapping[str, str]] = {
    INTERNAL_ERROR.slug: " The fault is in this service. Try again later.",
    UNAVAILABLE.slug: " Try again in a few seconds.",
}
"""What a reader can do about a problem that is not in the address."""
NOTHING_REFUSED: Final[Mapping[str, Any]] = {"refused": [], "rest": None, "form": None}
"""What the page of another problem does not show."""


class State(Protocol):
    """The data set and the site that a service currently serves."""

    database: Database
    site: Site


@dataclass(frozen=True)
class HtmlProblems:
    """The problems of a service as HTML pages."""

    state: State

    def offers(self, path: str, kind: Kind) -> tuple[bytes, ...]:
        """The media types of a problem at an address, preferred first."""
        return problem_offers(path, kind)

    def response(self, path: str, query: bytes, problem: ProblemException, prefix: str) -> Response:
        """The HTML page of a problem."""
        html = problem_html(self.state.database, self.state.site, path, problem, prefix, query=query)
        return Response(html, headers=POLICY_HEADER, media_type="text/html")


def problem_offers(path: str, kind: Kind) -> tuple[bytes, ...]:
    """The media types in which a problem at an address can be told, the preferred first.

    Below /v1 there is nothing but JSON. At the address of an HTML page a reader is expected; elsewhere, a program, unless it
    says that it reads HTML.
    """
    first = path.strip("/").partition("/")[0].lower()
    if first in FOR_PROGRAMS or kind not in FOR_READERS or path.count("/") > DEEPEST:
        return (PROBLEM,)
    return (HTML, PROBLEM) if first in TABLES or first == "search" else (PROBLEM, HTML)


def missing_html(database: Database, site: Site) -> str:
    """The page that a static host shows for an unknown address."""
    return problem_html(database, site, "", ProblemException(NOT_FOUND, "There is nothing at this address."))


def problem_html(
    database: Database, site: Site, path: str, problem: ProblemException, prefix: str = "", *, query: bytes = b""
) -> str:
    """The page of a problem at an address, in a service whose addresses begin with the prefix."""
    collection, _, slug = path[1:].partition("/")
    known = collection if collection in TABLES else ""
    detail, meant = _message(database, known, slug, problem, prefix)
    return render(
        "problem",
        database,
        path,
        site,
        is_listed=False,
        public_address="",
        page_title=TITLES.get(problem.kind.slug, problem.kind.title),
        page_description="This page cannot be shown.",
        detail=detail,
        leads="See instead" if problem.kind is GONE else "Did you mean",
        meant=meant,
        collection=known,
        collection_title=collection_title(known) if known else "",
        **(_refused(database, path, problem, query) if problem.kind is INVALID_REQUEST else NOTHING_REFUSED),
    )


def _refused(database: Database, path: str, problem: ProblemException, query: bytes) -> dict[str, Any]:
    """The refused values, with the form of the list and the other values in it."""
    resource = TABLES.get(path[1:])
    form = form_of(resource) if resource else SearchForm
    refused = refusals_of(form, problem.errors, query)
    rest = accepted(form, refused, query)
    if not resource or not isinstance(rest, PageQuery):
        here = None
        if path == "/search" and isinstance(rest, SearchForm) and rest.q:
            here = {"url": list_address("/search", rest), "title": "See the results without this"}
        elif "/" in path[1:]:
            here = {"url": quote(path), "title": "See the page without this"}
        return {"refused": refused, "rest": here, "form": None, "query_text": asked_words(query)}
    title = "See the list without this" if rest.filters() or rest.q else "See the whole list"
    facets = counted_list(database, resource, rest.model_copy(update={"limit": 1}))["meta"]["facets"] or []
    return {
        "refused": refused,
        "rest": {"url": list_address(path, rest), "title": title},
        "form": list_form(resource.info, facets, rest),
    }


def _message(
    database: Database, collection: str, slug: str, problem: ProblemException, prefix: str
) -> tuple[str, dict[str, str] | None]:
    """A sentence for readers on what went wrong, and the page that was probably meant."""
    suggested = next((fault.did_you_mean for fault in problem.errors if fault.did_you_mean), None)
    if problem.kind is GONE and (former := database.former.get((collection, slug))):
        return former.reason, _page_at(database, former.successor_path)
    if problem.kind is NOT_FOUND and collection and any(fault.pointer == "/path/slug" for fault in problem.errors):
        detail = f"There is nothing called “{shown(slug)}” under “{collection_title(collection)}”."
        return detail, _page_at(database, suggested and f"/v1/{collection}/{suggested}")
    if problem.kind is NOT_FOUND:
        return "There is nothing at this address.", _named(database, (suggested or "").removeprefix(prefix))
    return ("" if problem.errors else f"{problem.detail}{WHAT_NOW.get(problem.kind.slug, '')}"), None


def _named(database: Database, address: str) -> dict[str, str] | None:
    """An address of the service as a link, by the name of the page that is there."""
    collection, _, slug = address[1:].partition("/")
    if collection in TABLES and slug:
        return _page_at(database, f"/v1{address}")
    title = collection_title(collection) if collection in TABLES else address
    return {"title": title, "url": address} if address.startswith("/") else None


def _page_at(database: Database, path: str | None) -> dict[str, str] | None:
    """A record as a link; None when there is none at this path of the API."""
    if not path:
        return None
    collection, _, slug = path.removeprefix("/v1/").partition("/")
    try:
        record: dict[str, Any] = json.loads(bytes(get_one(database, TABLES[collection], slug).body))["data"]
    except ProblemException:
        return None
    return {"title": record["title"], "url": html_path(path)}
