"""Lets httplint read the answers of a running server: every documented address, every way to ask, and the pages."""

import json
import socket
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import urljoin, urlsplit

from httplint import HttpRequestLinter, HttpResponseLinter, levels

Headers = dict[str, str]

PAGES: Final = ("/", "/docs", "/openapi.json", "/favicon.ico", "/robots.txt")
"""Where the walk through the pages begins; it follows their links within the service."""
ACCEPTED: Final = {
    "STORE_PUBLIC_UNNECESSARY": "lets a shared cache keep the answer also when a client sends Authorization, "
    "which this service does not read",
}
"""Warnings that stand, by the name of the note, each with its reason."""


class Asked(NamedTuple):
    """A request and the status it must get."""

    status: int
    method: str
    target: str
    headers: Headers

    def __str__(self) -> str:
        """What a reader needs to ask the same with any client."""
        return " ".join((self.method, self.target, *(f"[{name}: {value}]" for name, value in self.headers.items())))


class Answer(NamedTuple):
    """What came back, as it stood on the wire."""

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
    """What was asked so far and what was found wrong with the answers."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.host = urlsplit(origin).netloc
        self.asked: set[str] = set()
        self.found: dict[str, list[str]] = defaultdict(list)
        self.accepted: set[str] = set()

    def ask(self, asked: Asked) -> Answer:
        """Send a request, read the answer and keep what httplint finds in it."""
        self.asked.add(str(asked))
        request = HttpRequestLinter(start_time=time.time())
        headers = {"Host": self.host, "User-Agent": "checks", "Connection": "close"} | asked.headers
        request.process_request_topline(asked.method.encode(), asked.target.encode(), b"1.1")
        request.process_headers([(name.encode(), value.encode()) for name, value in headers.items()])
        request.finish_content(complete=True)
        head = f"{asked.method} {asked.target} HTTP/1.1\r\n" + "".join(f"{n}: {v}\r\n" for n, v in headers.items())
        answer = self._exchange(head.encode() + b"\r\n")
        if answer.status != asked.status:
            self.found[f"the status is {answer.status}, not {asked.status}"].append(str(asked))
        response = HttpResponseLinter(start_time=time.time())
        response.request, request.response = request, response
        response.base_uri = urljoin(self.origin, asked.target)
        response.is_head_response = asked.method == "HEAD"
        response.process_response_topline(b"1.1", str(answer.status).encode(), answer.reason)
        response.process_headers(answer.headers)
        response.feed_content(answer.body)
        response.finish_content(complete=True)
        for note in response.notes:
            for each in (note, *note.subnotes):
                name = type(each).__name__
                if each.level is levels.WARN and name in ACCEPTED:
                    self.accepted.add(name)
                elif each.level in (levels.BAD, levels.WARN):
                    self.found[f"{each.level.name} {name}: {each.summary}"].append(str(asked))
        return answer

    def _exchange(self, message: bytes) -> Answer:
        name, _, port = self.host.partition(":")
        with socket.create_connection((name, int(port)), timeout=10) as connection:
            connection.sendall(message)
            received = b"".join(iter(lambda: connection.recv(65536), b""))
        head, _, body = received.partition(b"\r\n\r\n")
        status_line, *lines = head.split(b"\r\n")
        _, status, reason = status_line.split(b" ", 2)
        headers = [(name, value.strip(b" \t")) for name, _, value in (line.partition(b":") for line in lines)]
        assert b"transfer-encoding" not in {name.lower() for name, _ in headers}, "chunks are not read here"
        return Answer(int(status), reason, headers, body)


def variations(path: str, operation: dict[str, Any]) -> Iterator[Asked]:
    """Every way to ask for a documented address."""
    slugs = [p["example"] for p in operation.get("parameters", []) if p.get("in") == "path"]
    target = path.replace("{slug}", slugs[0]) if slugs else path
    responses = operation["responses"]
    yield from usual(target)
    for media_type in responses["200"]["content"]:
        yield Asked(200, "GET", target, {"Accept": media_type})
    if slugs:
        yield Asked(404, "GET", path.replace("{slug}", "no-such-record"), {})
    # A probe may send any query and any Accept.
    strict = not target.startswith("/health/")
    yield Asked(422 if strict else 200, "GET", f"{target}?no_such_parameter=1", {})
    yield Asked(406 if strict else 200, "GET", target, {"Accept": "image/png"})
    if "412" in responses:
        yield Asked(412, "GET", target, {"If-Match": '"no-such-tag"'})


def usual(target: str) -> Iterator[Asked]:
    """The ways to ask for any address."""
    yield Asked(200, "GET", target, {})
    for coding in ("gzip", "br", "zstd"):
        yield Asked(200, "GET", target, {"Accept-Encoding": coding})
    yield Asked(200, "HEAD", target, {})
    yield Asked(204, "OPTIONS", target, {})
    preflight = {"Origin": "https://front-end.example", "Access-Control-Request-Method": "GET"}
    yield Asked(204, "OPTIONS", target, preflight | {"Access-Control-Request-Headers": "if-none-match"})
    yield Asked(405, "DELETE", target, {})


def run(origin: str, document: dict[str, Any]) -> Check:
    """Ask for everything."""
    check = Check(origin)
    pages = set(PAGES)
    for path, item in document["paths"].items():
        for asked in variations(path, item["get"]):
            answer = check.ask(asked)
            if answer.field("content-type") == "application/problem+json" and asked.method == "GET":
                pages.add(json.loads(answer.body)["type"])
            revalidate(check, asked, answer)
    seen: set[str] = set()
    while left := pages - seen:
        for page in sorted(left):
            for asked in usual(page):
                answer = check.ask(asked)
                revalidate(check, asked, answer)
                if answer.field("content-type").startswith("text/html") and asked == Asked(200, "GET", page, {}):
                    links = (urlsplit(urljoin(page, link)) for link in Addresses(answer.body.decode()).found)
                    pages |= {link.path for link in links if not link.scheme and not link.netloc}
        seen |= left
    return check


def revalidate(check: Check, asked: Asked, answer: Answer) -> None:
    """Ask again with the validator of an answer that can be kept."""
    if answer.status == 200 and asked.method == "GET" and (etag := answer.field("etag")):
        check.ask(asked._replace(status=304, headers=asked.headers | {"If-None-Match": etag}))


def main() -> int:
    """Report; 1 when anything was found."""
    origin, document = sys.argv[1:]
    check = run(origin, json.loads(Path(document).read_text(encoding="utf-8")))
    for finding, where in sorted(check.found.items()):
        print(f"{finding}\n    in {len(where)} answers, such as {where[0]}")
    for name in ACCEPTED.keys() - check.accepted:
        print(f"{name} is accepted but nothing gives it any more")
    print(
        f"{len(check.asked)} answers, {len(check.found)} kinds of finding; accepted: {', '.join(sorted(check.accepted)) or 'none'}"
    )
    return 1 if check.found or ACCEPTED.keys() - check.accepted else 0


if __name__ == "__main__":
    sys.exit(main())
