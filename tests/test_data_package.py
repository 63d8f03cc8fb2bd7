"""The data package describes the CSV files as they are, and is valid by the profile of its specification."""

import csv
import io
import json
import re
from datetime import date
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest

from support import COLLECTIONS, Object, each, fetch

pytestmark = pytest.mark.anyio

ADDRESS = "/v1/datapackage.json"
READ: dict[str, Any] = {
    "string": str,
    "date": date.fromisoformat,
    "integer": int,
    "number": float,
    "boolean": {"true": True, "false": False}.__getitem__,
    "array": json.loads,
    "object": json.loads,
}
"""How a cell of each type is read."""


async def package_of(client: httpx.AsyncClient) -> Object:
    response = await client.get(ADDRESS)
    assert response.status_code == 200
    found: Object = response.json()
    return found


async def test_it_has_a_file_for_every_collection_and_says_where_the_data_are_from(client: httpx.AsyncClient) -> None:
    package = await package_of(client)
    release = (await fetch(client, "/v1/meta"))["data"]
    assert {f"/v1/{table['name']}" for table in package["resources"]} == set(COLLECTIONS)
    assert package["version"] == release["dataset_version"]
    assert package["licenses"][0]["path"] == release["data_licence"]["url"]
    assert package["sources"] == [{"title": release["source"]}]
    assert release["disclaimer"] in package["description"]


async def test_each_file_is_as_the_package_describes_it(client: httpx.AsyncClient) -> None:
    package = await package_of(client)
    for table in each(package["resources"]):
        columns = table["schema"]["fields"]
        # A path has to be relative, without `..` or a leading slash.
        assert re.fullmatch(r"[a-z-]+\?format=csv", table["path"])
        response = await client.get(urljoin(ADDRESS, table["path"]))
        header, *rows = csv.reader(io.StringIO(response.content.decode("utf-8-sig"), newline=""), strict=True)
        assert header == [column["name"] for column in columns]
        for row in each(rows):
            for column, cell in each(zip(columns, row, strict=True)):
                assert is_as_described(cell, column), f"{table['name']}: {cell!r} is not {column}"
        (key,) = table["schema"]["primaryKey"]
        keys = [row[header.index(key)] for row in rows]
        assert len(set(keys)) == len(keys)


def is_as_described(cell: str, column: Object) -> bool:
    """Whether a cell is of the type of its column and keeps its constraints."""
    constraints = column.get("constraints", {})
    if not cell:
        return "required" not in constraints
    value = READ[column["type"]](cell)
    assert column["type"] not in {"array", "object"} or isinstance(value, list if column["type"] == "array" else dict)
    return "enum" not in constraints or value in constraints["enum"]


async def test_named_values_are_constraints_and_unknown_values_may_be_empty(client: httpx.AsyncClient) -> None:
    tables = {table["name"]: table for table in (await package_of(client))["resources"]}
    verdict = next(column for column in tables["claims"]["schema"]["fields"] if column["name"] == "verdict")
    assert verdict["constraints"] == {
        "required": True,
        "enum": ["supports", "qualifies", "contradicts", "not_addressed"],
    }
    reviewed = next(column for column in tables["strains"]["schema"]["fields"] if column["name"] == "last_reviewed")
    assert (reviewed["type"], reviewed.get("constraints")) == ("date", None)


async def test_a_csv_file_leads_to_the_package_and_the_index_too(client: httpx.AsyncClient) -> None:
    link = (await client.get("/v1/strains?format=csv")).headers["link"]
    assert f'<{ADDRESS}>; rel="describedby"' in link
    index = (await fetch(client, "/v1"))["data"]["service"]
    assert ADDRESS in [entry["url"] for entry in index]
