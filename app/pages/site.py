"""The HTML pages of records and lists, rendered from the same documents as the JSON."""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, TypeVar, get_args, get_origin
from urllib.parse import urlsplit

from fastapi.responses import Response
from markupsafe import Markup
from sqlalchemy import bindparam, select

from app.database import Database
from app.feeds import TITLES as FEED_TITLES
from app.http.responses import StreamedResponse
from app.pages.assets import ASSETS
from app.pages.templates import TEMPLATES
from app.pages.view import View, badge_of, label_of, label_of_value, view_of
from app.pictures import PICTURES, Picture
from app.reading import get_one, list_page
from app.registry import RESOURCES, TABLES
from app.schemas import citations, evidence, interactions, jurisdictions, side_effects, warning_signs
from app.schemas.evidence import CitationLink
from app.schemas.formats import ListFormat
from app.schemas.queries import PageQuery, QueryParameters, query_string
from app.schemas.queries import View as ListView
from app.schemas.references import RecordType
from app.schemas.resources import ResourceInfo, vocabulary_in
from app.schemas.search import SearchQuery
from app.schemas.vocabularies import Vocabulary
from app.tables import Contact, DrawnPicture, Resource, table_of

Query = TypeVar("Query", bound=QueryParameters)

POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    # A page of an earlier release would load files that are no longer there.
    "Cache-Control": "no-cache",
}
LABELLED: Final[Mapping[str, type[Vocabulary]]] = {
    kind.__name__: kind
    for kind in (
        evidence.Verdict,
        evidence.Support,
        evidence.EvidenceLevel,
        evidence.Specificity,
        citations.CitationType,
        interactions.InteractionSeverity,
        jurisdictions.LegalStatus,
        side_effects.Seriousness,
        warning_signs.Urgency,
        RecordType,
    )
}
"""The vocabularies that templates name."""
BADGED: Final = frozenset({"verdict", "seriousness", "severity", "urgency", "status", "confidence", "evidence_level"})
"""The fields whose value is shown as a badge, beside the summary too."""
TITLES: Final[Mapping[str, str]] = {
    "dosage-ranges": "Amounts that were stated, surveyed or studied",
    "faqs": "Questions and answers",
    "claims": "Statements of the article, and what the evidence does to them",
    "jurisdictions": "Legal status by place",
    "citations": "Sources",
    "contacts": "Help lines",
    "articles": "The article",
    "pharmacology": "How kratom acts in the body",
    "approaches": "Care for back pain without kratom",
    "risk-groups": "Who should not use kratom",
    "quality-checks": "Product quality",
}
"""Titles of collections for which the name is not a good title."""
SITE_TITLE: Final = "Kratom and chronic back pain"
STARTING_POINTS: Final = tuple(
    {"collection": collection, "title": title}
    for collection, title in (
        ("warning-signs", "Warning signs"),
        ("interactions", "Interactions"),
        ("risk-groups", "Who should not use it"),
        ("claims", "Claims and verdicts"),
        ("jurisdictions", "Is it legal?"),
        ("faqs", "Questions"),
    )
)
"""Starting points for a reader who does not know the content."""
NOTHING: Final[dict[str, Any]] = {
    **{name: [] for name in ("cautions", "claims", "citations", "cited_by", "related")},
    **dict.fromkeys(("disclaimer", "evidence_summary", "article_section")),
}
"""What some records lack."""
DESCRIPTION_LENGTH: Final = 300
XML: Final = "application/xml"
SELECT_PICTURE: Final = str(
    select(table_of(DrawnPicture)).where(table_of(DrawnPicture).columns.slug == bindparam("slug"))
)
MAX_WHOLE_SITEMAP: Final = 2_000
"""The largest number of records whose site map is rendered at once and cached; a longer one is streamed."""
SITEMAP_PARTS: Final = 1_000
"""How many parts of its template a piece of the site map has: about two hundred addresses, some milliseconds of work."""


