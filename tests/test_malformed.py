"""Malformed requests are refused with a problem in the right place, and request bodies are ignored."""

import asyncio
import re
from pathlib import Path

import pytest
from starlette.types import Receive, Scope, Send

from app.http import head
from app.http.connection import Connection
from app.http.head import MAX_FIELDS
from app.main import Service, create_app
from app.settings import Settings
from wire import CLOSE, DETAIL, NOT_CLOSED, PlainConnection, exchange, listening, request, run, statuses, unnamed

BODY_LIKE_RTSP = b"GET / RTSP/1.0\r\n\r\n"


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
        (b"PRI * HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\nHost: a\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\rX: y\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n: a\r\n\r\n", 400),
        (b"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400),
        (b"GET / HTTP/1.2\r\nHost: a\r\n\r\n", 400),
        (b"GET /\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: a\x7fb\r\n\r\n", 400),
        (request(b"http://user@localhost/"), 400),
        (request(b"http://"), 400),
        (request(b"http://a..b/v1"), 400),
        (b"GET /v1 HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        (b"GET /v1 HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
        (b"GET /v1 HTTP/1.1\r\n\r\n", 400),
        (request(b"/", b"Content-Length: 3", b"Transfer-Encoding: chunked") + b"0\r\n\r\n", 400),
        (request(b"/", b"Content-Length: 3", b"Content-Length: 4") + b"abcd", 400),
        (request(b"/", b"Content-Length: 3", b"Content-Length: 3") + b"abc", 400),
        (request(b"/", b"Content-Length: 3, 3") + b"abc", 400),
        (request(b"/", b"Content-Length: -1"), 400),
        (request(b"/", b"Content-Length: +1") + b"a", 400),
        (request(b"/", b"Content-Length: 1 1") + b"a", 400),
        (request(b"/", b"Content-Length: "), 400),
        (request(b"/", b"Content-Length: " + b"9" * 5000), 400),
        (request(b"/", b"Transfer-Encoding: "), 400),
        (request(b"/", b"Transfer-Encoding: \x0bchunked"), 400),
        (request(b"/", b"Content-Length: 1x"), 400),
        (request(b"/", b"Transfer-Encoding: xchunked"), 400),
        (request(b"/", b"Transfer-Encoding: gzip, chunked"), 400),
        (request(b"/", b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked") + b"0\r\n\r\n", 400),
        (request(b"/", b"Transfer-Encoding: chunked", version=b"1.0") + b"0\r\n\r\n", 400),
        (request(b"/", b"Content-Length: 3", b"Transfer-Encoding: chunked", method=b"POST") + b"0\r\n\r\n", 400),
        (request(b"ftp://localhost/"), 400),
        (request(b"*"), 400),
        (request(b"localhost"), 400),
        (request(b"/", method=b"A" * 41), 400),
        (request(b"/v1", b"not a field", method=b"POST"), 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
        (b"EHLO localhost\r\n", 400),
        (b"GET /\r\n", 400),
        (b"GET / HTTP/1.1\n", 400),
        (b"HELP\r\n", 400),
        (b"USER a\r\nHost: a", 400),
        (b"CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", 405),
        (request(b"/", b"X: " + b"a" * 40_000), 431),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 400_000, 431),
        (b"GET /" + b"a" * 40_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 8000 + b"\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * MAX_FIELDS + b"\r\n", 431),
    ],
)
def test_a_malformed_request_is_refused_with_a_problem_and_the_connection_closed(
    app: Service, sent: bytes, status: int
) -> None:
    async def promise() -> None:
        async with listening(app) as (port, _):
            got = await exchange(port, sent, patience=10)
            assert statuses(got) == [status]
            assert b"content-type: application/problem+json\r\n" in got
            assert b"connection: close\r\n" in got
            assert b"access-control-allow-origin: *\r\n" in got
            assert not got.endswith(NOT_CLOSED)

    run(promise)


@pytest.mark.parametrize("method", [b"BREW", b"FOO1", b"g_t", b"get", b"DESCRIBE", b"FLUSH", b"PRI", b"A" * 40])
def test_an_unknown_method_is_refused_like_any_that_is_not_allowed(app: Service, method: bytes) -> None:
    async def promise() -> None:
        async with listening(app) as (port, _):
            body = request(DETAIL)
            odd = request(b"/v1", b"Content-Length: %d" % len(body), method=method) + body
            got = await exchange(port, odd + request(DETAIL, CLOSE))
            assert statuses(got) == [405, 200]
            assert got.count(b"connection: close\r\n") == 1

    run(promise)


@pytest.mark.parametrize("method", [b"DESCRIBE", b"PRI", b"BREW"])
@pytest.mark.parametrize("cut", range(1, 25))
def test_an_unknown_method_is_distinguished_from_garbage_wherever_it_is_split(
    app: Service, method: bytes, cut: int
) -> None:
    async def promise() -> None:
        async with listening(app) as (port, _):
            odd = request(b"/v1", CLOSE, method=method)
            assert statuses(await exchange(port, odd[:cut], odd[cut:])) == [405]

    run(promise)


def test_an_unknown_method_is_distinguished_from_garbage_behind_another_request(app: Service) -> None:
    async def promise() -> None:
        async with listening(app) as (port, _):
            odd = request(b"/v1", CLOSE, method=b"BREW")
            assert statuses(await exchange(port, b"B", b"REW /v", odd[7:])) == [405]
            assert statuses(await exchange(port, b"g", b"arbage\r\n\r\n")) == [400]
            await exchange(port, request(DETAIL, CLOSE))
            assert statuses(await exchange(port, request(DETAIL) + odd)) == [200, 405]
            assert statuses(await exchange(port, request(DETAIL) + odd[:2], odd[2:])) == [200, 405]

    run(promise)


REFUSED = {
    "fragment": (b"%b /#x HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "large": (b"%b / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 40_000 + b"\r\n\r\n", 431),
    "no path": (b"%b ? HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "not ASCII": (b"%b /\xe9 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "RTSP": (b"%b /v1 RTSP/1.0\r\nHost: a\r\n\r\n", 400),
    "no host": (b"%b /v1 HTTP/1.1\r\n\r\n", 400),
    "two lengths": (b"%b /v1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n", 400),
    "odd coding": (b"%b /v1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 400),
}


@pytest.mark.parametrize("kind", [Connection, PlainConnection])
@pytest.mark.parametrize("before", [b"", b"GET", b"HEAD", b"\r\n"])
@pytest.mark.parametrize("method", [b"GET", b"HEAD"])
@pytest.mark.parametrize("name", REFUSED)
def test_an_error_response_has_a_body_unless_the_request_is_head(
    app: Service, name: str, method: bytes, before: bytes, kind: type[Connection]
) -> None:
    refused, status = REFUSED[name]
    earlier = request(DETAIL, method=before) if before.strip() else before

    async def promise() -> None:
        async with listening(app, kind) as (port, _):
            got = await exchange(port, earlier + refused.replace(b"%b", method))
            assert statuses(got) == ([200, status] if before.strip() else [status])
            last = got[got.rindex(b"HTTP/1.1 ") :]
            assert b"connection: close\r\n" in last
            assert last.endswith(b"\r\n\r\n") is (method == b"HEAD")
            if before == b"HEAD":
                assert got.index(b"\r\n\r\n") + 4 == got.rindex(b"HTTP/1.1 ")

    run(promise)


@pytest.mark.parametrize("kind", [Connection, PlainConnection])
@pytest.mark.parametrize("bad", [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"garbage\r\n\r\n", BODY_LIKE_RTSP])
@pytest.mark.parametrize("target", [DETAIL, b"/v1/nothing", b"/v1/claims?limit=100", b"/health/live"])
def test_a_malformed_request_behind_a_good_one_does_not_affect_its_response(
    app: Service, target: bytes, bad: bytes, kind: type[Connection]
) -> None:
    async def promise() -> None:
        async with listening(app, kind) as (port, _):
            got = await exchange(port, request(target) + bad)
            assert statuses(got) == [404 if target == b"/v1/nothing" else 200, 400]
            assert not got.endswith(NOT_CLOSED)

    run(promise)


@pytest.mark.parametrize("kind", [Connection, PlainConnection])
@pytest.mark.parametrize("method", [b"GET", b"POST"])
@pytest.mark.parametrize(
    "body", [BODY_LIKE_RTSP, b"\r\n" * 500 + b"PRI ", b"garbage\r\n\r\n", b"HEAD /#x HTTP/1.1\r\n\r\n", b"\x16\x03\x01"]
)
@pytest.mark.parametrize("is_split", [False, True])
def test_a_request_body_is_skipped_unread(
    app: Service, body: bytes, method: bytes, kind: type[Connection], *, is_split: bool
) -> None:
    with_body = request(b"/v1/meta", b"Content-Length: %d" % len(body), method=method)
    chunks = [with_body, body[:5], body[5:]] if is_split else [with_body + body]

    async def promise() -> None:
        async with listening(app, kind) as (port, _):
            got = await exchange(port, *chunks, request(DETAIL) + request(DETAIL, CLOSE))
            assert statuses(got) == [200 if method == b"GET" else 405, 200, 200]

    run(promise)


def test_a_malformed_request_with_a_body_is_refused_at_once(app: Service) -> None:
    async def promise() -> None:
        async with listening(app) as (port, _):
            # The body that is announced never comes, and no time-out passes.
            sent = request(b"/v1#x", b"Content-Length: 100", method=b"POST")
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(sent)
            assert statuses(await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 2)) == [400]
            writer.close()

    run(promise)


def test_a_refused_client_that_keeps_sending_can_read_the_response(app: Service) -> None:
    async def promise() -> None:
        async with listening(app) as (port, _):
            got = await exchange(port, request(b"/v1#x", method=b"POST"), *[b"a" * 60_000] * 20, pause=0.005)
            assert statuses(got) == [400]
            assert not got.endswith(NOT_CLOSED)

    run(promise)


def test_the_access_log_has_refused_requests(database_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "app.requests")
    logged = create_app(Settings(database_path=database_path, access_log=True))

    async def promise() -> None:
        async with listening(logged) as (port, _):
            await exchange(port, request(b"/v1#x"))
            await exchange(port, request(b"/v1", CLOSE, method=b"BREW"))
            await exchange(port, request(b"/v1", CLOSE))

    run(promise)
    logged.state.database.close()
    events = [record.__dict__ for record in caplog.records]
    assert [event["status"] for event in events] == [400, 405, 200]
    assert events[0]["request_id"] == events[2]["request_id"] == "mine"
    assert min(event["milliseconds"] for event in events) >= 0


# Our own faults


def test_an_exception_while_parsing_a_request_is_a_500_and_logged(
    app: Service, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr(head, "_fault", fail)

    async def promise() -> None:
        async with listening(app) as (port, _):
            got = await exchange(port, unnamed(request(DETAIL, b"X: not seen before")))
            assert statuses(got) == [500]
            assert b"broken on purpose" not in got
            assert not got.endswith(NOT_CLOSED)

    run(promise)
    assert re.search("broken on purpose", caplog.text)


@pytest.mark.parametrize("is_begun", [False, True])
def test_an_application_that_fails_after_it_has_begun_its_response_is_a_500_and_logged(
    database_path: Path, caplog: pytest.LogCaptureFixture, *, is_begun: bool
) -> None:
    class Failing:
        def __init__(self, app: object) -> None:
            self.app = app

        async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
            if is_begun:
                await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"9")]})
                await send({"type": "http.response.body", "body": b"half", "more_body": True})
            raise RuntimeError("broken on purpose")

    service = create_app(Settings(database_path=database_path))
    service.add_middleware(Failing)

    async def promise() -> None:
        async with listening(service) as (port, _):
            got = await exchange(port, request(DETAIL) + request(b"/v1", CLOSE))
            assert statuses(got) == [500, 500]
            assert b"half" not in got
            assert b"broken on purpose" not in got

    run(promise)
    service.state.database.close()
    assert re.search("broken on purpose", caplog.text)
