"""The HTML pages for people: one for every record and list, with everything that the JSON says."""

import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urljoin, urlsplit
from xml.etree import ElementTree as ET

import brotli
import httpx
import pytest
from markupsafe import escape

from app.main import create_app
from app.pages.site import Site, sitemap_pieces
from app.pictures import PICTURES, Picture
from app.settings import Settings
from readers import Reader, is_in_order, plain
from support import COLLECTIONS, Object, each, slugs, walk

Records = dict[str, list[Object]]
Pages = dict[str, httpx.Response]
Read = dict[str, Reader]
MOST_BYTES = 20_000
NAMES = {"slug", "name"}
"""Fields that name the record as its title does."""

LISTS = tuple(path.removeprefix("/v1") for path in COLLECTIONS)
each_list = pytest.mark.parametrize("path", LISTS)


@pytest.fixture(scope="module")
async def pages(client: httpx.AsyncClient, records: Records) -> Pages:
    """Every page of a list and of a record."""
    paths = [*LISTS, *(f"{path}/{slug}" for path in LISTS for slug in slugs(records[f"/v1{path}"]))]
    return {path: await client.get(path) for path in paths}


@pytest.fixture(scope="module")
def read(pages: Pages) -> Read:
    """Each of these pages, read once for all tests."""
    return {path: Reader(response.text) for path, response in pages.items()}


async def test_every_record_and_list_has_a_page(pages: Pages) -> None:
    for path, response in each(pages.items()):
        assert response.status_code == 200, path
        assert response.headers["Content-Type"] == "text/html; charset=utf-8"


def beginning(record: Object) -> list[str]:
    """What a page begins with, in order."""
    return [record["title"], record["summary"], *record.get("cautions", []), record.get("disclaimer", "")]


def texts(record: Object) -> Iterator[str]:
    """Every longer text of a record but those of its claims, which name their own."""
    for inner in walk({name: value for name, value in record.items() if name not in {"claims", "sections"}}):
        yield from (
            value
            for name, value in inner.items()
            if isinstance(value, str) and len(value) > 40 and not value.startswith("/v1/") and name not in NAMES
        )


def links_needed(record: Object) -> Iterator[str]:
    """The links that the page of a record must have: to every source here and outside, and to every claim."""
    for source in record.get("citations", []):
        yield f"../citations/{source['citation']}"
        if source["url"]:
            yield source["url"]
    yield from (f"../claims/{claim['slug']}" for inner in walk(record) for claim in inner.get("claims", []))


async def test_a_page_begins_with_title_summary_cautions_and_disclaimer(read: Read, records: Records) -> None:
    for path in each(LISTS):
        for record in each(records[f"/v1{path}"]):
            # The title of the page stands in the head, before everything else.
            text = read[f"{path}/{record['slug']}"].text.partition("Skip to the content")[2]
            assert is_in_order(beginning(record), text), record["slug"]


async def test_a_page_shows_every_text_and_every_source_of_its_record(read: Read, records: Records) -> None:
    for path in each(LISTS):
        for record in each(records[f"/v1{path}"]):
            page = read[f"{path}/{record['slug']}"]
            hrefs = set(page.values("href"))
            assert [text for text in texts(record) if plain(text) not in page.text and text not in hrefs] == []
            assert set(links_needed(record)) <= hrefs


async def test_no_statement_of_the_article_stands_before_its_verdict(pages: Pages, records: Records) -> None:
    """Wherever a statement stands, its verdict and its note stand before it, after the last place where it stood.

    A summary that begins with the statement goes on with what the evidence does to it.
    """
    htmls = {path: response.text.partition("</head>")[2] for path, response in pages.items()}
    for claim in each(records["/v1/claims"]):
        statement, note = str(escape(claim["statement"])), str(escape(claim["note"]))
        badge = f'class="badge badge-{claim["verdict"].replace("_", "-")}"'
        said = {
            path: html.replace(str(escape(claim["summary"])), "") for path, html in htmls.items() if statement in html
        }
        assert statement in said[f"/claims/{claim['slug']}"]
        bare = [
            path
            for path, html in said.items()
            if any(badge not in before or note not in before for before in html.split(statement)[:-1])
        ]
        assert bare == [], claim["slug"]


async def test_what_the_article_answers_stands_after_what_the_evidence_does(read: Read, records: Records) -> None:
    for faq in each(records["/v1/faqs"]):
        parts = [faq["answer"], faq["evidence_note"], *([faq["article_answer"]] if faq["article_answer"] else [])]
        assert is_in_order(parts, read[f"/faqs/{faq['slug']}"].text)


