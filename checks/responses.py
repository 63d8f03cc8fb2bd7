"""Checks the responses of a running server with httplint: every documented path, with each kind of request, and the pages."""

import json
import re
import socket
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode, urljoin, urlsplit

from httplint import HttpRequestLinter, HttpResponseLinter, levels

Headers = dict[str, str]

PAGES: Final = ("/", "/docs", "/openapi.json", "/favicon.ico", "/robots.txt")
"""Where the walk through the pages begins; it follows their links within the service."""
ACCEPTED: Final = {
    "STORE_PUBLIC_UNNECESSARY": "lets a shared cache keep the response also when a client sends Authorization, "
    "which this service does not read",
}
"""Accepted warnings, by the name of the note, each with its reason."""


class Request(NamedTuple):
    """A request and the status it must get."""

    status: int
    method: str
    target: str
    headers: Headers

    def __str__(self) -> str:
        """The request in one line, to repeat it with any client."""
        return " ".join((self.method, self.target, *(f"[{name}: {value}]" for name, value in self.headers.items())))


class Response(NamedTuple):
    """A response as received."""

    status: int
    reason: bytes
    headers: list[tuple[bytes, bytes]]
    body: bytes

    def field(self, name: str) -> str:
        """The value of a header, empty when it is absent."""
        return next((value.decode("latin-1") for key, value in self.headers if key.decode().lower() == name), "")


class Addresses(HTMLParser):
    """Gathers what a page links to and loads."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002  # HTMLParser calls it
        """Keep the addresses of one element."""
        self.found += [value for name, value in attrs if name in ("href", "src") and value]


class Check:
    """The requests sent so far and the findings in their responses."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.host = urlsplit(origin).netloc
        self.asked: set[str] = set()
        self.found: dict[str, list[str]] = defaultdict(list)
        self.accepted: set[str] = set()

    def ask(self, asked: Request) -> Response:
        """Send a request, read the response and keep what httplint finds in it."""
        self.asked.add(str(asked))
        request = HttpRequestLinter(start_time=time.time())
        headers = {"Host": self.host, "User-Agent": "checks", "Connection": "close"} | asked.headers
        request.process_request_topline(asked.method.encode(), asked.target.encode(), b"1.1")
        request.process_headers([(name.encode(), value.encode()) for name, value in headers.items()])
        request.finish_content(complete=True)
        head = f"{asked.method} {asked.target} HTTP/1.1\r\n" + "".join(f"{n}: {v}\r\n" for n, v in headers.items())
        response = self._exchange(head.encode() + b"\r\n")
        if response.status != asked.status:
            self.found[f"the status is {response.status}, not {asked.status}"].append(str(asked))
        linted = HttpResponseLinter(start_time=time.time())
        linted.request, request.response = request, linted
        linted.base_uri = urljoin(self.origin, asked.target)
        linted.is_head_response = asked.method == "HEAD"
        linted.process_response_topline(b"1.1", str(response.status).encode(), response.reason)
        linted.process_headers(response.headers)
        linted.feed_content(response.body)
        linted.finish_content(complete=True)
        for note in linted.notes:
            for each in (note, *note.subnotes):
                name = type(each).__name__
                if each.level is levels.WARN and name in ACCEPTED:
                    self.accepted.add(name)
                elif each.level in (levels.BAD, levels.WARN):
                    self.found[f"{each.level.name} {name}: {each.summary}"].append(str(asked))
        return response

    def _exchange(self, message: bytes) -> Response:
        name, _, port = self.host.partition(":")
        with socket.create_connection((name, int(port)), timeout=10) as connection:
            connection.sendall(message)
            received = b"".join(iter(lambda: connection.recv(65536), b""))
        head, _, body = received.partition(b"\r\n\r\n")
        status_line, *lines = head.split(b"\r\n")
        _, status, reason = status_line.split(b" ", 2)
        headers = [(name, value.strip(b" \t")) for name, _, value in (line.partition(b":") for line in lines)]
        assert b"transfer-encoding" not in {name.lower() for name, _ in headers}, "chunks are not read here"
        return Response(int(status), reason, headers, body)


