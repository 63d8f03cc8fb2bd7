"""A connection: bounds, framing, time-outs and the end of it, and the fast path for cached responses."""

import asyncio
import logging
import re
from collections.abc import MutableMapping
from http import HTTPStatus
from time import perf_counter
from typing import Any, Final
from urllib.parse import unquote

from httptools import HttpParserCallbackError, HttpParserError, HttpParserUpgrade, HttpRequestParser
from uvicorn import Config

from app.http.cache import RawHeaders, Reply
from app.http.pipeline import Pipeline
from app.http.request import Request, is_host, new_request_id
from app.internals import ServerState, loaded_app
from app.problems import (
    ALLOW,
    BAD_REQUEST,
    HEAD_TOO_LARGE,
    INTERNAL_ERROR,
    METHOD_NOT_ALLOWED,
    REQUEST_TIMEOUT,
    UNAVAILABLE,
    ProblemException,
    shown,
)

MAX_HEAD_BYTES: Final = 32_768
MAX_FIELDS: Final = 200
CHECK_SECONDS: Final = 5.0
"""How often a connection is checked for the time-outs below."""
REQUEST_SECONDS: Final = 15.0
"""How long a request may take to arrive, and a new connection may stay silent."""
MIN_BYTES_PER_SECOND: Final = 1000
"""A client that reads more slowly is disconnected."""
LINGER_SECONDS: Final = 2.0
"""How long a refused client may go on sending: closing earlier would reset the connection before it reads the reply."""
STOP_SECONDS: Final = 1.0
"""How long a silent connection is kept when the server stops: a request may be on its way."""
MAX_BURST: Final = 64
"""How many pipelined requests are answered in one turn of the event loop: other connections have theirs in between."""
SEPARATE_WRITE_BYTES: Final = 32_768
"""Larger bodies are written from where they are; smaller ones are joined with their head into one packet."""
VERSIONS: Final = ("1.1", "1.0")
EMPTY_LINES = re.compile(rb"[\r\n]*")
METHOD_START = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,40}(?: |\Z)")
REQUEST_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,40}) ([!-~]+) HTTP/1\.[01]\r\n")
ABSOLUTE_FORM = re.compile(rb"(?i:https?)://([^/?#]*)/?(.*)")
UNREADABLE: Final = "What was sent can't be read as an HTTP request."
TOO_LARGE: Final = f"The head of a request may have {MAX_HEAD_BYTES} bytes and {MAX_FIELDS} fields."
ONLY_READING: Final = f"Only {ALLOW} are answered here."
STATUS_LINES: Final[dict[int, bytes]] = {
    status: b"HTTP/1.1 %d %b\r\n" % (status, status.phrase.encode()) for status in HTTPStatus
}

log = logging.getLogger("app.connection")