async def test_every_page_is_small(pages: Pages) -> None:
    large = {path: response.content for path, response in pages.items() if len(response.content) > MOST_BYTES}
    for path, content in each(large.items()):
        assert len(brotli.compress(content, quality=5)) <= MOST_BYTES, path


async def test_every_link_of_every_page_leads_somewhere(read: Read, client: httpx.AsyncClient) -> None:
    found = {
        (path, link)
        for path, page in read.items()
        for link in page.values("href", "src", "action", "data-suggest")
        if not urlsplit(link).scheme
    }
    assert [link for _, link in found if link.startswith("/")] == [], "a link must not leave the prefix of the service"
    targets = {urlsplit(urljoin(f"http://test{path}", link)).path for path, link in found}
    # The pages and the records have been fetched already.
    known = {target for path in read for target in (path, f"/v1{path}")}
    for target in each(targets - known - {"/v1/suggest"}):
        assert (await client.get(target)).status_code == 200, target


async def test_a_link_to_a_place_on_a_page_finds_it(read: Read) -> None:
    for path, page in each(read.items()):
        places = {urljoin(path, link) for link in page.values("href") if "#" in link and not urlsplit(link).scheme}
        for target, _, place in each(place.partition("#") for place in places):
            assert place in set(read[target].values("id")), f"{path} leads to {target}#{place}"


async def test_a_record_of_many_parts_begins_with_links_to_them(read: Read, records: Records) -> None:
    for article in each(records["/v1/articles"]):
        links = [link for link in read[f"/articles/{article['slug']}"].values("href") if link.startswith("#")]
        parts = [part["slug"] for name in ("sections", "omissions") for part in article[name]]
        assert links == ["#main", *(f"#{slug}" for slug in parts)]


async def test_the_policy_allows_nothing_inline_and_no_page_needs_it(pages: Pages, read: Read) -> None:
    for path, response in each(pages.items()):
        policy = response.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'")
        assert "unsafe" not in policy
        page = read[path]
        assert not list(page.values("style")), path
        assert [a for tag, a in page.elements if tag == "style" or (tag == "script" and not a.get("src"))] == [], path
        assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]


async def test_a_page_leads_to_its_json(read: Read) -> None:
    for path, page in each(read.items()):
        (alternate,) = page.linked("alternate", "application/json")
        assert urljoin(f"http://test{path}", alternate) == f"http://test/v1{path}"


async def test_a_feed_reader_finds_the_feeds_on_every_page(read: Read) -> None:
    for path, page in each(read.items()):
        names = [*([path[1:]] if path in LISTS else []), "safety", "all"]
        feeds = [urljoin(f"http://test{path}", feed) for feed in page.linked("alternate", "application/atom+xml")]
        assert feeds == [f"http://test/v1/feeds/{name}.atom" for name in names]


@each_list
async def test_json_leads_to_its_page(path: str, client: httpx.AsyncClient, records: Records) -> None:
    for address in (path, f"{path}/{records[f'/v1{path}'][0]['slug']}"):
        link = (await client.get(f"/v1{address}")).headers["Link"]
        assert f'<{address}>; rel="alternate"; type="text/html"' in link


async def test_titles_and_descriptions_are_those_of_the_record(read: Read, records: Records) -> None:
    """A summary of a claim names its verdict, so a card on another site never shows the bare statement."""
    for path in each(LISTS):
        for record in each(records[f"/v1{path}"]):
            metas = read[f"{path}/{record['slug']}"].metas
            assert metas["og:title"] == record["title"]
            assert metas["og:description"] == metas["description"]
            assert metas["description"] == record["summary"]


@each_list
async def test_paging_leads_to_every_record_once(path: str, client: httpx.AsyncClient, records: Records) -> None:
    found: list[str] = []
    address: str | None = f"{path}?limit=15"
    while address:
        html = (await client.get(address)).text
        cards = html.partition('<ol class="cards"')[2]
        found += re.findall(rf'<h3><a href="{path[1:]}/([^"]+)"', cards)
        following = re.search(r'rel="next" href="([^"]+)"', html)
        address = f"/{unescape(following[1])}" if following else None
    assert found == slugs(records[f"/v1{path}"])


