"""Shutdown of a connection: every request that has been received gets its response, and nothing else is waited for."""

import asyncio
import socket

import pytest

from app.http import connection
from app.main import Service
from wire import BUNDLE, DETAIL, connections, listening, request, run, statuses, until


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


def test_on_shutdown_requests_behind_a_response_that_is_read_slowly_get_theirs(
    app: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "STOP_SECONDS", 0.05)

    async def promise() -> None:
        async with listening(app, send_buffer=4096) as (port, state):
            client = socket.socket()
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.connect(("127.0.0.1", port))
            reader, writer = await asyncio.open_connection(sock=client, limit=1024)
            writer.transport.pause_reading()  # type: ignore[attr-defined]  # asyncio's own transport has it
            writer.write(request(BUNDLE, b"Accept-Encoding: identity") + request(DETAIL))
            await until(lambda: any(each.is_writing_paused and each.buffer for each in connections(state)))
            [open_connection] = connections(state)
            open_connection.shutdown()
            await asyncio.sleep(0.2)
            writer.transport.resume_reading()  # type: ignore[attr-defined]  # the same
            got = await asyncio.wait_for(reader.read(), 10)
            assert statuses(got) == [200, 200]
            assert got.count(b"connection: close\r\n") == 1
            writer.close()

    run(promise)


def test_a_connection_is_closed_after_the_response_that_held_up_its_end(
    app: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "STOP_SECONDS", 0.05)
    may_go_on = asyncio.Event()

    async def waiting(scope: object, receive: object, send: object) -> None:
        await may_go_on.wait()
        await app.pipeline(scope, receive, send)  # type: ignore[arg-type]  # passed on as they came

    monkeypatch.setattr(app, "middleware_stack", waiting)

    async def promise() -> None:
        async with listening(app) as (port, state):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            # Empty lines behind a request are no request that would have to be waited for.
            writer.write(request(b"/v1/nothing") + b"\r\n\r\n")
            await until(lambda: any(each.is_processing for each in connections(state)))
            [open_connection] = connections(state)
            open_connection.shutdown()
            await asyncio.sleep(0.2)
            may_go_on.set()
            got = await asyncio.wait_for(reader.read(), 2)
            assert statuses(got) == [404]
            writer.close()

    run(promise)
