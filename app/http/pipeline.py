"""The pipeline that every request goes through, from top to bottom: parse, cache, route, call, negotiate, send."""

import logging
import re
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from hashlib import sha256
from time import perf_counter
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.http.cache import CachedResponse, Key, KnownRequests, RawHeaders, Reply, ResponseCache
from app.http.compression import Compressor
from app.http.headers import NO_STORE, CommonHeaders
from app.http.negotiation import (
    CODINGS_ON_OFFER,
    MIN_COMPRESSED_BYTES,
    content_coding,
    preferred,
)
from app.http.pages import Pages
from app.http.preconditions import NOT_MODIFIED, OK, evaluate_preconditions
from app.http.prefix import prefix_of, prefixed
from app.http.problem_replies import ProblemReplies
from app.http.request import Request
from app.http.responses import FixedResponse, StreamedResponse
from app.http.routing import DirectCall, Route, Routes, query_model
from app.http.spellings import Spellings
from app.http.streaming import Streams
from app.http.turns import Turns
from app.problems import (
    ALLOW,
    INTERNAL_ERROR,
    METHOD_NOT_ALLOWED,
    NOT_FOUND,
    UNAVAILABLE,
    ProblemError,
    ProblemException,
    invalid_parameters,
    not_acceptable,
    nothing_here,
    problem_of,
    shown,
    without_framing,
)
from app.schemas.queries import QueryParameters, query_string

if TYPE_CHECKING:
    from app.metrics import Metrics  # its library is loaded only when metrics are on

PREFLIGHT_SECONDS: Final = 86_400
PROBES: Final = ("/health/live", "/health/ready")
"""The health checks: they ignore Host, Accept and the query, which differ between load balancers and orchestrators."""
PLAIN_PATH = re.compile(r"[A-Za-z0-9/._+-]{1,200}")
"""Paths that a problem may suggest: the characters and the length of addresses of this service."""
SPELLING: Final = "Addresses are in lower case, with single slashes and none at the end."
SLOW_SECONDS: Final = 0.25
"""An endpoint call that takes longer is logged as slow."""

STREAMED: Final = "streamed"
"""The key of an ASGI message that tells the connection to stream the response; others are written once complete."""

log = logging.getLogger("app.requests")

Stream = Callable[[Message, Message], Awaitable[None]]
"""Takes the start of a streamed response with each part of its body."""


