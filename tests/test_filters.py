"""Every sort and every filter of the OpenAPI document gives the right records."""

from collections import Counter
from itertools import combinations
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from support import (
    COLLECTIONS,
    FILTERS,
    Object,
    each,
    each_collection,
    fetch,
    filter_values,
    query_parameters,
    record_schema,
    resolved,
    select,
    slugs,
    values_of,
    written,
)

pytestmark = pytest.mark.anyio


SORTS = tuple((path, value) for path in COLLECTIONS for value in query_parameters(path)["sort"]["schema"]["enum"])

# Order


def sort_key(path: str, field: str, value: Any) -> tuple[int, Any]:
    """Where the documented order puts a value: unknown first, named values as listed, text by code point."""
    if value is None:
        return 0, 0
    named = resolved(record_schema(path)["properties"][field]).get("enum")
    return 1, named.index(value) if named else value


@pytest.mark.parametrize(("path", "value"), SORTS)
async def test_each_sort_gives_the_documented_order(
    path: str, value: str, client: httpx.AsyncClient, records: dict[str, list[Object]]
) -> None:
    field, backwards = value.removeprefix("-"), value.startswith("-")
    expected = sorted(records[path], key=lambda record: (sort_key(path, field, record[field]), record["slug"]))
    assert slugs(await select(client, path, sort=value)) == slugs(expected[::-1] if backwards else expected)


@each_collection
async def test_each_sort_has_its_mirror_and_the_default_is_the_documented_one(
    path: str, client: httpx.AsyncClient, records: dict[str, list[Object]]
) -> None:
    schema = query_parameters(path)["sort"]["schema"]
    forwards = [value for value in schema["enum"] if not value.startswith("-")]
    assert set(schema["enum"]) == {*forwards, *(f"-{value}" for value in forwards)}
    assert slugs(records[path]) == slugs(await select(client, path, sort=schema["default"]))


async def test_the_list_of_warning_signs_begins_with_all_emergencies(client: httpx.AsyncClient) -> None:
    urgencies = [sign["urgency"] for sign in await select(client, "/v1/warning-signs")]
    assert set(urgencies) == {"emergency_now", "same_day"}
    assert urgencies == sorted(urgencies)


# Filters


@pytest.mark.parametrize(("path", "name"), FILTERS)
async def test_each_value_of_a_filter_gives_exactly_the_records_that_have_it(
    path: str, name: str, client: httpx.AsyncClient, records: dict[str, list[Object]]
) -> None:
    # Fetching by slug is tried in batches below; one request for each of hundreds adds nothing.
    values = filter_values(path, name, records[path])[: 10 if name == "slug" else None]
    for value in each(values):
        expected = [record["slug"] for record in records[path] if value in values_of(record, name)]
        found = await select(client, path, **{name: written(value)})
        assert slugs(found) == expected, f"{name}={value}"


@pytest.mark.parametrize(
    ("path", "name"), [f for f in FILTERS if query_parameters(f[0])[f[1]]["schema"]["type"] == "array"]
)
async def test_values_with_commas_between_them_match_any(
    path: str, name: str, client: httpx.AsyncClient, records: dict[str, list[Object]]
) -> None:
    most = query_parameters(path)[name]["schema"]["maxItems"]
    values = filter_values(path, name, records[path])[: min(most, 100)]
    for chosen in (values[:2], values[-2:], values[::3], values, [*values[:1], *values[:1]]):
        expected = [record["slug"] for record in records[path] if set(chosen) & set(values_of(record, name))]
        found = await select(client, path, **{name: ",".join(map(written, chosen))})
        assert slugs(found) == expected, f"{name}={chosen}"


@pytest.mark.parametrize(
    "path", [path for path, filters in Counter(path for path, _ in FILTERS).items() if filters > 1]
)
async def test_several_filters_must_all_match(
    path: str, client: httpx.AsyncClient, records: dict[str, list[Object]]
) -> None:
    names = [name for found, name in FILTERS if found == path]
    first, last = records[path][0], records[path][-1]
    tried = 0
    for one, other in each(combinations(names, 2)):
        for a, b in ((first, first), (first, last), (last, first), (last, last)):
            left, right = values_of(a, one)[0], values_of(b, other)[0]
            if left is None or right is None:
                continue
            expected = [r["slug"] for r in records[path] if left in values_of(r, one) and right in values_of(r, other)]
            found = await select(client, path, **{one: written(left), other: written(right)})
            assert slugs(found) == expected, f"{one}={left} {other}={right}"
            tried += 1
    assert tried


@each_collection
async def test_slugs_fetch_a_batch_and_an_unknown_one_is_simply_not_there(
    path: str, client: httpx.AsyncClient, records: dict[str, list[Object]]
) -> None:
    chosen = slugs(records[path])[:99:2]
    found = await select(client, path, slug=",".join([*chosen, "no-such-record"]))
    assert slugs(found) == chosen
    assert await select(client, path, slug="no-such-record") == []


@each_collection
async def test_a_filter_holds_on_every_page_and_in_every_order(
    path: str, client: httpx.AsyncClient, records: dict[str, list[Object]]
) -> None:
    names = [name for found, name in FILTERS if found == path]
    name = names[-1]
    common = Counter(v for r in records[path] for v in values_of(r, name) if v is not None).most_common(1)[0][0]
    expected = [record["slug"] for record in records[path] if common in values_of(record, name)]
    for sort in each(query_parameters(path)["sort"]["schema"]["enum"]):
        address: str | None = f"{path}?limit=7&sort={sort}&{name}={quote(written(common))}"
        found: list[str] = []
        while address:
            page = await fetch(client, address)
            assert page["meta"]["total"] == len(expected)
            found += slugs(page["data"])
            address = page["links"]["next"]
        assert sorted(found) == sorted(expected)
