"""Connections are bounded and strict, and the short way answers as the long way does."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvicorn
import uvloop
from uvicorn.server import ServerState

from app.http import protocol
from app.http.kept import KeptAnswers, Store
from app.http.protocol import Protocol
from app.main import Service, create_app
from app.settings import Settings

DETAIL = b"/v1/contacts/us-poison-help"


class LongWay(Protocol):
    """The same connection without the short way."""

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type]  # passed on as they came
        self.store, self.known = Store(0), {}


@pytest.fixture(scope="module")
def service(database_path: Path) -> Iterator[Service]:
    app = create_app(Settings(database_path=database_path))
    yield app
    app.state.database.close()


@asynccontextmanager
async def listening(service: Service, kind: type[Protocol] = Protocol) -> AsyncIterator[tuple[int, ServerState]]:
    """The service on a free port of the loopback, with one protocol a connection."""
    config = uvicorn.Config(service, http=kind, ws="none", lifespan="off", access_log=False, log_config=None)
    config.load()
    state = ServerState()
    state.default_headers = [(b"date", b"Mon, 23 Nov 2026 12:00:00 GMT")]
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: kind(config, state, {}, loop), "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], state
    finally:
        server.close()
        for connection in list(state.connections):
            connection.transport.abort()
        await asyncio.gather(*state.tasks, return_exceptions=True)
        await asyncio.sleep(0.01)


async def exchange(port: int, *chunks: bytes, patience: float = 5) -> bytes:
    """All that comes back until the other side closes, or for `patience` seconds."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    received = b""
    try:
        for chunk in chunks:
            writer.write(chunk)
            await writer.drain()
            await asyncio.sleep(0.01)
        while data := await asyncio.wait_for(reader.read(65536), patience):
            received += data
    except (TimeoutError, ConnectionError):
        received += b"<not closed>"
    finally:
        writer.close()
    return received


def request(target: bytes = DETAIL, *lines: bytes, method: bytes = b"GET", version: bytes = b"1.1") -> bytes:
    fields = b"".join(line + b"\r\n" for line in (b"Host: localhost", b"X-Request-ID: mine", *lines))
    return method + b" " + target + b" HTTP/" + version + b"\r\n" + fields + b"\r\n"


