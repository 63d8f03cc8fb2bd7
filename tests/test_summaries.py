"""The brief view of every list: what a card shows, never without its cautions, and as strict as the whole view."""

import re
from typing import Any

import brotli
import httpx
import pytest

from app.registry import RESOURCES
from app.schemas.vocabularies import Vocabulary
from document import OPERATIONS, validator
from support import (
    COLLECTIONS,
    SUMMARIES,
    Object,
    each,
    each_collection,
    fetch,
    link_header,
    query_parameters,
    record_schema,
    refused,
    resolved,
    slugs,
    written,
)

pytestmark = pytest.mark.anyio

ALWAYS = ["slug", "url", "title", "summary"]


def enumerations(path: str) -> list[str]:
    """The fields of a whole record that hold one named value."""
    properties = record_schema(path)["properties"]
    return [name for name, schema in properties.items() if "enum" in one_of_two(resolved(schema))]


def one_of_two(schema: Object) -> Object:
    """A schema, without the null beside it."""
    choices = [choice for choice in schema.get("anyOf", []) if choice != {"type": "null"}]
    return resolved(choices[0]) if choices else schema


def without_url(record: Object) -> Object:
    return {name: value for name, value in record.items() if name != "url"}


async def summaries(client: httpx.AsyncClient, path: str, **query: str) -> list[Object]:
    asked = "&".join(f"{name}={value}" for name, value in ({"view": "summary", "limit": "500"} | query).items())
    data: list[Object] = (await fetch(client, f"{path}?{asked}"))["data"]
    return data


# What it holds


@each_collection
async def test_a_summary_names_the_record_with_its_named_values_and_all_its_cautions(
    path: str, client: httpx.AsyncClient, records: dict[str, list[Object]]
) -> None:
    found = await summaries(client, path)
    assert slugs(found) == slugs(records[path])
    cautions = ["cautions"] if "cautions" in records[path][0] else []
    for brief, whole in each(zip(found, records[path], strict=True)):
        assert list(brief) == [*ALWAYS, *enumerations(path), *cautions]
        assert without_url(brief) == {name: whole[name] for name in brief if name != "url"}
        assert (await fetch(client, brief["url"]))["data"]["slug"] == brief["slug"]


@each_collection
async def test_the_disclaimer_is_said_once_on_every_page(path: str, client: httpx.AsyncClient) -> None:
    disclaimer = (await fetch(client, "/v1/meta"))["data"]["disclaimer"]
    for address in (f"{path}?view=summary", f"{path}?view=summary&slug=no-such-record", SUMMARIES[path]):
        assert (await fetch(client, address))["meta"]["disclaimer"] == disclaimer
    assert "disclaimer" not in (await fetch(client, path))["meta"]


def test_every_vocabulary_of_one_value_is_in_the_summary() -> None:
    # From the annotations themselves, so that a mistake in reading the document is not made twice.
    for resource in each(RESOURCES):
        named = {
            name
            for name, field in resource.read.model_fields.items()
            for kind in [field.annotation, *getattr(field.annotation, "__args__", [])]
            if isinstance(kind, type) and issubclass(kind, Vocabulary) and not str(field.annotation).startswith("list")
        }
        assert named == set(enumerations(resource.path)), resource.collection


async def test_all_places_fit_into_one_small_response(client: httpx.AsyncClient) -> None:
    response = await client.get("/v1/jurisdictions?view=summary&limit=500", headers={"Accept-Encoding": "br"})
    page = response.json()
    assert len(page["data"]) == page["meta"]["total"] > 100
    whole = brotli.compress((await client.get("/v1/jurisdictions?limit=100")).content, quality=5)
    size = int(response.headers["Content-Length"])
    assert size <= 3200
    assert size * 9 <= len(whole)


# How it is asked for


@each_collection
async def test_both_addresses_give_the_same_page_with_links_of_their_own(path: str, client: httpx.AsyncClient) -> None:
    by_view = await fetch(client, f"{path}?view=summary&limit=2&sort=-slug")
    by_path = await fetch(client, f"{SUMMARIES[path]}?limit=2&sort=-slug")
    assert (by_view["data"], by_view["meta"]) == (by_path["data"], by_path["meta"])
    for page, start in ((by_view, f"{path}?view=summary&"), (by_path, f"{SUMMARIES[path]}?")):
        assert page["links"]["self"] == f"{start}limit=2&sort=-slug"
        assert all(link.startswith(start) for link in each(filter(None, page["links"].values())))


@each_collection
async def test_following_the_links_gives_every_summary_once(
    path: str, client: httpx.AsyncClient, records: dict[str, list[Object]]
) -> None:
    for start in (f"{path}?view=summary&limit=150", f"{SUMMARIES[path]}?limit=150"):
        address: str | None = start
        found: list[Object] = []
        while address:
            response = await client.get(address)
            page = response.json()
            found += page["data"]
            assert link_header(response) == {name: link for name, link in page["links"].items() if link}
            address = page["links"]["next"]
        assert slugs(found) == slugs(records[path])
        assert all(set(ALWAYS) <= brief.keys() for brief in each(found))


