"""What every collection promises, found in the OpenAPI document, so that a new one is covered without a word here."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import httpx
import pytest
from jsonschema import Draft202012Validator, FormatChecker  # type: ignore[import-untyped]  # it comes without types

from app.registry import RESOURCES

pytestmark = pytest.mark.anyio

Object = dict[str, Any]

# A test elsewhere keeps the committed document equal to the one the application derives.
DOCUMENT: Object = json.loads((Path(__file__).parents[1] / "openapi.json").read_text(encoding="utf-8"))
PATHS: Object = DOCUMENT["paths"]
PAGING = ("limit", "offset", "sort")
CAUTIONED = ("dosage-ranges", "effects", "strains", "interactions", "faqs", "product-forms")
VERDICTS = {
    "supports": "supported",
    "qualifies": "qualified",
    "contradicts": "contradicted",
    "not_addressed": "not addressed",
}
TITLES = {resource.record_type.value: resource.title_field for resource in RESOURCES}
BROKEN_QUERIES = {
    "slug=%FF": "not_unicode",
    "slug=%ED%A0%80": "not_unicode",
    "=5": "empty_name",
    "&": "empty_name",
    "slug=" + "a," * 2500: "query_too_long",
    "x" * 60_000: "query_too_long",
}
NOT_CANONICAL = {
    "leading zero": "05",
    "plus": "%2B5",
    "space for a plus": "+5",
    "fraction": "5.0",
    "underscore": "1_0",
    "full-width digit": "%EF%BC%95",
    "arabic digit": "%D9%A5",
    "negative zero": "-0",
    "exponent": "1e2",
    "hexadecimal": "0x10",
    "space before": "%205",
    "space after": "5%20",
    "superscript": "%C2%B2",
    "word": "true",
    "thousands of digits": "9" * 3000,
}


def query_parameters(path: str) -> dict[str, Object]:
    """The query parameters an address takes, by name."""
    parameters = [parameter for parameter in PATHS[path]["get"].get("parameters", []) if "$ref" not in parameter]
    return {parameter["name"]: parameter for parameter in parameters if parameter["in"] == "query"}


COLLECTIONS = tuple(path for path in PATHS if f"{path}/{{slug}}" in PATHS and "offset" in query_parameters(path))
SORTS = tuple((path, value) for path in COLLECTIONS for value in query_parameters(path)["sort"]["schema"]["enum"])
FILTERS = tuple((path, name) for path in COLLECTIONS for name in query_parameters(path) if name not in PAGING)
INTEGERS = tuple(
    (path, name)
    for path in PATHS
    for name, parameter in query_parameters(path).items()
    if "integer" in json.dumps(parameter["schema"])
)

each_collection = pytest.mark.parametrize("path", COLLECTIONS)
each_path = pytest.mark.parametrize("path", tuple(PATHS))


def resolved(schema: Object) -> Object:
    """A schema, or what its reference leads to."""
    while "$ref" in schema:
        *_, name = schema["$ref"].split("/")
        schema = DOCUMENT["components"]["schemas"][name]
    return schema


@cache
def response_validator(path: str) -> Draft202012Validator:
    schema = PATHS[path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    return Draft202012Validator(
        schema | {"components": DOCUMENT["components"]}, format_checker=FormatChecker(("date",))
    )


def record_schema(path: str) -> Object:
    """The schema of a record of a collection."""
    page = resolved(PATHS[path]["get"]["responses"]["200"]["content"]["application/json"]["schema"])
    return resolved(page["properties"]["data"]["items"])


def values_of(record: Object, name: str) -> list[Any]:
    """The values of a record that a filter looks at; a filter over a list may be named in the singular."""
    value = record[name] if name in record else record[f"{name}s"]
    return value if isinstance(value, list) else [value]


def written(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def slugs(records: list[Object]) -> list[str]:
    return [record["slug"] for record in records]


def walk(value: Any) -> Iterator[Object]:
    """Every object in a JSON value, at any depth."""
    if isinstance(value, dict):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from walk(item)


def link_header(response: httpx.Response) -> dict[str, str]:
    found = re.findall(r'<([^>]*)>; rel="([^"]*)"', response.headers["Link"])
    return {relation: url for url, relation in found}


async def fetch(client: httpx.AsyncClient, address: str) -> Object:
    response = await client.get(address)
    assert response.status_code == 200, f"{address}: {response.text}"
    body: Object = response.json()
    return body


async def select(client: httpx.AsyncClient, path: str, **query: str) -> list[Object]:
    """Every record that matches a query, over all pages."""
    records: list[Object] = []
    asked = "&".join(f"{name}={quote(value, safe=',')}" for name, value in query.items())
    address: str | None = f"{path}?limit=100&{asked}".rstrip("&")
    while address:
        page = await fetch(client, address)
        records += page["data"]
        address = page["links"]["next"]
    assert len(records) == page["meta"]["total"]
    return records


async def refused(client: httpx.AsyncClient, address: str, name: str) -> Object:
    """The error of a request that is refused because of one parameter."""
    response = await client.get(address)
    assert response.status_code == 422, f"{address}: {response.text[:300]}"
    assert response.headers["Content-Type"] == "application/problem+json"
    errors = [error for error in response.json()["errors"] if error["pointer"] == f"/query/{name}"]
    assert errors, response.text
    error: Object = errors[0]
    return error


@pytest.fixture(scope="session")
async def records(client: httpx.AsyncClient) -> dict[str, list[Object]]:
    """Every record of every collection."""
    return {path: await select(client, path) for path in COLLECTIONS}


@pytest.fixture(scope="session")
async def bodies(client: httpx.AsyncClient, records: dict[str, list[Object]]) -> dict[str, Object]:
    """The body of every address there is: every list, every record and every other path."""
    addresses = [path for path in PATHS if "{" not in path and path not in COLLECTIONS]
    addresses += [f"{path}/{record['slug']}" for path in COLLECTIONS for record in records[path]]
    pages = [f"{path}?limit=100&offset={o}" for path in COLLECTIONS for o in range(0, len(records[path]) or 1, 100)]
    return {address: await fetch(client, address) for address in (*addresses, *pages)}


def example_of(path: str, records: dict[str, list[Object]]) -> str:
    """A path of the document with a true slug in it."""
    return path.replace("{slug}", records[path.removesuffix("/{slug}")][0]["slug"]) if "{" in path else path


# Shapes


def test_the_document_describes_every_collection_and_every_resource_is_one() -> None:
    assert {path.removeprefix("/v1/") for path in COLLECTIONS} == {resource.collection for resource in RESOURCES}


async def test_every_answer_is_as_its_schema_says(bodies: dict[str, Object]) -> None:
    for address, body in bodies.items():
        path = urlsplit(address).path
        if path not in PATHS:
            path = path.rsplit("/", 1)[0] + "/{slug}"
        faults = [
            f"{address} {error.json_path}: {error.message}" for error in response_validator(path).iter_errors(body)
        ]
        assert not faults


@each_collection
async def test_a_list_and_a_single_record_give_the_same_whole_object(
    path: str, records: dict[str, list[Object]], bodies: dict[str, Object]
) -> None:
    assert records[path]
    for record in records[path]:
        assert bodies[f"{path}/{record['slug']}"]["data"] == record


@each_collection
async def test_a_single_record_links_to_itself_and_its_collection(
    path: str, client: httpx.AsyncClient, records: dict[str, list[Object]]
) -> None:
    address = f"{path}/{records[path][0]['slug']}"
    assert (await fetch(client, address))["links"] == {"self": address, "collection": path}


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


# Filters


def filter_values(path: str, name: str, records: list[Object]) -> list[Any]:
    """The values to try: all that the document names, else all that occur."""
    schema = query_parameters(path)[name]["schema"]
    if schema["type"] == "boolean":
        return [True, False]
    listed = resolved(schema["items"]).get("enum")
    found = {value: None for record in records for value in values_of(record, name) if value is not None}
    if listed:
        assert found.keys() <= set(listed)
    return listed or list(found)


@pytest.mark.parametrize(("path", "name"), FILTERS)
async def test_each_value_of_a_filter_gives_exactly_the_records_that_have_it(
    path: str, name: str, client: httpx.AsyncClient, records: dict[str, list[Object]]
) -> None:
    # Fetching by slug is tried in batches below; one request for each of hundreds adds nothing.
    values = filter_values(path, name, records[path])[: 10 if name == "slug" else None]
    for value in values:
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


@each_collection
async def test_several_filters_must_all_match(
    path: str, client: httpx.AsyncClient, records: dict[str, list[Object]]
) -> None:
    names = [name for found, name in FILTERS if found == path]
    first, last = records[path][0], records[path][-1]
    for one, other in combinations(names, 2):
        for a, b in ((first, first), (first, last), (last, first), (last, last)):
            left, right = values_of(a, one)[0], values_of(b, other)[0]
            if left is None or right is None:
                continue
            expected = [r["slug"] for r in records[path] if left in values_of(r, one) and right in values_of(r, other)]
            found = await select(client, path, **{one: written(left), other: written(right)})
            assert slugs(found) == expected, f"{one}={left} {other}={right}"


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
    for sort in query_parameters(path)["sort"]["schema"]["enum"]:
        address: str | None = f"{path}?limit=7&sort={sort}&{name}={quote(written(common))}"
        found: list[str] = []
        while address:
            page = await fetch(client, address)
            assert page["meta"]["total"] == len(expected)
            found += slugs(page["data"])
            address = page["links"]["next"]
        assert sorted(found) == sorted(expected)


# What is refused


@each_path
async def test_an_unknown_parameter_is_named(
    path: str, client: httpx.AsyncClient, records: dict[str, list[Object]]
) -> None:
    error = await refused(client, f"{example_of(path, records)}?colour=red", "colour")
    assert error["code"] == "unknown_parameter"


@each_path
async def test_an_unknown_parameter_near_a_known_one_gets_that_suggested(
    path: str, client: httpx.AsyncClient, records: dict[str, list[Object]]
) -> None:
    for name in query_parameters(path):
        for near in (name.upper(), f"{name}x", name[:-1]):
            error = await refused(client, f"{example_of(path, records)}?{near}=1", near)
            assert error["did_you_mean"] == name


@each_path
async def test_a_repeated_parameter_is_refused(
    path: str, client: httpx.AsyncClient, records: dict[str, list[Object]]
) -> None:
    for name in (*query_parameters(path), "colour"):
        error = await refused(client, f"{example_of(path, records)}?{name}=1&{name}=1", name)
        assert error["code"] == "repeated_parameter"


@each_path
async def test_an_empty_value_and_a_missing_one_are_refused(
    path: str, client: httpx.AsyncClient, records: dict[str, list[Object]]
) -> None:
    for name in query_parameters(path):
        await refused(client, f"{example_of(path, records)}?{name}=", name)
        error = await refused(client, f"{example_of(path, records)}?{name}", name)
        assert error["code"] == "missing_value"


@each_collection
async def test_an_empty_item_in_a_list_of_values_is_refused(
    path: str, client: httpx.AsyncClient, records: dict[str, list[Object]]
) -> None:
    for name, parameter in query_parameters(path).items():
        if parameter["schema"]["type"] == "array":
            value = written(filter_values(path, name, records[path])[0])
            for broken in (f"{value},", f",{value}", f"{value},,{value}", ",", f"{value},%20"):
                await refused(client, f"{path}?{name}={broken}", name)


@pytest.mark.parametrize(("path", "name"), INTEGERS)
async def test_only_plain_digits_are_an_integer(path: str, name: str, client: httpx.AsyncClient) -> None:
    for value in NOT_CANONICAL.values():
        error = await refused(client, f"{path}?{name}={value}", name)
        assert error["code"] == "integer_canonical"


@pytest.mark.parametrize(("path", "name"), INTEGERS)
async def test_an_integer_out_of_its_documented_bounds_is_refused_and_one_at_a_bound_is_not(
    path: str, name: str, client: httpx.AsyncClient
) -> None:
    schema = query_parameters(path)[name]["schema"]
    bounds = schema.get("items", schema)
    for outside in (bounds["minimum"] - 1, bounds["maximum"] + 1, 2**31, 2**63):
        await refused(client, f"{path}?{name}={outside}", name)
    for inside in (bounds["minimum"], bounds["maximum"]):
        await fetch(client, f"{path}?{name}={inside}")


@each_collection
async def test_a_value_that_is_not_listed_is_refused_and_the_near_one_suggested(
    path: str, client: httpx.AsyncClient
) -> None:
    for name, parameter in query_parameters(path).items():
        schema = resolved(parameter["schema"].get("items", parameter["schema"]))
        for value in schema.get("enum", [])[:3]:
            for wrong in (f"{value}x", value.upper()):
                error = await refused(client, f"{path}?{name}={wrong}", name)
                assert error["did_you_mean"] in schema["enum"]
        if "enum" in schema:
            await refused(client, f"{path}?{name}=nonsense", name)


@each_collection
async def test_more_values_than_documented_are_refused(
    path: str, client: httpx.AsyncClient, records: dict[str, list[Object]]
) -> None:
    for name, parameter in query_parameters(path).items():
        if parameter["schema"]["type"] == "array":
            most = parameter["schema"]["maxItems"]
            value = written(filter_values(path, name, records[path])[0])
            await fetch(client, f"{path}?{name}={','.join([value] * most)}")
            error = await refused(client, f"{path}?{name}={','.join([value] * (most + 1))}", name)
            assert error["code"] == "too_long"


@each_path
async def test_control_characters_are_refused(
    path: str, client: httpx.AsyncClient, records: dict[str, list[Object]]
) -> None:
    for character in ("%00", "%0A", "%0D%0A", "%1B", "%7F", "%C2%85"):
        error = await refused(client, f"{example_of(path, records)}?slug=a{character}b", "slug")
        assert error["code"] == "control_character"


@each_path
async def test_a_query_that_is_broken_as_a_whole_is_refused(
    path: str, client: httpx.AsyncClient, records: dict[str, list[Object]]
) -> None:
    for query, code in BROKEN_QUERIES.items():
        response = await client.get(f"{example_of(path, records)}?{query}")
        assert response.status_code == 422, query[:20]
        assert [response.json()["errors"][0][key] for key in ("pointer", "code")] == ["/query", code]


@each_path
async def test_a_percent_sign_without_two_digits_is_refused(
    path: str, client: httpx.AsyncClient, records: dict[str, list[Object]]
) -> None:
    # Written as raw bytes, because a client library would escape the sign.
    url = httpx.URL("http://test").copy_with(raw_path=f"{example_of(path, records)}?slug=a%zz".encode())
    response = await client.get(url)
    assert response.status_code == 422
    assert response.json()["errors"][0]["code"] == "broken_escape"


@pytest.mark.parametrize(
    "value",
    [
        "%27",
        "a%27%20OR%20%271%27=%271",
        "%25",
        "a%25",
        "_",
        "a*",
        "%22",
        "a%20OR%20b",
        "NEAR(a,b)",
        "{}",
        "$where",
        "../a",
    ],
)
async def test_no_value_means_anything_but_text(value: str, client: httpx.AsyncClient) -> None:
    for path in COLLECTIONS:
        await refused(client, f"{path}?slug={value}", "slug")
        response = await client.get(f"{path}/{value}")
        assert response.status_code == 404


# Addresses


@each_collection
async def test_an_unknown_slug_is_not_found_and_the_near_one_is_suggested(
    path: str, client: httpx.AsyncClient, records: dict[str, list[Object]]
) -> None:
    for record in (records[path][0], records[path][-1]):
        response = await client.get(f"{path}/{record['slug']}x")
        assert response.status_code == 404
        error = response.json()["errors"][0]
        assert (error["code"], error["did_you_mean"]) == ("unknown_slug", record["slug"])
    response = await client.get(f"{path}/zzzzzzzzzzzzzzzz")
    assert response.json()["errors"][0]["did_you_mean"] is None


@each_path
async def test_an_address_has_one_spelling(
    path: str, client: httpx.AsyncClient, records: dict[str, list[Object]]
) -> None:
    true = example_of(path, records)
    others = [
        f"{true}/",
        f"/{true}",
        true.upper(),
        true.title(),
        true.replace("/", "//", 2),
        f"{true}//",
        f"{true};a=b",
    ]
    others += [f"{true}%20", f"{true}%00", f"{true}.json", f"/.{true}%2F", f"{true}%2F.."]
    for other in others:
        response = await client.get(f"http://test{other}")
        assert response.status_code == 404, other
        assert response.headers["Content-Type"] == "application/problem+json"


# Pages


@pytest.mark.parametrize("limit", [1, 7, 20, 100])
@each_collection
async def test_following_next_gives_every_record_once_and_prev_leads_back(
    path: str, limit: int, client: httpx.AsyncClient, records: dict[str, list[Object]]
) -> None:
    pages = [await fetch(client, f"{path}?limit={limit}")]
    while address := pages[-1]["links"]["next"]:
        pages.append(await fetch(client, address))
        assert pages[-1]["data"], address
    assert [slug for page in pages for slug in slugs(page["data"])] == slugs(records[path])
    for number, page in enumerate(pages):
        meta, links = page["meta"], page["links"]
        assert (meta["total"], meta["limit"], meta["offset"]) == (len(records[path]), limit, number * limit)
        assert links["first"] == pages[0]["links"]["self"]
        assert links["last"] == pages[-1]["links"]["self"]
        assert links["prev"] == (pages[number - 1]["links"]["self"] if number else None)


@each_collection
async def test_from_any_offset_the_links_lead_to_the_last_page(
    path: str, client: httpx.AsyncClient, records: dict[str, list[Object]]
) -> None:
    for offset in (1, 3, 8):
        page = await fetch(client, f"{path}?limit=7&offset={offset}")
        last, found = page["links"]["last"], page["data"]
        while page["links"]["next"]:
            page = await fetch(client, page["links"]["next"])
            found += page["data"]
            assert page["links"]["last"] == last
        assert slugs(found) == slugs(records[path][offset:])
        assert page["links"]["self"] == last or not found


@each_collection
async def test_a_page_has_one_address_whichever_link_leads_to_it(path: str, client: httpx.AsyncClient) -> None:
    here = await fetch(client, f"{path}?sort=-slug&offset=2&limit=1")
    there = await fetch(client, f"{path}?offset=1&limit=1&sort=-slug")
    if here["data"]:
        assert there["links"]["next"] == here["links"]["self"]
        assert here["links"]["prev"] == there["links"]["self"]
    assert here["links"]["first"] == there["links"]["first"]
    assert here["links"]["last"] == there["links"]["last"]


@each_collection
async def test_beyond_the_end_a_page_is_empty_and_its_links_lead_back_to_records(
    path: str, client: httpx.AsyncClient, records: dict[str, list[Object]]
) -> None:
    total = len(records[path])
    for offset in (total, total + 1, total + 500, 10_000):
        page = await fetch(client, f"{path}?offset={offset}&limit=7")
        assert (page["data"], page["meta"]["total"], page["meta"]["offset"]) == ([], total, offset)
        assert page["links"]["next"] is None
        for relation in ("first", "prev", "last"):
            assert (await fetch(client, page["links"][relation]))["data"], relation
    await refused(client, f"{path}?offset=10001", "offset")


@each_collection
async def test_an_empty_result_is_a_page_like_any_other(path: str, client: httpx.AsyncClient) -> None:
    page = await fetch(client, f"{path}?slug=no-such-record&offset=5")
    assert (page["data"], page["meta"]["total"], page["links"]["next"]) == ([], 0, None)
    for address in page["links"].values():
        if address:
            assert (await fetch(client, address))["data"] == []


# Links


async def test_every_link_is_a_path_and_leads_somewhere(client: httpx.AsyncClient, bodies: dict[str, Object]) -> None:
    found: dict[str, str] = {}
    for address, body in bodies.items():
        for links in (body.get("links", {}), *walk(body.get("data"))):
            relations = links if "self" in links else {"url": links.get("url")}
            for url in relations.values():
                if url and not url.startswith(("https://", "http://")):
                    assert re.fullmatch(r"/(?!/)\S*", url), f"{address}: {url}"
                    found.setdefault(url, address)
    assert len(found) > 500
    for url, address in found.items():
        response = await client.get(url)
        assert response.status_code == 200, f"{address} links to {url}: {response.status_code}"


@each_path
async def test_the_link_header_says_what_the_body_says(
    path: str, client: httpx.AsyncClient, records: dict[str, list[Object]]
) -> None:
    for query in ("", "?limit=1&offset=1") if path in COLLECTIONS else ("",):
        response = await client.get(example_of(path, records) + query)
        if "links" in response.json():
            assert link_header(response) == {name: url for name, url in response.json()["links"].items() if url}
        else:
            assert "Link" not in response.headers


async def test_a_link_header_no_proxy_would_buffer_is_left_out(client: httpx.AsyncClient) -> None:
    batch = ",".join(f"some-slug-that-is-long-{n}" for n in range(100))
    response = await client.get(f"/v1/strains?slug={batch}")
    assert "Link" not in response.headers
    assert dict(parse_qsl(urlsplit(response.json()["links"]["self"]).query))["slug"] == batch


async def test_every_reference_leads_to_what_it_names(
    bodies: dict[str, Object], records: dict[str, list[Object]]
) -> None:
    by_url = {f"{path}/{record['slug']}": record for path in COLLECTIONS for record in records[path]}
    references = 0
    for body in bodies.values():
        for value in walk(body):
            if value.keys() == {"type", "slug", "title", "url"}:
                target = by_url[value["url"]]
                assert value["slug"] == target["slug"]
                if value["type"] == "claim":
                    # A statement of the article does not stand without its verdict, not even as a title.
                    assert value["title"].startswith(f"{target['slug']}: {VERDICTS[target['verdict']]} ")
                else:
                    assert value["title"] == target[TITLES[value["type"]]]
                references += 1
            elif "citation" in value:
                source = by_url[f"/v1/citations/{value['citation']}"]
                for field in ("title", "year", "url", "evidence_level", "specificity"):
                    assert value[field] == source[field]
            elif {"verdict", "url", "statement"} <= value.keys():
                claim = by_url[value["url"]]
                assert {key: claim[key] for key in value.keys() - {"url"}} == {
                    k: v for k, v in value.items() if k != "url"
                }
    assert references > 500


async def test_a_source_is_cited_by_exactly_the_records_that_cite_it(records: dict[str, list[Object]]) -> None:
    citing = {
        (link["citation"], f"{path}/{record['slug']}")
        for path in COLLECTIONS
        for record in records[path]
        for link in record.get("citations", [])
    }
    cited = {(source["slug"], by["url"]) for source in records["/v1/citations"] for by in source["cited_by"]}
    assert cited == citing
    assert sum(len(source["cited_by"]) for source in records["/v1/citations"]) == len(cited)


async def test_every_source_of_a_part_of_a_record_is_a_source_of_the_record(records: dict[str, list[Object]]) -> None:
    for path in COLLECTIONS:
        for record in records[path]:
            if "citations" in record:
                # A section shows whole claims, each with the sources of its own verdict.
                own = {key: value for key, value in record.items() if key != "sections"}
                parts = {value["citation"] for value in walk(own) if "citation" in value}
                assert parts == {link["citation"] for link in record["citations"]}, f"{path}/{record['slug']}"


async def test_a_claim_bears_on_exactly_the_records_that_show_it(records: dict[str, list[Object]]) -> None:
    bearing = {(c["slug"], r["url"]) for c in records["/v1/claims"] for r in c["bears_on"]}
    shown = {
        (claim["slug"], f"{path}/{record['slug']}")
        for path in COLLECTIONS
        for record in records[path]
        for claim in record.get("claims", [])
    }
    assert shown == bearing


# Safety


async def test_a_record_nobody_should_act_on_alone_always_carries_its_cautions(
    bodies: dict[str, Object], client: httpx.AsyncClient
) -> None:
    disclaimer = (await fetch(client, "/v1/meta"))["data"]["disclaimer"]
    seen = Counter[str]()
    for address, body in bodies.items():
        collection = address.removeprefix("/v1/").split("?")[0].split("/")[0]
        if collection in CAUTIONED:
            for record in body["data"] if isinstance(body["data"], list) else [body["data"]]:
                assert record["disclaimer"] == disclaimer
                assert record["cautions"]
                assert all(caution.strip() for caution in record["cautions"])
                seen[collection] += 1
    assert set(seen) == set(CAUTIONED)


def has_verdict(value: Object) -> bool:
    return {"verdict", "note", "safety_flag", "suggested_framing"} <= value.keys()


async def test_a_statement_that_is_unsafe_or_contradicted_never_stands_without_its_verdict(
    bodies: dict[str, Object], records: dict[str, list[Object]]
) -> None:
    statements = {
        claim["statement"]
        for claim in records["/v1/claims"]
        if claim["safety_flag"] == "unsafe_as_written" or claim["verdict"] == "contradicts"
    }
    assert statements
    naked = {
        f"{address} {key}"
        for address, body in bodies.items()
        for value in walk(body)
        if not has_verdict(value)
        for key, text in value.items()
        for part in (text if isinstance(text, list) else [text])
        if isinstance(part, str) and any(statement.rstrip(".") in part for statement in statements)
    }
    assert not naked


async def test_an_unsafe_statement_says_what_the_evidence_does_to_it(records: dict[str, list[Object]]) -> None:
    unsafe = [claim for claim in records["/v1/claims"] if claim["safety_flag"] == "unsafe_as_written"]
    assert unsafe
    assert all(claim["verdict"] != "supports" and claim["note"] for claim in unsafe)


async def test_a_home_page_supports_nothing_and_stands_on_the_article_alone(records: dict[str, list[Object]]) -> None:
    supports = [
        (path, link["support"])
        for path in COLLECTIONS
        for record in records[path]
        for value in walk(record)
        for link in value.get("citations", [])
        if link["specificity"] == "homepage"
    ]
    assert supports
    assert set(supports) == {("/v1/articles", "not_linked")}


async def test_every_fact_says_what_stands_behind_it_and_when_it_is_to_be_reviewed(
    records: dict[str, list[Object]], client: httpx.AsyncClient
) -> None:
    released = date.fromisoformat((await fetch(client, "/v1/meta"))["data"]["release_date"])
    next_year = released.replace(year=released.year + 1)
    for path in COLLECTIONS:
        for record in records[path]:
            assert record["last_reviewed"] is None, "nobody has reviewed anything"
            due = date.fromisoformat(record["review_due"])
            if path == "/v1/jurisdictions":
                assert due.month == (released.month + 2) % 12 + 1
                assert 89 <= (due - released).days <= 92
            else:
                assert due == next_year
            if path != "/v1/citations":
                assert record["evidence_summary"].strip()
                assert "citations" in record


async def test_every_list_says_where_it_is_thin(bodies: dict[str, Object]) -> None:
    for address, body in bodies.items():
        if "total" in body.get("meta", {}):
            assert body["meta"]["coverage"].strip(), address
