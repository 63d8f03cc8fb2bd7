"""The examples of the document, all taken from the data: responses, and values for every parameter."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select

from app import feeds, releases
from app.database import Database
from app.formats import DATA_PACKAGE_PATH
from app.formats.data_package import data_package
from app.registry import RESOURCES, TABLES
from app.routers.search import results, suggestions
from app.routers.service import INDEX
from app.schemas.citations import CITATIONS
from app.schemas.formats import CitationFormat, ListFormat
from app.schemas.queries import View
from app.schemas.resources import ResourceInfo
from app.schemas.search import SearchQuery, SuggestQuery
from app.tables import table_of
from app.vocabularies import vocabularies

Object = dict[str, Any]

LIMIT: Final = 10
"""Differs from the default, so that the example shows something."""
SEARCH: Final[Object] = {
    "q": "can I take it with antidepressants",
    "type": ["interaction", "risk_group"],
    "limit": 5,
    "offset": 0,
}
"""A question that many ask."""
SUGGEST: Final[Object] = {"q": "benzo"}
FEED: Final = "contacts.json"
"""The feed with the shortest entries."""
QUESTION: Final = "kratom"
"""The example question of every list with a record that answers it; of any other list, the title of a record."""
SHOWN_ITEMS: Final = 1
"""How many entries of a list an example shows: all have the form of the first."""
SHOWN_CHARACTERS: Final = 45
"""How much of a long text an example shows."""
MAX_DEPTH: Final = 9
"""How many lists within lists are shown: more than there are."""


@dataclass(frozen=True)
class Examples:
    """The examples of every path."""

    responses: dict[str, Any]
    """The body of a 200, by path; of one that is not JSON by path and media type."""
    parameters: dict[str, Object]
    """Values of the parameters by name, by path. All of a path together match at least one record."""


def examples_from(database: Database) -> Examples:
    """The examples that the data gives."""
    responses = dict(_service_responses(database))
    parameters: dict[str, Object] = {"/v1/search": SEARCH, "/v1/suggest": SUGGEST}
    for resource in RESOURCES:
        columns = table_of(TABLES[resource.collection]).columns
        rows = database.driver.execute(str(select(columns.document, columns.summary_document)))
        pairs = [(json.loads(document), json.loads(summary)) for document, summary in rows]
        if not pairs:
            continue  # an empty collection has no example
        pairs.sort(key=lambda pair: _usefulness(resource, pair[0]))
        records = [record for record, _ in pairs]
        responses |= _record_responses(database, resource, records, [summary for _, summary in pairs])
        parameters[resource.path] = parameters[resource.summaries_path] = _parameters(resource, records)
        parameters[resource.path + "/{slug}"] = {"slug": records[0]["slug"]}
    version = database.dataset_version
    for path in ("/v1/releases/{version}", "/v1/releases/{version}/bundle"):
        parameters[path] = {"version": version}
    parameters["/v1/changes"] = {"since": version}
    parameters["/v1/feeds/{feed}"] = {"feed": FEED}
    parameters.get(f"{CITATIONS.path}/{{slug}}", {})["format"] = CitationFormat.json
    return Examples({path: shortened(body) for path, body in responses.items()}, parameters)


def _usefulness(resource: ResourceInfo, record: Object) -> tuple[bool, int, int, str]:
    """Sort key: records that the question finds first, then those with values for the most filters, then the shortest."""
    missing = sum(_value(resource, record, name) is None for name in resource.filters)
    return not _answers(record), missing, len(json.dumps(record)), record["slug"]


def _answers(record: Object) -> bool:
    """Whether the record answers the example question."""
    return QUESTION in f"{record['title']} {record['summary']}".lower()


def _value(resource: ResourceInfo, record: Object, name: str) -> Any:
    """A value of a filter that matches the record, or None."""
    value = record[resource.facets.get(name, name)]
    return next(iter(value), None) if isinstance(value, list) else value


def _parameters(resource: ResourceInfo, records: list[Object]) -> Object:
    values: Object = {
        "view": View.full,
        "format": ListFormat.json,
        "limit": LIMIT,
        "offset": 0,
        "slug": [record["slug"] for record in records[:2]],  # two, as they are fetched in a batch
        "q": QUESTION if _answers(records[0]) else records[0]["title"],
        "sort": f"-{list(resource.sorts)[-1]}",
    }
    if names := resource.query.facet_names():
        values["facet"] = list(names[:1])
    for name in resource.filters:
        found = (_value(resource, record, name) for record in records)
        value = next((value for value in found if value is not None), None)
        if value is not None:
            values[name] = value if isinstance(value, bool) else [value]
    return values


def _record_responses(
    database: Database, resource: ResourceInfo, records: list[Object], summaries: list[Object]
) -> Iterator[tuple[str, Object]]:
    """A single record, and pages that hold the shortest record, complete and in brief."""
    record, path = _cut(records[0]), resource.path
    # Nested lists are shown with the single record only.
    on_page = _shortest([_cut(whole, depth=1) for whole in records])
    version = {"dataset_version": database.dataset_version}
    meta = {"total": 1, "limit": 20, "offset": 0, **version, "coverage": database.coverage[resource.collection]}
    meta["facets"] = None
    said_once = {"disclaimer": database.disclaimer}
    yield path, _page(on_page, meta, path)
    brief = _page(_shortest([_cut(summary) for summary in summaries]), meta | said_once, resource.summaries_path)
    yield resource.summaries_path, brief
    alone = _detail(database, record, f"{path}/{record['slug']}", path)
    table = table_of(TABLES[resource.collection]).columns
    sql = select(table.history).where(table.slug == record["slug"]).compile(compile_kwargs={"literal_binds": True})
    ((history,),) = database.read(str(sql), {})
    alone["meta"]["history"] = _cut(json.loads(history))
    yield path + "/{slug}", alone


def shortened(value: Any) -> Any:
    """A value whose long texts are cut after a word; an ellipsis replaces the rest."""
    if isinstance(value, dict):
        return {key: shortened(item) for key, item in value.items()}
    if isinstance(value, list):
        return [shortened(item) for item in value]
    if isinstance(value, str) and len(value) > SHOWN_CHARACTERS and " " in value:
        return value[:SHOWN_CHARACTERS].rsplit(" ", 1)[0] + " …"
    return value


def _shortest(records: list[Object]) -> Object:
    return min(records, key=lambda record: (len(json.dumps(record)), record["slug"]))


def _page(record: Object, meta: Object, path: str) -> Object:
    address = f"{path}?slug={record['slug']}"
    links = {"self": address, "first": address, "prev": None, "next": None, "last": address}
    return {"data": [record], "meta": meta, "links": links}


def _service_responses(database: Database) -> Iterator[tuple[str, Any]]:
    yield "/v1", _detail(database, json.loads(INDEX), "/v1", "/v1")
    yield "/v1/vocabularies", _detail(database, _cut(json.loads(vocabularies())), "/v1/vocabularies", "/v1")
    yield "/v1/meta", _detail(database, _cut(json.loads(database.release_document)), "/v1/meta", "/v1")
    found = results(database, SearchQuery.model_validate(SEARCH | {"limit": "1", "offset": "0"}))
    yield "/v1/search", json.loads(bytes(found.body))
    suggested = suggestions(database, SuggestQuery.model_validate(SUGGEST))
    yield "/v1/suggest", json.loads(bytes(suggested.body))
    manifest, changes = database.read("SELECT manifest, changes FROM kept_release ORDER BY position LIMIT 1", {})[0]
    release = _cut(json.loads(manifest))
    listed = json.loads(bytes(feeds.list_feeds(database).body))["data"]
    yield "/v1/feeds", _detail(database, _cut(listed), "/v1/feeds", "/v1")
    in_json = json.loads(bytes(feeds.feed(database, FEED).body))
    yield "/v1/feeds/{feed} application/feed+json", in_json | {"items": in_json["items"][:1]}
    in_xml = bytes(feeds.feed(database, FEED.replace("json", "atom")).body).decode()
    yield "/v1/feeds/{feed} application/atom+xml", re.sub(r"(?s)<entry>.*</entry>", "", in_xml)
    package = _cut(json.loads(data_package(database)))
    yield DATA_PACKAGE_PATH, package
    yield "/v1/releases", _detail(database, {"releases": [release]}, "/v1/releases", "/v1")
    yield "/v1/releases/latest", _detail(database, release, "/v1/releases/latest", "/v1/releases")
    yield "/v1/releases/{version}", _detail(database, release, release["url"], "/v1/releases")
    yield "/v1/releases/{version}/bundle", _bundle(database)
    yield "/v1/changes", _detail(database, _cut(json.loads(changes)), release["changes"], "/v1")
    yield "/health/live", {"status": "ok"}
    yield "/health/ready", {"status": "ok", "dataset_version": database.dataset_version, "refused": None}


def _bundle(database: Database) -> Object:
    """The bundle of the newest release, with one record of the collection that has the shortest."""
    bundle = json.loads(bytes(releases.bundle(database, database.dataset_version).body))
    shortest = min(bundle["records"], key=lambda name: len(json.dumps(bundle["records"][name][:1] or [" " * 100_000])))
    records = {name: listed if name == shortest else [] for name, listed in bundle["records"].items()}
    # What the labels of named values look like is shown with /v1/vocabularies.
    example: Object = _cut(bundle | {"records": records, "vocabularies": []})
    return example


def _detail(database: Database, data: Mapping[str, Any], address: str, collection: str) -> Object:
    meta = {"dataset_version": database.dataset_version}
    return {"data": data, "meta": meta, "links": {"self": address, "collection": collection}}


def _cut(value: Any, depth: int = MAX_DEPTH) -> Any:
    """A value with its lists shortened; lists of objects nested deeper than `depth` lists are empty."""
    if isinstance(value, dict):
        return {key: _cut(item, depth) for key, item in value.items()}
    if isinstance(value, list):
        shown = value[:SHOWN_ITEMS]
        return [_cut(item, depth - 1) for item in shown if depth or not isinstance(item, dict)]
    return value
