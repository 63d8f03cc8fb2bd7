"""The protocol of a connection: bounded and strict, with a short way for answers that are kept."""

import asyncio
import re
from typing import Any, Final
from urllib.parse import unquote
from weakref import ref

from httptools import HttpParserError, HttpParserInvalidMethodError, HttpParserUpgrade
from uvicorn._types import ASGI3Application
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from app.http.answers import Reply
from app.http.headers import RawHeaders
from app.http.kept import KeptAnswers, Key, Known, Store
from app.http.requests import is_host, new_request_id, request_id_of
from app.http.responses import AccessLog
from app.problems import (
    ALLOW,
    BAD_REQUEST,
    HEAD_TOO_LARGE,
    METHOD_NOT_ALLOWED,
    REQUEST_TIMEOUT,
    UNAVAILABLE,
    Kind,
    problem_response,
)

MAX_HEAD_BYTES: Final = 32_768
LOOK_SECONDS: Final = 10.0
"""How often a connection is looked at; it is closed when nothing went forward between two looks."""
LINGER_SECONDS: Final = 2.0
"""How long a client that was refused may go on sending before the connection is closed."""
STOP_SECONDS: Final = 1.0
"""How long a connection that waits for a request is kept when the server stops: one may be on its way."""
UNKNOWN_METHOD: Final = re.compile(
    rb"(?:\A|\r\n\r\n)(?:\r\n)*(?!(?:GET|HEAD|OPTIONS) )[!#$%&'*+.^_`|~0-9A-Za-z-]+ (\S+) HTTP/1\.[01]\r\n"
)
"""A request line in order but for its method, which the parser may not know."""
PART_OF_A_LINE: Final = re.compile(rb"(?:\r\n)*[!#$%&'*+.^_`|~0-9A-Za-z-]+(?: \S*){0,2}\r?")
UNKNOWN_TO_HTTP: Final = ("Invalid method for HTTP/x.x request", "Expected HTTP/2 Connection Preface")
"""What the parser says of methods that it knows from other protocols."""
OTHER_PROTOCOL: Final = re.compile(rb"(?:\A|\r\n\r\n)(?:\r\n)*(?:\S+ \S+ RTSP/|PRI \S+ HTTP/\S*\r\n)")
"""A request line of protocols that the parser can't be told to leave."""
ABSOLUTE_FORM: Final = re.compile(rb"(?i:https?)://([^/?#]*)/?(.*)")
MAX_FIELDS: Final = 200
"""How many fields a head may have: each takes time and memory."""
MAX_BURST: Final = 64
"""How many requests that come in at once are answered at once: others wait for their turn meanwhile."""
MAX_PIPELINED: Final = 16
"""How many requests of a connection may wait for the one being answered: each takes memory."""
MAX_KNOWN: Final = 1000
MAX_KNOWN_BYTES: Final = 1000
"""How many requests are known by their bytes, and how long one may be: some clients never send the same twice."""
VERSIONS: Final = ("1.1", "1.0")
UNREADABLE: Final = "What was sent can't be read as an HTTP request."
TOO_LARGE: Final = f"The head of a request may have {MAX_HEAD_BYTES} bytes and {MAX_FIELDS} fields."
FRAMING: Final = frozenset({b"content-length", b"transfer-encoding", b"upgrade", b"expect"})
"""Fields that a request for a kept answer has no use for; uvicorn knows what to make of them."""


