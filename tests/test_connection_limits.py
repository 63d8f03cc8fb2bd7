"""Limits of a connection: size, time-outs, memory for slow readers, and shutdown."""

import asyncio
import re
import tracemalloc
from collections.abc import Callable

import pytest
from httptools import HttpRequestParser

from app.http import connection
from app.main import Service
from support import each
from wire import (
    CLOSE,
    DETAIL,
    NOT_CLOSED,
    connections,
    exchange,
    listening,
    request,
    run,
    silent_readers,
    statuses,
    until,
)


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A check every 50 ms, and 0.3 s for a request."""
    monkeypatch.setattr(connection, "CHECK_SECONDS", 0.05)
    monkeypatch.setattr(connection, "REQUEST_SECONDS", 0.3)
    monkeypatch.setattr(connection, "LINGER_SECONDS", 0.1)


def check_now(checked: connection.Connection) -> None:
    """Check the time-outs of a connection at once."""
    checked.timer.cancel()
    checked._check()  # noqa: SLF001  # rather than wait a minute


@pytest.mark.parametrize(
    ("sent", "found"),
    [
        (request(b"/v1/meta"), [200]),
        (request(b"/v1/nothing") + request(b"/v1/meta") + request(b"/v1/strains?x=1"), [404, 200, 422]),
        (request(DETAIL, b"Content-Length: 10", method=b"POST") + b"half", [405]),
        (request(b"/v1/claims?limit=100", b"Accept-Encoding: br"), [200]),
        (b"garbage\r\n\r\n", [400]),
        (b"GET / HTT", []),
        (b"", []),
    ],
)
def test_a_half_closed_client_gets_the_responses_to_its_requests(app: Service, sent: bytes, found: list[int]) -> None:
    async def promise() -> None:
        async with listening(app) as (port, _):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(sent)
            writer.write_eof()
            got = await asyncio.wait_for(reader.read(), 5)
            writer.close()
            assert statuses(got) == found

    run(promise)


def test_a_client_that_vanishes_while_it_is_written_to_leaves_no_trace(
    app: Service, caplog: pytest.LogCaptureFixture
) -> None:
    async def promise() -> None:
        async with listening(app) as (port, state):
            _, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
            writer.transport.pause_reading()  # type: ignore[attr-defined]  # asyncio's own transport has it
            for n in range(15):
                writer.write(request(b"/v1/claims?limit=100&offset=%d" % n, b"Accept-Encoding: identity") * 15)
                await asyncio.sleep(0.02)
            assert state.connections
            writer.transport.abort()
            await until(lambda: not state.connections and not state.tasks)

    run(promise)
    assert not caplog.records


def test_on_shutdown_received_requests_get_responses_and_the_last_says_close(app: Service) -> None:
    async def promise() -> None:
        async with listening(app) as (port, state):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(request(DETAIL))
            await reader.readuntil(b"\r\n\r\n")
            [open_connection] = connections(state)
            open_connection.shutdown()
            writer.write(request(DETAIL) + request(b"/v1/nothing") + request(DETAIL))
            got = await asyncio.wait_for(reader.read(), 5)
            assert statuses(got) == [200, 404, 200]
            assert got.count(b"connection: close\r\n") == 1
            writer.close()

    run(promise)


def test_on_shutdown_an_incomplete_request_gets_503(app: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "STOP_SECONDS", 0.2)
    monkeypatch.setattr(connection, "LINGER_SECONDS", 0.2)

    async def promise() -> None:
        async with listening(app) as (port, state):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(request(DETAIL)[:-2])
            await asyncio.sleep(0.1)
            [open_connection] = connections(state)
            open_connection.shutdown()
            got = await asyncio.wait_for(reader.read(), 5)
            assert got.startswith(b"HTTP/1.1 503 ")
            assert b"\r\nretry-after: " in got
            assert b"\r\nconnection: close\r\n" in got
            writer.close()

    run(promise)


@pytest.mark.parametrize("is_split", [False, True])
def test_a_head_is_bounded_behind_another_request_too(app: Service, *, is_split: bool) -> None:
    huge = request(b"/v1", b"X: " + b"a" * connection.MAX_HEAD_BYTES)

    async def promise() -> None:
        async with listening(app) as (port, _):
            await exchange(port, request(DETAIL, CLOSE))
            sent = [request(DETAIL) + huge[:20], huge[20:]] if is_split else [request(DETAIL) + huge]
            got = await exchange(port, *sent)
            assert statuses(got) == [200, 431]
            assert not got.endswith(NOT_CLOSED)

    run(promise)


@pytest.mark.parametrize("last", [request(b"/v1/side-effects?limit=100", CLOSE), request(b"/docs", version=b"1.0")])
def test_what_is_sent_behind_the_last_request_breaks_off_no_response(app: Service, last: bytes) -> None:
    async def promise() -> None:
        async with listening(app) as (port, _):
            whole = await exchange(port, last)
            assert statuses(whole) == [200]
            assert await exchange(port, last + b"x" * 200_000) == whole

    run(promise)


@pytest.mark.usefixtures("hurried")
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
def test_a_connection_on_which_nothing_goes_forward_is_closed(app: Service, sent: list[bytes], end: bytes) -> None:
    async def promise() -> None:
        async with listening(app, keep_alive=1) as (port, _):
            got = await exchange(port, *sent, patience=10)
            assert not got.endswith(NOT_CLOSED)
            assert got[9:12] == end

    run(promise)


@pytest.mark.usefixtures("hurried")
def test_a_head_that_drips_in_is_not_waited_for(app: Service) -> None:
    async def promise() -> None:
        async with listening(app) as (port, _):
            drops = [bytes([byte]) for byte in b"GET /v1 HTTP/1.1\r\nHost: localhost\r\nX-Slow: " + b"a" * 1000]
            got = await exchange(port, *drops)
            assert statuses(got) == [408]

    run(promise)


IDLE_AFTER = {
    "cached": [request(DETAIL), request(DETAIL)],
    "uncached": [request(b"/v1/nothing")],
    "health": [request(b"/health/live")],
    "page": [request(b"/docs", method=b"HEAD")],
    "upgrade": [request(DETAIL, b"Connection: Upgrade", b"Upgrade: h2c")],
}


@pytest.mark.usefixtures("hurried")
def test_idle_connections_are_closed_after_the_same_time_whatever_the_last_response_was(app: Service) -> None:
    async def idle_seconds(port: int, sent: list[bytes]) -> float:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for each_request in each(sent):
            writer.write(each_request)
            await asyncio.sleep(0.05)
        await reader.readuntil(b"\r\n\r\n")
        begun = asyncio.get_running_loop().time()
        await asyncio.wait_for(reader.read(), 10)
        writer.close()
        return asyncio.get_running_loop().time() - begun

    async def promise() -> None:
        async with listening(app, keep_alive=1) as (port, _):
            await exchange(port, request(DETAIL, CLOSE))
            took = await asyncio.gather(*(idle_seconds(port, sent) for sent in IDLE_AFTER.values()))
            # Longer than an unfinished request may take, and the same for all.
            assert min(took) > 0.7, took
            assert max(took) - min(took) < 0.4, took

    run(promise)


def test_the_idle_time_out_is_the_setting(app: Service) -> None:
    async def promise() -> None:
        async with listening(app, keep_alive=61) as (port, state):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(request(DETAIL))
            await reader.readuntil(b"\r\n\r\n")
            [open_connection] = connections(state)
            open_connection.timer.cancel()
            open_connection._check()  # noqa: SLF001  # the first check after a request begins the silence
            for silent, is_open in ((60.0, True), (62.0, False)):
                open_connection.silent_since = asyncio.get_running_loop().time() - silent
                open_connection.timer.cancel()
                open_connection._check()  # noqa: SLF001  # rather than wait a minute
                assert open_connection.closing is not is_open
            writer.close()

    run(promise)


@pytest.mark.parametrize("earlier", [b"", request(DETAIL)])
def test_a_request_that_begins_as_the_connection_is_about_to_time_out_has_its_own_time(
    app: Service, earlier: bytes
) -> None:
    async def promise() -> None:
        async with listening(app) as (port, state):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(earlier + b"GET / HTT")
            await until(lambda: any(one.reading_since for one in connections(state)))
            [open_connection] = connections(state)
            open_connection.silent_since -= 1000
            open_connection.timer.cancel()
            open_connection._check()  # noqa: SLF001  # rather than wait a minute
            writer.write(b"P/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            assert statuses(await asyncio.wait_for(reader.read(), 5))[-1:] == [200]
            writer.close()

    run(promise)


def test_a_client_that_does_not_read_is_disconnected_and_holds_a_bounded_amount(
    app: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "CHECK_SECONDS", 0.4)

    async def promise() -> None:
        async with listening(app) as (port, state):
            await exchange(port, request(b"/v1/side-effects?limit=100", CLOSE))
            flood = request(b"/v1/side-effects?limit=100") * 400
            async with silent_readers(port, 1, flood):
                held = 0
                for _ in range(15):
                    await asyncio.sleep(0.02)
                    held = max([held, *(one.transport.get_write_buffer_size() for one in connections(state))])
                assert 0 < held < 2_000_000
                await until(lambda: not state.connections)

    run(promise)


def test_a_flood_of_requests_from_one_that_does_not_read_fills_no_buffer(app: Service) -> None:
    async def promise() -> None:
        async with listening(app) as (port, state):
            flood = request(b"/v1/side-effects?limit=100") * 50_000
            async with silent_readers(port, 1, flood):
                await until(lambda: any(one.paused for one in connections(state)))
                await asyncio.sleep(0.1)
                [open_connection] = connections(state)
                assert open_connection.paused
                assert len(open_connection.buffer) < 10 * connection.MAX_HEAD_BYTES

    run(promise)


def test_a_large_body_is_not_copied_for_each_reader(app: Service) -> None:
    readers, size = 40, len(app.pipeline.pages["/pages/swagger-ui-bundle.js"].body)

    async def promise() -> None:
        async with listening(app, send_buffer=4096) as (port, state):
            await exchange(port, request(b"/pages/swagger-ui-bundle.js", CLOSE))
            tracemalloc.start()
            async with silent_readers(port, readers, request(b"/pages/swagger-ui-bundle.js")):
                await until(lambda: sum(one.requests for one in connections(state)) == readers)
                unsent = sum(one.transport.get_write_buffer_size() for one in connections(state))
                taken, _ = tracemalloc.get_traced_memory()
                tracemalloc.stop()
                assert unsent > readers * size / 2 > 20_000_000
                assert taken < 2_000_000

    run(promise)


# Work is linear in the input. The number of scanned bytes is a better measure than time.


def hostile_heads() -> dict[str, Callable[[int], list[bytes]]]:
    """Inputs by size, in chunks."""
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
        "carriage returns": lambda n: [b"GET / HTTP/1.1\r\nX: y" + b"\r" * n],
        "unfinished ends": lambda n: [b"GET / HTTP/1.1\r\nX: y", *[b"\r\n\r"] * (n // 3)],
        "commas": lambda n: [request(DETAIL, b"Accept: " + b"," * n, b"Accept-Encoding: " + b"," * n)],
        "tags": lambda n: [request(DETAIL, b"If-None-Match: " + b'"' * min(n, 7000))],
    }


HOSTILE = hostile_heads()


@pytest.mark.parametrize("name", HOSTILE)
def test_the_work_is_linear_in_the_input(app: Service, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    real = HttpRequestParser
    fed = 0

    class Counted:
        def __init__(self, protocol: object) -> None:
            self.parser = real(protocol)

        def feed_data(self, data: bytes) -> None:
            nonlocal fed
            fed += len(data)
            self.parser.feed_data(data)

        def __getattr__(self, attribute: str) -> object:
            return getattr(self.parser, attribute)

    monkeypatch.setattr(connection, "HttpRequestParser", Counted)
    for pattern in ("EMPTY_LINES", "METHOD_START", "REQUEST_LINE", "ABSOLUTE_FORM"):
        monkeypatch.setattr(connection, pattern, _Watched(getattr(connection, pattern)))

    async def steps(size: int) -> tuple[int, int]:
        nonlocal fed
        fed = 0
        _Watched.scanned = 0
        async with listening(app) as (port, state):
            chunks = HOSTILE[name](size)
            writer = (await asyncio.open_connection("127.0.0.1", port))[1]
            await until(lambda: bool(state.connections))
            [target] = connections(state)
            for chunk in each(chunks):
                target.data_received(chunk)
            writer.close()
            return fed, _Watched.scanned

    async def promise() -> None:
        for size in (1000, 4000, 16_000, 64_000):
            length = sum(map(len, HOSTILE[name](size)))
            bytes_fed, bytes_scanned = await steps(size)
            assert bytes_fed <= length + 1000
            assert bytes_scanned <= 2 * length + 1000

    run(promise)


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

    def fullmatch(self, text: bytes) -> re.Match[bytes] | None:
        type(self).scanned += len(text)
        return self._pattern.fullmatch(text)
