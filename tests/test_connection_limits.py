"""Limits of a connection: size, time-outs, memory for slow readers, and shutdown."""

import asyncio
import tracemalloc

import pytest

from app.http import connection, head, progress
from app.main import Service
from support import each
from wire import (
    BUNDLE,
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
    unnamed,
    until,
)


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A check every 50 ms, and 0.3 s for a request."""
    monkeypatch.setattr(progress, "CHECK_SECONDS", 0.05)
    monkeypatch.setattr(connection, "REQUEST_SECONDS", 0.3)
    monkeypatch.setattr(connection, "LINGER_SECONDS", 0.1)


def check_now(checked: connection.Connection) -> None:
    """Check the time-outs of a connection at once."""
    checked.timer.cancel()
    checked._check_time_outs()  # noqa: SLF001  # rather than wait a minute


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


def test_a_client_that_disconnects_during_a_response_leaves_nothing_open(
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


@pytest.mark.parametrize("is_split", [False, True])
def test_a_head_is_bounded_behind_another_request_too(app: Service, *, is_split: bool) -> None:
    huge = request(b"/v1", b"X: " + b"a" * 65_536)

    async def promise() -> None:
        async with listening(app) as (port, _):
            await exchange(port, request(DETAIL, CLOSE))
            sent = [request(DETAIL) + huge[:20], huge[20:]] if is_split else [request(DETAIL) + huge]
            got = await exchange(port, *sent)
            assert statuses(got) == [200, 431]
            assert not got.endswith(NOT_CLOSED)

    run(promise)


@pytest.mark.parametrize("last", [request(b"/v1/side-effects?limit=100", CLOSE), request(b"/docs", version=b"1.0")])
def test_input_behind_the_last_request_does_not_cut_off_its_response(app: Service, last: bytes) -> None:
    async def promise() -> None:
        async with listening(app) as (port, _):
            whole = await exchange(port, last)
            assert statuses(whole) == [200]
            assert await exchange(port, last + b"x" * 200_000) == whole

    run(promise)


@pytest.mark.parametrize(
    "last", [request(b"/pages/swagger-ui-bundle.js", CLOSE), request(b"/v1/nothing", CLOSE), request(version=b"1.0")]
)
def test_input_after_the_last_response_does_not_cut_it_off(app: Service, last: bytes) -> None:
    async def promise() -> None:
        async with listening(app) as (port, _):
            whole = await exchange(port, last)
            assert len(statuses(whole)) == 1
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
            writer.transport.pause_reading()  # type: ignore[attr-defined]  # asyncio's own transport has it
            writer.write(last)
            await asyncio.sleep(0.1)
            writer.write(b"x" * 10_000)
            await asyncio.sleep(0.1)
            writer.transport.resume_reading()  # type: ignore[attr-defined]  # asyncio's own transport has it
            assert await asyncio.wait_for(reader.read(), 5) == whole
            writer.close()

    run(promise)


@pytest.mark.usefixtures("hurried")
def test_a_client_that_goes_on_sending_after_the_last_response_is_disconnected(app: Service) -> None:
    async def promise() -> None:
        async with listening(app) as (port, state):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(request(DETAIL, CLOSE))
            async with asyncio.timeout(5):
                while not writer.is_closing():
                    writer.write(b"x" * 1000)
                    await asyncio.sleep(0.01)
            await until(lambda: not state.connections)
            writer.close()

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
def test_a_connection_without_progress_is_closed(app: Service, sent: list[bytes], end: bytes) -> None:
    async def promise() -> None:
        async with listening(app, keep_alive=1) as (port, _):
            got = await exchange(port, *sent, patience=10)
            assert not got.endswith(NOT_CLOSED)
            assert got[9:12] == end

    run(promise)


@pytest.mark.usefixtures("hurried")
def test_a_head_that_arrives_too_slowly_is_refused(app: Service) -> None:
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
            open_connection._check_time_outs()  # noqa: SLF001  # the first check after a request begins the silence
            for silent, is_open in ((60.0, True), (62.0, False)):
                open_connection.progress.changed_at = asyncio.get_running_loop().time() - silent
                open_connection.timer.cancel()
                open_connection._check_time_outs()  # noqa: SLF001  # rather than wait a minute
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
            await until(lambda: any(one.buffer for one in connections(state)))
            [open_connection] = connections(state)
            open_connection.progress.changed_at -= 1000
            open_connection.timer.cancel()
            open_connection._check_time_outs()  # noqa: SLF001  # rather than wait a minute
            writer.write(b"P/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            assert statuses(await asyncio.wait_for(reader.read(), 5))[-1:] == [200]
            writer.close()

    run(promise)


def test_a_client_that_does_not_read_is_disconnected_and_takes_bounded_memory(
    app: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "CHECK_SECONDS", 0.4)

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


def test_single_requests_of_a_client_that_does_not_read_wait(app: Service) -> None:
    same = unnamed(request(b"/v1/side-effects?limit=100"))

    async def promise() -> None:
        async with listening(app) as (port, state):
            await exchange(port, same, same, request(DETAIL, CLOSE))
            async with silent_readers(port, 1, b""):
                await until(lambda: bool(state.connections))
                [open_connection] = connections(state)
                for _ in range(1000):
                    open_connection.data_received(same)
                assert 0 < open_connection.transport.get_write_buffer_size() < 2_000_000

    run(promise)


def test_pipelined_requests_of_a_client_that_does_not_read_take_bounded_memory(app: Service) -> None:
    async def promise() -> None:
        async with listening(app) as (port, state):
            flood = request(b"/v1/side-effects?limit=100") * 50_000
            async with silent_readers(port, 1, flood):
                await until(lambda: any(one.is_reading_paused for one in connections(state)))
                await asyncio.sleep(0.1)
                [open_connection] = connections(state)
                assert open_connection.is_reading_paused
                assert len(open_connection.buffer) < 10 * head.MAX_HEAD_BYTES

    run(promise)


def test_a_large_body_is_not_copied_for_each_reader(app: Service) -> None:
    readers, size = 40, len(app.pipeline.pages[BUNDLE.decode()].body)

    async def promise() -> None:
        async with listening(app, send_buffer=4096) as (port, state):
            await exchange(port, request(BUNDLE, CLOSE))
            tracemalloc.start()
            async with silent_readers(port, readers, request(BUNDLE)):
                await until(lambda: sum(one.written > size for one in connections(state)) == readers)
                unsent = sum(one.transport.get_write_buffer_size() for one in connections(state))
                taken, _ = tracemalloc.get_traced_memory()
                tracemalloc.stop()
                assert unsent > readers * size / 2 > 20_000_000
                assert taken < 2_000_000

    run(promise)
