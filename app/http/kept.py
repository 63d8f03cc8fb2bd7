"""Keeps finished answers: the data can't change under a running process, so nothing is computed twice."""

from collections import OrderedDict
from typing import NamedTuple
from weakref import ref

from starlette.types import ASGIApp, Receive, Scope, Send

from app.http.answers import Answer, Reply
from app.http.requests import is_host, request_id_of
from app.http.responses import CommonHeaders
from app.problems import Kind

Key = tuple[str, bytes]
"""Path and query of a request."""


class Known(NamedTuple):
    """What came of a request, for when it comes again byte for byte."""

    key: Key
    reply: ref[Reply]
    """Not held: only the store keeps answers."""
    with_body: bool


class Store:
    """Answers within a budget of bytes.

    A new answer is on probation; one that is asked for again moves to the main queue. Each queue
    drops what was not asked for longest, so a flood of addresses that are asked for once drives out
    only each other.
    """

    PROBATION_SHARE = 0.25

    def __init__(self, budget: int) -> None:
        self._probation: OrderedDict[Key, Answer] = OrderedDict()
        self._main: OrderedDict[Key, Answer] = OrderedDict()
        self._probation_room = int(budget * self.PROBATION_SHARE)
        self._main_room = budget - self._probation_room

    def __len__(self) -> int:
        return len(self._probation) + len(self._main)

    @property
    def size(self) -> int:
        """Upper bound of the bytes kept."""
        return sum(answer.bound for queue in (self._probation, self._main) for answer in queue.values())

    def get(self, key: Key) -> Answer | None:
        """The answer kept for a request, if there is one."""
        answer = self._main.get(key)
        if answer is not None:
            self._main.move_to_end(key)
            return answer
        answer = self._probation.pop(key, None)
        if answer is not None:
            self._probation_room += answer.bound
            self._main[key] = answer
            self._main_room -= answer.bound
            while self._main_room < 0:
                self._main_room += self._main.popitem(last=False)[1].bound
        return answer

    def put(self, key: Key, answer: Answer) -> None:
        """Keep an answer, on probation."""
        if key in self._main or key in self._probation:
            return
        self._probation[key] = answer
        self._probation_room -= answer.bound
        while self._probation_room < 0:
            self._probation_room += self._probation.popitem(last=False)[1].bound


class KeptAnswers:
    """The outermost layer but for the access log: answers what it has kept, and passes on what it has not."""

    def __init__(self, app: ASGIApp, *, store: Store, common: CommonHeaders) -> None:
        self.app = app
        self.store = store
        self.common = common
        self.known: dict[bytes, Known] = {}
        """Requests by the bytes they came in, for the protocol, which need not parse them twice."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the kept answer, or pass the request on."""
        if scope["type"] == "http" and (method := scope["method"]) in ("GET", "HEAD"):
            answer = self.store.get((scope["path"], scope["query_string"]))
            # An escaped path may name another address than it does when it is decoded.
            if answer is not None and b"%" not in scope["raw_path"]:
                fields = dict(scope["headers"])
                # Repeated fields and odd hosts are rare; the way inside knows what to make of them.
                if len(fields) == len(scope["headers"]) and is_host(fields.get(b"host", b"")):
                    reply = answer.reply(fields)
                    if not isinstance(reply, Kind):
                        headers = reply.whole_headers or self.common.added_to(reply)
                        scope["request_id"] = request_id = request_id_of(fields)
                        status = reply.status
                        body = reply.body if method == "GET" else b""
                        await send(
                            {
                                "type": "http.response.start",
                                "status": status,
                                "headers": [*headers, (b"x-request-id", request_id.encode())],
                            }
                        )
                        await send({"type": "http.response.body", "body": body})
                        return
        await self.app(scope, receive, send)
