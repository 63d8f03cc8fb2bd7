"""Every collection keeps the OpenAPI document; a new one is covered without a new test."""

from functools import cache
from urllib.parse import urlsplit

import httpx
import pytest
from jsonschema import Draft202012Validator, FormatChecker  # type: ignore[import-untyped]  # it comes without types

from app.registry import RESOURCES
from support import COLLECTIONS, DOCUMENT, PATHS, Object, each, each_collection, each_path, example_of, fetch

pytestmark = pytest.mark.anyio


@cache
def response_validator(path: str) -> Draft202012Validator:
    schema = PATHS[path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    return Draft202012Validator(
        schema | {"components": DOCUMENT["components"]}, format_checker=FormatChecker(("date",))
    )


# Shapes


def test_the_document_describes_every_collection_and_every_resource_is_one() -> None:
    assert {path.removeprefix("/v1/") for path in COLLECTIONS} == {resource.collection for resource in RESOURCES}


async def test_every_response_matches_its_schema(bodies: dict[str, Object]) -> None:
    for address, body in each(bodies.items()):
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
    for record in each(records[path]):
        assert bodies[f"{path}/{record['slug']}"]["data"] == record


@each_collection
async def test_a_single_record_links_to_itself_and_its_collection(
    path: str, client: httpx.AsyncClient, records: dict[str, list[Object]]
) -> None:
    address = f"{path}/{records[path][0]['slug']}"
    assert (await fetch(client, address))["links"] == {"self": address, "collection": path}


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
    for other in each(others):
        response = await client.get(f"http://test{other}")
        assert response.status_code == 404, other
        assert response.headers["Content-Type"] == "application/problem+json"
