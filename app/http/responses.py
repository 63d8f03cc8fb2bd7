"""What every answer carries: security headers, public CORS, and no surprise when something fails."""

import logging
from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.http.answers import NOT_MODIFIED, Reply
from app.http.headers import RawHeaders
from app.http.requests import is_host
from app.problems import ALLOW, INTERNAL_ERROR, problem_response

EXPOSED = "Allow, ETag, Last-Modified, Link, Retry-After, X-Request-ID"
PREFLIGHT_SECONDS = 86_400
JSON_POLICY = "default-src 'none'; frame-ancestors 'none'"

log = logging.getLogger("app.requests")


class CommonHeaders:
    """Adds what belongs on every answer, errors included, leaves out the body for HEAD, and answers CORS preflight."""

    def __init__(self, app: ASGIApp, *, tls: bool) -> None:
        self.app = app
        headers = {
            "Access-Control-Allow-Origin": "*",
            "Access-Control-Expose-Headers": EXPOSED,
            "Cross-Origin-Resource-Policy": "cross-origin",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "Content-Language": "en",
            "Content-Security-Policy": JSON_POLICY,
        }
        if tls:
            headers["Strict-Transport-Security"] = "max-age=63072000; includeSubDomains"
        self.lines = [(name.lower().encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and complete its answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_complete(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._complete(message)
            elif scope["method"] == "HEAD":
                message = {**message, "body": b""}
            await send(message)

        if scope["method"] == "OPTIONS" and _is_preflight(scope):
            await send_complete({"type": "http.response.start", "status": 204, "headers": _preflight_headers()})
            await send_complete({"type": "http.response.body", "body": b""})
        else:
            await self.app(scope, receive, send_complete)

    def added_to(self, reply: Reply) -> RawHeaders:
        """The headers of a reply with those that belong on every answer, made once."""
        start: Message = {"status": reply.status, "headers": reply.headers}
        self._complete(start)
        headers: RawHeaders = start["headers"]
        reply.whole_headers = headers
        return headers

    def _complete(self, start: Message) -> None:
        """Add what is missing; a page has a policy of its own, and a 304 says nothing of the content it has not."""
        present = {name for name, _ in start["headers"]}
        if start["status"] == NOT_MODIFIED:
            present.add(b"content-language")
        start["headers"] = [*start["headers"], *[line for line in self.lines if line[0] not in present]]


def _is_preflight(scope: Scope) -> bool:
    """Whether a browser asks what it may ask; without a good Host that is no different from other bad requests."""
    names = {name for name, _ in scope["headers"]}
    hosts = [is_host(value) for name, value in scope["headers"] if name == b"host"]
    return {b"origin", b"access-control-request-method"} <= names and hosts == [True]


def _preflight_headers() -> list[tuple[bytes, bytes]]:
    return [
        (b"access-control-allow-methods", ALLOW.encode()),
        (b"access-control-allow-headers", b"*"),
        (b"access-control-max-age", str(PREFLIGHT_SECONDS).encode()),
        (b"allow", ALLOW.encode()),
        (b"cache-control", b"no-store"),
    ]


class Failures:
    """Turns an exception nobody expected into a problem, and logs it once with the request's identifier."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; answer with a problem when that fails before an answer began."""
        started = False

        async def send_noting(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, receive, send_noting)
        except Exception:
            if scope["type"] != "http":
                raise
            log.exception("request failed", extra={"request_id": scope["request_id"], "path": scope["path"]})
            if started:
                raise
            await problem_response(scope, INTERNAL_ERROR, "Something went wrong.")(scope, receive, send)


class AccessLog:
    """Logs each request: what was asked for and how it went, nothing of who asked."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and log it when it is over."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun, status = perf_counter(), 0

        async def send_noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, send_noting)
        finally:
            self.note(scope["method"], scope["path"], status, perf_counter() - begun, scope["request_id"])

    def note(self, method: str, path: str, status: int, seconds: float, request_id: str) -> None:
        """Log a request that was answered."""
        milliseconds = round(seconds * 1000, 2)
        extra = {"method": method, "path": path, "status": status, "milliseconds": milliseconds}
        log.info("request", extra=extra | {"request_id": request_id})
