"""A query may be written in several ways; each has one canonical spelling, one response and one place in the cache."""

import asyncio
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import httpx
import pytest

from app.database import Database
from app.http.request import IGNORED_PARAMETERS
from app.http.spellings import MAX_SPELLING_BYTES, MAX_SPELLINGS
from app.main import Service, create_app
from app.settings import Settings
from support import (
    ADDRESSES,
    COLLECTIONS,
    DOCUMENT,
    FILTERS,
    PAGES,
    PATHS,
    ROOT,
    Ask,
    Object,
    answered,
    each,
    extended,
    fetch,
    filter_values,
    query_parameters,
    refused,
    resolved,
    written,
)
from wire import CLOSE, ask, exchange, listening, request, run, statuses, unnamed

pytestmark = pytest.mark.anyio

FLAGS = tuple((path, name) for path, name in FILTERS if query_parameters(path)[name]["schema"]["type"] == "boolean")
TEXTS = tuple(
    (path, name)
    for path, name in FILTERS
    if query_parameters(path)[name]["schema"]["type"] == "array"
    and resolved(query_parameters(path)[name]["schema"]["items"])["type"] == "string"
)
NOISE = [name.replace("*", "anything") for name in IGNORED_PARAMETERS]


@pytest.fixture
def service(database_path: Path) -> Iterator[Service]:
    """A service whose cache is empty."""
    fresh = create_app(Settings(database_path=database_path))
    yield fresh
    fresh.state.database.close()


