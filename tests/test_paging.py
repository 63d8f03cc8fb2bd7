"""The pages of a list lead from the first record to the last and back."""

import httpx
import pytest

from support import Object, each, each_collection, fetch, refused, slugs

pytestmark = pytest.mark.anyio


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
    for number, page in each(enumerate(pages)):
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
    for address in each(page["links"].values()):
        if address:
            assert (await fetch(client, address))["data"] == []
