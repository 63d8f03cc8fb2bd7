"""A connection: reads requests in order, sends cached responses on the fast path, and limits what a client may use."""

import asyncio
import logging
import socket
import struct
from http import HTTPStatus
from time import perf_counter
from typing import Any, Final

from starlette.types import Message
from uvicorn import Config

from app.http import progress
from app.http.cache import RawHeaders, Reply
from app.http.head import (
    EMPTY_LINES,
    HEAD_END,
    MAX_HEAD_BYTES,
    METHOD_START,
    REQUEST_LINE,
    TOO_LARGE,
    UNREADABLE,
    Head,
    read_head,
    refused,
)
from app.http.limits import ShedLog, max_connections
from app.http.pipeline import Pipeline, whole_response
from app.http.request import Request, new_request_id
from app.internals import ServerState, loaded_app
from app.problems import (
    BAD_REQUEST,
    HEAD_TOO_LARGE,
    INTERNAL_ERROR,
    REQUEST_TIMEOUT,
    UNAVAILABLE,
    Kind,
    ProblemException,
    shown,
)

REQUEST_SECONDS: Final = 15.0
"""How long a request may take to arrive, and a new connection may stay silent."""
LINGER_SECONDS: Final = 2.0
"""How long a client may go on sending after its last response: closing earlier could reset the connection before the client
has read that response."""
SHED_SECONDS: Final = 0.2
"""The same for a connection above the limit."""
STOP_SECONDS: Final = 1.0
"""How long a silent connection is kept when the server stops: a request may be on its way."""
MAX_BURST: Final = 16
"""How many pipelined requests get their response before the event loop serves other connections."""
SEPARATE_WRITE_BYTES: Final = 32_768
"""Larger bodies are written without a copy; smaller ones are joined with their head into one packet."""
RESET: Final = struct.pack("ii", 1, 0)
"""The value of SO_LINGER with which closing a connection resets it."""
NO_RESET: Final = struct.pack("ii", 0, 0)
STATUS_LINES: Final = {status.value: f"HTTP/1.1 {status} {status.phrase}\r\n".encode() for status in HTTPStatus}

log = logging.getLogger("app.connection")