def variations(path: str, operation: dict[str, Any], shared: dict[str, Any]) -> Iterator[Request]:
    """Each kind of request for a documented path."""
    parameters = [shared.get(p.get("$ref", "").rpartition("/")[2], p) for p in operation.get("parameters", [])]
    slugs = [p["example"] for p in parameters if p["in"] == "path"]
    needed = {p["name"]: p["example"] for p in parameters if p["in"] == "query" and p.get("required")}
    target = re.sub(r"\{\w+\}", lambda _: slugs[0], path) if slugs else path
    target += f"?{urlencode(needed)}" if needed else ""
    responses = operation["responses"]
    yield from usual(target)
    for media_type in responses["200"]["content"]:
        # The name of a feed decides which of the two it is.
        address = target.replace(".json", ".atom") if media_type == "application/atom+xml" else target
        yield Request(200, "GET", address, {"Accept": media_type})
    if slugs:
        yield Request(404, "GET", re.sub(r"\{\w+\}", "no-such-record", path), {})
    # A probe may send any query and any Accept.
    strict = not target.startswith("/health/")
    yield Request(422 if strict else 200, "GET", f"{target}{'&' if needed else '?'}no_such_parameter=1", {})
    yield Request(406 if strict else 200, "GET", target, {"Accept": "image/png"})
    if "412" in responses:
        yield Request(412, "GET", target, {"If-Match": '"no-such-tag"'})


def usual(target: str) -> Iterator[Request]:
    """The kinds of request for any path."""
    yield Request(200, "GET", target, {})
    for coding in ("gzip", "br", "zstd"):
        yield Request(200, "GET", target, {"Accept-Encoding": coding})
    yield Request(200, "HEAD", target, {})
    yield Request(204, "OPTIONS", target, {})
    preflight = {"Origin": "https://front-end.example", "Access-Control-Request-Method": "GET"}
    yield Request(204, "OPTIONS", target, preflight | {"Access-Control-Request-Headers": "if-none-match"})
    yield Request(405, "DELETE", target, {})


def run(origin: str, document: dict[str, Any]) -> Check:
    """Send all requests."""
    check = Check(origin)
    pages = set(PAGES)
    for path, item in document["paths"].items():
        for asked in variations(path, item["get"], document["components"]["parameters"]):
            response = check.ask(asked)
            if response.field("content-type") == "application/problem+json" and asked.method == "GET":
                pages.add(json.loads(response.body)["type"])
            revalidate(check, asked, response)
    seen: set[str] = set()
    while left := pages - seen:
        for page in sorted(left):
            for asked in usual(page):
                response = check.ask(asked)
                revalidate(check, asked, response)
                if response.field("content-type").startswith("text/html") and asked == Request(200, "GET", page, {}):
                    links = (urlsplit(urljoin(page, link)) for link in Addresses(response.body.decode()).found)
                    pages |= {link.path for link in links if not link.scheme and not link.netloc}
        seen |= left
    return check


def revalidate(check: Check, asked: Request, response: Response) -> None:
    """Ask again with the validator of a response that can be kept."""
    if response.status == 200 and asked.method == "GET" and (etag := response.field("etag")):
        check.ask(asked._replace(status=304, headers=asked.headers | {"If-None-Match": etag}))


def main() -> int:
    """Report; 1 when anything was found."""
    origin, document = sys.argv[1:]
    check = run(origin, json.loads(Path(document).read_text(encoding="utf-8")))
    for finding, where in sorted(check.found.items()):
        print(f"{finding}\n    in {len(where)} responses, such as {where[0]}")
    for name in ACCEPTED.keys() - check.accepted:
        print(f"{name} is accepted but nothing gives it any more")
    print(
        f"{len(check.asked)} responses, {len(check.found)} kinds of finding; accepted: {', '.join(sorted(check.accepted)) or 'none'}"
    )
    return 1 if check.found or ACCEPTED.keys() - check.accepted else 0


if __name__ == "__main__":
    sys.exit(main())
