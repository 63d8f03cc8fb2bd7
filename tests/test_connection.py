"""The fast path returns what the pipeline returns; pipelined responses are in order; bodies are skipped."""

import asyncio
import gc
import re
from pathlib import Path

import pytest

from app.http import cache, connection
from app.http.connection import MAX_BURST, Connection
from app.http.head import Head, read_head
from app.main import Service, create_app
from app.settings import Settings
from wire import (
    CLOSE,
    DETAIL,
    NOT_CLOSED,
    PlainConnection,
    exchange,
    listening,
    request,
    run,
    statuses,
    unnamed,
    without_identifiers,
)

EITHER_PATH = [
    request(DETAIL, CLOSE),
    request(DETAIL, CLOSE, method=b"HEAD"),
    request(DETAIL, version=b"1.0"),
    request(DETAIL, b"Connection: keep-alive", version=b"1.0"),
    request(DETAIL) + request(b"/v1/strains") + request(DETAIL, CLOSE),
    request(b"/v1/strains?limit=2", CLOSE, b"Accept-Encoding: br"),
    request(b"/v1/strains?limit=2", CLOSE, b"Accept-Encoding: gzip;q=0, identity;q=0"),
    request(b"/v1/side-effects", CLOSE, b"Accept-Encoding: gzip, zstd"),
    request(b"/v1/side-effects?limit=100", CLOSE),
    request(DETAIL, CLOSE, b"If-None-Match: *"),
    request(DETAIL, CLOSE, b'If-None-Match: "x"'),
    request(DETAIL, CLOSE, b'If-Match: "x"'),
    request(DETAIL, CLOSE, b"If-Modified-Since: Tue, 24 Nov 2026 00:00:00 GMT", method=b"HEAD"),
    request(DETAIL, CLOSE, b"Accept: text/html"),
    request(DETAIL, CLOSE, b"Accept: text/html", b"Accept: application/json"),
    request(DETAIL, CLOSE, b"Origin: https://example.org"),
    request(DETAIL, CLOSE, b"Host: second"),
    request(DETAIL, CLOSE, b"Content-Length: 0"),
    request(DETAIL, CLOSE, b"Content-Length: 5") + b"hello",
    request(DETAIL, b"Transfer-Encoding: chunked") + b"5\r\nhello\r\n0\r\n\r\n" + request(DETAIL, CLOSE),
    request(DETAIL, CLOSE, b"Expect: 100-continue"),
    request(DETAIL, CLOSE, b"Range: bytes=0-3"),
    request(DETAIL, b"Connection: Upgrade, close", b"Upgrade: websocket"),
    request(b"http://other" + DETAIL, CLOSE),
    request(b"/v1/contacts/us%2Dpoison-help", CLOSE),
    request(DETAIL + b"?", CLOSE),
    request(DETAIL + b"?nope=1", CLOSE),
    request(DETAIL, CLOSE, method=b"OPTIONS"),
    request(DETAIL, CLOSE, method=b"DELETE"),
    request(b"/v1/contacts/no-such", CLOSE),
    request(b"/docs", CLOSE),
    request(b"*", CLOSE, method=b"OPTIONS"),
]


@pytest.mark.parametrize("sent", EITHER_PATH, ids=range(len(EITHER_PATH)))
def test_the_fast_path_returns_the_bytes_of_the_pipeline(app: Service, sent: bytes) -> None:
    async def promise() -> None:
        async with listening(app) as (fast, _), listening(app, PlainConnection) as (plain, _):
            warm = re.sub(rb"(?im)^(if-|accept|origin|range|expect).*?\r\n", b"", sent)
            await exchange(plain, warm, patience=0.5)
            got = await exchange(fast, sent)
            assert got.startswith(b"HTTP/1.1 ")
            assert not got.endswith(NOT_CLOSED)
            assert got == await exchange(plain, sent)

    run(promise)


class _Noted(set[asyncio.Task[None]]):
    """A set of tasks that records each added task."""

    def __init__(self, seen: list[int]) -> None:
        super().__init__()
        self.seen = seen

    def add(self, task: asyncio.Task[None]) -> None:
        self.seen.append(1)
        super().add(task)


