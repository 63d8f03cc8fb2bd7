"""`facet` counts the values of filters: each count is the total of the list that a click on the value would bring."""

from itertools import permutations
from typing import Any

import httpx
import pytest

from app.registry import RESOURCES
from support import (
    COLLECTIONS,
    SUMMARIES,
    Object,
    each,
    each_collection,
    fetch,
    filter_values,
    query_parameters,
    refused,
    resolved,
    values_of,
    written,
)

pytestmark = pytest.mark.anyio


def facets_of(path: str) -> list[str]:
    """The filters of a collection whose values can be counted."""
    parameter = query_parameters(path).get("facet")
    return list(resolved(parameter["schema"]["items"])["enum"]) if parameter else []


FACETED = tuple(path for path in COLLECTIONS if facets_of(path))
PLAIN = tuple(path for path in COLLECTIONS if not facets_of(path))
each_faceted = pytest.mark.parametrize("path", FACETED)


async def counts(client: httpx.AsyncClient, path: str, **query: str) -> dict[str, dict[str, int]]:
    """The counts of a list by filter and value."""
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    found = (await fetch(client, f"{path}?{asked}"))["meta"]["facets"]
    return {facet["name"]: {entry["value"]: entry["count"] for entry in facet["values"]} for facet in found}


def counted(path: str, name: str, records: list[Object]) -> dict[str, int]:
    """How many of some records have each value that a filter takes."""
    return {
        written(value): sum(value in values_of(record, name) for record in records)
        for value in filter_values(path, name, records)
    }


# The counts


@each_faceted
async def test_every_value_is_counted_over_all_pages_and_one_without_records_is_zero(
    path: str, client: httpx.AsyncClient, records: dict[str, list[Object]]
) -> None:
    names = facets_of(path)
    expected = {name: counted(path, name, records[path]) for name in names}
    for page in ("limit=1", "limit=1&offset=3", "view=summary", "sort=-slug", "offset=9000"):
        key, _, value = page.partition("=")
        found = await counts(client, path, facet=",".join(names), **{key: value})
        assert found == expected, page
        assert [list(values) for values in found.values()] == [list(values) for values in expected.values()]


@each_faceted
async def test_a_count_is_the_total_of_the_list_with_that_value(path: str, client: httpx.AsyncClient) -> None:
    for name in each(facets_of(path)):
        for value, count in each((await counts(client, path, facet=name))[name].items()):
            assert (await fetch(client, f"{path}?{name}={value}&limit=1"))["meta"]["total"] == count, f"{name}={value}"


PAIRS = [(path, name, other) for path in FACETED for name, other in permutations(facets_of(path), 2)]


@pytest.mark.parametrize(("path", "name", "other"), PAIRS)
async def test_the_other_filters_hold_for_the_counts(
    path: str, name: str, other: str, client: httpx.AsyncClient, records: dict[str, list[Object]]
) -> None:
    values = filter_values(path, other, records[path])
    for chosen in each([values[:1], values[-1:]] + ([values[:2]] if len(values) > 2 else [])):
        selected = [record for record in records[path] if set(chosen) & set(values_of(record, other))]
        found = await counts(client, path, facet=name, **{other: ",".join(map(written, chosen))})
        assert found == {name: counted(path, name, selected)}, f"{other}={chosen}"


@each_faceted
async def test_a_filter_does_not_change_its_own_counts(
    path: str, client: httpx.AsyncClient, records: dict[str, list[Object]]
) -> None:
    # Its values widen each other, so the counts of those not chosen must stay true.
    some = [record["slug"] for record in records[path][::2]][:100]
    for name in each(facets_of(path)):
        unfiltered = await counts(client, path, facet=name)
        batch = await counts(client, path, facet=name, slug=",".join(some))
        for value in each(filter_values(path, name, records[path])):
            assert await counts(client, path, facet=name, **{name: written(value)}) == unfiltered
            both = await counts(client, path, facet=name, slug=",".join(some), **{name: written(value)})
            assert both == batch


async def test_several_filters_hold_at_once_and_each_leaves_out_itself(client: httpx.AsyncClient) -> None:
    path, chosen = "/v1/side-effects", {"seriousness": "serious,moderate", "in_article": "false"}
    found = await counts(client, path, facet="category,seriousness,in_article", **chosen)
    for name in each(found):
        others = "".join(f"&{other}={value}" for other, value in chosen.items() if other != name)
        for value, count in each(found[name].items()):
            assert (await fetch(client, f"{path}?{name}={value}{others}"))["meta"]["total"] == count, (name, value)


@each_faceted
async def test_labels_are_those_of_the_vocabularies(path: str, client: httpx.AsyncClient) -> None:
    vocabularies = (await fetch(client, "/v1/vocabularies"))["data"]["vocabularies"]
    labels = {tuple(v["value"] for v in each(voc["values"])): voc["values"] for voc in each(vocabularies)}
    for facet in each((await fetch(client, f"{path}?facet={','.join(facets_of(path))}"))["meta"]["facets"]):
        shown = [(entry["value"], entry["label"]) for entry in facet["values"]]
        if [value for value, _ in shown] == ["true", "false"]:
            assert shown == [("true", "Yes"), ("false", "No")]
        else:
            vocabulary: Any = labels[tuple(value for value, _ in shown)]
            assert shown == [(value["value"], value["label"]) for value in vocabulary]


# How they are asked for


@each_collection
async def test_facets_are_null_unless_requested(path: str, client: httpx.AsyncClient) -> None:
    for address in (path, f"{path}?view=summary", SUMMARIES[path]):
        assert (await fetch(client, address))["meta"]["facets"] is None


@each_faceted
async def test_both_views_and_all_spellings_ask_the_same(path: str, client: httpx.AsyncClient) -> None:
    names = facets_of(path)
    canonical = f"facet={','.join(names)}"
    backwards = names[::-1]
    for spelling in (
        f"facet={','.join(backwards).upper()}",
        "&".join(f"facet={name}" for name in backwards),
        "&".join(f"facet[]={name}" for name in [*backwards, *names]),
        f"facet={','.join(names)}",
    ):
        page = await fetch(client, f"{path}?{spelling}")
        assert page["links"]["self"] == f"{path}?{canonical}"
        assert [facet["name"] for facet in page["meta"]["facets"]] == names
    brief = await fetch(client, f"{SUMMARIES[path]}?{canonical}")
    assert brief["meta"]["facets"] == page["meta"]["facets"]
    assert all(canonical in link for link in each(filter(None, brief["links"].values())))


async def test_a_facet_that_cannot_be_counted_is_refused(client: httpx.AsyncClient) -> None:
    error = await refused(client, "/v1/side-effects?facet=seriousnes", "facet")
    assert (error["code"], error["did_you_mean"]) == ("literal_error", "seriousness")
    for address in each(
        [
            "/v1/jurisdictions?facet=code",
            "/v1/side-effects?facet=",
            "/v1/side-effects?facet=category,,seriousness",
            "/v1/side-effects?facet=" + ",".join(["category"] * 11),
            "/v1/side-effects/nausea?facet=category",
            *(f"{path}?facet=title" for path in PLAIN),
        ]
    ):
        await refused(client, address, "facet")


def test_every_filter_by_named_values_or_by_yes_and_no_can_be_counted() -> None:
    for resource in each(RESOURCES):
        countable = [
            name
            for name in resource.filters
            if resource.enumeration(resource.facets.get(name, name))
            or query_parameters(resource.path)[name]["schema"]["type"] == "boolean"
        ]
        assert facets_of(resource.path) == countable, resource.collection
    assert PLAIN