@dataclass(frozen=True)
class Site:
    """The public address of the service."""

    public_url: str = ""
    """Empty when it is not known."""
    is_static: bool = False
    """Whether it is a static copy, which can neither search nor filter."""


def collection_title(collection: str) -> str:
    """The title of a collection."""
    return TITLES.get(collection) or collection.replace("-", " ").capitalize()


def html_path(path: str) -> str:
    """The address of the HTML page of an address of the API; any other address is its own."""
    collection, _, rest = path.removeprefix("/v1/").partition("/")
    is_record = path.startswith("/v1/") and collection in _collections() and not rest.endswith("/")
    return path.removeprefix("/v1") if is_record else path


def relative(page: str, target: str) -> str:
    """The link from one page to another address of the service, which works under any prefix."""
    depth = page.count("/") - 1
    return ("../" * depth + target.removeprefix("/")) or "./"


def record_html(database: Database, resource: type[Resource], slug: str, site: Site) -> str:
    """The HTML page of a record.

    Raises:
        ProblemException: not found, with the slug that was probably meant.
    """
    info = resource.info
    record = json.loads(bytes(get_one(database, resource, slug).body))["data"]
    view = view_of(info, record)
    path = f"/{info.collection}/{slug}"
    headline = [fact for fact in view.facts if fact.name in BADGED and fact.code]
    # A topic that is the title as well is said once.
    rest = [fact for fact in view.facts if fact not in headline and fact.value != record["title"]]
    return render(
        "record",
        database,
        path,
        site,
        json_address=f"{info.path}/{slug}",
        page_title=record["title"],
        # Never cut: the end of a summary may be the verdict.
        page_description=record["summary"],
        collection=info.collection,
        collection_title=collection_title(info.collection),
        record=NOTHING | record,
        view=View(rest, view.parts, view.unknown),
        headline=headline,
    )


def list_html(database: Database, resource: type[Resource], query: PageQuery, site: Site) -> str:
    """The HTML page of a list, or of what matches its filters."""
    info = resource.info
    body = counted_list(database, resource, query)
    phones = _phones(database) if resource is Contact else {}
    filters = query.filters()
    form = list_form(info, body["meta"]["facets"] or [], query)
    chosen = list(_chosen(info, query))
    is_long = body["meta"]["total"] > query.limit
    started = [f"from record {query.offset + 1}"] if query.offset else []
    written = {name: value for name, value in query.written().items() if name not in {"view", "format", "facet"}}
    path = f"/{info.collection}"
    following = query.offset + query.limit
    is_first = not filters and not query.q and not query.offset
    return render(
        "list",
        database,
        _neighbour(path, query, query.offset, site) if site.is_static else path,
        site,
        # The pages of a copy have addresses of their own, which repeat nothing.
        is_listed=site.is_static or not written,
        json_address=_neighbour(info.path, query, query.offset, site)
        if site.is_static
        else info.path + (f"?{query_string(written)}" if written else ""),
        # The tabs and the history of a browser tell lists apart by their titles.
        page_title=", ".join([collection_title(info.collection), *(each["label"] for each in chosen), *started]),
        page_description=shortened(info.description),
        collection=info.collection,
        collection_title=collection_title(info.collection),
        feeds=_feeds(info.collection),
        description=info.description,
        coverage=body["meta"]["coverage"],
        disclaimer=body["meta"]["disclaimer"],
        picture=_picture(database, resource) if is_first else None,
        records=[
            NOTHING | record | {"headline": _headline(info, record), "phone": phones.get(record["slug"])}
            for record in body["data"]
        ],
        total=body["meta"]["total"],
        offset=query.offset,
        is_filtered=bool(filters or query.q),
        chosen=chosen,
        # A few help lines are not worth a form above them.
        form=form if not site.is_static and (form["filters"] or chosen or is_long) else None,
        previous=_neighbour(path, query, query.offset - query.limit, site) if query.offset else None,
        next=_neighbour(path, query, following, site) if following < body["meta"]["total"] else None,
    )