class Pipeline:
    """Responds to requests by the routes of an application."""

    def __init__(
        self,
        app: FastAPI,
        routes: Routes,
        fastapi_router: ASGIApp,
        *,
        cache_bytes: int,
        cache_seconds: int,
        tls: bool,
        access_log: bool,
        public_path: str | None = None,
    ) -> None:
        self.app = app
        self.routes = routes
        self.fastapi_router = fastapi_router
        """FastAPI's own routing, for endpoints that can't be called directly."""
        self._cache_bytes = cache_bytes
        self.forget_responses()
        self.public_path = public_path
        """The path of the public URL; None when it is not set."""
        self._decoded_public_path = unquote(public_path or "")
        self._headers = CommonHeaders(cache_seconds, tls=tls)
        self.pages = Pages(self._headers, public_path)
        self.spellings = Spellings()
        self.problems = ProblemReplies(self._headers)
        self.access_log = access_log
        self.metrics: Metrics | None = None
        self._compressor = Compressor()
        self._turns = Turns()
        self._streams = Streams(self._turns, self._compressor)

    def forget_responses(self) -> None:
        """Empty the caches, because another data set is served."""
        self.cache = ResponseCache(self._cache_bytes)
        self.known = KnownRequests(self.cache)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond to a request; other events are FastAPI's."""
        if scope["type"] != "http":
            await self.app.router(scope, receive, send)
            return
        started = perf_counter()
        request = Request.from_scope(scope)
        reply = self.from_cache(request) or await self._respond(request, scope, receive)
        headers = [*reply.headers, (b"x-request-id", request.id.encode())]
        start: Message = {"type": "http.response.start", "status": reply.status, "headers": headers}
        try:
            if reply.streamed is None or request.method == "HEAD":
                await send(start)
                await send({"type": "http.response.body", "body": b"" if request.method == "HEAD" else reply.body})
            else:
                await send({**start, STREAMED: True})
                await self._streams.send(reply.streamed, receive, send)
        finally:
            # Also when the client has left before the end.
            seconds = perf_counter() - started
            if self.metrics:
                self.metrics.counter(request.method, request.path, reply.status)[0] += 1
                self.metrics.time(request.path, seconds)
            if self.access_log:
                self.log_access(request.method, request.path, reply.status, seconds, request.id)

    def from_cache(self, request: Request) -> Reply | None:
        """The reply to a request whose response is cached in the right coding; None for any other, and for one to be refused."""
        if request.method not in ("GET", "HEAD") or not request.is_plain or self.app.dependency_overrides:
            return None
        request.query = canonical = self.spellings.get(request.key, request.query)
        if accept := request.fields.get(b"accept"):
            request.query = self.spellings.get(_key_with(request, accept), canonical)
        cached = self.pages.find(request) or self.cache.get(request.key)
        try:
            if cached and cached.has(coding := cached.coding(request.fields)):
                return cached.reply(coding, request.fields)
        except ProblemException:
            pass
        request.query = canonical
        return None

    async def _respond(self, request: Request, scope: Scope, receive: Receive) -> Reply:
        """The reply to a request; whatever fails, it is a problem."""
        try:
            return await self._reply(request, scope, receive)
        except Exception as error:
            prefix = self.prefix(request)
            if isinstance(error, HTTPException) and error.status_code // 100 in (2, 3):
                return prefixed(self._reply_of_exception(error), prefix)
            problem = problem_of(error, prefix)
            if problem.kind in (INTERNAL_ERROR, UNAVAILABLE):
                log.exception("request failed", extra={"request_id": request.id, "path": shown(request.path)})
            if not self.problems.is_page(problem, request):
                return self.problem(problem, request)
            # Rendering an HTML page takes as long as an endpoint.
            async with self._turns:
                return self.problem(problem, request)

    async def _reply(self, request: Request, scope: Scope, receive: Receive) -> Reply:
        """The reply to a request that the cache could not answer at once.

        Raises:
            Exception: the request is refused, or its endpoint failed.
        """
        if self._has_public_path(request, scope):
            path = self._decoded_public_path
            scope = {**scope, "root_path": f"{scope.get('root_path', '')}{path}"}
            request.path = request.path.removeprefix(path)
        is_probe = request.path in PROBES
        if not is_probe:
            request.check_host()
        if request.is_preflight:
            return self._empty(_preflight_headers())
        page = route = None
        if not request.has_escaped_slash:
            page = self.pages.find(request)
            route = None if page else self.routes.find(request.path, scope)
        if request.method == "OPTIONS" and (page or route or request.path == "*"):
            return self._empty([(b"allow", ALLOW.encode()), NO_STORE])
        if page is None and route is None:
            raise await self._nothing_here(request, scope, receive)
        if request.method not in ("GET", "HEAD"):
            raise ProblemException(METHOD_NOT_ALLOWED, f"Only {ALLOW} are allowed.")
        if page:
            return await self._in_coding(page, request)
        assert route
        if not is_probe:
            request.check_query(route.direct_call.lists if route.direct_call else ())
        # The cache of the data set that the endpoint is about to read: a release meanwhile replaces both.
        cache = self.cache
        response = await self._call(route, request, scope, receive)
        if isinstance(response, StreamedResponse):
            return self._streamed(response, request)
        if isinstance(response, Reply):
            if response.status != OK or NO_STORE in response.headers:
                return self._uncacheable(response, request)
            response = self._headers.cacheable(response, request.offers)
        reply = await self._in_coding(response, request)
        if self._is_cacheable(route):
            cache.put(request.key, response)
        return reply

    def _has_public_path(self, request: Request, scope: Scope) -> bool:
        """Whether a proxy has passed the public path on, unless the service has that address itself."""
        path = self._decoded_public_path
        if not path or not f"{request.path}/".startswith(f"{path}/"):
            return False
        return request.path not in self.pages and self.routes.find(request.path, scope) is None

    async def _nothing_here(self, request: Request, scope: Scope, receive: Receive) -> ProblemException:
        """The 404 for an address, with the right one when only slashes or capitals differ.

        Raises:
            ProblemException: there is no such record at the right address either.
        """
        single_slashes = "/" + "/".join(part for part in request.path.split("/") if part)
        for meant in (single_slashes.lower(), single_slashes):
            if meant == request.path or not PLAIN_PATH.fullmatch(meant):
                continue
            route = self.routes.find(meant, scope)
            if route and route.parameters and self._is_cacheable(route):
                request.query = b""
                await self._call(route, request, scope, receive)
            if route or meant in self.pages:
                address = self.prefix(request) + meant
                detail = f"There is nothing at this address; did you mean {address}? {SPELLING}"
                fault = ProblemError(pointer="/path", code="unknown_path", detail=detail, did_you_mean=address)
                return ProblemException(NOT_FOUND, detail, [fault])
        return nothing_here(self.prefix(request))

    def _is_cacheable(self, route: Route) -> bool:
        """Whether the response depends on the path and the query alone, and no dependency is overridden."""
        return route.direct_call is not None and not self.app.dependency_overrides

    async def _call(
        self, route: Route, request: Request, scope: Scope, receive: Receive
    ) -> Reply | CachedResponse | StreamedResponse:
        """The response of the endpoint, or the cached one to the same query in another spelling."""
        call = route.direct_call
        if call is None or self.app.dependency_overrides:
            return await self._call_by_fastapi(call, request, scope, receive)
        # A probe does not wait its turn: a long queue must not look like a failure.
        async with nullcontext() if request.path in PROBES else self._turns:
            started = perf_counter()
            try:
                query = self._parsed_query(call, request)
                if cached := self.cache.get(request.key):
                    return cached
                response: Response = await call(scope, query, route.parameters)
            finally:
                self._log_if_slow(request, perf_counter() - started)
            if isinstance(response, StreamedResponse):
                return response
            reply = Reply(response.status_code, response.raw_headers, bytes(response.body))
            if isinstance(response, FixedResponse):
                reply = prefixed(reply, self.prefix(request), response.fixed)
                return self._headers.precompressed(reply, response.compressed)
            return prefixed(reply, self.prefix(request))

    async def _call_by_fastapi(
        self, call: DirectCall | None, request: Request, scope: Scope, receive: Receive
    ) -> Reply:
        """The response of an endpoint that FastAPI calls, with its dependencies and their overrides.

        Raises:
            ProblemException: FastAPI has refused the parameters.
        """
        scope = {**scope, "method": "GET"}
        if call and (query := self._parsed_query(call, request)):
            scope["query_string"] = query_string(query.written()).encode()
        try:
            reply = await whole_response(self.fastapi_router, scope, receive)
        except RequestValidationError as error:
            model = query_model(scope["endpoint"])
            raise invalid_parameters(error.errors(), model.model_fields if model else ()) from error
        if call:
            return prefixed(reply, self.prefix(request))
        if all(name != b"cache-control" for name, _ in reply.headers):
            # It may depend on any part of the request; only the endpoint can tell on which.
            reply.headers.append(NO_STORE)
        return reply

    def _parsed_query(self, call: DirectCall, request: Request) -> QueryParameters | None:
        """The query parameters for an endpoint, with the format that the client prefers.

        The query of the request becomes the canonical spelling of both, which is the key of the cached response.
        """
        query = call.parse(request.query)
        if query is None:
            return None
        sent, request.query = request.key, query_string(query.written()).encode()
        if request.key != sent:
            self.spellings.remember(sent, request.query)
        formats = query.offers()
        if not formats:
            request.offers = () if query.names_format() else None
            return query
        request.offers = tuple(formats)
        default = request.offers[0]
        # A client that accepts none of them is refused later, once it is known that there is something at the address.
        accept = request.fields.get(b"accept", b"")
        chosen = preferred(accept, request.offers) or default
        if chosen == default:
            return query
        # No query contains the separator of this key, so an address that names the format has another key.
        sent, request.query = _key_with(request, accept), _key_with(request, chosen)[2]
        self.spellings.remember(sent, request.query)
        return query.model_copy(update={"format": formats[chosen]})

    def _log_if_slow(self, request: Request, seconds: float) -> None:
        if seconds > SLOW_SECONDS:
            extra = {
                "path": self.route_of(request.path),
                "milliseconds": round(seconds * 1000, 2),
                "request_id": request.id,
            }
            log.warning("slow endpoint", extra=extra)

    async def _in_coding(self, cached: CachedResponse, request: Request) -> Reply:
        """The reply with a cached response in the content coding that the client prefers, compressed when it was not yet.

        Raises:
            ProblemException: 406 when the client accepts none, or a precondition failed.
        """
        coding = cached.coding(request.fields)
        if not cached.has(coding):
            cached.add(coding, await self._compressor.compressed(cached, coding))
        return cached.reply(coding, request.fields)

    def _streamed(self, response: StreamedResponse, request: Request) -> Reply:
        """The reply whose body is made while it is sent, which is not cached; a 503 when too many are being sent.

        Raises:
            ProblemException: 406 when the client accepts no coding, or a precondition failed.
        """
        coding = content_coding(request.fields.get(b"accept-encoding"), MIN_COMPRESSED_BYTES)
        if coding is None:
            raise not_acceptable("accept-encoding", f"{CODINGS_ON_OFFER} are on offer")
        prefix = self.prefix(request)
        asked = request.path.encode() + b"?" + request.query
        digest = sha256(b"\0".join((response.made_from, prefix.encode(), asked))).hexdigest()[:32].encode()
        headers = prefixed(Reply(OK, response.raw_headers, b""), prefix).headers
        cached = self._headers.cacheable(Reply(OK, headers, b""), request.offers)
        body = self._streams.body(response.pieces, "" if response.is_fixed else prefix, coding)
        reply = cached.streamed(coding, b'W/"' + digest + b'"', request.fields, body)
        if reply.streamed and request.method == "GET" and self._streams.is_full:
            # Returned, not raised: this is not a failure to be logged.
            return self.problem(ProblemException(UNAVAILABLE, "Too many long lists are being sent."), request)
        return reply

    def prefix(self, request: Request) -> str:
        """The prefix of addresses in the response to a request: that of the setting, else the root path of the ASGI scope.

        Nothing that a client sends has any influence.
        """
        return self.prefix_under(request.root_path)

    def prefix_under(self, root_path: str) -> str:
        """The prefix of addresses under a root path."""
        return prefix_of(root_path) if self.public_path is None else self.public_path

    def _uncacheable(self, reply: Reply, request: Request) -> Reply:
        """The complete reply with a response that may not be stored.

        Raises:
            ProblemException: a precondition failed.
        """
        if reply.status == OK and evaluate_preconditions(request.fields, None) == NOT_MODIFIED:
            return Reply(NOT_MODIFIED, self._headers.not_modified(), b"")
        return Reply(reply.status, self._headers.complete(reply.headers), reply.body)

    def _empty(self, headers: RawHeaders) -> Reply:
        return Reply(204, self._headers.complete(headers), b"")

    def _reply_of_exception(self, error: HTTPException) -> Reply:
        """The reply for an HTTPException that is not an error, such as a redirect."""
        given = without_framing(error.headers or {})
        headers = [(name.encode(), value.encode("latin-1")) for name, value in given.items()]
        if all(name != b"cache-control" for name, _ in headers):
            headers.append(NO_STORE)
        if error.status_code not in (204, 304):
            headers.append((b"content-length", b"0"))
        return Reply(error.status_code, self._headers.complete(headers), b"")

    def problem(self, problem: ProblemException, request: Request) -> Reply:
        """The reply for a problem."""
        return self.problems.reply(problem, request, self.prefix(request))

    def route_of(self, path: str) -> str:
        """The route of a path for metrics and logs; empty when there is none."""
        return path if path in self.pages else self.routes.template(path)

    def gauges(self) -> dict[str, float]:
        """How much the response cache holds."""
        return {"response_cache_responses": len(self.cache), "response_cache_bytes_at_most": self.cache.size}

    def log_access(self, method: str, path: str, status: int, seconds: float, request_id: str) -> None:
        """Log a request after its response, without anything about the client."""
        extra = {
            "method": method[:20],
            "path": shown(path, 200),
            "status": status,
            "milliseconds": round(seconds * 1000, 2),
            "request_id": request_id,
        }
        log.info("request", extra=extra)


