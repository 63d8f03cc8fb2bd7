"""Problems as replies: JSON, or an HTML page for browsers."""

import logging
from typing import Final, Protocol

from starlette.responses import Response

from app.http.cache import RawHeaders, Reply
from app.http.headers import CommonHeaders
from app.http.negotiation import preferred
from app.http.request import Request
from app.problems import Kind, ProblemException, problem_document, problem_headers, shown

HTML: Final = b"text/html"

log = logging.getLogger("app.requests")


class ProblemPages(Protocol):
    """Renders problems as HTML pages for browsers."""

    def offers(self, path: str, kind: Kind) -> tuple[bytes, ...]:
        """The media types of a problem at an address, preferred first."""

    def response(self, path: str, query: bytes, problem: ProblemException, prefix: str) -> Response:
        """The HTML page of a problem."""


class ProblemReplies:
    """Makes the replies for problems."""

    def __init__(self, headers: CommonHeaders) -> None:
        self._headers = headers
        self.pages: ProblemPages | None = None
        """Renders problems as HTML; without it every problem is JSON."""

    def reply(self, problem: ProblemException, request: Request, prefix: str) -> Reply:
        """The reply for a problem, in the media type that the client prefers."""
        placed = problem.under(prefix)
        body = problem_document(placed, request.path, request.id, prefix)
        headers = problem_headers(placed, len(body))
        if self._offers(problem, request):
            headers.append((b"vary", b"Accept"))
        if self.is_page(problem, request):
            headers, body = self._page(problem, request, prefix, headers) or (headers, body)
        return Reply(problem.kind.status, self._headers.complete(headers), body)

    def is_page(self, problem: ProblemException, request: Request) -> bool:
        """Whether the reply is an HTML page, which takes longer than JSON."""
        offers = self._offers(problem, request)
        return bool(offers) and preferred(request.fields.get(b"accept", b""), offers) == HTML

    def _page(
        self, problem: ProblemException, request: Request, prefix: str, headers: RawHeaders
    ) -> tuple[RawHeaders, bytes] | None:
        """Header fields and body of an HTML page; None when it can't be rendered, which reads the data."""
        assert self.pages
        try:
            page = self.pages.response(request.path, request.query, problem, prefix)
        except Exception:
            log.exception("problem page failed", extra={"request_id": request.id, "path": shown(request.path)})
            return None
        rest = [line for line in headers if line[0] not in (b"content-type", b"content-length")]
        return [*rest, *page.raw_headers], bytes(page.body)

    def _offers(self, problem: ProblemException, request: Request) -> tuple[bytes, ...]:
        """The media types between which the client may choose; empty where the reply is always JSON."""
        # The links of a page are relative, and a browser resolves them wrongly below an escaped slash.
        if self.pages is None or request.method not in ("GET", "HEAD") or request.has_escaped_slash:
            return ()
        offers = self.pages.offers(request.path, problem.kind)
        return offers if len(offers) > 1 else ()
