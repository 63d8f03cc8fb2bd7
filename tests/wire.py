"""Shared by the tests of the connection: the service on a socket, raw requests and raw responses."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
import uvloop
from starlette.types import ASGIApp, Message

from app.http.connection import Connection
from app.internals import ServerState
from app.pages.assets import ASSETS

BUNDLE = f"/{ASSETS['swagger-ui-bundle.js'].address}".encode()
"""The largest response."""
DETAIL = b"/v1/contacts/us-poison-help"
CLOSE = b"Connection: close"
DATE = b"Mon, 23 Nov 2026 12:00:00 GMT"
NOT_CLOSED = b"<not closed>"


class PlainConnection(Connection):
    """The same connection without the fast path."""

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type]  # passed on as they came
        self.has_fast_path = False


@asynccontextmanager
async def listening(
    app: ASGIApp,
    kind: type[Connection] = Connection,
    *,
    keep_alive: int = 75,
    root_path: str = "",
    send_buffer: int | None = None,
) -> AsyncIterator[tuple[int, ServerState]]:
    """The service on a free port of the loopback, with one protocol a connection."""
    config = uvicorn.Config(
        app,
        http=kind,
        ws="none",
        lifespan="off",
        access_log=False,
        proxy_headers=False,
        log_config=None,
        timeout_keep_alive=keep_alive,
        root_path=root_path,
    )
    config.load()
    state = ServerState()
    state.default_headers = [(b"date", DATE)]
    loop = asyncio.get_running_loop()
    listener = socket.create_server(("127.0.0.1", 0), backlog=1000)
    if send_buffer is not None:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer)
    server = await loop.create_server(lambda: kind(config, state, {}, loop), sock=listener)
    try:
        yield listener.getsockname()[1], state
    finally:
        server.close()
        for connection in connections(state):
            connection.transport.abort()
        await asyncio.gather(*state.tasks, return_exceptions=True)
        await asyncio.sleep(0.01)
        listener.close()


@asynccontextmanager
async def silent_readers(port: int, number: int, sent: bytes) -> AsyncIterator[list[asyncio.StreamWriter]]:
    """Clients that send requests and read no response."""
    writers = []
    for _ in range(number):
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.setblocking(False)  # noqa: FBT003  # it takes no keyword
        await asyncio.get_running_loop().sock_connect(client, ("127.0.0.1", port))
        _, writer = await asyncio.open_connection(sock=client, limit=1024)
        writer.transport.pause_reading()  # type: ignore[attr-defined]  # asyncio's own transport has it
        writer.write(sent)
        writers.append(writer)
    try:
        yield writers
    finally:
        for writer in writers:
            writer.transport.abort()
        await asyncio.sleep(0.05)


def connections(state: ServerState) -> list[Connection]:
    """The connections that are open."""
    return [connection for connection in list(state.connections) if isinstance(connection, Connection)]


async def exchange(port: int, *chunks: bytes, patience: float = 5, pause: float = 0.01) -> bytes:
    """All received bytes until the server closes, or for `patience` seconds."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    received: list[bytes] = []

    async def send() -> None:
        for chunk in chunks:
            writer.write(chunk)
            await writer.drain()
            await asyncio.sleep(pause)

    sending = asyncio.create_task(send())
    try:
        while data := await asyncio.wait_for(reader.read(65536), patience):
            received.append(data)
    except (TimeoutError, ConnectionError):
        received.append(NOT_CLOSED)
    finally:
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        writer.close()
    return b"".join(received)


def request(target: bytes = DETAIL, *lines: bytes, method: bytes = b"GET", version: bytes = b"1.1") -> bytes:
    """A request under the identifier "mine"."""
    fields = b"".join(line + b"\r\n" for line in (b"Host: localhost", b"X-Request-ID: mine", *lines))
    return method + b" " + target + b" HTTP/" + version + b"\r\n" + fields + b"\r\n"


def unnamed(sent: bytes) -> bytes:
    """The request without an identifier: only such a request is remembered."""
    return sent.replace(b"X-Request-ID: mine\r\n", b"")


def statuses(received: bytes) -> list[int]:
    """The statuses of the responses, in order."""
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", received)]


def without_identifiers(responses: bytes) -> bytes:
    """The responses but for the identifiers; a problem holds one, and so its length depends on it."""
    return re.sub(rb'(x-request-id: |"request_id":"|content-length: )[\w.-]+', rb"\1", responses)


def run(promise: Callable[[], Awaitable[None]], seconds: float = 60) -> None:
    """Run a test on the event loop that the service uses."""

    async def bounded() -> None:
        async with asyncio.timeout(seconds):
            await promise()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(bounded())


async def until(holds: Callable[[], bool], seconds: float = 10) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110  # there is no event for it
            await asyncio.sleep(0.02)


async def ask(
    app: ASGIApp, address: str, *headers: tuple[bytes, bytes], method: str = "GET", **scope: object
) -> tuple[int, dict[bytes, bytes], bytes]:
    """Status, headers and body of a response to an ASGI scope; a key that is None is left out."""
    messages: list[Message] = []
    path, _, query = address.partition("?")

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        messages.append(message)

    whole = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [*headers] if b"host" in dict(headers) else [(b"host", b"localhost"), *headers],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    } | scope
    await app({name: value for name, value in whole.items() if value is not None}, receive, send)
    body = b"".join(message.get("body", b"") for message in messages[1:])
    lines = [(name, value) for name, value in messages[0]["headers"]]
    assert len(dict(lines)) == len(lines), f"a header is there twice: {lines}"
    return messages[0]["status"], dict(lines), body


def resident_bytes(process: int) -> int:
    """The resident memory of a process."""
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmRSS:"))


def descriptors(process: int) -> int:
    """How many files and connections a process has open."""
    return len(list(Path(f"/proc/{process}/fd").iterdir()))
