"""The work of reading a request is linear in what is sent. Time would tell less than the bytes that are looked at."""

import asyncio
import re
import sys
import time
from collections.abc import Callable
from urllib.parse import unquote

import pytest

from app.http import connection, head, negotiation
from app.http import request as request_module
from app.http.request import Request
from app.main import Service
from app.problems import HEAD_TOO_LARGE
from support import each
from wire import DETAIL, connections, listening, request, run, until


def hostile_heads() -> dict[str, Callable[[int], list[bytes]]]:
    """Inputs by their size, as they come in."""
    return {
        "empty lines": lambda n: [b"\r\n" * n + b"PRI "],
        "empty lines one by one": lambda n: [b"\r\n"] * (n // 8) + [b"PRI "],
        "empty lines in a body": lambda n: [
            request(b"/v1", b"Content-Length: %d" % (2 * n + 4), method=b"POST") + b"\r\n" * n + b"PRI "
        ],
        "a long method": lambda n: [b"A" * n],
        "a long method in drips": lambda n: [b"A" * 8] * (n // 8),
        "a long target in drips": lambda n: [b"GET /", *[b"a" * 8] * (n // 8)],
        "a long field in drips": lambda n: [b"GET / HTTP/1.1\r\nX: ", *[b"a" * 8] * (n // 8)],
        "many fields": lambda n: [b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * (n // 6)],
        "many fields in drips": lambda n: [b"GET / HTTP/1.1\r\n", *[b"a: b\r\n"] * (n // 6)],
        "many fields in drips after a long target": lambda n: [
            request(b"/" + b"a" * min(n, 16_000))[:-2],
            *[b"a: b\r\n"] * (n // 6),
        ],
        "carriage returns": lambda n: [b"GET / HTTP/1.1\r\nX: y" + b"\r" * n],
        "unfinished ends": lambda n: [b"GET / HTTP/1.1\r\nX: y", *[b"\r\n\r"] * (n // 3)],
        "commas": lambda n: [request(DETAIL, b"Accept: " + b"," * n, b"Accept-Encoding: " + b"," * n)],
        "connection options": lambda n: [request(DETAIL, b"Connection: " + b", \t" * (min(n, 30_000) // 3) + b"clos")],
        "tags": lambda n: [request(DETAIL, b"If-None-Match: " + b'"' * min(n, 7000))],
    }


HOSTILE = hostile_heads()
WATCHED = [(connection, "EMPTY_LINES"), (connection, "HEAD_END"), (connection, "METHOD_START")]
WATCHED += [(connection, "REQUEST_LINE")]
WATCHED += [(head, "HEAD"), (head, "FIELD"), (head, "ABSOLUTE_FORM"), (head, "CLOSE")]


@pytest.mark.parametrize("name", HOSTILE)
def test_the_work_is_linear_in_what_is_sent(app: Service, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    for module, pattern in each(WATCHED):
        monkeypatch.setattr(module, pattern, _Watched(getattr(module, pattern)))

    async def steps(size: int) -> int:
        _Watched.scanned = 0
        async with listening(app) as (port, state):
            chunks = HOSTILE[name](size)
            writer = (await asyncio.open_connection("127.0.0.1", port))[1]
            await until(lambda: bool(state.connections))
            [target] = connections(state)
            for chunk in each(chunks):
                target.data_received(chunk)
            writer.close()
            return _Watched.scanned

    async def promise() -> None:
        for size in (1000, 4000, 16_000, 64_000):
            length = sum(map(len, HOSTILE[name](size)))
            assert await steps(size) <= 6 * length + 1000

    run(promise)


def test_joining_repeated_header_fields_is_linear_in_their_number() -> None:
    # Other servers than ours hand over any number of them.
    headers = [(b"accept", b"text/html")] * 200_000
    started = time.process_time()
    request = Request("GET", "/v1", b"/v1", b"", headers, "1.1")
    assert time.process_time() - started < 2
    assert request.fields == {b"accept": b", ".join([b"text/html"] * 200_000)}


def test_only_the_start_of_a_long_path_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    decoded: list[int] = []

    def noting(text: str) -> str:
        decoded.append(len(text))
        return unquote(text)

    monkeypatch.setattr(head, "unquote", noting)
    for sent in (b"GET /" + b"%41" * 10_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /" + b"%41" * 10_000 + b"\0"):
        read = head.read_head(sent, "")
        assert read.request.path.startswith("/AAAA")
    assert decoded == [head.MAX_DECODED_BYTES] * 2


def test_a_head_with_too_many_fields_is_refused_before_they_are_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(head, "FIELD", None)
    read = head.read_head(b"GET /v1 HTTP/1.1\r\n" + b"a:\r\n" * (head.MAX_FIELDS + 1) + b"\r\n", "")
    assert read.fault is not None
    assert read.fault.kind is HEAD_TOO_LARGE


def test_a_query_of_too_many_parts_is_not_searched_for_ignored_parameters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_module, "_is_ignored", None)
    query = b"%75tm_a=1&" * request_module.MAX_PARTS
    assert Request("GET", "/v1", b"/v1", query, [], "1.1").query == query


def test_an_accept_header_is_parsed_once_however_many_formats_are_on_offer(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[bytes] = []

    def noting(field: bytes) -> list[tuple[bytes, float]]:
        parsed.append(field)
        return [(b"text/csv", 1.0)]

    monkeypatch.setattr(negotiation, "_weighted", noting)
    assert negotiation.preferred(b"parsed, once", (b"application/json", b"text/csv", b"text/html")) == b"text/csv"
    assert parsed == [b"parsed, once"]


class _Watched:
    """A pattern that counts the bytes it looks through."""

    scanned = 0

    def __init__(self, pattern: re.Pattern[bytes]) -> None:
        self._pattern = pattern

    def match(self, text: bytes) -> re.Match[bytes] | None:
        found = self._pattern.match(text)
        # A class of characters of fixed length looks no further than where it ends.
        type(self).scanned += found.end() if found else min(len(text), 41)
        return found

    def search(self, text: bytes, start: int = 0, end: int = sys.maxsize) -> re.Match[bytes] | None:
        found = self._pattern.search(text, start, end)
        type(self).scanned += (found.end() if found else min(len(text), end)) - start
        return found

    def fullmatch(self, text: bytes) -> re.Match[bytes] | None:
        type(self).scanned += len(text)
        return self._pattern.fullmatch(text)

    def findall(self, text: bytes) -> list[tuple[bytes, bytes]]:
        type(self).scanned += len(text)
        return self._pattern.findall(text)
