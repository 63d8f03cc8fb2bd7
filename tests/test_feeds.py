"""The feeds: valid by the rules of RFC 4287 and JSON Feed 1.1, complete, and safe to read alone."""

import json
import re
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import httpx
import pytest
from jsonschema import Draft202012Validator, FormatChecker  # type: ignore[import-untyped]  # it comes without types

from app.content.build import build
from app.content.check import check_seed
from app.content.releases import Releases, bundle_of
from app.main import create_app
from app.registry import RESOURCES
from app.settings import Settings
from support import Object, each, fetch

pytestmark = pytest.mark.anyio

ATOM = "{http://www.w3.org/2005/Atom}"
NAMES = ["all", "safety", *(resource.collection for resource in RESOURCES)]
TEXT = {"type": "string", "minLength": 1}
MOMENT = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$"}
ADDRESS = {"type": "string", "pattern": r"^https?://[^/]+/"}
# What https://jsonfeed.org/version/1.1 says of the members that the feeds have, and of extensions.
JSON_FEED = {
    "type": "object",
    "required": ["version", "title", "items"],
    "properties": {
        "version": {"const": "https://jsonfeed.org/version/1.1"},
        "title": TEXT,
        "home_page_url": ADDRESS,
        "feed_url": ADDRESS,
        "language": {"const": "en"},
        "authors": {"type": "array", "items": {"type": "object", "required": ["name"], "properties": {"name": TEXT}}},
        "items": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["id", "content_text"],
                "properties": {
                    "id": TEXT,
                    "url": ADDRESS,
                    "title": TEXT,
                    "content_text": TEXT,
                    "date_published": MOMENT,
                    "tags": {"type": "array", "items": TEXT},
                },
                "patternProperties": {"^_[A-Za-z][^.]*$": {"type": "object"}},
                "additionalProperties": False,
            },
        },
    },
    "additionalProperties": False,
}


async def atom(client: httpx.AsyncClient, name: str) -> ET.Element:
    response = await client.get(f"/v1/feeds/{name}.atom")
    assert response.headers["Content-Type"] == "application/atom+xml"
    return ET.fromstring(response.content)  # noqa: S314  # this service wrote it


async def json_feed(client: httpx.AsyncClient, name: str) -> Object:
    response = await client.get(f"/v1/feeds/{name}.json")
    assert response.headers["Content-Type"] == "application/feed+json"
    found: Object = response.json()
    return found


def texts(element: ET.Element, name: str) -> list[str]:
    return [found.text or "" for found in element.findall(ATOM + name)]


@pytest.fixture(scope="module")
async def changed(content: Any, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[httpx.AsyncClient]:
    """The service over a second release: a caution added to a side effect, a summary changed, a contact withdrawn."""
    path = tmp_path_factory.mktemp("changed") / "content.db"
    first = check_seed(json.dumps(content).encode())
    data = json.loads(json.dumps(content))
    data["release"]["release_date"] = "2026-12-01"
    data["side_effects"][0]["cautions"].append("A caution that is new.")
    data["citations"][0]["summary"] = "Something else is said."
    gone = data["contacts"].pop()["slug"]
    for records in data.values():
        for record in records if isinstance(records, list) else ():
            record.get("related", [])[:] = [other for other in record.get("related", []) if other != f"contacts/{gone}"]
            for section in record.get("sections", []):
                section["records"] = [other for other in section["records"] if other != f"contacts/{gone}"]
    data["search"]["aliases"].pop(f"contacts/{gone}", None)
    for topic in each(data["search"]["topics"]):
        topic["records"] = [path for path in topic["records"] if path != f"contacts/{gone}"]
    entry = {"collection": "contacts", "slug": gone, "since": "2026-12-01", "reason": "The line was closed."}
    data["former_slugs"].append(entry | {"renamed_to": None, "successor": None})
    build(check_seed(json.dumps(data).encode()), path, Releases().with_newest(bundle_of(first)))
    service = create_app(Settings(database_path=path))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=service), base_url="http://test") as http_client:
        yield http_client
    service.state.database.close()


async def test_the_list_names_every_feed_in_both_forms(client: httpx.AsyncClient) -> None:
    feeds = (await fetch(client, "/v1/feeds"))["data"]["feeds"]
    assert sorted(feed["name"] for feed in feeds) == sorted(NAMES)
    for feed in each(feeds):
        assert (await client.get(feed["atom"])).status_code == 200
        assert (await client.get(feed["json_feed"])).status_code == 200


