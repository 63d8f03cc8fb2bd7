"""The examples of the document, all taken from the data: responses, and values for every parameter."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select

from app.database import Database
from app.registry import RESOURCES, TABLES
from app.routers.service import INDEX
from app.routers.vocabularies import vocabularies
from app.schemas.queries import PageQuery
from app.schemas.resources import ResourceInfo
from app.tables import table_of

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
    yield path + "/{slug}", _detail(database, record, f"{path}/{record['slug']}", path)


def _service_responses(database: Database) -> Iterator[tuple[str, Object]]:
    yield "/v1", _detail(database, json.loads(INDEX), "/v1", "/v1")
    yield "/v1/vocabularies", _detail(database, _cut(json.loads(vocabularies())), "/v1/vocabularies", "/v1")
    yield "/v1/meta", _detail(database, _cut(json.loads(database.release_document)), "/v1/meta", "/v1")
    yield "/health/live", {"status": "ok"}
    yield "/health/ready", {"status": "ok", "dataset_version": database.dataset_version, "refused": None}


def _detail(database: Database, data: Mapping[str, Any], address: str, collection: str) -> Object:
    meta = {"dataset_version": database.dataset_version}
    return {"data": data, "meta": meta, "links": {"self": address, "collection": collection}}


def _cut(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _cut(item) for key, item in value.items()}
    return [_cut(item) for item in value[:SHOWN_ITEMS]] if isinstance(value, list) else value