class Connection(asyncio.Protocol):
    """Reads one request at a time; a request behind it waits in the buffer until its response is complete.

    uvicorn makes one for each connection.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self.app = loaded_app(config)
        if not hasattr(self.app, "pipeline"):
            raise TypeError("this connection serves app.main.Service and nothing around it: set proxy_headers=False")
        self.pipeline: Pipeline = self.app.pipeline
        self.root_path = config.root_path
        self.keep_alive_seconds = config.timeout_keep_alive
        self.server_state = server_state
        self.app_state = app_state
        self.loop = _loop or asyncio.get_running_loop()
        # Middleware that was added to the application must see every request.
        self.has_fast_path = not self.app.user_middleware
        self.transport: asyncio.Transport
        self.timer: asyncio.TimerHandle

        self.buffer = bytearray()
        """What has come in and is not answered; it starts with the request being read."""
        self.parsed = 0
        """How much of the buffer the parser has seen."""
        self.parser = HttpRequestParser(self)
        self.parser_failed = False
        self.method = self.target = b""
        self.version = ""
        self.headers: RawHeaders = []
        self.parser_keeps_alive = self.keeps_alive = True
        self.has_body = False
        self.unread_body = 0
        """How many bytes of a body are still to come; they are skipped."""
        self.drops_rest = False
        """Whether the end of the request's body is unknown, so that what follows it is discarded."""
        self.paused = False

        self.exchange: Exchange | None = None
        """The request that the application is answering."""
        self.closing = False
        """Whether the last response has been written; what still comes in is dropped."""
        self.stopping = False
        self.ended = False
        """Whether the client has ended its side."""
        self.writable = asyncio.Event()
        self.writable.set()

        self.requests = 0
        self.written = 0
        """Bytes handed to the transport."""
        self.silent_since = self.loop.time()
        """When the connection was made, or first checked after its last request."""
        self.reading_since = 0.0
        """When the request being read began to arrive; 0 when none is."""
        self.last_check = (0, 0, 0)
        """Bytes sent, bytes unsent and requests answered when the connection was last checked."""
        self.default_headers: RawHeaders = []
        self.default_block = b""

    # What asyncio calls

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # a socket's transport
        """Begin to check the connection now and then."""
        self.transport = transport
        self.server_state.connections.add(self)  # type: ignore[arg-type]  # uvicorn names only its own protocols
        self.timer = self.loop.call_later(CHECK_SECONDS, self._check)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio passes it
        """Forget the connection."""
        self.server_state.connections.discard(self)
        self.timer.cancel()
        self.closing = True
        self.buffer.clear()
        self.writable.set()
        if self.exchange:
            self.exchange.disconnected.set()

    def data_received(self, data: bytes) -> None:
        """Answer what has come in whole."""
        if self.closing:
            return
        if not (self.buffer or self.exchange or self.unread_body) and self._answer_known(data):
            return
        self.buffer += data
        self.advance()
        if len(self.buffer) > MAX_HEAD_BYTES and not (self.paused or self.closing):
            # Requests wait for a response to be complete; the client waits too, rather than fill the memory.
            self.paused = True
            self.transport.pause_reading()

    def eof_received(self) -> bool:
        """Answer what came before the client ended its side, then close."""
        self.ended = True
        self._close_when_done()
        return not self.closing

    def pause_writing(self) -> None:
        """Wait for a client that reads slowly."""
        self.writable.clear()

    def resume_writing(self) -> None:
        """Go on."""
        self.writable.set()
        self.advance()

    # What uvicorn calls

    def shutdown(self) -> None:
        """Answer what has come in or is on its way, then close."""
        self.stopping = True
        self.loop.call_later(STOP_SECONDS, self._stop)

    # Reading

    def advance(self) -> None:
        """Answer the requests in the buffer, one after the other, as far as that goes now."""
        for _ in range(MAX_BURST):
            if self.closing or self.exchange or not self.writable.is_set() or not self.buffer:
                break
            try:
                if not self._answer_next():
                    break
            except ProblemException as problem:
                self._refuse(problem)
        else:
            self.loop.call_soon(self.advance)
        if self.paused and len(self.buffer) <= MAX_HEAD_BYTES:
            self.paused = False
            self.transport.resume_reading()
        self._close_when_done()

    def _answer_next(self) -> bool:
        """Answer the first request in the buffer; False when it is not complete.

        Raises:
            ProblemException: the request is refused and the connection ends.
        """
        buffer = self.buffer
        if self.unread_body:
            skipped = min(self.unread_body, len(buffer))
            del buffer[:skipped]
            self.unread_body -= skipped
        if self.parsed == 0 and buffer and buffer[0] in b"\r\n":
            del buffer[: EMPTY_LINES.match(buffer).end()]  # type: ignore[union-attr]  # it matches anything
        if not buffer:
            return False
        end = buffer.find(b"\r\n\r\n", max(self.parsed - 3, 0), MAX_HEAD_BYTES)
        size = end + 4 if end >= 0 else min(len(buffer), MAX_HEAD_BYTES)
        head = bytes(buffer[:size]) if end >= 0 else b""
        if self.parsed == 0:
            if head and self._answer_known(head):
                del buffer[:size]
                return True
            self.method, self.target, self.headers = b"", b"", []
            self.reading_since = self.loop.time()
        self._parse(size)
        if not head:
            if len(buffer) >= MAX_HEAD_BYTES:
                raise ProblemException(HEAD_TOO_LARGE, TOO_LARGE)
            return False
        request = self._request(head)
        del buffer[:size]
        self.parsed = 0
        self._answer(request, head)
        return True

    def _parse(self, size: int) -> None:
        """Feed the parser what it has not seen of a head that has `size` bytes so far.

        Raises:
            ProblemException: this is no request, or one that is not answered here.
        """
        piece, self.parsed = bytes(self.buffer[self.parsed : size]), size
        if not self.parser_failed:
            try:
                self.parser.feed_data(piece)
            except HttpParserUpgrade:
                # No other protocol is spoken here, so the request is answered as if it had not asked for one.
                self.parser = HttpRequestParser(self)
            except HttpParserCallbackError as error:
                log.exception("request could not be read")
                raise ProblemException(INTERNAL_ERROR, "Something went wrong.") from error
            except HttpParserError:
                self.parser_failed = True
        # The parser may just not know the method, which the whole request line tells.
        if self.parser_failed and (b"\n" in piece or not METHOD_START.match(self.buffer)):
            raise self._unreadable()

    def _unreadable(self) -> ProblemException:
        """The problem with what the parser refuses: a method that it does not know, or no request at all."""
        found = REQUEST_LINE.match(self.buffer)
        if found and _is_unknown_method(found[1]):
            self.target = found[2]
            return ProblemException(METHOD_NOT_ALLOWED, ONLY_READING)
        return ProblemException(BAD_REQUEST, UNREADABLE)

    def _request(self, head: bytes) -> Request:
        """The request whose head the parser has read.

        Raises:
            ProblemException: it is refused before its address is looked at.
        """
        method, version = self.method, self.version
        if len(self.headers) > MAX_FIELDS or len(head) > MAX_HEAD_BYTES:
            raise ProblemException(HEAD_TOO_LARGE, TOO_LARGE)
        if not method:
            # The parser waits for the rest of the preface of HTTP/2.
            raise self._unreadable()
        if method == b"CONNECT":
            raise ProblemException(METHOD_NOT_ALLOWED, ONLY_READING)
        codings = [value.strip().lower() for name, value in self.headers if name == b"transfer-encoding"]
        lengths = [value for name, value in self.headers if name == b"content-length"]
        fault = _target_fault(self.target, method) or _framing_fault(version, codings, lengths)
        if not fault and b" HTTP/" not in head[: head.find(b"\r\n")]:
            # The parser reads RTSP too.
            fault = UNREADABLE
        if fault:
            raise ProblemException(BAD_REQUEST, fault)
        absolute = None if self.target.startswith(b"/") else ABSOLUTE_FORM.fullmatch(self.target)
        raw_path, _, query = (b"/" + absolute[2] if absolute else self.target).partition(b"?")
        path = raw_path.decode("ascii")
        path = unquote(path) if "%" in path else path
        request = Request(method.decode(), path, raw_path, query, self.headers, version, self.root_path)
        self.unread_body = int(lengths[0]) if lengths else 0
        self.has_body = bool(self.unread_body or codings)
        # The end of a chunked body is not looked for, and a body may or may not follow an expectation that is not met.
        self.drops_rest = bool(codings or (self.has_body and b"expect" in request.fields))
        self.keeps_alive = self.parser_keeps_alive and version == "1.1" and not self.drops_rest
        if self.has_body:
            self.parser = HttpRequestParser(self)
        return request

    # What httptools calls

    def on_url(self, url: bytes) -> None:
        """Take a piece of the target."""
        self.target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a field."""
        self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """Ask the parser what it knows only now."""
        self.method, self.version = self.parser.get_method(), self.parser.get_http_version()
        self.parser_keeps_alive = self.parser.should_keep_alive()

    # Answering

    def _answer_known(self, head: bytes) -> bool:
        """Answer a request that was answered before, byte for byte the same: there is nothing to parse."""
        if not self.has_fast_path or self.stopping or self.ended or self.app.dependency_overrides:
            return False
        found = self.pipeline.known.get(head)
        if found is None:
            return False
        known, reply = found
        self.keeps_alive = True
        self._write(reply, known.method, known.key[1], new_request_id())
        return True

    def _answer(self, request: Request, head: bytes) -> None:
        """Answer from the cache at once, or let the application answer."""
        reply = self.pipeline.from_cache(request) if self.has_fast_path else None
        if reply is None:
            self.exchange = Exchange(self, request)
            task = self.loop.create_task(self.exchange.run())
            self.server_state.tasks.add(task)
            task.add_done_callback(self.server_state.tasks.discard)
            return
        is_usual = not (self.has_body or request.has_ignored_parameters or b"x-request-id" in request.fields)
        if self.keeps_alive and is_usual:
            self.pipeline.known.put(head, request.key, reply, request.method)
        self._write(reply, request.method, request.path, request.id)

    def _write(self, reply: Reply, method: str, path: str, request_id: str) -> None:
        """Write a complete response."""
        started = perf_counter() if self.pipeline.access_log else 0.0
        if reply.header_block is None:
            reply.header_block = _block(reply.headers)
        body = b"" if method == "HEAD" else reply.body
        self.write_head(reply.status, reply.header_block, b"x-request-id: %b\r\n" % request_id.encode(), body)
        if self.pipeline.access_log:
            self.pipeline.log_access(method, path, reply.status, perf_counter() - started, request_id)
        self.finish()

    def write_head(self, status: int, header_block: bytes, last_header: bytes, body: bytes) -> None:
        """Write the head of a response and, with it, the first piece of its body."""
        if self.default_headers is not self.server_state.default_headers:
            self.default_headers = self.server_state.default_headers
            self.default_block = _block(self.default_headers)
        if (self.stopping or self.ended) and self._is_last():
            self.keeps_alive = False
        end = b"\r\n"
        if not self.keeps_alive and b"\r\nconnection: close\r\n" not in header_block:
            end = b"connection: close\r\n\r\n"
        head = (
            STATUS_LINES.get(status) or b"HTTP/1.1 %d \r\n" % status,
            self.default_block,
            header_block,
            last_header,
            end,
        )
        if len(body) > SEPARATE_WRITE_BYTES:
            self.write(b"".join(head))
            self.write(body)
        else:
            self.write(b"".join((*head, body)))

    def write(self, data: bytes) -> None:
        """Hand bytes to the transport, which does not copy them."""
        self.written += len(data)
        self.transport.write(data)

    def finish(self) -> None:
        """The response is complete: close, or make ready for the next request."""
        self.requests += 1
        self.exchange = None
        self.reading_since = self.loop.time() if self.unread_body else 0.0
        if not self.keeps_alive:
            self._close(linger=bool(self.drops_rest or self.unread_body or self.buffer))

    def _refuse(self, problem: ProblemException) -> None:
        """Answer a request that the application never sees, and close the connection."""
        head_only = bool(self.buffer.startswith(b"HEAD "))
        request = Request("HEAD" if head_only else "", _path(self.target), b"", b"", self.headers, "1.1")
        reply = self.pipeline.problem(problem, request.path, request.id)
        self.keeps_alive, self.drops_rest = False, True
        self._write(reply, request.method, request.path, request.id)

    # Ending

    def _is_last(self) -> bool:
        """Whether no request can follow the one being answered."""
        return (self.stopping or self.ended) and b"\r\n\r\n" not in self.buffer

    def _close_when_done(self) -> None:
        if self.ended and not (self.exchange or self.closing) and self.writable.is_set() and self._is_last():
            self._close(linger=False)

    def _close(self, *, linger: bool) -> None:
        """Close the connection, after a while when the client may still be sending."""
        self.closing = True
        self.buffer.clear()
        if self.transport.is_closing():
            return
        if linger and self.transport.can_write_eof():
            self.transport.resume_reading()
            self.transport.write_eof()
            self.loop.call_later(LINGER_SECONDS, self.transport.close)
        else:
            self.transport.close()

    def _stop(self) -> None:
        """Close the connection unless a request is being answered."""
        if self.closing or self.exchange:
            return
        if self.reading_since:
            self._refuse(ProblemException(UNAVAILABLE, "The server stops, and the request was not complete in time."))
        else:
            self._close(linger=False)

    def _check(self) -> None:
        """Close the connection when the client reads too slowly, sends too slowly, or is silent for too long."""
        now = self.loop.time()
        unsent = self.transport.get_write_buffer_size()
        sent = self.written - unsent
        sent_before, unsent_before, requests_before = self.last_check
        self.last_check = (sent, unsent, self.requests)
        if self.requests != requests_before:
            self.silent_since = now
        if unsent and unsent_before and sent - sent_before < MIN_BYTES_PER_SECOND * CHECK_SECONDS:
            self.transport.abort()
            return
        if not (self.closing or self.exchange or unsent):
            if self.reading_since:
                if now - self.reading_since > REQUEST_SECONDS:
                    self._refuse(ProblemException(REQUEST_TIMEOUT, "The request was not complete in time."))
            elif now - self.silent_since > (self.keep_alive_seconds if self.requests else REQUEST_SECONDS):
                self._close(linger=False)
        self.timer = self.loop.call_later(CHECK_SECONDS, self._check)


class Exchange:
    """A request that the application answers, and its response."""

    def __init__(self, connection: Connection, request: Request) -> None:
        self.connection = connection
        self.request = request
        self.disconnected = asyncio.Event()
        self.received = False
        self.head: tuple[int, RawHeaders] | None = None
        """Status and headers, until they are written with the first piece of the body."""
        self.head_written = False
        self.complete = False

    async def run(self) -> None:
        """Call the application; what it fails to answer is answered with a problem."""
        connection, request = self.connection, self.request
        peer = connection.transport.get_extra_info("peername")
        local = connection.transport.get_extra_info("sockname")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": request.http_version,
            "method": request.method,
            "scheme": "http",
            "root_path": request.root_path,
            "path": request.root_path + request.path,
            "raw_path": request.root_path.encode() + request.raw_path,
            "query_string": request.raw_query,
            "headers": request.headers,
            "client": peer[:2] if isinstance(peer, tuple) else None,
            "server": local[:2] if isinstance(local, tuple) else None,
            "state": connection.app_state.copy(),
        }
        try:
            await connection.app(scope, self.receive, self.send)
        except Exception:
            log.exception("application failed", extra={"request_id": request.id, "path": shown(request.path)})
        if self.disconnected.is_set() or self.complete:
            return
        if self.head_written:
            # The client must not take the piece for the whole.
            connection.transport.abort()
        else:
            problem = ProblemException(INTERNAL_ERROR, "Something went wrong.")
            reply = connection.pipeline.problem(problem, request.path, request.id)
            self.head = reply.status, [*reply.headers, (b"x-request-id", request.id.encode())]
            await self.send({"type": "http.response.body", "body": reply.body})

    async def receive(self) -> dict[str, Any]:
        """An empty body, then the end of the connection: a body of a request has no meaning here."""
        if not self.received:
            self.received = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self.disconnected.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: MutableMapping[str, Any]) -> None:
        """Write what the application sends."""
        connection = self.connection
        if not connection.writable.is_set():
            await connection.writable.wait()
        if self.disconnected.is_set():
            return
        if message["type"] == "http.response.start":
            self.head = message["status"], list(message["headers"])
            return
        body = b"" if self.request.method == "HEAD" else message.get("body", b"")
        self.complete = not message.get("more_body", False)
        if self.head_written:
            connection.write(body)
        elif self.head is not None:
            status, headers = self.head
            self.head_written = True
            names = {name.lower() for name, _ in headers}
            if b"content-length" not in names and status not in (204, 304):
                # The end of the connection is the end of such a body.
                connection.keeps_alive = False
            block = _block(headers)
            if b"connection: close\r\n" in block:
                connection.keeps_alive, connection.drops_rest = False, True
            connection.write_head(status, block, b"", body)
        if self.complete:
            connection.finish()
            connection.advance()


def _block(headers: RawHeaders) -> bytes:
    return b"".join([b"%b: %b\r\n" % line for line in headers])


def _path(target: bytes) -> str:
    return unquote(target.partition(b"?")[0].decode("latin-1"))


def _is_unknown_method(method: bytes) -> bool:
    """Whether the parser refuses whatever has this method."""
    try:
        HttpRequestParser(object()).feed_data(method + b" / HTTP/1.1\r\n")
    except HttpParserError:
        return True
    return method == b"PRI"


def _target_fault(target: bytes, method: bytes) -> str | None:
    if b"#" in target:
        return "The request target holds a fragment."
    absolute = ABSOLUTE_FORM.fullmatch(target)
    in_order = is_host(absolute[1]) if absolute else target.startswith(b"/")
    if not in_order and not (target == b"*" and method == b"OPTIONS"):
        return "The request target is neither a path nor an http address."
    return None


def _framing_fault(version: str, codings: list[bytes], lengths: list[bytes]) -> str | None:
    if version not in VERSIONS:
        return "Only HTTP/1.1 and HTTP/1.0 are answered here."
    if codings and (codings != [b"chunked"] or version == "1.0"):
        return "The only transfer coding that is read is chunked, in HTTP/1.1."
    if codings and lengths:
        return "The request has both a length and a transfer coding."
    return None
