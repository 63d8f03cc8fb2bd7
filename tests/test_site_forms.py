"""The search page and the forms of lists: they ask what the API is asked, and work without a script."""

import re
from html import unescape
from urllib.parse import urlencode

import httpx
import pytest

from readers import Reader, is_in_order
from support import COLLECTIONS, each, slugs


async def test_filters_of_a_form_select_what_the_api_selects(client: httpx.AsyncClient) -> None:
    query = "seriousness=serious&seriousness=life_threatening"
    page = Reader((await client.get(f"/side-effects?{query}&body_system=&sort=&unknown=1&view=full")).text)
    wanted = (await client.get(f"/v1/side-effects?{query}")).json()
    assert f"{wanted['meta']['total']} records match" in page.text
    links = {value.removeprefix("side-effects/") for value in page.values("href") if value.startswith("side-effects/")}
    assert links == set(slugs(wanted["data"]))
    checked = [a["value"] for _, a in page.elements if a.get("type") == "checkbox" and "checked" in a]
    assert sorted(map(str, checked)) == ["life_threatening", "serious"]


def sent_by(page: Reader) -> list[tuple[str, str]]:
    """What the form of a list sends when nothing in it is changed."""
    sent: list[tuple[str, str]] = []
    name = ""
    for tag, attributes in page.elements[[tag for tag, _ in page.elements].index("details") :]:
        if tag == "select":
            name = str(attributes["name"])
        elif tag == "option" and "selected" in attributes:
            sent.append((name, str(attributes["value"])))
        elif tag == "input" and (attributes["type"] not in ("checkbox", "radio") or "checked" in attributes):
            sent.append((str(attributes["name"]), str(attributes["value"])))
    return sent


@pytest.mark.parametrize(
    "address",
    [
        "/side-effects?q=heart",
        "/side-effects?q=heart&sort=-name&limit=2",
        "/side-effects?in_article=true&category=adverse_effect",
        "/side-effects?slug=nausea,vomiting",
        "/citations?year=2020,2021&limit=3&title_verified=false",
        "/jurisdictions?parent_code=US&kcpa=true&status=legal_regulated",
    ],
)
async def test_the_form_of_a_list_keeps_everything_that_was_asked(address: str, client: httpx.AsyncClient) -> None:
    """What is shown does not change when the form is sent as it stands."""
    first = (await client.get(address)).text
    second = await client.get(f"{address.partition('?')[0]}?{urlencode(sent_by(Reader(first)))}")
    assert second.status_code == 200
    cards = [html.partition('<ol class="cards"')[2] for html in (first, second.text)]
    assert "<h3>" in cards[0]
    titles = [re.findall("<h3>.*?</h3>", card) for card in cards]
    assert titles[0] == titles[1]


@pytest.mark.parametrize("path", [path.removeprefix("/v1") for path in COLLECTIONS])
async def test_a_form_offers_no_two_values_where_one_is_taken(path: str, client: httpx.AsyncClient) -> None:
    page = Reader((await client.get(path)).text)
    boxes = [attributes for tag, attributes in page.elements if tag == "input" and attributes["type"] == "checkbox"]
    both = [(str(box["name"]), str(box["value"])) for box in boxes]
    assert (await client.get(f"{path}?{urlencode(both)}")).status_code == 200


async def test_the_search_page_shows_what_the_api_finds(client: httpx.AsyncClient) -> None:
    found = (await client.get("/v1/search?q=antidepresants")).json()
    page = Reader((await client.get("/search?q=antidepresants&type=")).text)
    assert str(found["meta"]["corrected_query"]) in page.text
    html = re.sub("</?mark>", "", (await client.get("/search?q=antidepresants")).text)
    for hit in each(found["data"]):
        assert hit["url"].removeprefix("/v1/") in set(page.values("href"))
        assert is_in_order([hit["title"], hit["summary"], *hit["cautions"][:1]], Reader(html).text)


async def test_the_sentence_that_shows_why_a_record_was_found_is_marked_and_stands_once(
    client: httpx.AsyncClient,
) -> None:
    found = (await client.get("/v1/search?q=antidepressants")).json()["data"]
    html = unescape((await client.get("/search?q=antidepressants")).text)
    assert html.count("<mark>") >= 3
    texts = re.sub("</?mark>", "", html)
    for hit in each([hit for hit in found if hit["snippet"]["matches"]]):
        snippet, match = hit["snippet"]["text"], hit["snippet"]["matches"][0]
        if snippet in hit["summary"]:
            assert f"<mark>{snippet[match['start'] : match['end']]}</mark>" in html
        results = [part for part in texts.split("<li>") if f">{hit['title']}</a></h3>" in part]
        assert [part.count(snippet) for part in results] == [1]


async def test_a_search_without_results_leads_on_and_says_what_that_does_not_mean(client: httpx.AsyncClient) -> None:
    page = Reader((await client.get("/search?q=zxqvw")).text)
    assert "That nothing was found does not mean that it is safe." in page.text
    assert "/v1" not in page.text
    assert {"warning-signs", "interactions"} <= set(page.values("href"))


async def test_the_search_page_invites_to_search(client: httpx.AsyncClient) -> None:
    for address in ("/search", "/search?q="):
        response = await client.get(address)
        assert response.status_code == 200
        assert "Ask in your own words" in response.text


async def test_a_question_is_text_on_the_search_page(client: httpx.AsyncClient) -> None:
    response = await client.get("/search", params={"q": "<b>liver</b> \" '"})
    assert response.status_code == 200
    assert "<b>liver" not in response.text
