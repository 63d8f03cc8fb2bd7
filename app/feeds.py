"""Feeds of changes, as Atom (RFC 4287) and as JSON Feed 1.1: all, by collection, and relevant to safety."""

import json
from collections.abc import Iterator
from typing import Any, Final
from uuid import UUID, uuid5
from xml.etree import ElementTree as ET  # nosec B405  # it writes XML and reads none

from fastapi.responses import Response

from app.database import Database
from app.problems import NOT_FOUND, ProblemError, ProblemException, nearest, shown
from app.reading import detail
from app.registry import RESOURCES
from app.schemas.feeds import Feed, FeedList
from app.schemas.history import ChangeKind

Object = dict[str, Any]

FEEDS: Final = "/v1/feeds"
NAMESPACE: Final = UUID("0c8f5f0e-6a37-4f1c-9a4e-1f2b7d3a9c55")
"""Namespace of the identifiers of feeds and entries. An address as identifier would change with the host."""
ATOM: Final = "http://www.w3.org/2005/Atom"
ENTRIES: Final = 50
TITLES: Final = {
    "all": "All changes",
    "safety": "Changes relevant to safety",
    **{
        resource.collection: f"Changes of {resource.collection.replace('-', ' ')}"
        for resource in sorted(RESOURCES, key=lambda resource: resource.collection)
    },
}
"""The feeds by name."""


def list_feeds(database: Database) -> Response:
    """The feeds with their addresses."""
    feeds = [
        Feed(name=name, title=title, atom=f"{FEEDS}/{name}.atom", json_feed=f"{FEEDS}/{name}.json")
        for name, title in TITLES.items()
    ]
    return detail(database, FeedList(feeds=feeds).model_dump_json().encode(), FEEDS, "/v1")


def feed(database: Database, file: str, public_url: str = "") -> Response:
    """A feed by the name of its file, such as `all.atom`; where the service knows its public address, links are absolute.

    Raises:
        ProblemException: there is no such feed.
    """
    name, _, form = file.rpartition(".")
    if name not in TITLES or form not in ("atom", "json"):
        detail_ = f"There is no feed {shown(file)!r}; {FEEDS} lists them."
        meant = (
            f"{file}.atom"
            if file in TITLES
            else nearest(file, [f"{known}.{suffix}" for known in TITLES for suffix in ("atom", "json")])
        )
        fault = ProblemError(pointer="/path/feed", code="unknown_feed", detail=detail_, did_you_mean=meant)
        raise ProblemException(NOT_FOUND, detail_, [fault], addresses=[FEEDS])
    changes = list(_changes(database, name))
    licence = json.loads(database.release_document)["data_licence"]["url"]
    headers = {"Link": f'<{licence}>; rel="license", <{FEEDS}>; rel="collection"'}
    if form == "atom":
        return Response(_atom(database, name, changes, public_url), headers=headers, media_type="application/atom+xml")
    body = json.dumps(_json_feed(database, name, changes, public_url), ensure_ascii=False, separators=(",", ":"))
    return Response(body, headers=headers, media_type="application/feed+json")


def _changes(database: Database, name: str) -> Iterator[Object]:
    condition = {"all": "1", "safety": "safety_relevant"}.get(name, "collection = :name")
    sql = f"SELECT document FROM recorded_change WHERE {condition} ORDER BY position LIMIT {ENTRIES}"  # noqa: S608  # nosec B608  # all named here
    for (document,) in database.read(sql, {"name": name}):
        yield json.loads(document)


def _atom(database: Database, name: str, changes: list[Object], public_url: str) -> bytes:
    release = json.loads(database.release_document)
    root = ET.Element("feed", {"xmlns": ATOM, "xml:lang": "en"})
    _add(root, "id", _identifier(name))
    _add(root, "title", f"{release['title']}: {TITLES[name].lower()}")
    _add(root, "updated", _time(release["release_date"]))
    _add(ET.SubElement(root, "author"), "name", release["title"])
    _add(root, "rights", release["data_licence"]["name"])
    _link(root, "self", "application/atom+xml", f"{public_url}{FEEDS}/{name}.atom")
    _link(root, "alternate", "application/json", f"{public_url}/v1/changes")
    for change in changes:
        entry = ET.SubElement(root, "entry")
        _add(entry, "id", _entry_identifier(change))
        _add(entry, "title", _title(change))
        _add(entry, "updated", _time(change["release_date"]))
        if address := address_of(change):
            if public_url:
                _link(entry, "alternate", "text/html", _page(public_url, address))
            _link(entry, "alternate", "application/json", f"{public_url}{address}")
        for tag in _tags(change):
            ET.SubElement(entry, "category", {"term": tag})
        _add(entry, "content", _text(change), type="text")
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode").encode()


def _json_feed(database: Database, name: str, changes: list[Object], public_url: str) -> Object:
    release = json.loads(database.release_document)
    # These would have to be absolute, and without the setting the service does not know its own address.
    own = {"home_page_url": f"{public_url}/", "feed_url": f"{public_url}{FEEDS}/{name}.json"} if public_url else {}
    return {
        "version": "https://jsonfeed.org/version/1.1",
        "title": f"{release['title']}: {TITLES[name].lower()}",
        **own,
        "language": "en",
        "authors": [{"name": release["title"]}],
        "items": [
            {
                "id": _entry_identifier(change),
                "title": _title(change),
                "content_text": _text(change),
                "date_published": _time(change["release_date"]),
                "tags": _tags(change),
                **({"url": _page(public_url, address)} if public_url and address else {}),
                "_record": {"path": address, "fields": change["fields"]},
            }
            for change in changes
            for address in [address_of(change)]
        ],
    }


def _identifier(*parts: str) -> str:
    return f"urn:uuid:{uuid5(NAMESPACE, ' '.join(parts))}"


def _entry_identifier(change: Object) -> str:
    return _identifier(change["dataset_version"], change["collection"], change["slug"])


def _title(change: Object) -> str:
    return f"{ChangeKind[change['kind']].label}: {change['title']}"


def _time(day: str) -> str:
    return f"{day}T00:00:00Z"


def address_of(change: Object) -> str | None:
    """The path of the record, or of the one to show instead of a withdrawn one."""
    successor: str | None = change["successor"]
    return f"/v1/{change['collection']}/{change['slug']}" if change["is_served"] else successor


def _page(public_url: str, address: str) -> str:
    """The address of the HTML page of a record."""
    return f"{public_url}{address.removeprefix('/v1')}"


def _tags(change: Object) -> list[str]:
    return [change["collection"], change["kind"], *(["safety"] if change["safety_relevant"] else [])]


def _text(change: Object) -> str:
    """The text of an entry: the change, the summary, the cautions and the disclaimer."""
    lines = [change["reason"] or ""]
    if change["fields"]:
        lines.append(f"Changed: {', '.join(name.replace('_', ' ') for name in change['fields'])}.")
    lines += [change.get("summary", ""), *change.get("cautions", []), change.get("disclaimer", "")]
    return "\n\n".join(line for line in lines if line) or "The record is no longer served."


def _link(parent: ET.Element, relation: str, media_type: str, address: str) -> None:
    ET.SubElement(parent, "link", {"rel": relation, "type": media_type, "href": address})


def _add(parent: ET.Element, name: str, text: str, **attributes: str) -> None:
    ET.SubElement(parent, name, attributes).text = text
