"""The rules of RFC 9110 for a representation: methods, content negotiation, validators and preconditions."""

import re
from contextlib import suppress
from datetime import UTC, date, datetime
from email.utils import format_datetime
from hashlib import blake2b
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.http.headers import field_value
from app.problems import ALLOW, METHOD_NOT_ALLOWED, NOT_ACCEPTABLE, PRECONDITION_FAILED, Kind, problem_response

ENTITY_TAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"')
HTTP_DATE_FORMS = ("%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y")
"""The form in use, and the two that RFC 9110 still wants read."""
NOT_MODIFIED: Final = 304
NO_CONTENT: Final = 204
NOT_FOUND: Final = 404
OK: Final = 200
FRESHNESS_HEADERS: Final = frozenset(
    {b"cache-control", b"content-security-policy", b"etag", b"last-modified", b"link", b"vary"}
)
"""What a 304 repeats of the answer it stands for: a cache replaces the headers it holds with these."""


class Methods:
    """GET, HEAD and OPTIONS are answered wherever GET is; nothing else is."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a GET or HEAD on, answer anything else."""
        if scope["type"] != "http" or scope["method"] == "GET":
            await self.app(scope, receive, send)
        elif scope["method"] == "HEAD":
            await self.app({**scope, "method": "GET"}, receive, _without_body(send))
        else:
            await self._answer_other(scope, receive, send)

    async def _answer_other(self, scope: Scope, receive: Receive, send: Send) -> None:
        probe: list[Message] = []

        async def keep(message: Message) -> None:
            probe.append(message)

        await self.app({**scope, "method": "GET", "query_string": b"", "headers": []}, receive, keep)
        if probe[0]["status"] == NOT_FOUND:
            for message in probe:
                await send(message)
        elif scope["method"] == "OPTIONS":
            headers = [(b"allow", ALLOW.encode()), (b"cache-control", b"no-store")]
            await send({"type": "http.response.start", "status": NO_CONTENT, "headers": headers})
            await send({"type": "http.response.body", "body": b""})
        else:
            detail = f"Only {ALLOW} are answered here."
            await problem_response(scope, METHOD_NOT_ALLOWED, detail)(scope, receive, send)


def _without_body(send: Send) -> Send:
    async def send_head(message: Message) -> None:
        await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

    return send_head


class Representations:
    """Gives each successful answer its validators and freshness, and evaluates what the client asks of them."""

    def __init__(self, app: ASGIApp, *, released: date, cache_seconds: int) -> None:
        self.app = app
        self.last_modified = datetime(released.year, released.month, released.day, tzinfo=UTC)
        self.headers = {
            "Last-Modified": format_datetime(self.last_modified, usegmt=True),
            "Cache-Control": f"public, max-age={cache_seconds}, stale-while-revalidate=86400, stale-if-error=604800",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and finish its answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        messages: list[Message] = []

        async def keep(message: Message) -> None:
            messages.append(message)

        await self.app(scope, receive, keep)
        start = messages[0]
        if start["status"] == OK:
            body = b"".join(message.get("body", b"") for message in messages[1:])
            await self._finish(scope, receive, send, start, body)
        else:
            for message in messages:
                await send(message)

    async def _finish(self, scope: Scope, receive: Receive, send: Send, start: Message, body: bytes) -> None:
        headers = MutableHeaders(scope=start)
        media_type = headers["Content-Type"].partition(";")[0]
        refusal: tuple[Kind, str] | None = None
        status = OK
        headers.add_vary_header("Accept")
        if not _accepts(field_value(scope["headers"], b"accept"), media_type):
            refusal = (NOT_ACCEPTABLE, f"This address has {media_type}, which the Accept header rules out.")
        elif headers.get("Cache-Control") != "no-store":
            for name, value in self.headers.items():
                headers.setdefault(name, value)
            headers["ETag"] = f'"{blake2b(body, digest_size=16).hexdigest()}"'
            status = evaluate_preconditions(scope, headers["ETag"], self.last_modified)
            if status == PRECONDITION_FAILED.status:
                refusal = (PRECONDITION_FAILED, "The current representation does not meet the precondition.")
        if refusal:
            response = problem_response(scope, *refusal)
            response.headers["Vary"] = "Accept"
            await response(scope, receive, send)
            return
        if status == NOT_MODIFIED:
            kept = [(name, value) for name, value in start["headers"] if name in FRESHNESS_HEADERS]
            await send({"type": "http.response.start", "status": NOT_MODIFIED, "headers": kept})
            await send({"type": "http.response.body", "body": b""})
            return
        await send(start)
        await send({"type": "http.response.body", "body": body})


def evaluate_preconditions(scope: Scope, etag: str, last_modified: datetime) -> int:
    """The status after evaluating all preconditions in the order of RFC 9110, section 13.2.2."""
    headers = scope["headers"]
    if (if_match := field_value(headers, b"if-match")) is not None:
        if not _any_match(if_match, etag, weakly=False):
            return PRECONDITION_FAILED.status
    elif (
        unmodified_since := _http_date(field_value(headers, b"if-unmodified-since"))
    ) and last_modified > unmodified_since:
        return PRECONDITION_FAILED.status
    if (if_none_match := field_value(headers, b"if-none-match")) is not None:
        return NOT_MODIFIED if _any_match(if_none_match, etag, weakly=True) else OK
    modified_since = _http_date(field_value(headers, b"if-modified-since"))
    return NOT_MODIFIED if modified_since and last_modified <= modified_since else OK


def _any_match(field: str, etag: str, *, weakly: bool) -> bool:
    if field.strip() == "*":
        return True
    tags = ENTITY_TAG.findall(field)
    return etag in ([tag.removeprefix("W/") for tag in tags] if weakly else tags)


def _http_date(field: str | None) -> datetime | None:
    """The moment an HTTP date names, or None: a date that can't be read counts as absent."""
    if field is None:
        return None
    for form in HTTP_DATE_FORMS:
        with suppress(ValueError):
            return datetime.strptime(field, form).replace(tzinfo=UTC)
    return None


def _accepts(field: str | None, media_type: str) -> bool:
    """Whether an Accept header allows a media type; the most specific range decides."""
    if field is None or not field.strip(" \t,"):
        return True
    kind = media_type.partition("/")[0]
    best = (-1, 0.0)
    for element in field.split(","):
        name, *parameters = (part.strip().lower() for part in element.split(";"))
        specific = {"*/*": 0, f"{kind}/*": 1, media_type: 2}.get(name)
        if specific is not None:
            best = max(best, (specific, _quality(parameters)))
    return best[1] > 0


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            return float(parameter[2:]) if re.fullmatch(r"q=(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)", parameter) else 1.0
    return 1.0