def _key_with(request: Request, accepted: bytes) -> Key:
    """The key of a request for which `Accept` has chosen the format."""
    return request.root_path, request.path, request.query + b"\n" + accepted


def _preflight_headers() -> RawHeaders:
    return [
        (b"access-control-allow-methods", ALLOW.encode()),
        (b"access-control-allow-headers", b"*"),
        (b"access-control-max-age", str(PREFLIGHT_SECONDS).encode()),
        (b"allow", ALLOW.encode()),
        NO_STORE,
    ]


async def whole_response(app: ASGIApp, scope: Scope, receive: Receive, streamed: Stream | None = None) -> Reply:
    """The whole response of an application; the body of a streamed one goes to `streamed`, piece by piece."""
    start: Message = {}
    pieces: list[bytes] = []

    async def collect(message: Message) -> None:
        nonlocal start
        if message["type"] == "http.response.start":
            start = message
        elif streamed and STREAMED in start:
            await streamed(start, message)
        elif scope["method"] != "HEAD":
            pieces.append(message.get("body", b""))

    await app(scope, receive, collect)
    status, headers, body = start["status"], list(start["headers"]), b"".join(pieces)
    length = (b"content-length", b"%d" % len(body))
    if scope["method"] != "HEAD" and status not in (204, 304) and length not in headers:
        headers = [*(line for line in headers if line[0].lower() != b"content-length"), length]
    return Reply(status, headers, body)
