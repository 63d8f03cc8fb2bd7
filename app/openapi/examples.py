"""The examples of the document, all taken from the data: responses, and values for every parameter."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select

from app import feeds, releases
from app.database import Database
from app.registry import RESOURCES, TABLES
from app.routers.service import INDEX
from app.schemas.queries import PageQuery
from app.schemas.resources import ResourceInfo
from app.tables import table_of
from app.vocabularies import vocabularies

Object = dict[str, Any]

LIMIT: Final = 10
"""Differs from the default, so that the example shows something."""
SHOWN_ITEMS: Final = 1
"""How many entries of a list an example shows: the first tells the form of all."""


@dataclass(frozen=True)
class Examples:
    """The examples of every path."""

    responses: dict[str, Object]
    """The body of a 200, by path."""
    parameters: dict[str, Object]
    """Values of the parameters by name, by path. All of a path together match at least one record."""


def examples_from(database: Database) -> Examples:
    """The examples that the data gives."""
    responses = dict(_service_responses(database))
    parameters: dict[str, Object] = {}
    for resource in RESOURCES:
        documents = select(table_of(TABLES[resource.collection]).columns.document)
        records = [json.loads(row[0]) for row in database.driver.execute(str(documents))]
        if not records:
            continue  # an empty collection has no example
        records.sort(key=lambda record: _usefulness(resource, record))
        responses |= _record_responses(database, resource, records[0])
        parameters[resource.path] = _parameters(resource, records)
        parameters[resource.path + "/{slug}"] = {"slug": records[0]["slug"]}
    version = database.dataset_version
    for path in ("/v1/releases/{version}", "/v1/releases/{version}/bundle"):
        parameters[path] = {"version": version}
    parameters["/v1/changes"] = {"since": version}
    return Examples(responses, parameters)


def _usefulness(resource: ResourceInfo, record: Object) -> tuple[int, int, str]:
    """Sorts first the record that has a value for the most filters, and of these the shortest."""
    missing = sum(_value(resource, record, name) is None for name in _filters(resource))
    return missing, len(json.dumps(record)), record["slug"]


def _filters(resource: ResourceInfo) -> list[str]:
    return [name for name in resource.query.model_fields if name not in PageQuery.model_fields]


def _value(resource: ResourceInfo, record: Object, name: str) -> Any:
    """A value of a filter that matches the record, or None."""
    value = record[resource.facets.get(name, name)]
    return next(iter(value), None) if isinstance(value, list) else value


def _parameters(resource: ResourceInfo, records: list[Object]) -> Object:
    values: Object = {
        "limit": LIMIT,
        "offset": 0,
        "slug": [record["slug"] for record in records[:2]],  # two, as they are fetched in a batch
        "sort": f"-{list(resource.sorts)[-1]}",
    }
    for name in _filters(resource):
        found = (_value(resource, record, name) for record in records)
        value = next((value for value in found if value is not None), None)
        if value is not None:
            values[name] = value if isinstance(value, bool) else [value]
    return values


def _record_responses(database: Database, resource: ResourceInfo, whole: Object) -> Iterator[tuple[str, Object]]:
    """The record alone and on a page of one."""
    record, path = _cut(whole), resource.path
    version = {"dataset_version": database.dataset_version}
    meta = {"total": 1, "limit": 20, "offset": 0, **version, "coverage": database.coverage[resource.collection]}
    address = f"{path}?slug={record['slug']}"
    links = {"self": address, "first": address, "prev": None, "next": None, "last": address}
    yield path, {"data": [record], "meta": meta, "links": links}
    alone = _detail(database, record, f"{path}/{record['slug']}", path)
    (history,) = database.read(
        f"SELECT history FROM {table_of(TABLES[resource.collection]).name} WHERE slug = :slug",  # noqa: S608  # a name of a table
        {"slug": record["slug"]},
    )[0]
    alone["meta"]["history"] = _cut(json.loads(history))
    yield path + "/{slug}", alone


def _service_responses(database: Database) -> Iterator[tuple[str, Object]]:
    yield "/v1", _detail(database, json.loads(INDEX), "/v1", "/v1")
    yield "/v1/vocabularies", _detail(database, _cut(json.loads(vocabularies())), "/v1/vocabularies", "/v1")
    yield "/v1/meta", _detail(database, _cut(json.loads(database.release_document)), "/v1/meta", "/v1")
    manifest, changes = database.read("SELECT manifest, changes FROM kept_release ORDER BY position LIMIT 1", {})[0]
    release = _cut(json.loads(manifest))
    listed = json.loads(bytes(feeds.list_feeds(database).body))["data"]
    yield "/v1/feeds", _detail(database, _cut(listed), "/v1/feeds", "/v1")
    yield "/v1/releases", _detail(database, {"releases": [release]}, "/v1/releases", "/v1")
    yield "/v1/releases/latest", _detail(database, release, "/v1/releases/latest", "/v1/releases")
    yield "/v1/releases/{version}", _detail(database, release, release["url"], "/v1/releases")
    yield "/v1/releases/{version}/bundle", _bundle(database)
    yield "/v1/changes", _detail(database, _cut(json.loads(changes)), release["changes"], "/v1")
    yield "/health/live", {"status": "ok"}
    yield "/health/ready", {"status": "ok"}


def _bundle(database: Database) -> Object:
    """The bundle of the newest release, with one record of the collection that has the shortest."""
    bundle = json.loads(bytes(releases.bundle(database, database.dataset_version).body))
    shortest = min(bundle["records"], key=lambda name: len(json.dumps(bundle["records"][name][:1] or [" " * 100_000])))
    records = {name: listed if name == shortest else [] for name, listed in bundle["records"].items()}
    example: Object = _cut(bundle | {"records": records})
    return example


def _detail(database: Database, data: Mapping[str, Any], address: str, collection: str) -> Object:
    meta = {"dataset_version": database.dataset_version}
    return {"data": data, "meta": meta, "links": {"self": address, "collection": collection}}


def _cut(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _cut(item) for key, item in value.items()}
    return [_cut(item) for item in value[:SHOWN_ITEMS]] if isinstance(value, list) else value
