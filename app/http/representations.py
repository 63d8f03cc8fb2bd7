"""What HTTP asks of every address: its methods, and its successful answers in the form the client asks for."""

from datetime import UTC, date, datetime
from email.utils import format_datetime
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.http.answers import (
    MAX_CONDITION_BYTES,
    MAX_WISH_BYTES,
    NOT_MODIFIED,
    OK,
    Answer,
    accepts,
    evaluate_preconditions,
)
from app.http.headers import RawHeaders, answer_held, combined, send_all
from app.http.kept import Store
from app.problems import ALLOW, BAD_REQUEST, METHOD_NOT_ALLOWED, NOT_ACCEPTABLE, Kind, problem_response

NO_CONTENT: Final = 204
NOT_FOUND: Final = 404
VARY: Final = b"Accept, Accept-Encoding"


class Methods:
    """GET, HEAD and OPTIONS are answered wherever GET is; nothing else is."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a GET or HEAD on, answer anything else."""
        if scope["type"] != "http" or scope["method"] == "GET":
            await self.app(scope, receive, send)
        elif scope["method"] == "HEAD":
            await self.app({**scope, "method": "GET"}, receive, send)
        else:
            await self._answer_other(scope, receive, send)

    async def _answer_other(self, scope: Scope, receive: Receive, send: Send) -> None:
        bare = {**scope, "method": "GET", "query_string": b"", "headers": []}
        probe = await answer_held(self.app, bare, receive)
        # OPTIONS * asks of the service as a whole.
        if probe[0]["status"] == NOT_FOUND and scope["path"] != "*":
            await send_all(probe, send)
        elif scope["method"] == "OPTIONS":
            headers = [(b"allow", ALLOW.encode()), (b"cache-control", b"no-store")]
            await send({"type": "http.response.start", "status": NO_CONTENT, "headers": headers})
            await send({"type": "http.response.body", "body": b""})
        else:
            detail = f"Only {ALLOW} are answered here."
            await problem_response(scope, METHOD_NOT_ALLOWED, detail)(scope, receive, send)


class Representations:
    """Gives each successful answer its validators and freshness, and sends it in the form the client asks for."""

    def __init__(self, app: ASGIApp, *, store: Store, released: date, cache_seconds: int) -> None:
        self.app = app
        self.store = store
        self.pages: dict[str, Answer] = {}
        """What is no part of the data, kept whatever the budget: a few files, one of which takes long to compress."""
        released_at = datetime(released.year, released.month, released.day, tzinfo=UTC)
        # A release may be prepared for a day to come, but nothing may say that it was modified in the future.
        self.last_modified = min(released_at, datetime.now(UTC).replace(microsecond=0))
        freshness = f"public, max-age={cache_seconds}, stale-while-revalidate=86400, stale-if-error=604800"
        self.lines = [
            (b"last-modified", format_datetime(self.last_modified, usegmt=True).encode()),
            (b"cache-control", freshness.encode()),
            (b"vary", VARY),
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and finish its answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        messages = await answer_held(self.app, scope, receive)
        start = messages[0]
        if start["status"] != OK:
            await send_all(messages, send)
        elif (b"cache-control", b"no-store") in start["headers"]:
            await self._send_fleeting(scope, receive, send, messages)
        else:
            body = b"".join([message.get("body", b"") for message in messages[1:]])
            await self._send_lasting(scope, receive, send, start["headers"], body)

    async def _send_lasting(self, scope: Scope, receive: Receive, send: Send, headers: RawHeaders, body: bytes) -> None:
        path = scope["path"]
        answer = self.pages.get(path)
        if answer is None:
            present = {name for name, _ in headers}
            headers = [*headers, *[line for line in self.lines if line[0] not in present]]
            answer = Answer(headers, body, self.last_modified)
        if not path.startswith("/v1"):
            self.pages[path] = answer
        self.store.put((path, scope["query_string"]), answer)
        reply = answer.reply(combined(scope["headers"]))
        if isinstance(reply, Kind):
            await _refuse(scope, receive, send, reply, VARY)
        else:
            await send({"type": "http.response.start", "status": reply.status, "headers": list(reply.headers)})
            await send({"type": "http.response.body", "body": reply.body})

    async def _send_fleeting(self, scope: Scope, receive: Receive, send: Send, messages: list[Message]) -> None:
        start = messages[0]
        media_type = dict(start["headers"])[b"content-type"].partition(b";")[0]
        fields = combined(scope["headers"])
        if not accepts(fields.get(b"accept", b"")[:MAX_WISH_BYTES], media_type):
            await _refuse(scope, receive, send, NOT_ACCEPTABLE, b"Accept")
            return
        status = evaluate_preconditions(fields, None, None)
        if isinstance(status, Kind):
            await _refuse(scope, receive, send, status, b"Accept")
            return
        if status == NOT_MODIFIED:
            start["status"], start["headers"] = status, [(b"cache-control", b"no-store")]
            messages[1:] = [{"type": "http.response.body", "body": b""}]
        start["headers"].append((b"vary", b"Accept"))
        await send_all(messages, send)


async def _refuse(scope: Scope, receive: Receive, send: Send, kind: Kind, vary: bytes) -> None:
    detail = {
        BAD_REQUEST: f"A precondition is longer than {MAX_CONDITION_BYTES} bytes.",
        NOT_ACCEPTABLE: "The Accept or the Accept-Encoding header rules out every form this answer has.",
    }.get(kind, "The current representation does not meet the precondition.")
    response = problem_response(scope, kind, detail)
    response.raw_headers.append((b"vary", vary))
    await response(scope, receive, send)