async def test_a_page_has_an_entity_tag_and_is_revalidated(client: httpx.AsyncClient) -> None:
    first = await client.get("/strains")
    assert first.headers["Cache-Control"] == "no-cache"
    again = await client.get("/strains?utm_source=x&anything=1", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304


async def test_the_site_map_names_every_page(client: httpx.AsyncClient, pages: Pages) -> None:
    response = await client.get("/sitemap.xml")
    assert response.headers["Content-Type"].startswith("application/xml")
    entries = {str(entry[0].text): str(entry[1].text) for entry in ET.fromstring(response.content)}  # noqa: S314
    assert sorted(entries) == sorted(["/", *pages])
    assert [path for path, page in pages.items() if "noindex" in page.text] == []


def test_the_site_map_says_when_a_release_last_changed_a_record() -> None:
    history = json.dumps([{"release_date": "2026-01-02"}, {"release_date": "2026-01-01"}])
    database: Any = SimpleNamespace(
        dataset_version="2026-11-23+0123abcd", rows=lambda *_: [("one", history), ("new", "[]")]
    )
    entries = {entry[0].text: entry[1].text for entry in ET.fromstring("".join(sitemap_pieces(database, Site())))}  # noqa: S314
    assert (entries["/strains/one"], entries["/strains/new"]) == ("2026-01-02", "2026-11-23")
    assert entries["/"] == entries["/strains"] == "2026-11-23"


async def test_no_address_is_whole_while_the_public_url_is_not_known(read: Read, client: httpx.AsyncClient) -> None:
    for path, page in each(read.items()):
        assert page.linked("canonical") == [], path
        assert "og:url" not in page.metas
    assert "Sitemap:" not in (await client.get("/robots.txt")).text
    assert (await client.get("/opensearch.xml")).status_code == 404


async def test_addresses_are_whole_when_the_public_url_is_known(database_path: Path) -> None:
    public = "https://api.example.org/kratom"
    service = create_app(Settings(database_path=database_path, public_url=public))
    transport = httpx.ASGITransport(app=service)
    async with httpx.AsyncClient(transport=transport, base_url="https://api.example.org") as client:
        assert f"Sitemap: {public}/sitemap.xml" in (await client.get("/robots.txt")).text
        assert f"{public}/search?q={{searchTerms}}" in (await client.get("/opensearch.xml")).text
        site_map = ET.fromstring((await client.get("/sitemap.xml")).content)  # noqa: S314
        named = {str(element.text) for element in site_map.iter() if element.tag.endswith("loc")}
        for path, address in (
            ("/", "/"),
            ("/strains", "/strains"),
            ("/strains?vein=red", "/strains"),
            ("/strains/red-vein", "/strains/red-vein"),
        ):
            page = Reader((await client.get(path)).text)
            assert page.linked("canonical") == [page.metas["og:url"]] == [f"{public}{address}"]
            assert page.metas["og:url"] in named
            assert page.metas.get("robots") == ("noindex" if "?" in path else None)
            (description,) = page.linked("search")
            assert urljoin(f"{public}{path}", description) == f"{public}/opensearch.xml"
    service.state.database.close()


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.slug)
async def test_a_picture_is_on_its_list_and_served_with_its_data(
    picture: Picture, client: httpx.AsyncClient, pages: Pages
) -> None:
    html = pages[f"/{picture.collection}"].text
    assert "<svg" in html
    for suffix, media_type in ((".svg", "image/svg+xml"), (".csv", "text/csv; charset=utf-8")):
        assert f'href="pictures/{picture.slug}{suffix}"' in html
        response = await client.get(f"/pictures/{picture.slug}{suffix}")
        assert response.headers["Content-Type"] == media_type
    # The links of a picture are many; one leads past them.
    past = html.partition(f"<p>{picture.notice} <a ")[2].partition("</a>")[0]
    assert re.search(r'href="#records">Go on to the \d+ records$', past)


async def test_a_help_line_can_be_called_from_its_page_and_from_the_list(pages: Pages, records: Records) -> None:
    for line in each(records["/v1/contacts"]):
        for path in ("/contacts", f"/contacts/{line['slug']}"):
            assert f"tel:{line['value']}" in set(Reader(pages[path].text).values("href"))


async def test_what_to_do_in_an_emergency_is_what_the_content_says(pages: Pages, records: Records) -> None:
    """The line stands on every page, so it must not say anything else than the records do."""
    html = pages["/contacts"].text.partition("</header>")[0]
    line = re.search(r'<p class="urgent">(.+?) <span', html)
    assert line
    assert "emergency" in line[1]
    assert all(line[1] in record["disclaimer"] for record in each(records["/v1/warning-signs"]))


async def test_an_amount_is_one_fact_and_said_to_be_no_recommendation(pages: Pages) -> None:
    wanted = {"article-beginner": "1 to 2 grams", "survey-threshold-for-adverse-effects": "5 grams or more"}
    for slug, amount in each(wanted.items()):
        assert f"Amount, not a recommendation {amount} " in Reader(pages[f"/dosage-ranges/{slug}"].text).text


async def test_a_badge_names_what_it_is_the_degree_of(pages: Pages) -> None:
    for path in ("/jurisdictions", "/jurisdictions/us"):
        assert "Confidence: medium" in Reader(pages[path].text).text
