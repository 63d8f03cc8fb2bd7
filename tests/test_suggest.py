"""Suggestions while somebody types: small, cacheable, blind to accents and to one wrong letter."""

from urllib.parse import quote

import httpx
import pytest

from support import COLLECTIONS, Ask, Object, each, fetch

pytestmark = pytest.mark.anyio


async def suggested(client: httpx.AsyncClient, typed: str) -> list[str]:
    """What is suggested, as `collection/slug`."""
    page = await fetch(client, f"/v1/suggest?q={quote(typed, safe='')}")
    return [record["url"].removeprefix("/v1/") for record in page["data"]]


@pytest.mark.parametrize(
    ("typed", "path"),
    [
        ("nau", "side-effects/nausea"),
        ("NAUS", "side-effects/nausea"),
        ("n\u00e0us\u00e9", "side-effects/nausea"),
        ("tex", "jurisdictions/us-tx"),
        ("xan", "interactions/benzodiazepines"),
        ("detox", "side-effects/withdrawal-syndrome"),
        ("kratom and al", "interactions/alcohol"),
        ("alcoh", "interactions/alcohol"),
    ],
)
async def test_a_beginning_of_a_title_or_alias_or_of_a_word_in_it_is_enough(
    typed: str, path: str, client: httpx.AsyncClient
) -> None:
    assert path in await suggested(client, typed)


@pytest.mark.parametrize("typed", ["nuu", "nasea", "naussea", "nausae", "mausea"])
async def test_one_wrong_letter_is_put_right_from_the_third_letter_on(typed: str, client: httpx.AsyncClient) -> None:
    assert "side-effects/nausea" in await suggested(client, typed)


async def test_an_earlier_word_may_be_misspelled_too(client: httpx.AsyncClient) -> None:
    assert "side-effects/liver-injury" in await suggested(client, "livre inj")


async def test_a_suggestion_refers_to_a_record(client: httpx.AsyncClient, records: dict[str, list[Object]]) -> None:
    titles = {f"{path}/{record['slug']}": record["title"] for path in COLLECTIONS for record in records[path]}
    for letter in each("abcdefghijklmnopqrstuvwxyz"):
        page = await fetch(client, f"/v1/suggest?q={letter}")
        assert len({record["url"] for record in page["data"]}) == len(page["data"]) <= 8
        named = {record["url"]: record["title"] for record in page["data"]}
        assert named.items() <= titles.items()


async def test_a_response_has_at_most_a_kilobyte_and_can_be_cached(ask: Ask) -> None:
    for typed in ("a", "k", "s", "kratom", "the", "%F0%9F%98%80" * 50, "nothing%20like%20this", "%E0%B8%81" * 50):
        answer = await ask(f"/v1/suggest?q={typed}")
        assert answer.status == 200, typed
        assert len(answer.body) <= 1024
        assert answer.headers["cache-control"].startswith("public, max-age=")
        again = await ask(f"/v1/suggest?q={typed}", [("if-none-match", answer.headers["etag"])])
        assert again.status == 304


async def test_text_without_a_word_suggests_nothing(client: httpx.AsyncClient) -> None:
    for typed in ("???", '"', "\U0001f600", "*"):
        assert await suggested(client, typed) == []


async def test_what_is_typed_is_bounded(ask: Ask) -> None:
    for query, code in (
        ("", "missing"),
        ("q=%20", "blank"),
        ("q=" + "a" * 51, "string_too_long"),
        ("q=a&b=c", "unknown_parameter"),
    ):
        answer = await ask(f"/v1/suggest?{query}")
        assert (answer.status, answer.problem["errors"][0]["code"]) == (422, code)


@pytest.mark.parametrize(
    ("word", "path"),
    [
        ("seizure", "warning-signs/seizure"),
        ("california", "jurisdictions/us-ca"),
        ("headache", "side-effects/headache"),
        ("constipation", "side-effects/constipation"),
        ("insomnia", "side-effects/insomnia"),
        ("alcohol", "interactions/alcohol"),
        ("xanax", "interactions/benzodiazepines"),
        ("gabapentin", "interactions/other-sedatives"),
        ("acupuncture", "approaches/acupuncture"),
        ("driving", "risk-groups/drivers"),
        ("salmonella", "side-effects/salmonella-infection"),
        ("mississippi", "jurisdictions/us-ms"),
    ],
)
async def test_a_name_that_is_typed_letter_by_letter_leads_from_the_fifth_on(
    word: str, path: str, client: httpx.AsyncClient
) -> None:
    for length in each(range(5, len(word) + 1)):
        assert (await suggested(client, word[:length]))[0] == path, word[:length]


async def test_a_name_that_is_no_more_than_what_was_typed_comes_first(client: httpx.AsyncClient) -> None:
    for typed, path in (("itching", "warning-signs/liver-injury-signs"), ("powder", "product-forms/powder")):
        assert (await suggested(client, typed))[0] == path
    assert (await suggested(client, "7-oh"))[0] in {
        "interactions/concentrated-7-oh-products",
        "quality-checks/concentrates-and-isolates",
    }
