"""A list or a search that was asked for in a way that cannot be shown: what is wrong in the words of a reader, and the way on."""

from html import unescape
from urllib.parse import urljoin

import httpx
import pytest

from readers import Reader
from support import each

HTML = {"Accept": "text/html"}
REFUSED = [
    ("/strains?vein=purple", "“Vein” cannot be “purple”.", "strains"),
    ("/strains?vein=purple,red&sort=name", "“Vein” cannot be “purple”.", "strains?sort=name&vein=red"),
    ("/strains?vein=red&sort=price", "The list has no order called “price”.", "strains?vein=red"),
    ("/strains?vein=red,", "“Vein” has an empty value.", "strains?vein=red"),
    ("/strains?vein[]=red&vein[]=blue", "“Vein” cannot be “blue”.", "strains?vein=red"),
    ("/strains?limit=many", "A page cannot show “many” records. It shows 1 to 100.", "strains"),
    ("/strains?limit=0&limit=5", "“Limit” is set more than once. Set it once.", "strains"),
    (
        "/strains?offset=-1&limit=5",
        "The list cannot begin at “-1”. It begins at a number from 0 to 10,000.",
        "strains?limit=5",
    ),
    (f"/strains?q={'x' * 201}", "Your question is longer than 200 characters. Ask it in fewer words.", "strains"),
    ("/strains?q=+&vein=red", "Your question has no words.", "strains?vein=red"),
    ("/strains?slug=Red+Vein", "“Record” cannot be “Red Vein”.", "strains"),
    (
        "/side-effects?in_article=maybe",
        "“Named in the article” is either yes or no. It cannot be “maybe”.",
        "side-effects",
    ),
    ("/citations?year=MMXX", "“Year” cannot be “MMXX”.", "citations"),
    (
        "/jurisdictions?status=%zz&parent_code=us",
        "Part of the address (“status”) is damaged.",
        "jurisdictions?parent_code=US",
    ),
    ("/strains?%FF=1", "Part of the address is damaged.", "strains"),
    ("/strains?<b>=1&<b>=2", "Part of the address (“<b>”) is damaged.", "strains"),
    (f"/strains?vein=red&x={'x' * 5000}", "The address is too long.", "strains?vein=red"),
    ("/strains?" + "&".join(f"x{n}=1" for n in range(60)), "The address asks for too many things at once.", "strains"),
    ("/search?q=liver&type=pill,claim", "“Type” cannot be “pill”.", "search?q=liver&type=claim"),
    ("/search?q=liver&limit=1000", "A page cannot show “1000” records. It shows 1 to 50.", "search?q=liver"),
    ("/strains/red-vein?q=%zz", "Part of the address (“q”) is damaged.", "strains/red-vein"),
]
"""What was asked, what the page says of it, and where the list without it is."""


@pytest.mark.parametrize(("address", "said", "rest"), REFUSED)
async def test_a_reader_is_told_what_cannot_be_shown_and_gets_the_rest(
    address: str, said: str, rest: str, client: httpx.AsyncClient
) -> None:
    response = await client.get(address, headers=HTML)
    assert response.status_code == 422
    page = Reader(response.text.partition("<main")[2])
    assert said in page.text
    assert "parameter" not in page.text.lower()
    target = urljoin(f"http://test{address}", next(page.values("href")))
    assert target == f"http://test/{rest}"
    assert (await client.get(target, headers=HTML)).status_code == 200


async def test_the_form_of_the_list_is_open_and_names_what_is_wrong_with_each_field(client: httpx.AsyncClient) -> None:
    response = await client.get(
        "/side-effects?seriousness=deadly,serious&sort=price&category=adverse_effect", headers=HTML
    )
    page = Reader(response.text)
    assert [attributes for tag, attributes in page.elements if tag == "details" and "open" in attributes]
    described = {
        str(attributes["id"]): str(attributes["aria-describedby"])
        for _, attributes in page.elements
        if "aria-describedby" in attributes
    }
    assert described == {"filter-seriousness": "refused-seriousness", "filter-sort": "refused-sort"}
    assert set(described.values()) <= set(page.values("id"))
    checked = {
        str(attributes["value"]) for tag, attributes in page.elements if tag == "input" and "checked" in attributes
    }
    assert {"serious", "adverse_effect"} <= checked
    counts = (await client.get("/v1/side-effects?seriousness=serious&category=adverse_effect&facet=seriousness")).json()
    for value in each([value for value in counts["meta"]["facets"][0]["values"] if value["count"]]):
        assert f"{value['label']} ({value['count']})" in page.text