@pytest.fixture
def queries(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the database has been asked."""
    asked: list[str] = []
    read = Database.read

    def noting(self: Database, sql: str, values: dict[str, object]) -> list[object]:
        asked.append(sql)
        return read(self, sql, values)

    monkeypatch.setattr(Database, "read", noting)
    return asked


# Values


@pytest.mark.parametrize(("path", "name"), FLAGS)
async def test_a_flag_may_be_written_as_any_language_writes_it(path: str, name: str, client: httpx.AsyncClient) -> None:
    for canonical, spellings in (
        ("true", ("True", "TRUE", "1", "yes", "Yes", "on", "ON", "t", "y")),
        ("false", ("False", "FALSE", "0", "no", "No", "off", "OFF", "f", "n")),
    ):
        usual = await fetch(client, f"{path}?{name}={canonical}")
        assert usual["links"]["self"] == f"{path}?{name}={canonical}"
        for spelling in each(spellings):
            assert await fetch(client, f"{path}?{name}={spelling}") == usual, spelling
    for wrong in ("2", "-1", "01", "1.0", "%20true", "truth", "null", "none", "", "true,false", "%EF%BC%91"):
        assert (await refused(client, f"{path}?{name}={wrong}", name))["code"] == "boolean_canonical", wrong


@pytest.mark.parametrize(("path", "name"), TEXTS)
async def test_named_values_codes_and_slugs_may_be_in_any_case(
    path: str, name: str, client: httpx.AsyncClient, records: dict[str, list[Object]]
) -> None:
    value = written(filter_values(path, name, records[path])[0])
    usual = await fetch(client, f"{path}?{name}={value}")
    assert usual["links"]["self"] == f"{path}?{name}={value}"
    for spelling in (value.upper(), value.lower(), value.title(), value.swapcase()):
        assert await fetch(client, f"{path}?{name}={spelling}") == usual, spelling


@pytest.mark.parametrize("path", COLLECTIONS)
async def test_a_sort_may_be_in_any_case(path: str, client: httpx.AsyncClient) -> None:
    for sort in each(query_parameters(path)["sort"]["schema"]["enum"]):
        assert await fetch(client, f"{path}?sort={sort.upper()}") == await fetch(client, f"{path}?sort={sort}")


async def test_only_letters_of_ascii_have_another_case(client: httpx.AsyncClient) -> None:
    # Python lowers the Kelvin sign to a k, and raises a long s to an S and a dotless i to an I.
    await refused(client, "/v1/dosage-ranges?kind=poison_centre,wee%E2%84%AA", "kind")
    await refused(client, "/v1/strains?slug=white-vein,%E2%84%AAratom", "slug")
    await refused(client, "/v1/jurisdictions?code=U%C5%BF", "code")
    await refused(client, "/v1/contacts?country=%C4%B1n", "country")


async def test_a_problem_shows_canonical_values(client: httpx.AsyncClient) -> None:
    error = await refused(client, "/v1/strains?vein=REDD", "vein")
    assert error["did_you_mean"] == "red"
    assert (await refused(client, "/v1/strains?sort=NAM", "sort"))["did_you_mean"] == "name"


# One canonical spelling


@pytest.mark.parametrize(
    ("canonical", "spellings"),
    [
        (
            "/v1/strains?vein=red,green",
            [
                "vein=RED,green",
                "vein=red&vein=green",
                "vein=green&vein=red",
                "vein[]=red&vein[]=green",
                "vein%5B%5D=Green,red",
                "vein=red%2Cgreen",
                "vein=r%65d,green",
                "vein=red,green,red",
                "vein=red,green&",
                "&&vein=red&&&vein=green&&",
                "vein=red,green&offset=0",
                "_=17&vein=red,green&utm_source=a&utm_source=b",
            ],
        ),
        ("/v1/jurisdictions?limit=5&code=US-AL", ["code=us-al&limit=5", "limit=5&code=Us-Al,US-AL"]),
        (
            "/v1/jurisdictions?minimum_age=18,21&kcpa=true",
            ["kcpa=1&minimum_age=21,18", "minimum_age=21&kcpa=True&minimum_age=18"],
        ),
        ("/v1/strains", ["&", "&&&&", "_=1", "offset=0", "fbclid=x&gclid=y"]),
        ("/v1/strains/red-vein", ["&", "_=1", "utm_source=x&utm_source=x"]),
        ("/v1/meta", ["_=%00&fbclid", "&gclid=%zz"]),
    ],
)
def test_every_spelling_gets_the_one_cached_response(
    service: Service, queries: list[str], canonical: str, spellings: list[str]
) -> None:
    status, headers, body = asyncio.run(ask(service, canonical, (b"x-request-id", b"same")))
    assert status == 200
    assert f'"self":"{canonical}"'.encode() in body
    asked = len(queries)
    for spelling in each(spellings * 2):
        answer = asyncio.run(ask(service, f"{canonical.partition('?')[0]}?{spelling}", (b"x-request-id", b"same")))
        assert answer == (status, headers, body), spelling
    assert len(queries) == asked
    assert len(service.pipeline.cache) == 1


def test_an_odd_spelling_gets_the_response_of_the_canonical_one(service: Service, queries: list[str]) -> None:
    first = asyncio.run(ask(service, "/v1/strains?VEIN=red"))
    assert first[0] == 422
    odd = asyncio.run(ask(service, "/v1/strains?&vein[]=RED&_=1"))
    asked = len(queries)
    assert asyncio.run(ask(service, "/v1/strains?vein=red"))[2] == odd[2]
    assert len(queries) == asked > 0


def test_spellings_are_remembered_in_bounded_number(service: Service, queries: list[str]) -> None:
    letters = [(letter, letter.upper()) if letter.isalpha() else (letter,) for letter in "white-vein"]
    spellings = ["".join(chosen) for chosen in product(*letters)]

    async def flood() -> None:
        for sort in ("slug", "SLUG", "Slug", "sLUG", "slUG"):
            for spelling in each(spellings):
                assert (await ask(service, f"/v1/strains?sort={sort}&slug={spelling}"))[0] == 200
                assert len(service.pipeline.spellings) <= MAX_SPELLINGS
        for number in range(1, 300):
            await ask(service, f"/v1/strains?sort=slug&slug={'white-vein,' * (number % 90)}white-vein&_={number}")

    asyncio.run(flood())
    assert len(spellings) == 512
    assert len(service.pipeline.cache) == 1
    assert len(queries) == 2
    assert sum(len(query) for _, _, query in service.pipeline.spellings) < MAX_SPELLINGS * MAX_SPELLING_BYTES


def test_an_override_of_a_dependency_gets_every_spelling(service: Service) -> None:
    usual = asyncio.run(ask(service, "/v1/strains?vein=red,green"))[2]
    service.dependency_overrides[object] = object
    for spelling in ("vein=RED&vein=green", "vein[]=red&vein[]=green&_=1", "&vein=green,red&"):
        assert asyncio.run(ask(service, f"/v1/strains?{spelling}"))[2] == usual
    assert asyncio.run(ask(service, "/v1/strains?vein=redd"))[0] == 422


# Parameters that others append


def test_ignored_parameters_neither_fill_the_cache_nor_build_a_response_again(
    service: Service, queries: list[str]
) -> None:
    async def promise() -> None:
        async with listening(service) as (port, _):
            await exchange(port, unnamed(request(b"/v1/strains", CLOSE)))
            asked = len(queries)
            flood = b"".join(unnamed(request(b"/v1/strains?_=%d" % number)) for number in range(300))
            assert statuses(await exchange(port, flood + request(b"/v1/strains", CLOSE))) == [200] * 301
            assert len(queries) == asked
            assert len(service.pipeline.cache) == 1
            assert len(service.pipeline.known) <= 1

    run(promise)
    assert service.pipeline.spellings == {}


@pytest.mark.parametrize("path", [path for path in PATHS if not path.startswith("/health/")])
async def test_ignored_parameters_do_not_change_the_response(path: str, client: httpx.AsyncClient) -> None:
    address = answered(path)
    usual = await client.get(address)
    for name in each([*NOISE, "UTM_Source", "GCLID", "utm%5Fsource"]):
        for query in (f"{name}=1", name, f"{name}=", f"{name}=1&{name}=2", f"{name}=%zz%00%FF", f"{name}=a=b"):
            url = httpx.URL("http://test").copy_with(raw_path=extended(address, query).encode())
            found = await client.get(url)
            assert (found.status_code, found.content) == (200, usual.content), query
            assert found.headers.get("Link") == usual.headers.get("Link")


async def test_a_problem_does_not_mention_ignored_parameters(client: httpx.AsyncClient) -> None:
    noise = "&".join(f"{name}={n}" for n, name in enumerate(NOISE * 2))
    problem = (await client.get(f"/v1/strains?{noise}&colour=red")).json()
    assert [error["pointer"] for error in problem["errors"]] == ["/query/colour"]
    assert "utm_" not in str(problem)


async def test_pages_and_their_files_ignore_every_parameter(ask: Ask, app: Service) -> None:
    for path in each({*PAGES, *app.pipeline.pages}):
        usual = await ask(path, [("x-request-id", "same")])
        assert usual.status == 200
        for query in ("v=1", "_=1&_=2", "&", "utm_source=x", "a=%zz", "=", "x" * 5000):
            assert await ask(f"{path}?{query}", [("x-request-id", "same")]) == usual, query


def test_no_parameter_of_the_api_has_an_ignored_name() -> None:
    for path in each(COLLECTIONS):
        for name in each(query_parameters(path)):
            assert name not in IGNORED_PARAMETERS
            assert not name.startswith("utm_")


def test_every_ignored_parameter_is_documented() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for name in each(IGNORED_PARAMETERS):
        assert f"`{name}`" in DOCUMENT["info"]["description"], name
        assert f"`{name}`" in readme, name


# Addresses


async def test_an_extra_slash_or_a_capital_is_a_404_that_names_the_right_address(ask: Ask, app: Service) -> None:
    known = {path.partition("?")[0] for path in (*ADDRESSES, *app.pipeline.pages) if path != "/"}
    for path in each(known):
        for wrong in (
            f"{path}/",
            f"{path}//",
            f"/{path}",
            path.replace("/", "//"),
            path.replace("/", "/%2F"),
            f"{path}%2F",
        ):
            problem = (await ask(f"{wrong}?limit=1")).problem
            assert problem["status"] == 404, wrong
            [error] = problem["errors"]
            assert (error["pointer"], error["code"], error["did_you_mean"]) == ("/path", "unknown_path", path), wrong
            assert path in problem["detail"]
    for path, wrong in (("/v1/strains", "/V1/Strains"), ("/docs", "/Docs/"), ("/health/live", "/HEALTH/live")):
        assert (await ask(wrong)).problem["errors"][0]["did_you_mean"] == path
    assert (await ask("//")).problem["errors"][0]["did_you_mean"] == "/"


async def test_a_404_names_no_address_of_a_missing_record(ask: Ask) -> None:
    for wrong in ("/v1/jurisdictions/alabama/", "/v1//jurisdictions/alabama", "/V1/jurisdictions/alabama?nope=1"):
        [error] = (await ask(wrong)).problem["errors"]
        assert (error["pointer"], error["did_you_mean"]) == ("/path/slug", "us-al"), wrong


async def test_an_address_without_a_similar_one_is_a_plain_404(ask: Ask) -> None:
    for path in (
        "/v1/nothing/",
        "/v2/strains/",
        "/v1/str%C3%A4ins/",
        "/v1/strains/a/b/",
        "/%0A/",
        f"/v1/strains/{'a' * 300}/",
    ):
        problem = (await ask(path)).problem
        assert (problem["status"], problem["errors"]) == (404, []), path