def counted_list(database: Database, resource: type[Resource], query: PageQuery) -> dict[str, Any]:
    """A page of the brief list with the counts of everything that can be counted."""
    facets = resource.info.query.facet_names()
    asked = query.model_copy(
        update={"view": ListView.summary, "format": ListFormat.json, **({"facet": list(facets)} if facets else {})}
    )
    body: dict[str, Any] = json.loads(bytes(list_page(database, resource, asked).body))
    return body


def list_form(info: ResourceInfo, facets: list[dict[str, Any]], query: PageQuery) -> dict[str, Any]:
    """The controls of the form of a list for a query."""
    return {
        "filters": list(_filters(info, facets, query.filters())),
        "words": query.q,
        "kept": {name: value for name, value in query.given().items() if name in _kept_by_form(info)},
        "sorts": list(_sorts(info, query)),
    }


def search_html(database: Database, body: Mapping[str, Any] | None, query: SearchQuery, site: Site) -> str:
    """The HTML page of a search; without a question, it asks for one."""
    written = query.written()
    meta = body["meta"] if body else None
    following = query.offset + query.limit
    return render(
        "search",
        database,
        "/search",
        site,
        is_listed=False,
        page_title=(f"Search: {query.q}" if query.q else "Search")
        + (f", from result {query.offset + 1}" if query.offset else ""),
        page_description="Search all records in your own words.",
        query_text=query.q,
        json_address=f"/v1/search?{query_string(written)}" if query.q else "",
        meta=meta,
        chosen=[
            {"label": f"Only: {kind.label}", "without": list_address("/search", without(query, "type", kind))}
            for kind in query.type
        ],
        everything=f"/search?{query_string({'q': written['q']})}" if query.q else "",
        results=[hit | _marked(hit) for hit in body["data"]] if body else [],
        previous=_neighbour("/search", query, query.offset - query.limit, site) if query.offset else None,
        next=_neighbour("/search", query, following, site) if meta and following < meta["total"] else None,
    )


def sitemap(database: Database, site: Site) -> Response:
    """The addresses of all HTML pages. They are complete only when the public URL is known, as the format demands."""
    pieces = (piece.encode() for piece in sitemap_pieces(database, site))
    if sum(database.totals.values()) <= MAX_WHOLE_SITEMAP:
        return Response(b"".join(pieces), media_type=XML)
    made_from = database.checksum + site.public_url.encode()
    return StreamedResponse(pieces, made_from=made_from, headers={}, media_type=XML, is_fixed=True)


def sitemap_pieces(database: Database, site: Site) -> Iterator[str]:
    """The site map in pieces."""
    pieces = TEMPLATES.get_template("site/sitemap.xml").stream(pages=_pages(database), root=site.public_url)
    pieces.enable_buffering(SITEMAP_PARTS)
    return pieces


def _pages(database: Database) -> Iterator[tuple[str, str]]:
    """The path of every HTML page, and when a release last changed it."""
    released = database.dataset_version.partition("+")[0]
    yield "/", released
    for resource in RESOURCES:
        yield f"/{resource.collection}", released
        columns = table_of(TABLES[resource.collection]).columns
        for slug, history in database.rows(str(select(columns.slug, columns.history)), {}):
            changes = json.loads(history)
            changed = max((change["release_date"] for change in changes), default=released)
            yield f"/{resource.collection}/{slug}", changed


def shortened(text: str) -> str:
    """A text for a description, cut at the end of a sentence."""
    if len(text) <= DESCRIPTION_LENGTH:
        return text
    return text[:DESCRIPTION_LENGTH].rsplit(". ", 1)[0].rstrip(".") + "."