@pytest.mark.parametrize("access_log", [False, True])
def test_a_cached_response_needs_no_task(database_path: Path, *, access_log: bool) -> None:
    service = create_app(Settings(database_path=database_path, access_log=access_log))

    async def promise() -> None:
        async with listening(service) as (port, state):
            await exchange(port, request(DETAIL, CLOSE))
            seen: list[int] = []
            state.tasks = _Noted(seen)
            assert statuses(await exchange(port, request(DETAIL) * 9 + request(DETAIL, CLOSE))) == [200] * 10
            assert seen == []

    run(promise)
    service.state.database.close()


AGAIN = [
    request(DETAIL),
    request(DETAIL, method=b"HEAD"),
    request(DETAIL, b"If-None-Match: *"),
    request(DETAIL, b"Accept-Encoding: br"),
    request(DETAIL, b"Connection: keep-alive", b"User-Agent: x"),
    request(DETAIL, b"Accept: text/html"),
    request(DETAIL, b'If-Match: "x"'),
    request(DETAIL, b"Content-Length: 0"),
    request(b"/v1/side-effects?limit=100"),
    request(b"/docs"),
    request(b"/v1/nothing"),
]


@pytest.mark.parametrize("way", range(4))
@pytest.mark.parametrize("sent", AGAIN, ids=range(len(AGAIN)))
def test_a_repeated_request_gets_the_same_response_with_a_new_identifier(app: Service, sent: bytes, way: int) -> None:
    same = unnamed(sent)
    last = same.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    chunks = [
        [same, same, same, last],
        [same + same, same, last],
        [same, same[:1], same[1:], same, last],
        [same, same[:-1], same[-1:] + same, same, b"\r\n", same, last],
    ][way]

    async def promise() -> None:
        async with listening(app) as (fast, _), listening(app, PlainConnection) as (plain, _):
            first, second = await exchange(fast, *chunks), await exchange(plain, *chunks)
            ids = re.findall(rb"x-request-id: (\S+)", first)
            assert len(ids) == len(set(ids)) == b"".join(chunks).count(b" HTTP/1.1\r\n")
            assert not first.endswith(NOT_CLOSED)
            assert without_identifiers(first) == without_identifiers(second)

    run(promise)


