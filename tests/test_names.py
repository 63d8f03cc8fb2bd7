"""A record that is asked for by a name instead of its slug is suggested, in bounded time."""

import time
from collections import defaultdict
from itertools import product
from string import ascii_lowercase

import httpx
import pytest

from app.names import Names, folded
from app.registry import RESOURCES
from support import COLLECTIONS, Object, each, each_collection

pytestmark = pytest.mark.anyio

NAMES = {resource.path: resource.names for resource in RESOURCES}


def names_of(path: str, record: Object) -> list[str]:
    """The names of a record besides its slug."""
    return [
        name for field in NAMES[path] for name in ([record[field]] if isinstance(record[field], str) else record[field])
    ]


async def suggested(client: httpx.AsyncClient, path: str, asked: str) -> str | None:
    response = await client.get(httpx.URL("http://test").copy_with(path=f"{path}/{asked}"))
    assert response.status_code == 404, asked
    problem = response.json()
    [error] = problem["errors"]
    assert (error["pointer"], error["code"]) == ("/path/slug", "unknown_slug")
    found: str | None = error["did_you_mean"]
    return found


@each_collection
async def test_each_name_title_code_and_alias_leads_to_its_record(
    path: str, client: httpx.AsyncClient, records: dict[str, list[Object]]
) -> None:
    having = defaultdict(set)
    for record in each(records[path]):
        for name in each(names_of(path, record)):
            having[folded(name)].add(record["slug"])
    slugs = {record["slug"] for record in records[path]}
    tried = 0
    for name, owners in each(having.items()):
        if len(owners) == 1 and name and name not in slugs and "/" not in name:
            assert {await suggested(client, path, name.upper())} == owners, name
            tried += 1
    assert tried or having.keys() <= slugs


@each_collection
async def test_a_slug_in_another_case_or_with_a_typing_error_suggests_its_record(
    path: str, client: httpx.AsyncClient, records: dict[str, list[Object]]
) -> None:
    for record in each(records[path][:20]):
        slug = record["slug"]
        for wrong in (slug.upper(), slug.title(), slug.replace("-", " "), f"{slug}-"):
            if wrong != slug:
                assert await suggested(client, path, wrong) == slug, wrong
        if len(slug) > 8:
            assert await suggested(client, path, f"{slug}x") == slug


@pytest.mark.parametrize(
    ("path", "asked", "slug"),
    [
        ("/v1/jurisdictions", "alabama", "us-al"),
        ("/v1/jurisdictions", "Alabama", "us-al"),
        ("/v1/jurisdictions", "alabamma", "us-al"),
        ("/v1/jurisdictions", "US-AL", "us-al"),
        ("/v1/jurisdictions", "new york", "us-ny"),
        ("/v1/jurisdictions", "cz", "czechia"),
        ("/v1/side-effects", "unresponsiveness", "coma"),
        ("/v1/strains", "red-vain", "red-vein"),
    ],
)
async def test_a_name_that_a_person_would_type_suggests_the_record(
    path: str, asked: str, slug: str, client: httpx.AsyncClient
) -> None:
    assert await suggested(client, path, asked) == slug
    for query in ("?_=1", "?&"):
        assert (await client.get(f"{path}/{asked}{query}")).json()["errors"][0]["did_you_mean"] == slug


async def test_nothing_is_suggested_where_nothing_is_near(client: httpx.AsyncClient) -> None:
    for path in each(COLLECTIONS):
        for asked in ("zzzzzzzz", "-", "%", "\N{HOT PEPPER}", "q" * 5000):
            assert await suggested(client, path, asked) is None, asked


def test_a_name_that_two_records_have_leads_to_neither_but_a_slug_to_its_own() -> None:
    names = Names([("Georgia", "us-ga"), ("Georgia", "georgia-country"), ("other", "both"), ("both", "other")])
    assert names.nearest("Georgia") != "us-ga"
    assert names.nearest("both") == "both"
    assert names.nearest("other") == "other"
    assert Names([]).nearest("anything") is None


def test_a_miss_takes_no_longer_where_there_are_many_names() -> None:
    # Every name shares its letters with what is asked: comparing it with each would take seconds.
    many = product(ascii_lowercase, ascii_lowercase, "abc")
    names = Names(
        (f"{''.join(letters)} kratom and chronic back pain " * 3, f"record-{''.join(letters)}") for letters in many
    )
    started = time.perf_counter()
    for number in range(50):
        names.nearest(f"cratom or chronic bag pane {number} " * 20)
    assert (time.perf_counter() - started) / 50 < 0.05