def render(template: str, database: Database, path: str, site: Site, **values: Any) -> str:
    """An HTML page at a path, from a template and its values; without a path, one that may be shown at any address."""
    root = urlsplit(site.public_url).path.rstrip("/")

    def from_here(target: str) -> str:
        return relative(path, target) if path else root + target

    def to(target: str) -> str:
        return from_here(html_path(target))

    def asset(name: str) -> str:
        return from_here(f"/{ASSETS[name].address}")

    common = {
        "to": to,
        "api": from_here,
        "asset": asset,
        "label": lambda kind, value: LABELLED[kind][value].label,
        "badged": BADGED,
        "badge_of": badge_of,
        "emergency": emergency_line(database),
        "starting_points": STARTING_POINTS,
        "site_title": SITE_TITLE,
        "dataset_version": database.dataset_version,
        "release_date": database.dataset_version.partition("+")[0],
        "public_address": f"{site.public_url}{path}" if site.public_url else "",
        "query_text": "",
        "json_address": "",
        "feeds": _feeds(),
        "is_listed": True,
        "is_static": site.is_static,
    }
    return TEMPLATES.get_template(f"site/{template}.html").render(common | values)


def _feeds(*collections: str) -> list[tuple[str, str]]:
    """The feeds that a feed reader finds on a page, each with its title."""
    return [(name, f"{SITE_TITLE}: {FEED_TITLES[name].lower()}") for name in (*collections, "safety", "all")]


@cache
def _collections() -> frozenset[str]:
    return frozenset(resource.collection for resource in RESOURCES)


def emergency_line(database: Database) -> str:
    """The sentence of the disclaimer on emergencies."""
    return next((each for each in re.split(r"(?<=[.!?]) ", database.disclaimer) if "emergency" in each), "")


def _phones(database: Database) -> dict[str, str]:
    """The number of each help line, by slug."""
    return {contact["slug"]: contact["value"] for contact in _records(database, Contact)}


def _marked(hit: Mapping[str, Any]) -> dict[str, Any]:
    """The summary of a record that was found and the sentence that shows why, each in pieces; a sentence is shown once."""
    summary, snippet = hit["summary"], hit["snippet"]
    start = summary.find(snippet["text"])
    if start < 0:
        is_said = any(snippet["text"] in text for text in (hit["title"], *hit["cautions"][:1]))
        pieces = [] if is_said else list(_pieces(snippet["text"], snippet["matches"]))
        return {"summary_pieces": [(summary, False)], "snippet_pieces": pieces}
    inside = [{"start": start + match["start"], "end": start + match["end"]} for match in snippet["matches"]]
    return {"summary_pieces": list(_pieces(summary, inside)), "snippet_pieces": []}


def _pieces(text: str, matches: Iterable[Mapping[str, int]]) -> Iterator[tuple[str, bool]]:
    """The parts of a text, each with whether it is a match."""
    place = 0
    for match in matches:
        yield text[place : match["start"]], False
        yield text[match["start"] : match["end"]], True
        place = match["end"]
    yield text[place:], False


def _headline(info: ResourceInfo, record: Mapping[str, Any]) -> list[dict[str, str]]:
    found = []
    for name in record:
        kind = info.enumeration(name) if name in BADGED and record[name] else None
        if kind:
            found.append({"label": badge_of(name, kind[record[name]].label), "code": record[name]})
    return found


def _kept_by_form(info: ResourceInfo) -> frozenset[str]:
    """The parameters that the form of a list has no control for and sends again as they are."""
    shown = {"q", "sort", "offset", "view", "format", "facet", *info.query.facet_names()}
    return frozenset(info.query.model_fields.keys() - shown)


def _chosen(info: ResourceInfo, query: PageQuery) -> Iterator[dict[str, str]]:
    """What the filters of a list are set to, each value in words and with the address of the list without it."""
    words = {"q": [query.q]} if query.q else {}
    for name, values in (words | query.filters()).items():
        kind = vocabulary_in(info.query.model_fields[name].annotation)
        for value in values:
            yield {
                "label": f"{label_of(name)}: {label_of_value(kind, value)}",
                "without": list_address(f"/{info.collection}", without(query, name, value)),
            }