def test_a_repeated_request_is_not_parsed(app: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[bytes] = []

    def noting(head: bytes, root_path: str) -> Head:
        parsed.append(head)
        return read_head(head, root_path)

    monkeypatch.setattr(connection, "read_head", noting)
    same = unnamed(request(DETAIL, b"X: never sent before"))
    last = request(DETAIL, CLOSE)

    async def promise() -> None:
        async with listening(app) as (port, _):
            await exchange(port, last)
            parsed.clear()
            await exchange(port, same, same, same, last)
            assert parsed == [same, last]

    run(promise)


CUT_BODIES = [
    ([request(b"/v1", b"Content-Length: 4", method=b"POST") + b"Q", b"XYZ"], [405, 200, 200]),
    ([request(b"/v1", b"Content-Length: 3", method=b"POST"), b"XYZ"], [405, 200, 200]),
    # The end of a chunked body is not looked for.
    ([request(b"/v1", b"Transfer-Encoding: chunked", method=b"POST") + b"5\r\nhel", b"lo\r\n0\r\n\r\n"], [405]),
    ([request(DETAIL, b"Content-Length: 4") + b"Q", b"XYZ"], [200, 200, 200]),
]


@pytest.mark.parametrize(("cut", "found"), CUT_BODIES, ids=range(len(CUT_BODIES)))
def test_the_rest_of_a_body_is_no_part_of_a_remembered_head(app: Service, cut: list[bytes], found: list[int]) -> None:
    known, same = app.pipeline.known, unnamed(request(DETAIL))

    async def promise() -> None:
        async with listening(app) as (port, _):
            await exchange(port, request(DETAIL, CLOSE))
            assert statuses(await exchange(port, cut[0], cut[1] + same, request(DETAIL, CLOSE))) == found
            assert cut[1] + same not in known
            other = request(b"/v1/strains", method=b"POST")
            post = request(b"/v1", b"Content-Length: %d" % len(other), method=b"POST")
            await exchange(port, post, other + same, patience=0.3)
            assert statuses(await exchange(port, other + same, request(DETAIL, CLOSE))) == [405, 200, 200]

    run(promise)


def test_a_body_that_is_a_remembered_request_is_still_a_body(app: Service) -> None:
    same = unnamed(request(DETAIL))
    post = request(b"/v1", b"Content-Length: %d" % len(same), method=b"POST")

    async def promise() -> None:
        async with listening(app) as (port, _):
            await exchange(port, same, same, request(DETAIL, CLOSE))
            assert same in app.pipeline.known
            assert statuses(await exchange(port, post, same, same, request(DETAIL, CLOSE))) == [405, 200, 200]

    run(promise)


def test_remembered_request_heads_are_bounded_and_keep_no_evicted_response(
    database_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "MAX_KNOWN", 5)
    service = create_app(Settings(database_path=database_path, cache_bytes=200_000))
    known = service.pipeline.known

    async def promise() -> None:
        async with listening(service) as (port, _):
            await exchange(port, request(DETAIL, CLOSE))
            plain = [unnamed(request(DETAIL, b"X: %d" % n)) for n in range(23)]
            huge = unnamed(request(DETAIL, b"X: " + b"a" * cache.MAX_KNOWN_BYTES))
            got = await exchange(port, *plain, huge, request(DETAIL), request(DETAIL, CLOSE))
            assert statuses(got) == [200] * 26
            assert 0 < len(known) <= 5
            assert huge not in known
            assert known.get(plain[-1]) is not None
            # Others evict it: each of them is requested twice.
            others = [request(b"/v1/contacts?limit=1&offset=%d" % n) * 2 for n in range(3)]
            others += [request(b"/v1/strains?limit=1&offset=%d" % n) * 2 for n in range(20)]
            await exchange(port, *others, request(b"/v1", CLOSE))
            gc.collect()
            assert known.get(plain[-1]) is None
            assert statuses(await exchange(port, plain[-1], request(DETAIL, CLOSE))) == [200, 200]

    run(promise)
    service.state.database.close()


def test_pipelined_responses_are_in_order_whichever_path_they_take(app: Service) -> None:
    async def promise() -> None:
        async with listening(app) as (port, _):
            await exchange(port, request(DETAIL, CLOSE))
            targets = [DETAIL, b"/v1/approaches/physical-therapy", DETAIL, b"/v1/nothing", DETAIL]
            got = await exchange(port, b"".join(map(request, targets)) + request(DETAIL, CLOSE))
            found = re.findall(rb'"slug":"(us-poison-help|physical-therapy)"|"status":(404)', got)
            assert [a or b for a, b in found] == [
                b"us-poison-help", b"physical-therapy", b"us-poison-help", b"404", b"us-poison-help", b"us-poison-help",
            ]  # fmt: skip

    run(promise)


@pytest.mark.parametrize("kind", [Connection, PlainConnection])
def test_a_thousand_pipelined_requests_get_their_responses_in_order(app: Service, kind: type[Connection]) -> None:
    async def promise() -> None:
        async with listening(app, kind) as (port, _):
            pair = request(b"/v1/nothing") + request(b"/v1/meta")
            assert statuses(await exchange(port, pair * 500 + request(DETAIL, CLOSE))) == [404, 200] * 500 + [200]

    run(promise)


def test_a_burst_is_spread_over_several_turns_and_other_clients_are_served_meanwhile(app: Service) -> None:
    order: list[str] = []

    async def promise() -> None:
        async with listening(app) as (port, _):
            await exchange(port, request(DETAIL, CLOSE))
            few = 2 * MAX_BURST + 1
            assert statuses(await exchange(port, request(DETAIL) * few + request(DETAIL, CLOSE))) == [200] * (few + 1)

            async def burst() -> None:
                got = await exchange(port, request(DETAIL) * 50_000 + request(DETAIL, CLOSE), patience=30)
                order.append("burst")
                assert got.count(b"HTTP/1.1 200 OK\r\n") == 50_001

            async def single() -> None:
                await asyncio.sleep(0.05)
                assert statuses(await exchange(port, request(DETAIL, CLOSE))) == [200]
                order.append("single")

            await asyncio.gather(burst(), single())
            assert order == ["single", "burst"]

    run(promise)


@pytest.mark.parametrize("target", [b"http://localhost", b"HTTP://localhost:8000", b"http://localhost/", b"/"])
def test_the_address_of_a_proxied_request_is_its_path(app: Service, target: bytes) -> None:
    async def promise() -> None:
        async with listening(app) as (port, _):
            got = await exchange(port, request(target, CLOSE))
            assert got.startswith(b"HTTP/1.1 200 OK\r\n")
            assert b"<!doctype html>" in got.lower()

    run(promise)


SMUGGLED = request(b"/v1/risk-groups/surgery")
UPGRADE_WITH_BODY = request(b"/v1/meta", b"Connection: Upgrade", b"Upgrade: foo", b"Content-Length: %d" % len(SMUGGLED))


@pytest.mark.parametrize(
    "sent",
    [[UPGRADE_WITH_BODY + SMUGGLED], [UPGRADE_WITH_BODY, SMUGGLED]],
    ids=["body at once", "body later"],
)
def test_the_body_of_an_upgrade_request_is_skipped(app: Service, sent: list[bytes]) -> None:
    async def promise() -> None:
        async with listening(app) as (port, _):
            got = await exchange(port, *sent, request(DETAIL, CLOSE))
            assert statuses(got) == [200, 200]
            assert b"risk-groups/surgery" not in got

    run(promise)


def test_requests_after_connect_are_not_processed(app: Service) -> None:
    async def promise() -> None:
        async with listening(app) as (port, _):
            connect = b"CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n"
            got = await exchange(port, connect + SMUGGLED, SMUGGLED)
            assert statuses(got) == [405]
            assert b"connection: close\r\n" in got
            assert b"risk-groups/surgery" not in got
            assert not got.endswith(NOT_CLOSED)

    run(promise)


@pytest.mark.parametrize("protocol", [b"h2c", b"websocket", b"foo"])
def test_an_upgrade_is_ignored_and_the_connection_stays_open(app: Service, protocol: bytes) -> None:
    upgrade = request(
        b"/v1/meta", b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: " + protocol, b"HTTP2-Settings: AAMAAABkAAQA"
    )

    async def promise() -> None:
        async with listening(app) as (port, _):
            got = await exchange(port, upgrade, upgrade + upgrade, request(DETAIL), request(DETAIL, CLOSE))
            assert statuses(got) == [200] * 5
            assert got.count(b"connection: close\r\n") == 1

    run(promise)


@pytest.mark.parametrize("rest", [b"zz\r\n", b"5\r\nhel", b"5;" + b"a" * 50_000, b"5\r\nhelloX\r\n"])
def test_a_body_that_looks_like_a_malformed_request_gets_no_response(app: Service, rest: bytes) -> None:
    async def promise() -> None:
        async with listening(app) as (port, _):
            got = await exchange(port, request(b"/v1/meta", b"Transfer-Encoding: chunked"), b"5\r\nhello\r\n", rest)
            assert statuses(got) == [200]
            assert b"connection: close\r\n" in got
            assert not got.endswith(NOT_CLOSED)

    run(promise)


def test_a_request_behind_a_chunked_body_is_dropped(app: Service) -> None:
    async def promise() -> None:
        async with listening(app) as (port, _):
            chunked = request(b"/v1/meta", b"Transfer-Encoding: chunked", method=b"GET") + b"5\r\nhello\r\n0\r\n\r\n"
            got = await exchange(port, chunked + SMUGGLED)
            assert statuses(got) == [200]
            assert b"connection: close\r\n" in got
            assert b"risk-groups/surgery" not in got

    run(promise)


def test_a_trailer_is_no_header_field(app: Service) -> None:
    async def promise() -> None:
        async with listening(app) as (port, _):
            chunked = request(b"/v1/risk-groups/surgery", b"Transfer-Encoding: chunked")
            got = await exchange(port, chunked, b"0\r\nIf-None-Match: *\r\nHost: x\r\n\r\n")
            assert statuses(got) == [200]
            together = await exchange(port, chunked + b"0\r\nIf-None-Match: *\r\n\r\n")
            assert statuses(together) == [200]

    run(promise)