@pytest.mark.parametrize("name", NAMES)
async def test_an_atom_feed_keeps_the_rules_of_the_rfc(name: str, changed: httpx.AsyncClient) -> None:
    feed = await atom(changed, name)
    assert feed.tag == f"{ATOM}feed"
    for element in (feed, *feed.findall(f"{ATOM}entry")):
        for required in ("id", "title", "updated"):
            assert len(texts(element, required)) == 1, required
            assert texts(element, required)[0].strip() == texts(element, required)[0] != ""
        assert re.fullmatch(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", texts(element, "id")[0])
        assert datetime.fromisoformat(texts(element, "updated")[0]).tzinfo
        alternates = [link for link in element.findall(f"{ATOM}link") if link.get("rel") == "alternate"]
        kinds = [link.get("type") for link in alternates]
        assert len(set(kinds)) == len(kinds), "two alternates of one type"
        assert alternates or element.findall(f"{ATOM}content")
        assert all(link.get("href") for link in each([*alternates, ET.Element("x", {"href": "x"})]))
    assert [link.get("href") for link in feed.findall(f"{ATOM}link") if link.get("rel") == "self"] == [
        f"/v1/feeds/{name}.atom"
    ]
    assert texts(feed.findall(f"{ATOM}author")[0], "name")[0]
    identifiers = [texts(entry, "id")[0] for entry in each(feed.findall(f"{ATOM}entry"))]
    assert len(set(identifiers)) == len(identifiers) <= 50


@pytest.mark.parametrize("name", NAMES)
async def test_a_json_feed_is_as_its_specification_says_and_tells_the_same(
    name: str, changed: httpx.AsyncClient
) -> None:
    feed = await json_feed(changed, name)
    validator = Draft202012Validator(JSON_FEED, format_checker=FormatChecker())
    assert [fault.message for fault in validator.iter_errors(feed)] == []
    entries = (await atom(changed, name)).findall(f"{ATOM}entry")
    told = [(texts(e, "id")[0], texts(e, "title")[0], texts(e, "content")[0]) for e in entries]
    assert [(item["id"], item["title"], item["content_text"]) for item in feed["items"]] == told


async def test_a_feed_begins_with_the_newest_and_gravest_changes(changed: httpx.AsyncClient, content: Any) -> None:
    effect, contact = content["side_effects"][0], content["contacts"][-1]
    feed = await json_feed(changed, "safety")
    assert [item["title"] for item in feed["items"][:2]] == [
        f"Withdrawn: {contact['title']}",
        f"Updated: {effect['title']}",
    ]
    assert feed["items"][0]["content_text"] == "The line was closed."
    assert "A caution that is new." in feed["items"][1]["content_text"]
    assert feed["items"][1]["content_text"].startswith("Changed: cautions.")
    feed = await json_feed(changed, "citations")
    assert feed["items"][0]["title"] == f"Updated: {content['citations'][0]['title']}"
    assert feed["items"][0]["tags"] == ["citations", "updated"]


async def test_the_identifier_of_an_entry_outlives_later_releases(
    client: httpx.AsyncClient, changed: httpx.AsyncClient
) -> None:
    before = {item["id"] for item in (await json_feed(client, "contacts"))["items"]}
    after = [item["id"] for item in (await json_feed(changed, "contacts"))["items"]]
    assert len(after) == len(before) + 1
    assert after[0] not in before


@pytest.mark.parametrize("name", NAMES)
async def test_nothing_is_shown_without_its_cautions_and_the_disclaimer(name: str, client: httpx.AsyncClient) -> None:
    for item in each((await json_feed(client, name))["items"]):
        record = (await fetch(client, item["_record"]["path"]))["data"]
        shown = [record["summary"], *record.get("cautions", []), record.get("disclaimer", "")]
        assert all(text in item["content_text"] for text in each(shown))


async def test_a_feed_is_revalidated_like_any_response(client: httpx.AsyncClient) -> None:
    first = await client.get("/v1/feeds/all.atom")
    again = await client.get("/v1/feeds/all.atom", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert (await client.get("/v1/feeds/all.atom", headers={"Accept": "image/png"})).status_code == 406


async def test_an_unknown_feed_is_not_found_and_the_near_one_is_suggested(client: httpx.AsyncClient) -> None:
    for address, meant in (("al.atom", "all.atom"), ("all", "all.atom"), ("zzzzzz", None)):
        response = await client.get(f"/v1/feeds/{address}")
        assert response.status_code == 404
        assert response.json()["errors"][0]["did_you_mean"] == meant


@pytest.mark.parametrize("public_url", ["https://api.example.org", "https://example.org/kratom", "http://[::1]:8000/x"])
async def test_where_the_public_address_is_known_every_link_is_absolute_and_leads_somewhere(
    public_url: str, database_path: Path
) -> None:
    service = create_app(Settings(database_path=database_path, public_url=public_url))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=service), base_url="http://test") as client:
        feed, entries = await json_feed(client, "contacts"), await atom(client, "contacts")
        validator = Draft202012Validator(JSON_FEED, format_checker=FormatChecker())
        assert [fault.message for fault in validator.iter_errors(feed)] == []
        assert feed["feed_url"] == f"{public_url}/v1/feeds/contacts.json"
        pages = [item["url"] for item in each(feed["items"])]
        links = [(link.get("type"), link.get("href") or "") for link in entries.iter(f"{ATOM}link")]
        assert [href for kind, href in links if kind == "text/html"] == pages
        assert (links[0][0], links[0][1]) == ("application/atom+xml", f"{public_url}/v1/feeds/contacts.atom")
        for address in each([feed["home_page_url"], feed["feed_url"], *pages, *(href for _, href in links)]):
            assert address.startswith(f"{public_url}/")
            assert (await client.get(address.removeprefix(public_url))).status_code == 200
    service.state.database.close()