def without(query: Query, name: str, value: object) -> Query:
    """A query without one value of a filter."""
    given = getattr(query, name)
    rest = [each for each in given if each != value] if isinstance(given, list) else []
    left = query.model_copy(update={name: rest})
    if not rest:
        left.model_fields_set.discard(name)
    return left


def _filters(info: ResourceInfo, facets: list[dict[str, Any]], chosen: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for facet in facets:
        values = [str(value).lower() for value in chosen.get(facet["name"], [])]
        choices = [
            {**value, "is_chosen": value["value"].lower() in values}
            for value in facet["values"]
            if value["count"] or value["value"].lower() in values
        ]
        if choices:
            takes_several = get_origin(info.query.model_fields[facet["name"]].annotation) is list
            yield {
                "name": facet["name"],
                "label": label_of(facet["name"]),
                "choices": choices,
                "takes_several": takes_several,
                "is_open": not values,
            }


def _sorts(info: ResourceInfo, query: PageQuery) -> Iterator[dict[str, Any]]:
    is_best_first = bool(query.q) and "sort" not in query.model_fields_set
    if query.q:
        yield {"value": "", "label": "Best answer first", "is_chosen": is_best_first}
    for value in get_args(info.query.model_fields["sort"].annotation):
        name, reverse = value.removeprefix("-"), value.startswith("-")
        label = "A to Z" if name == "slug" else label_of(name)
        yield {
            "value": value,
            "label": label + (", reversed" if reverse else ""),
            "is_chosen": value == query.sort and not is_best_first,
        }


def _neighbour(path: str, query: PageQuery | SearchQuery, offset: int, site: Site) -> str:
    """The address of another page of a list."""
    if site.is_static:
        return f"{path}/pages/{offset // query.limit + 1}" if offset > 0 else path
    return list_address(path, query, offset)


def list_address(path: str, query: QueryParameters, offset: int = 0) -> str:
    """The address of a query, from a record on."""
    left_out = {"offset", "view", "format", "facet"}
    parameters = {name: value for name, value in query.written().items() if name not in left_out}
    if offset > 0:
        parameters["offset"] = str(offset)
    return f"{path}?{query_string(parameters)}" if parameters else path


def picture_of(database: Database, picture: Picture) -> DrawnPicture | None:
    """A picture as the build drew it; None when there was nothing to show."""
    for slug, inline, file, rows in database.read(SELECT_PICTURE, {"slug": picture.slug}):
        return DrawnPicture(slug=slug, inline=inline, file=file, csv=rows)
    return None


def _picture(database: Database, resource: type[Resource]) -> dict[str, Any] | None:
    info = resource.info
    picture = next((each for each in PICTURES if each.collection == info.collection), None)
    drawn = picture_of(database, picture) if picture else None
    if picture is None or drawn is None:
        return None
    rows = list(csv.DictReader(io.StringIO(drawn.csv, newline="")))
    columns = [column for column in rows[0] if column != picture.record]
    return {
        "slug": picture.slug,
        "title": picture.title,
        "notice": picture.notice,
        "svg": Markup(drawn.inline),  # noqa: S704  # nosec B704  # rendered by our own escaping templates
        "columns": [label_of(column) for column in columns],
        "rows": [
            [
                {
                    "text": _cell(info, column, row[column]),
                    "url": f"{info.path}/{row[picture.record]}" if column == picture.name else "",
                }
                for column in columns
            ]
            for row in rows
        ],
    }


def _cell(info: ResourceInfo, column: str, value: str) -> str:
    """A value of the table behind a picture: by its label where it is a named one."""
    field = info.read.model_fields.get(column) or CitationLink.model_fields.get(column)
    kind = vocabulary_in(field.annotation) if field else None
    return kind[value].label if kind and value else value


def _records(database: Database, resource: type[Resource]) -> list[dict[str, Any]]:
    sql = str(select(table_of(resource).columns.document))
    return [json.loads(document) for (document,) in database.read(sql, {})]