@each_collection
async def test_filters_sorts_and_batches_work_as_in_the_whole_view(path: str, client: httpx.AsyncClient) -> None:
    for name, parameter in each(query_parameters(path).items()):
        if name in ("view", "limit", "offset"):
            continue
        example: Any = parameter["example"]
        asked = f"{name}={','.join(map(written, example)) if isinstance(example, list) else written(example)}"
        whole = await fetch(client, f"{path}?{asked}")
        brief = await fetch(client, f"{path}?view=summary&{asked}")
        assert slugs(brief["data"]) == slugs(whole["data"]), asked
        assert brief["meta"]["total"] == whole["meta"]["total"]


async def test_any_case_is_read_and_one_spelling_is_written(client: httpx.AsyncClient) -> None:
    for spelling in ("view=SUMMARY", "view=Summary&offset=0"):
        page = await fetch(client, f"/v1/strains?{spelling}")
        assert page["links"]["self"] == "/v1/strains?view=summary"
    for spelling in ("view=full", "view=FULL"):
        assert (await fetch(client, f"/v1/strains?{spelling}"))["links"]["self"] == "/v1/strains"
    page = await fetch(client, "/v1/summaries/strains?view=summary&limit=2")
    assert page["links"]["self"] == "/v1/summaries/strains?limit=2"


@each_collection
async def test_the_brief_view_refuses_what_the_full_view_refuses(path: str, client: httpx.AsyncClient) -> None:
    error = await refused(client, f"{path}?view=sumary", "view")
    assert (error["code"], error["did_you_mean"]) == ("enum", "summary")
    await refused(client, f"{path}?view=nonsense", "view")
    await refused(client, f"{path}?view=summary&view=summary", "view")
    await refused(client, f"{SUMMARIES[path]}?view=full", "view")
    await refused(client, f"{SUMMARIES[path]}?no_such_parameter=1", "no_such_parameter")
    assert (await client.get(f"{SUMMARIES[path]}/")).status_code == 404
    # A single record has one view.
    record = (await fetch(client, f"{path}?limit=1"))["data"][0]
    await refused(client, f"{path}/{record['slug']}?view=summary", "view")


@each_collection
async def test_a_page_holds_500_summaries_but_100_whole_records_and_the_refusal_says_so(
    path: str, client: httpx.AsyncClient
) -> None:
    for address in (f"{path}?view=summary&limit=500", f"{path}?limit=500&view=summary", f"{SUMMARIES[path]}?limit=500"):
        assert (await fetch(client, address))["meta"]["limit"] == 500
    error = await refused(client, f"{path}?limit=101", "limit")
    assert error["code"] == "less_than_equal"
    assert "100 in the full view; view=summary allows 500" in error["detail"]
    for address in (f"{path}?view=summary&limit=501", f"{SUMMARIES[path]}?limit=501"):
        error = await refused(client, address, "limit")
        assert "500 in the summary view" in error["detail"]
    # A view that does not exist is the only fault of a request that would be right in an existing one.
    response = await client.get(f"{path}?view=nonsense&limit=500")
    assert [fault["pointer"] for fault in response.json()["errors"]] == ["/query/view"]


async def test_each_view_has_an_entity_tag_of_its_own(client: httpx.AsyncClient) -> None:
    whole, brief = await client.get("/v1/strains"), await client.get("/v1/strains?view=summary")
    assert whole.headers["ETag"] != brief.headers["ETag"]
    again = await client.get("/v1/strains?view=Summary", headers={"If-None-Match": brief.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    head = await client.head("/v1/strains?view=summary")
    assert head.headers["ETag"] == brief.headers["ETag"]
    assert head.headers["Access-Control-Allow-Origin"] == "*"


# How it is described


@each_collection
async def test_the_document_gives_it_a_type_of_its_own_and_the_whole_view_keeps_its_type(
    path: str, client: httpx.AsyncClient
) -> None:
    whole, brief = (
        OPERATIONS[address]["responses"]["200"]["content"]["application/json"]["schema"]
        for address in (path, SUMMARIES[path])
    )
    assert whole["$ref"].endswith("Page")
    assert brief["$ref"].endswith("SummaryPage")
    assert resolved(query_parameters(path)["view"]["schema"])["enum"] == ["full"]
    assert query_parameters(SUMMARIES[path])["limit"]["schema"]["maximum"] == 500
    validator(brief).validate(await fetch(client, f"{path}?view=summary&limit=500"))


def test_every_list_has_one_operation_for_each_view() -> None:
    assert {path for path in OPERATIONS if path.startswith("/v1/summaries/")} == set(SUMMARIES.values())
    for path in each(COLLECTIONS):
        assert re.fullmatch(r"list[A-Z][A-Za-z]+Summaries", OPERATIONS[SUMMARIES[path]]["operationId"])
        assert query_parameters(SUMMARIES[path]).keys() == query_parameters(path).keys() - {"view", "format"}