def run(promise: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(60):
            await promise()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(bounded())


CLOSE = b"Connection: close"
BOTH_WAYS = [
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


@pytest.mark.parametrize("sent", BOTH_WAYS, ids=range(len(BOTH_WAYS)))
def test_the_short_way_answers_byte_for_byte_as_the_long_way(service: Service, sent: bytes) -> None:
    async def promise() -> None:
        async with listening(service) as (short, _), listening(service, LongWay) as (long, _):
            warm = re.sub(rb"(?im)^(if-|accept|origin|range|expect).*?\r\n", b"", sent)
            await exchange(long, warm, patience=0.5)
            assert await exchange(short, sent) == await exchange(long, sent)

    run(promise)


def test_a_kept_answer_needs_no_task(service: Service) -> None:
    async def promise() -> None:
        async with listening(service) as (port, state):
            await exchange(port, request(DETAIL, CLOSE))
            seen: list[int] = []
            state.tasks = _Noted(seen)
            assert (await exchange(port, request(DETAIL) * 9 + request(DETAIL, CLOSE))).count(b"HTTP/1.1 200") == 10
            assert seen == []

    run(promise)


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


@pytest.mark.parametrize("sent", AGAIN, ids=range(len(AGAIN)))
def test_a_request_that_comes_again_is_answered_as_before_under_a_new_identifier(service: Service, sent: bytes) -> None:
    same = sent.replace(b"X-Request-ID: mine\r\n", b"")
    last = same.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")

    async def promise() -> None:
        async with listening(service) as (short, _), listening(service, LongWay) as (long, _):
            await exchange(long, last)
            ways = [
                [same, same, same, last],
                [same + same, same, last],
                [same, same[:1], same[1:], same, last],
                [same, same[:-1], same[-1:] + same, same, b"\r\n", same, last],
            ]
            for chunks in ways:
                told, asked = await exchange(short, *chunks), await exchange(long, *chunks)
                ids = re.findall(rb"x-request-id: (\S+)", told)
                assert len(ids) == len(set(ids)) == b"".join(chunks).count(b" HTTP/1.1\r\n")
                for answers in (told, asked):
                    assert not answers.endswith(b"<not closed>")
                assert without_identifiers(told) == without_identifiers(asked)

    run(promise)


def without_identifiers(answers: bytes) -> bytes:
    # A problem holds the identifier, and so its length hangs on it.
    return re.sub(rb'(x-request-id: |"request_id":"|content-length: )[\w-]+', rb"\1", answers)


def test_a_request_that_comes_again_is_not_parsed(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[bytes] = []
    make_ready = Protocol.on_message_begin

    def noting(self: Protocol) -> None:
        parsed.append(self.chunk)
        make_ready(self)

    monkeypatch.setattr(Protocol, "on_message_begin", noting)
    same = request(DETAIL, b"X: never sent before").replace(b"X-Request-ID: mine\r\n", b"")
    last = request(DETAIL, CLOSE)

    async def promise() -> None:
        async with listening(service) as (port, _):
            await exchange(port, last)
            parsed.clear()
            await exchange(port, same, same, same, last)
            assert parsed == [same, last]

    run(promise)


CUT_BODIES = [
    [request(b"/v1", b"Content-Length: 4", method=b"POST") + b"Q", b"XYZ"],
    [request(b"/v1", b"Content-Length: 3", method=b"POST"), b"XYZ"],
    [request(b"/v1", b"Transfer-Encoding: chunked", method=b"POST") + b"5\r\nhel", b"lo\r\n0\r\n\r\n"],
    [request(DETAIL, b"Content-Length: 4") + b"Q", b"XYZ"],
]


@pytest.mark.parametrize("cut", CUT_BODIES, ids=range(len(CUT_BODIES)))
def test_what_comes_behind_the_rest_of_a_body_is_not_known_with_it(service: Service, cut: list[bytes]) -> None:
    kept = service.layers
    assert isinstance(kept, KeptAnswers)
    same = request(DETAIL).replace(b"X-Request-ID: mine\r\n", b"")

    async def promise() -> None:
        async with listening(service) as (port, _):
            await exchange(port, request(DETAIL, CLOSE))
            await exchange(port, cut[0], cut[1] + same, request(DETAIL, CLOSE))
            assert cut[1] + same not in kept.known
            other = request(b"/v1/strains", method=b"POST")
            await exchange(port, request(b"/v1", b"Content-Length: %d" % len(other), method=b"POST"), other + same)
            got = await exchange(port, other + same, request(DETAIL, CLOSE))
            assert re.findall(rb"HTTP/1\.1 (\d+)", got) == [b"405", b"200", b"200"]

    run(promise)


def test_what_is_known_of_requests_is_bounded_and_outlives_no_answer(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "MAX_KNOWN", 5)
    kept = service.layers
    assert isinstance(kept, KeptAnswers)

    async def promise() -> None:
        async with listening(service) as (port, _):
            await exchange(port, request(DETAIL, CLOSE))
            plain = [request(DETAIL, b"X: %d" % n).replace(b"X-Request-ID: mine\r\n", b"") for n in range(23)]
            huge = request(DETAIL, b"X: " + b"a" * protocol.MAX_KNOWN_BYTES).replace(b"X-Request-ID: mine\r\n", b"")
            got = await exchange(port, *plain, huge, request(DETAIL), request(DETAIL, CLOSE))
            assert got.count(b"HTTP/1.1 200 OK") == 26
            assert 0 < len(kept.known) <= 5
            assert kept.known.keys() <= set(plain)
            known = next(iter(kept.known))
            monkeypatch.setattr(kept.store, "get", lambda _: None)
            assert (await exchange(port, known, request(DETAIL, CLOSE))).count(b"HTTP/1.1 200 OK") == 2

    run(promise)


class _Noted(set[asyncio.Task[None]]):
    """A set of tasks that tells of each one added."""

    def __init__(self, seen: list[int]) -> None:
        super().__init__()
        self.seen = seen

    def add(self, task: asyncio.Task[None]) -> None:
        self.seen.append(1)
        super().add(task)


def test_pipelined_requests_are_answered_in_order_whichever_way_they_go(service: Service) -> None:
    async def promise() -> None:
        async with listening(service) as (port, _):
            await exchange(port, request(DETAIL, CLOSE))
            targets = [DETAIL, b"/v1/approaches/physical-therapy", DETAIL, b"/v1/nothing", DETAIL]
            got = await exchange(port, b"".join(map(request, targets)) + request(DETAIL, CLOSE))
            found = re.findall(rb'"slug":"(us-poison-help|physical-therapy)"|"status":(404)', got)
            assert [a or b for a, b in found] == [
                b"us-poison-help", b"physical-therapy", b"us-poison-help", b"404", b"us-poison-help", b"us-poison-help",
            ]  # fmt: skip

    run(promise)


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"garbage\r\n\r\n", 400),
        (b"GET / HTTP/1.1\nHost: a\n\n", 400),
        (b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\n X: folded\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: a\x00b\r\n\r\n", 400),
        (b"GET /\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET /#part HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET / HTTP/0.9\r\nHost: a\r\n\r\n", 400),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
        (b"GET /v1 RTSP/1.0\r\nHost: a\r\n\r\n", 400),
        (b"PLAY /v1 RTSP/1.0\r\nHost: a\r\n\r\n", 400),
        (b"GET " + DETAIL + b" RTSP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET /v1 ICE/1.0\r\nHost: a\r\n\r\n", 400),
        (b"PRI * HTTP/2.0\r\n\r\n", 400),
        (b"PRI * HTTP/1.1\r\n\r\n", 405),
        (b"PRI /v1 HTTP/1.0\r\n\r\n", 405),
        (request(b"http://user@localhost/"), 400),
        (request(b"http://"), 400),
        (request(b"http://a..b/v1"), 400),
        (b"GET /v1 HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        (b"GET /v1 HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
        (b"GET /v1 HTTP/1.1\r\n\r\n", 400),
        (request(b"/", b"Content-Length: 3", b"Transfer-Encoding: chunked") + b"0\r\n\r\n", 400),
        (request(b"/", b"Content-Length: 3", b"Content-Length: 4") + b"abcd", 400),
        (request(b"/", b"Content-Length: -1"), 400),
        (request(b"/", b"Content-Length: 1x"), 400),
        (request(b"/", b"Transfer-Encoding: xchunked"), 400),
        (request(b"/", b"Transfer-Encoding: gzip, chunked"), 400),
        (request(b"/", b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked") + b"0\r\n\r\n", 400),
        (request(b"/", b"Transfer-Encoding: chunked", version=b"1.0") + b"0\r\n\r\n", 400),
        (request(b"/", b"Content-Length: 3", b"Transfer-Encoding: chunked", method=b"POST") + b"0\r\n\r\n", 400),
        (request(b"ftp://localhost/"), 400),
        (request(b"*"), 400),
        (request(b"localhost"), 400),
        (request(b"/", method=b"BREW"), 405),
        (request(b"/", method=b"FOO1"), 405),
        (request(b"/", method=b"g_t"), 405),
        (request(b"/v1", method=b"DESCRIBE"), 405),
        (request(b"/v1", method=b"FLUSH"), 405),
        (request(b"/v1", method=b"PRI"), 405),
        (request(b"/v1", b"not a field", method=b"POST"), 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
        (b"CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", 405),
        (request(b"/", b"X: " + b"a" * 40_000), 431),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 400_000, 431),
        (b"GET /" + b"a" * 40_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 8000 + b"\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * protocol.MAX_FIELDS + b"\r\n", 431),
    ],
)
def test_what_breaks_the_rules_of_http_is_refused_with_a_problem_and_the_connection_closed(
    service: Service, sent: bytes, status: int
) -> None:
    async def promise() -> None:
        async with listening(service) as (port, _):
            got = await exchange(port, sent, patience=10)
            assert got.startswith(f"HTTP/1.1 {status} ".encode()), got[:200]
            assert len(re.findall(rb"HTTP/1\.1 \d", got)) == 1
            assert b"content-type: application/problem+json\r\n" in got
            assert b"connection: close\r\n" in got
            assert b"access-control-allow-origin: *\r\n" in got
            assert not got.endswith(b"<not closed>")

    run(promise)


def test_an_unknown_method_is_told_from_garbage_however_it_comes(service: Service) -> None:
    async def promise() -> None:
        async with listening(service) as (port, _):
            odd = request(b"/v1", method=b"BREW")
            assert (await exchange(port, b"B", b"REW /v", odd[7:])).startswith(b"HTTP/1.1 405 ")
            assert (await exchange(port, odd[:18], odd[18:])).startswith(b"HTTP/1.1 405 ")
            assert odd[17:18] == b"\r"
            for method in (b"DESCRIBE", b"PRI"):
                known_elsewhere = request(b"/v1", method=method)
                for cut in range(1, 25):
                    got = await exchange(port, known_elsewhere[:cut], known_elsewhere[cut:])
                    assert got.startswith(b"HTTP/1.1 405 "), known_elsewhere[:cut]
            assert (await exchange(port, b"g", b"arbage\r\n\r\n")).startswith(b"HTTP/1.1 400 ")
            await exchange(port, request(DETAIL, CLOSE))
            assert re.findall(rb"HTTP/1\.1 (\d+)", await exchange(port, request(DETAIL) + odd)) == [b"200", b"405"]
            split = await exchange(port, request(DETAIL) + odd[:2], odd[2:])
            assert re.findall(rb"HTTP/1\.1 (\d+)", split) == [b"200", b"405"]

    run(promise)


def test_the_answer_to_head_has_no_body_even_when_the_head_is_refused(service: Service) -> None:
    async def promise() -> None:
        async with listening(service) as (port, _):
            for sent in (
                request(b"/#x", method=b"HEAD"),
                request(b"/", b"X: " + b"a" * 40_000, method=b"HEAD"),
                request(b"?", method=b"HEAD"),
                request(b"/\xe9", method=b"HEAD"),
                b"\r\nHEAD /v1 RTSP/1.0\r\n\r\n",
            ):
                got = await exchange(port, sent)
                assert re.match(rb"HTTP/1\.1 4\d\d ", got)
                assert got.endswith(b"\r\n\r\n")

    run(promise)


def test_a_refused_request_is_logged_where_every_request_is(
    database_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "app.requests")
    logged = create_app(Settings(database_path=database_path, access_log=True))

    async def promise() -> None:
        async with listening(logged) as (port, _):
            for sent in (request(b"/v1#x"), request(b"/v1", method=b"BREW"), request(b"/v1", CLOSE)):
                await exchange(port, sent)

    run(promise)
    logged.state.database.close()
    told = [(record.__dict__["status"], record.__dict__["request_id"]) for record in caplog.records]
    assert [status for status, _ in told] == [400, 405, 200]
    assert told[0][1] == told[2][1] == "mine"
    assert all(record.__dict__["milliseconds"] >= 0 for record in caplog.records)


@pytest.mark.parametrize("target", [b"http://localhost", b"HTTP://localhost:8000", b"http://localhost/", b"/"])
def test_the_address_of_a_proxied_request_is_its_path(service: Service, target: bytes) -> None:
    async def promise() -> None:
        async with listening(service) as (port, _):
            got = await exchange(port, request(target, CLOSE))
            assert got.startswith(b"HTTP/1.1 200 OK\r\n")
            assert b"<!doctype html>" in got.lower()

    run(promise)


SMUGGLED = request(b"/v1/risk-groups/children")


@pytest.mark.parametrize(
    "sent",
    [
        [
            request(b"/v1/meta", b"Connection: Upgrade", b"Upgrade: foo", b"Content-Length: %d" % len(SMUGGLED))
            + SMUGGLED
        ],
        [
            request(b"/v1/meta", b"Connection: Upgrade", b"Upgrade: foo", b"Content-Length: %d" % len(SMUGGLED)),
            SMUGGLED,
        ],
        [request(b"/v1/meta", b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c") + SMUGGLED, SMUGGLED],
        [b"CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n" + SMUGGLED, SMUGGLED],
    ],
    ids=["body at once", "body later", "request behind", "tunnel"],
)
def test_what_follows_a_request_for_another_protocol_is_not_run(service: Service, sent: list[bytes]) -> None:
    async def promise() -> None:
        async with listening(service) as (port, _):
            got = await exchange(port, *sent)
            assert re.findall(rb"HTTP/1\.1 (\d+)", got) in ([b"200"], [b"405"])
            assert b"connection: close\r\n" in got
            assert b"children" not in got
            assert not got.endswith(b"<not closed>")

    run(promise)


@pytest.mark.parametrize("rest", [b"zz\r\n", b"5\r\nhel", b"5;" + b"a" * 50_000, b"5\r\nhelloX\r\n"])
def test_a_fault_in_a_body_brings_no_second_answer(
    service: Service, monkeypatch: pytest.MonkeyPatch, rest: bytes
) -> None:
    monkeypatch.setattr(protocol, "LOOK_SECONDS", 0.2)

    async def promise() -> None:
        async with listening(service) as (port, _):
            got = await exchange(port, request(b"/v1/meta", b"Transfer-Encoding: chunked"), b"5\r\nhello\r\n", rest)
            assert re.findall(rb"HTTP/1\.1 (\d+)", got) == [b"200"]
            assert not got.endswith(b"<not closed>")

    run(promise)


@pytest.mark.parametrize(
    ("sent", "statuses"),
    [
        (request(b"/v1/meta"), [b"200"]),
        (request(b"/v1/nothing") + request(b"/v1/meta") + request(b"/v1/strains?x=1"), [b"404", b"200", b"422"]),
        (request(DETAIL, b"Content-Length: 10", method=b"POST") + b"half", [b"405"]),
        (request(b"/v1/claims?limit=100", b"Accept-Encoding: br"), [b"200"]),
        (b"garbage\r\n\r\n", [b"400"]),
        (b"GET / HTT", []),
        (b"", []),
    ],
)
def test_a_client_that_has_ended_its_side_gets_the_answers_to_what_it_asked(
    service: Service, sent: bytes, statuses: list[bytes]
) -> None:
    async def promise() -> None:
        async with listening(service) as (port, _):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(sent)
            writer.write_eof()
            got = await asyncio.wait_for(reader.read(), 5)
            writer.close()
            assert re.findall(rb"HTTP/1\.1 (\d+) ", got) == statuses

    run(promise)


def test_a_client_that_vanishes_while_it_is_written_to_leaves_no_word(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    async def promise() -> None:
        async with listening(service) as (port, state):
            _, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
            writer.transport.pause_reading()  # type: ignore[attr-defined]  # asyncio's own transport has it
            for n in range(15):
                writer.write(request(b"/v1/claims?limit=100&offset=%d" % n, b"Accept-Encoding: identity") * 15)
                await asyncio.sleep(0.02)
            assert state.connections
            writer.transport.abort()
            for _ in range(100):
                if not state.connections and not state.tasks:
                    break
                await asyncio.sleep(0.05)
            assert not state.connections
            assert not state.tasks

    run(promise)
    assert not caplog.records


def test_a_server_that_stops_answers_what_is_on_its_way_and_says_that_it_closes(service: Service) -> None:
    async def promise() -> None:
        async with listening(service) as (port, state):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(request(DETAIL))
            await reader.readuntil(b"\r\n\r\n")
            for connection in list(state.connections):
                connection.shutdown()
            writer.write(request(DETAIL) + request(b"/v1/nothing") + request(DETAIL))
            got = await asyncio.wait_for(reader.read(), 5)
            assert re.findall(rb"HTTP/1\.1 (\d+) ", got) == [b"200", b"404", b"200"]
            assert got.count(b"connection: close\r\n") == 1
            writer.close()

    run(promise)


def test_a_server_that_stops_does_not_wait_for_the_rest_of_a_request(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "STOP_SECONDS", 0.2)
    monkeypatch.setattr(protocol, "LINGER_SECONDS", 0.2)

    async def promise() -> None:
        async with listening(service) as (port, state):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(request(DETAIL)[:-2])
            await asyncio.sleep(0.1)
            assert state.connections
            for connection in list(state.connections):
                connection.shutdown()
            got = await asyncio.wait_for(reader.read(), 5)
            assert got.startswith(b"HTTP/1.1 503 ")
            assert b"\r\nretry-after: " in got
            assert b"\r\nconnection: close\r\n" in got
            writer.close()

    run(promise)


def test_a_burst_of_requests_is_answered_in_order_and_others_are_served_meanwhile(service: Service) -> None:
    async def promise() -> None:
        async with listening(service) as (port, _):
            await exchange(port, request(DETAIL, CLOSE))
            few = protocol.MAX_BURST + protocol.MAX_PIPELINED
            got = await exchange(port, request(DETAIL) * few + request(DETAIL, CLOSE))
            assert got.count(b"HTTP/1.1 200 OK\r\n") == few + 1
            burst = asyncio.create_task(exchange(port, request(DETAIL) * 50_000, patience=30))
            await asyncio.sleep(0.05)
            assert (await asyncio.wait_for(exchange(port, request(DETAIL, CLOSE)), 2)).startswith(b"HTTP/1.1 200 OK")
            got = await burst
            assert got.count(b"HTTP/1.1 200 OK\r\n") >= protocol.MAX_BURST
            assert not got.endswith(b"<not closed>")

    run(promise)


def test_a_head_is_bounded_behind_another_request_too(service: Service) -> None:
    async def promise() -> None:
        async with listening(service) as (port, _):
            huge = request(b"/v1", b"X: " + b"a" * protocol.MAX_HEAD_BYTES)
            for sent in ([request(DETAIL) + huge], [request(DETAIL) + huge[:20], huge[20:]]):
                await exchange(port, request(DETAIL, CLOSE))
                got = await exchange(port, *sent)
                assert re.findall(rb"HTTP/1\.1 (\d+) ", got) == [b"200", b"431"]
                assert not got.endswith(b"<not closed>")

    run(promise)


def test_a_fault_behind_a_good_request_does_not_spoil_its_answer(service: Service) -> None:
    async def promise() -> None:
        async with listening(service) as (port, _):
            got = await exchange(port, request(b"/v1/risk-groups/children") + b"garbage\r\n\r\n", patience=10)
            assert got.startswith(b"HTTP/1.1 200 OK\r\n")
            assert b'"slug":"children"' in got
            assert not got.endswith(b"<not closed>")

    run(promise)


@pytest.mark.parametrize(
    ("sent", "end"),
    [
        ([], b""),
        ([b"GET / HTT"], b"408"),
        ([b"GET / HTTP/1.1\r\nHost: a\r\n", b"X: y\r\n"], b"408"),
        ([request(DETAIL)], b"200"),
        ([request(DETAIL, b"Content-Length: 10", method=b"POST"), b"half"], b"405"),
    ],
    ids=["silent", "half a line", "half a head", "idle", "half a body"],
)
def test_a_connection_on_which_nothing_goes_forward_is_closed(
    service: Service, monkeypatch: pytest.MonkeyPatch, sent: list[bytes], end: bytes
) -> None:
    monkeypatch.setattr(protocol, "LOOK_SECONDS", 0.2)
    monkeypatch.setattr(protocol, "LINGER_SECONDS", 0.2)

    async def promise() -> None:
        async with listening(service) as (port, _):
            got = await exchange(port, *sent, patience=10)
            assert not got.endswith(b"<not closed>")
            assert got[9:12] == end

    run(promise)


def test_a_head_that_drips_in_is_not_waited_for(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "LOOK_SECONDS", 0.2)

    async def promise() -> None:
        async with listening(service) as (port, _):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)

            async def drip() -> None:
                for byte in b"GET /v1 HTTP/1.1\r\nHost: localhost\r\nX-Slow: " + b"a" * 1000:
                    writer.write(bytes([byte]))
                    await asyncio.sleep(0.01)

            dripping = asyncio.create_task(drip())
            got = await reader.read(100)
            dripping.cancel()
            assert got.startswith(b"HTTP/1.1 408 ")
            writer.close()

    run(promise)


def test_a_client_that_does_not_read_is_dropped_and_holds_a_bounded_amount(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "LOOK_SECONDS", 0.3)

    async def promise() -> None:
        async with listening(service) as (port, state):
            _, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
            writer.transport.pause_reading()  # type: ignore[attr-defined]  # asyncio's own transport has it
            await exchange(port, request(b"/v1/side-effects?limit=100", CLOSE))
            for _ in range(20):
                writer.write(request(b"/v1/side-effects?limit=100") * 20)
                await asyncio.sleep(0.02)
            held = max((c.transport.get_write_buffer_size() for c in state.connections), default=0)
            assert held < 2_000_000
            for _ in range(100):
                if not state.connections:
                    break
                await asyncio.sleep(0.1)
            assert not state.connections
            writer.transport.abort()

    run(promise)


def test_a_trailer_is_no_header_field(service: Service) -> None:
    async def promise() -> None:
        async with listening(service) as (port, _):
            chunked = request(b"/v1/risk-groups/surgery", b"Transfer-Encoding: chunked")
            got = await exchange(port, chunked, b"0\r\nIf-None-Match: *\r\nHost: x\r\n\r\n", patience=1)
            assert got.startswith(b"HTTP/1.1 200 OK\r\n")
            together = await exchange(port, chunked + b"0\r\nIf-None-Match: *\r\n\r\n", patience=1)
            assert together.startswith(b"HTTP/1.1 200 OK\r\n")

    run(promise)


def test_only_so_many_requests_of_a_connection_wait(service: Service) -> None:
    async def promise() -> None:
        async with listening(service) as (port, _):
            got = await exchange(port, request(b"/v1/nothing") * 1000)
            answers = len(re.findall(rb"HTTP/1\.1 404", got))
            assert 1 <= answers <= protocol.MAX_PIPELINED + 1
            assert not got.endswith(b"<not closed>")

    run(promise)