class Connection(asyncio.Protocol):
    """Reads one request at a time; a request behind it waits in the buffer until its response is written.

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
        self.transport: asyncio.Transport
        self.timer: asyncio.TimerHandle
        # Middleware that was added to the application must see every request.
        self.has_fast_path = not self.app.user_middleware

        self.buffer = bytearray()
        """Bytes received and not yet processed; they start with the request being read."""
        self.searched = 0
        """How many bytes of the buffer have been searched for the end of a head."""
        self.has_request_line = False
        """Whether the buffer begins with a complete request line."""
        self.unread_body = 0
        """How many bytes of a request body are still to be received and skipped."""
        self.is_processing = False
        """Whether the application is processing a request."""
        self.is_reading_paused = False
        self.is_writing_paused = False
        self.is_streaming = False
        """Whether the response is written while the application makes it."""
        self.may_write: asyncio.Future[None] | None = None
        """Resolved when a paused streamed response may be written again."""

        self.stopping = False
        """Whether the server stops."""
        self.is_half_closed = False
        """Whether the client has closed its side: it sends nothing more, but may still read."""
        self.closing = False
        """Whether the last response has been written; further input is discarded."""
        self.linger_seconds = LINGER_SECONDS
        self.lost = asyncio.Event()

        self.written = 0
        """Bytes handed to the transport."""
        self.progress = progress.Progress(self.loop.time())
        self.default_headers: RawHeaders = []
        self.default_block = b""

    # What asyncio calls

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # a socket's transport
        """Start the periodic check of the connection."""
        self.transport = transport
        self.server_state.connections.add(self)  # type: ignore[arg-type]  # uvicorn names only its own protocols
        self.timer = self.loop.call_later(progress.CHECK_SECONDS, self._check_time_outs)
        if len(self.server_state.connections) > max_connections():
            self.linger_seconds = SHED_SECONDS
            ShedLog.note(self.loop.time())
            self._refuse(UNAVAILABLE, "Too many connections are open.")

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio passes it
        """Remove the connection from the server."""
        self.server_state.connections.discard(self)
        self.timer.cancel()
        self.closing = True
        self.buffer.clear()
        self.lost.set()
        self._resume_stream()

    def data_received(self, data: bytes) -> None:
        """Respond to every complete request received."""
        if self.closing:
            return
        is_waiting = self.buffer or self.unread_body or self.is_processing or self.is_writing_paused
        if is_waiting or not self._respond_if_known(data):
            self.buffer += data
            self.advance()

    def eof_received(self) -> bool:
        """Respond to what the client sent before it closed its side, then close the connection."""
        self.is_half_closed, self.has_fast_path = True, False
        self.advance()
        return not self.closing

    def pause_writing(self) -> None:
        """Pause responses because the client reads slowly."""
        self.is_writing_paused = True

    def resume_writing(self) -> None:
        """Resume responses."""
        self.is_writing_paused = False
        self._resume_stream()
        self.advance()

    # What uvicorn calls

    def shutdown(self) -> None:
        """Respond to what has been received or is on its way, then close."""
        self.stopping, self.has_fast_path = True, False
        self.loop.call_later(STOP_SECONDS, self._stop)

    # Reading

    def advance(self) -> None:
        """Respond to the requests in the buffer, one after the other, as far as possible now."""
        for _ in range(MAX_BURST):
            if self.closing or self.is_processing or self.is_writing_paused:
                break
            if not self._respond_to_next():
                if self.is_half_closed:
                    self._close()
                break
        else:
            self.loop.call_soon(self.advance)
        # Backpressure: while the buffer is full, nothing more is read from the client.
        is_full = len(self.buffer) > MAX_HEAD_BYTES
        if is_full and not self.is_reading_paused:
            self.transport.pause_reading()
        elif self.is_reading_paused and not is_full:
            self.transport.resume_reading()
        self.is_reading_paused = is_full

    def _respond_to_next(self) -> bool:
        """Respond to the first request in the buffer; False when it is not complete."""
        buffer = self.buffer
        if self.unread_body:
            skipped = min(self.unread_body, len(buffer))
            del buffer[:skipped]
            self.unread_body -= skipped
        del buffer[: EMPTY_LINES.match(buffer).end()]  # type: ignore[union-attr]  # it matches anything
        if not buffer:
            return False
        end = HEAD_END.search(buffer, max(self.searched - 2, 0), MAX_HEAD_BYTES)
        if end is None:
            self._check_start()
            return False
        head = bytes(buffer[: end.end()])
        del buffer[: end.end()]
        self.searched, self.has_request_line = 0, False
        if not self._respond_if_known(head):
            try:
                found = read_head(head, self.root_path)
            except Exception:
                log.exception("request could not be read")
                found = refused(head, ProblemException(INTERNAL_ERROR, "Something went wrong."), self.root_path)
            self._respond(found, head)
        return True

    def _check_start(self) -> None:
        """Refuse an incomplete head that is too large, or that can't become the head of a request."""
        buffer, searched = self.buffer, self.searched
        self.searched = len(buffer)
        if len(buffer) >= MAX_HEAD_BYTES:
            self._refuse(HEAD_TOO_LARGE, TOO_LARGE)
        elif not self.has_request_line:
            is_complete = buffer.find(b"\n", searched) >= 0
            if (REQUEST_LINE if is_complete else METHOD_START).match(buffer):
                self.has_request_line = is_complete
            else:
                self._refuse(BAD_REQUEST, UNREADABLE)

    # Responding

    def _respond_if_known(self, head: bytes) -> bool:
        """Respond to a request whose head is remembered, without parsing it."""
        if not self.has_fast_path or self.app.dependency_overrides:
            return False
        found = self.pipeline.known.get(head)
        if found is None:
            return False
        known, reply = found
        known.counter[0] += 1
        self._respond_at_once(reply, known.method, known.key[1], new_request_id(), keeps_open=True)
        return True

    def _respond(self, head: Head, sent: bytes) -> None:
        """Respond from the cache at once, or call the application."""
        request, self.unread_body = head.request, head.body_bytes
        reply = None
        if head.fault:
            reply = self.pipeline.problem(head.fault, request)
        elif self.has_fast_path:
            reply = self.pipeline.from_cache(request)
        if reply is None:
            self.is_processing = True
            task = self.loop.create_task(self._run(request, keeps_open=head.keeps_open))
            self.server_state.tasks.add(task)
            task.add_done_callback(self.server_state.tasks.discard)
            return
        counter = self._counter(request.method, request.path, reply.status)
        counter[0] += 1
        is_unique = head.body_bytes or request.has_ignored_parameters or b"x-request-id" in request.fields
        if head.keeps_open and not is_unique:
            self.pipeline.known.put(sent, request.key, reply, request.method, counter)
        self._respond_at_once(reply, request.method, request.path, request.id, keeps_open=head.keeps_open)

    def _respond_at_once(self, reply: Reply, method: str, path: str, request_id: str, *, keeps_open: bool) -> None:
        started = perf_counter() if self.pipeline.access_log else 0.0
        self._write(reply, b"x-request-id: " + request_id.encode() + b"\r\n", method, keeps_open=keeps_open)
        if self.pipeline.access_log:
            self.pipeline.log_access(method, path, reply.status, perf_counter() - started, request_id)

    def _counter(self, method: str, path: str, status: int) -> list[int]:
        """The counter of such responses, in a list of one."""
        return self.pipeline.metrics.counter(method, path, status) if self.pipeline.metrics else [0]

    async def _run(self, request: Request, *, keeps_open: bool) -> None:
        """Call the application and write its response, or a problem when it fails."""
        body: list[Message] = [{"type": "http.request", "body": b"", "more_body": False}]

        async def receive() -> Message:
            """An empty body, as a body has no meaning here, then the end of the connection."""
            if body:
                return body.pop()
            await self.lost.wait()
            return {"type": "http.disconnect"}

        async def stream(start: Message, message: Message) -> None:
            nonlocal keeps_open
            if not self.is_streaming:
                keeps_open = self._begin_stream(start, request, keeps_open=keeps_open)
            await self._write_piece(message["body"], request)

        try:
            reply = await whole_response(self.app, self._scope(request), receive, stream)
        except (Exception, BaseExceptionGroup, asyncio.CancelledError) as error:
            is_cut_short = self.is_streaming or self._is_cancelled()
            if not is_cut_short or not isinstance(error, (ConnectionError, asyncio.CancelledError)):
                event = "response failed half-way" if is_cut_short else "application failed"
                log.exception(event, extra={"request_id": request.id, "path": shown(request.path)})
            if is_cut_short:
                # After a reset, the client knows that the body is incomplete.
                self.transport.abort()
                return
            reply = self.pipeline.problem(ProblemException(INTERNAL_ERROR, "Something went wrong."), request)
            reply.headers.append((b"x-request-id", request.id.encode()))
        self.is_processing = False
        if self.is_streaming:
            self._end_stream(request, keeps_open=keeps_open)
        elif not self.closing:
            keeps_open = keeps_open and (b"connection", b"close") not in reply.headers
            reply.headers = [line for line in reply.headers if line[0] != b"connection"]
            self._write(reply, b"", request.method, keeps_open=keeps_open)
        if not self.closing:
            self.advance()

    def _begin_stream(self, start: Message, request: Request, *, keeps_open: bool) -> bool:
        """Write the head of a response whose body follows in pieces; returns whether the connection stays open."""
        self.is_streaming = True
        framing = [(b"transfer-encoding", b"chunked")] if _is_chunked(request) else []
        if not framing:
            # HTTP/1.0 has no chunks: a body ends when the connection is closed, and is incomplete when it is reset.
            self._set_linger(RESET)
        reply = Reply(start["status"], [*start["headers"], *framing], b"")
        head, keeps_open = self._head(reply, b"", b"", keeps_open=keeps_open)
        self.transport.write(head)
        self.written += len(head)
        return keeps_open

    async def _write_piece(self, piece: bytes, request: Request) -> None:
        """Write a piece of a body (an empty one at its end), once the client has read most of those before.

        Raises:
            ConnectionResetError: the connection is lost.
        """
        if self.is_writing_paused:
            self.may_write = self.loop.create_future()
            await self.may_write
        if self.closing:
            raise ConnectionResetError
        framed = b"%x\r\n%b\r\n" % (len(piece), piece) if _is_chunked(request) else piece
        self.transport.write(framed)
        self.written += len(framed)

    def _end_stream(self, request: Request, *, keeps_open: bool) -> None:
        """Close the connection after a streamed response, unless another request may follow."""
        self.is_streaming = False
        if not _is_chunked(request):
            self._set_linger(NO_RESET)
        is_last = self.stopping and not HEAD_END.search(self.buffer)
        if not self.closing and (is_last or not keeps_open):
            self._close()

    def _set_linger(self, option: bytes) -> None:
        """Set whether closing the connection resets it, even when the process is killed."""
        if not self.closing and (connected := self.transport.get_extra_info("socket")):
            connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, option)

    def _resume_stream(self) -> None:
        """Resume a streamed response that waits for the client."""
        if self.may_write and not self.may_write.done():
            self.may_write.set_result(None)

    def _scope(self, request: Request) -> dict[str, Any]:
        peer, local = self.transport.get_extra_info("peername"), self.transport.get_extra_info("sockname")
        return {
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
            "state": self.app_state.copy(),
        }

    def _write(self, reply: Reply, last_header: bytes, method: str, *, keeps_open: bool) -> None:
        """Write a response, and close after the last one."""
        body = b"" if method == "HEAD" else reply.body
        is_large = len(body) > SEPARATE_WRITE_BYTES
        first, keeps_open = self._head(reply, last_header, b"" if is_large else body, keeps_open=keeps_open)
        self.transport.write(first)
        self.written += len(first)
        if is_large:
            self.transport.write(body)
            self.written += len(body)
        if not keeps_open:
            self._close()

    def _head(self, reply: Reply, last_header: bytes, body: bytes, *, keeps_open: bool) -> tuple[bytes, bool]:
        """The bytes of a response (head and body), and whether the connection stays open after it."""
        if self.default_headers is not self.server_state.default_headers:
            self.default_headers = self.server_state.default_headers
            self.default_block = _header_lines(self.default_headers)
        if reply.header_block is None:
            reply.header_block = (STATUS_LINES.get(reply.status) or b"HTTP/1.1 %d \r\n" % reply.status) + _header_lines(
                reply.headers
            )
        if (self.stopping or self.is_half_closed) and not HEAD_END.search(self.buffer):
            keeps_open = False
        end = b"\r\n" if keeps_open else b"connection: close\r\n\r\n"
        return b"".join((reply.header_block, last_header, self.default_block, end, body)), keeps_open

    def _refuse(self, kind: Kind, detail: str) -> None:
        """Respond to an incomplete request with a problem, and close the connection."""
        start = bytes(self.buffer[:MAX_HEAD_BYTES])
        self._respond(refused(start, ProblemException(kind, detail), self.root_path), start)

    # Ending

    @staticmethod
    def _is_cancelled() -> bool:
        """Whether the server, which stops, has cancelled the task of the request."""
        task = asyncio.current_task()
        return task is not None and task.cancelling() > 0

    def _close(self) -> None:
        """Close the connection: at once when the client has closed its side, otherwise after `linger_seconds`."""
        self.closing = True
        self.buffer.clear()
        if self.is_half_closed or not self.transport.can_write_eof():
            self.transport.close()
            return
        self.transport.write_eof()
        if self.is_reading_paused:
            self.transport.resume_reading()
        self.loop.call_later(self.linger_seconds, self._stop_lingering)

    def _stop_lingering(self) -> None:
        """Close the connection once the last response has been sent."""
        if self.transport.get_write_buffer_size():
            self.loop.call_later(LINGER_SECONDS, self._stop_lingering)
        else:
            self.transport.close()

    def _stop(self) -> None:
        """Close the connection once every request that has been received has its response."""
        if self.closing:
            return
        if self.is_processing or self.is_writing_paused:
            self.loop.call_later(STOP_SECONDS, self._stop)
        elif self.buffer:
            self._refuse(UNAVAILABLE, "The server stops, and the request was not complete in time.")
        else:
            self._close()

    def _check_time_outs(self) -> None:
        """Close the connection when the client reads too slowly, sends too slowly, or is silent for too long."""
        self.timer = self.loop.call_later(progress.CHECK_SECONDS, self._check_time_outs)
        unsent = self.transport.get_write_buffer_size()
        is_arriving = bool(self.buffer or self.unread_body)
        acknowledged = self.written - unsent - progress.unacknowledged_bytes(self.transport)
        self.progress.note(self.loop.time(), acknowledged, unsent, is_arriving=is_arriving)
        if self.progress.is_too_slow:
            self.transport.abort()
        elif not (self.closing or self.is_processing or unsent):
            limit = REQUEST_SECONDS if is_arriving or not self.written else self.keep_alive_seconds
            if self.progress.idle_seconds <= limit:
                return
            if self.buffer:
                self._refuse(REQUEST_TIMEOUT, "The request was not complete in time.")
            else:
                self._close()


def _is_chunked(request: Request) -> bool:
    return request.http_version != "1.0"


def _header_lines(headers: RawHeaders) -> bytes:
    return b"".join([b"%b: %b\r\n" % line for line in headers])