async def test_a_question_that_is_too_long_stays_in_the_search_box_to_be_shortened(client: httpx.AsyncClient) -> None:
    response = await client.get("/search", params={"q": "kratom & back pain " * 20}, headers=HTML)
    assert response.status_code == 422
    page = Reader(response.text)
    assert "Your question is longer than 200 characters. Ask it in fewer words." in page.text
    (box,) = [attributes for tag, attributes in page.elements if tag == "input" and attributes["id"] == "q"]
    assert str(box["value"]) == ("kratom & back pain " * 20)[:200]


CHOSEN = "/side-effects?q=heart&seriousness=serious,life_threatening&in_article=false&sort=-name&limit=5&offset=5"


async def test_every_filter_that_is_set_is_shown_and_can_be_removed_alone(client: httpx.AsyncClient) -> None:
    html = (await client.get(CHOSEN)).text
    items = html.partition('<ul class="chosen"')[2].partition("</ul>")[0].split("<li>")[1:]
    read = [Reader(item) for item in items]
    assert [
        (page.text.removesuffix(" \N{MULTIPLICATION SIGN}"), unescape(next(page.values("href"))).partition("?")[2])
        for page in read
    ] == [
        (
            "Remove the filter Words: heart",
            "limit=5&sort=-name&seriousness=life_threatening,serious&in_article=false",
        ),
        (
            "Remove the filter Seriousness: Life-threatening",
            "limit=5&q=heart&sort=-name&seriousness=serious&in_article=false",
        ),
        (
            "Remove the filter Seriousness: Serious",
            "limit=5&q=heart&sort=-name&seriousness=life_threatening&in_article=false",
        ),
        (
            "Remove the filter Named in the article: No",
            "limit=5&q=heart&sort=-name&seriousness=life_threatening,serious",
        ),
        ("Remove all filters", ""),
    ]
    for page in each(read):
        assert (await client.get(f"/{next(page.values('href'))}")).status_code == 200


@pytest.mark.parametrize("address", ["/strains", "/strains?sort=name", "/strains?limit=1&offset=1"])
async def test_a_list_that_is_not_filtered_shows_no_filter(address: str, client: httpx.AsyncClient) -> None:
    assert 'class="chosen"' not in (await client.get(address)).text


@pytest.mark.parametrize("name", ["format", "facet"])
async def test_a_page_ignores_what_only_the_api_has(name: str, client: httpx.AsyncClient) -> None:
    for value in ("csv", "seriousness", "none"):
        assert (await client.get(f"/side-effects?{name}={value}", headers=HTML)).status_code == 200


@pytest.mark.parametrize(
    ("address", "title"),
    [
        ("/side-effects", "Side effects"),
        ("/side-effects?seriousness=serious&q=heart", "Side effects, Words: heart, Seriousness: Serious"),
        ("/citations?limit=10&offset=20", "Sources, from record 21"),
        ("/search?q=liver&offset=10", "Search: liver, from result 11"),
    ],
)
async def test_lists_are_told_apart_by_their_titles(address: str, title: str, client: httpx.AsyncClient) -> None:
    assert f"<title>{title} · " in (await client.get(address)).text


async def test_the_form_stands_where_there_is_something_to_choose(client: httpx.AsyncClient) -> None:
    for address, has_form in each(
        [("/contacts", False), ("/contacts?q=poison", True), ("/strains", True), ("/effects?limit=1", True)]
    ):
        assert ('<details class="filters"' in (await client.get(address)).text) is has_form


async def test_a_search_among_some_types_says_so_and_can_be_widened(client: httpx.AsyncClient) -> None:
    page = Reader((await client.get("/search?q=liver&type=side_effect,claim&limit=5")).text)
    assert "Remove the filter Only: Side effect" in page.text
    hrefs = set(page.values("href"))
    assert {"search?q=liver&type=claim&limit=5", "search?q=liver&type=side_effect&limit=5", "search?q=liver"} <= hrefs
    assert 'class="chosen"' not in (await client.get("/search?q=liver")).text
