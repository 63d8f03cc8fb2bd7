"""Follows every link, as a client does that knows only where the service begins."""

import re
from collections.abc import Callable, Collection, Iterator
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx

from support import answered

LINK = re.compile(r'<([^>]*)>; rel="')
REFERENCE = re.compile(r'(?:href|src)="([^"#]+)"')


def crawl(get: Callable[[str], httpx.Response], *starts: str, apart: Collection[str] = ()) -> dict[str, httpx.Response]:
    """Every response that links lead to from some addresses, by address; each is a 200. Those apart lead nowhere."""
    found: dict[str, httpx.Response] = {}
    waiting = [(start, "the start") for start in starts]
    while waiting:
        address, place = waiting.pop()
        if address not in found:
            found[address] = response = get(address)
            assert response.status_code == 200, f"{place} links to {address}: {response.status_code}"
            if address not in apart:
                waiting += [(link, address) for link in links_of(response, address)]
    return found


def links_of(response: httpx.Response, address: str) -> Iterator[str]:
    """The paths that a response at an address leads to: links in its header and its body, the paths of an OpenAPI document."""
    yield from (link for link in LINK.findall(response.headers.get("link", "")) if not link.startswith("https://"))
    media_type = response.headers["content-type"].partition(";")[0]
    if address.endswith("/bundle"):
        return  # the same bytes wherever it is served: its addresses are those at the root of a host
    if media_type == "text/html":
        links = [urljoin(address, link) for link in REFERENCE.findall(response.text)]
        yield from (link for link in links if link.startswith("/"))
    elif address.endswith("/openapi.json"):
        document = response.json()
        server = urlsplit(document["servers"][0]["url"]).path.removesuffix("/")
        yield from (server + answered(path) for path in document["paths"] if "{" not in path)
    elif media_type.endswith("json"):
        yield from (text for text in strings(response.json()) if text.startswith("/"))


def strings(value: Any) -> Iterator[str]:
    """Every string in a JSON value but the keys of objects."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from strings(item)