class Protocol(HttpToolsProtocol):
    """One connection."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        # Behind a trusted proxy uvicorn wraps the service in a layer of its own.
        service = getattr(self.app, "app", self.app)
        layers = getattr(service, "layers", None)
        # A prefix of the path or a log of every request is the long way's business.
        self.store, self.known = Store(0), dict[bytes, Known]()
        if isinstance(layers, KeptAnswers) and not self.root_path:
            self.store, self.known = layers.store, layers.known
        self.service = service
        self.url = b""
        self.head_bytes = 0
        """Bytes read of a head that is not complete."""
        self.chunk = b""
        """What was read last, with what had come of the same head before."""
        self.reading = False
        """Whether a request was begun and is not complete."""
        self.burst = 0
        """How many requests of what was read last were answered the short way."""
        self.told: Known | None = None
        """What came of the last of them, when that may be told again."""
        self.defaults: RawHeaders = []
        self.default_lines = b""
        """What uvicorn adds to every answer, made anew when the second has changed."""
        self.answered = False
        """Whether nothing is to be done any more for the request being read."""
        self.in_body = False
        """Whether the head of the request being read is complete: it has an answer, and further fields are trailers."""
        self.deaf = False
        """Whether what the client still sends is dropped."""
        self.stopping = False
        """Whether the server stops, so that each answer is to be the last of its connection."""
        self.running: RequestResponseCycle | None = None
        """The request being answered the long way."""
        self.begun = 0
        """Number of requests whose head was read."""
        self.last_look: tuple[int, int] | None = None
        self.timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn narrows it too
        """Begin to look at the connection now and then."""
        super().connection_made(transport)
        self.timer = self.loop.call_later(LOOK_SECONDS, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        """Look no more, and let nothing be written any more."""
        if self.timer:
            self.timer.cancel()
        for cycle in [self.running, *(waiting for waiting, _ in self.pipeline)]:
            if cycle:
                cycle.disconnected = True
        self.pipeline.clear()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, within the bounds of a head."""
        if self.deaf or self._answer_known(data):
            return
        self._unset_keepalive_if_required()
        # Behind the rest of a body a request has not come in one piece, whatever it looks like.
        waiting, begun, self.told = not self.reading, self.begun, None
        self.chunk = self.chunk + data if self.head_bytes else data
        self.head_bytes += len(data)
        self.burst = 0
        if self._refuse_other_protocol():
            return
        try:
            self.parser.feed_data(data)
        except HttpParserUpgrade:
            self.deaf = True
        except HttpParserError as error:
            self._refuse_unreadable(error)
        if self.reading and not self.in_body and not self.head_bytes:
            # Behind complete requests another head has begun.
            self.chunk = data.rpartition(b"\r\n\r\n")[2]
            self.head_bytes = len(self.chunk)
        if self.head_bytes > MAX_HEAD_BYTES:
            self._refuse(HEAD_TOO_LARGE, TOO_LARGE)
        if self.stopping or self.deaf:
            self._close_after_the_last()
        elif self.told and waiting and self.begun == begun + 1 and self.chunk is data and not self.reading:
            self._remember(data, self.told)

    def eof_received(self) -> bool:  # type: ignore[override]  # asyncio asks for this; uvicorn never keeps it open
        """Answer what came before the client ended its side, then close."""
        self.deaf = True
        self._close_after_the_last()
        return self._in_flight()

    def shutdown(self) -> None:
        """Answer what has come in or is on its way, then close."""
        self.stopping = True
        self._close_after_the_last()
        if not self._in_flight():
            self.loop.call_later(STOP_SECONDS, self._close_unless_busy)

    def on_message_begin(self) -> None:
        """Make ready for a request; its scope is made only when it is needed."""
        self.reading = True
        self.url = b""
        self.headers = []
        self.answered = False
        self.in_body = False
        self.expect_100_continue = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a field of the head; those behind a chunked body change nothing any more."""
        if not self.in_body:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Answer the short way when that can be done, else go uvicorn's."""
        self.begun += 1
        if self.deaf or self.transport.is_closing():
            self.answered = True
        # More than a head may have come in at once, so only then is its own size added up.
        elif len(self.headers) > MAX_FIELDS or (
            len(self.chunk) > MAX_HEAD_BYTES and self._head_size() > MAX_HEAD_BYTES
        ):
            self.answered = True
            self._refuse(HEAD_TOO_LARGE, TOO_LARGE)
        elif self._answer_short():
            self.answered = self.in_body = True
        elif len(self.pipeline) >= MAX_PIPELINED:
            # What waits is answered; the last of it closes the connection, and the rest is dropped.
            self.answered = self.deaf = True
        elif refusal := self._refusal():
            self.answered = True
            self._refuse(*refusal)
        else:
            self.in_body = True
            url, headers = self._target(), self.headers
            super().on_message_begin()
            self.url = url
            self.headers.extend(headers)
            super().on_headers_complete()
            # No other protocol is spoken here, and what follows an upgrade is perhaps no HTTP.
            self.deaf = self.deaf or self.parser.should_upgrade()

    def on_body(self, body: bytes) -> None:
        """Leave the bodies of refused requests unread; they are no part of a head."""
        self.head_bytes = 0
        if not self.answered:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """End the request."""
        self.reading = False
        self.head_bytes = 0
        if not self.answered:
            super().on_message_complete()
            # A trailer may say that too, and then the parser reads nothing more.
            self.deaf = self.deaf or not self.parser.should_keep_alive()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self.running = cycle
        super()._start_asgi_task(cycle, app)

    def _refusal(self) -> tuple[Kind, str] | None:
        """What is wrong with a head that the parser lets pass."""
        if self.parser.get_method() == b"CONNECT":
            return METHOD_NOT_ALLOWED, f"Only {ALLOW} are answered here."
        fault = self._fault()
        return (BAD_REQUEST, fault) if fault else None

    def _fault(self) -> str | None:
        """What RFC 9112 does not let pass."""
        if b"#" in self.url:
            return "The request target holds a fragment."
        absolute = ABSOLUTE_FORM.fullmatch(self.url)
        in_order = is_host(absolute[1]) if absolute else self.url.startswith(b"/")
        if not in_order and not (self.url == b"*" and self.parser.get_method() == b"OPTIONS"):
            return "The request target is neither a path nor an http address."
        version = self.parser.get_http_version()
        if version not in VERSIONS:
            return "Only HTTP/1.1 and HTTP/1.0 are answered here."
        codings = [value.strip().lower() for name, value in self.headers if name == b"transfer-encoding"]
        if codings and (codings != [b"chunked"] or version == "1.0"):
            return "The only transfer coding that is read is chunked, in HTTP/1.1."
        if codings and any(name == b"content-length" for name, _ in self.headers):
            return "The request has both a length and a transfer coding."
        return None

    def _target(self) -> bytes:
        """The target of the request, without the scheme and the authority that a proxy may have sent."""
        absolute = None if self.url.startswith(b"/") else ABSOLUTE_FORM.fullmatch(self.url)
        return b"/" + absolute[2] if absolute else self.url

    def _answer_known(self, data: bytes) -> bool:
        """Answer a request that was answered the short way before, byte for byte the same: there is nothing to parse."""
        known = self.known.get(data)
        if known is None or self.reading or not self._is_free():
            return False
        reply = known.reply()
        # The store is asked as well, to learn that the answer is in use.
        if reply is None or self.store.get(known.key) is None:
            return False
        self._unset_keepalive_if_required()
        self.begun += 1
        self.head_bytes = 0
        self._write(reply, new_request_id(), with_body=known.with_body, keep_alive=True)
        return True

    def _remember(self, data: bytes, told: Known) -> None:
        if len(data) <= MAX_KNOWN_BYTES:
            if len(self.known) >= MAX_KNOWN:
                self.known.clear()
            self.known[data] = told

    def _answer_short(self) -> bool:
        """Answer a request that needs nothing made, while nothing else is being answered."""
        key = self._key()
        if key is None or self.burst >= MAX_BURST or not self._is_free():
            return False
        answer = self.store.get(key)
        if answer is None:
            return False
        fields = dict(self.headers)
        # Repeated fields and odd hosts are rare, as in the layer that keeps: the long way knows what to make of them.
        plain = len(fields) == len(self.headers) and FRAMING.isdisjoint(fields)
        if not plain or not is_host(fields.get(b"host", b"")):
            return False
        reply = answer.reply(fields)
        if isinstance(reply, Kind):
            return False
        with_body = self.parser.get_method() == b"GET"
        keep_alive = self.parser.get_http_version() != "1.0" and self.parser.should_keep_alive()
        self._write(reply, request_id_of(fields), with_body=with_body, keep_alive=keep_alive)
        self.burst += 1
        self.told = Known(key, ref(reply), with_body) if keep_alive and b"x-request-id" not in fields else None
        return True

    def _is_free(self) -> bool:
        return not (self._in_flight() or self.flow.write_paused or self.stopping)

    def _key(self) -> Key | None:
        """By what an answer to the request may be kept."""
        path, _, query = self.url.partition(b"?")
        if not path.startswith(b"/") or b"%" in path:
            return None
        if self.parser.get_method() not in (b"GET", b"HEAD") or self.parser.get_http_version() not in VERSIONS:
            return None
        return path.decode("latin-1"), query

    def _head_size(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)

    def _write(self, reply: Reply, request_id: str, *, with_body: bool, keep_alive: bool) -> None:
        self.server_state.total_requests += 1
        if self.defaults is not self.server_state.default_headers:
            self.defaults = self.server_state.default_headers
            self.default_lines = _lines(self.defaults)
        lines = reply.lines
        if lines is None:
            lines = reply.lines = _lines(reply.whole_headers or self.service.common.added_to(reply))
        self.transport.write(
            b"".join(
                (
                    STATUS_LINE[reply.status],
                    self.default_lines,
                    lines,
                    b"x-request-id: ",
                    request_id.encode(),
                    b"\r\n\r\n" if keep_alive else b"\r\nconnection: close\r\n\r\n",
                    reply.body if with_body else b"",
                )
            )
        )
        if not keep_alive:
            self.transport.close()

    def _refuse_other_protocol(self) -> bool:
        if (self.reading and self.in_body) or not (b" RTSP/" in self.chunk or b"PRI " in self.chunk):
            return False
        if found := OTHER_PROTOCOL.search(self.chunk):
            if UNKNOWN_METHOD.match(self.chunk, found.start()) and b" RTSP/" not in found[0]:
                self._refuse(METHOD_NOT_ALLOWED, f"Only {ALLOW} are answered here.")
            else:
                self._refuse(BAD_REQUEST, UNREADABLE)
        return found is not None

    def _refuse_unreadable(self, error: HttpParserError) -> None:
        """Tell a method that the parser does not know from what is no request, for which it takes a whole line."""
        odd_method = isinstance(error, HttpParserInvalidMethodError) or str(error) in UNKNOWN_TO_HTTP
        if odd_method and UNKNOWN_METHOD.search(self.chunk):
            self._refuse(METHOD_NOT_ALLOWED, f"Only {ALLOW} are answered here.")
        elif not (odd_method and PART_OF_A_LINE.fullmatch(self.chunk.rpartition(b"\r\n\r\n")[2])):
            self._refuse(BAD_REQUEST, UNREADABLE)

    def _refuse(self, kind: Kind, detail: str) -> None:
        """Answer with a problem and close; an answer that is on its way goes first and is the only one."""
        if self._in_flight():
            self.deaf = True
            self._close_after_the_last()
        if self.deaf or self.transport.is_closing():
            return
        self.deaf = True
        if self.in_body:
            self.transport.close()
            return
        head_only = self.parser.get_method() == b"HEAD" if self.url else self.chunk.lstrip().startswith(b"HEAD ")
        fields = dict(self.headers or [])
        request_id = request_id_of(fields)
        path = unquote(self.url.partition(b"?")[0].decode("latin-1"))
        if isinstance(self.service.layers, AccessLog):
            method = self.parser.get_method().decode() if self.url else ""
            self.service.layers.note(method, path, kind.status, 0, request_id)
        response = problem_response({"path": path, "request_id": request_id}, kind, detail)
        reply = Reply(kind.status, response.raw_headers, bytes(response.body))
        headers = self.service.common.added_to(reply)
        self.transport.write(
            b"".join(
                (
                    STATUS_LINE[kind.status],
                    _lines([*self.server_state.default_headers, *headers]),
                    b"x-request-id: ",
                    request_id.encode(),
                    b"\r\nconnection: close\r\n\r\n",
                    b"" if head_only else reply.body,
                )
            )
        )
        # Closing with bytes unread would reset the connection before the client has read its answer.
        self.transport.write_eof()
        self.loop.call_later(LINGER_SECONDS, self.transport.close)

    def _close_after_the_last(self) -> None:
        """Let the answer to the last request that came in be the last of the connection."""
        if self._in_flight():
            self.cycle.keep_alive = False
        elif self.deaf and self.in_body:
            self.transport.close()

    def _close_unless_busy(self) -> None:
        if self._in_flight():
            return
        if self.reading:
            self._refuse(UNAVAILABLE, "The server stops, and the request was not complete in time.")
        else:
            self.transport.close()

    def _in_flight(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _look(self) -> None:
        """Close the connection when nothing went forward since the last look."""
        unsent = self.transport.get_write_buffer_size()
        look = (self.begun, unsent)
        if look == self.last_look and unsent:
            self.transport.abort()
        elif look == self.last_look and not self._in_flight():
            if self.reading:
                self._refuse(REQUEST_TIMEOUT, "The request was not complete in time.")
            self.transport.close()
        else:
            self.last_look = look
            self.timer = self.loop.call_later(LOOK_SECONDS, self._look)


def _lines(headers: RawHeaders) -> bytes:
    return b"".join([b"%b: %b\r\n" % line for line in headers])
