"""The response cache. A data set never changes, so cached responses never expire; another data set gets an empty cache."""

from base64 import b64encode
from collections import OrderedDict
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, NamedTuple
from weakref import ref

from app.http.negotiation import CODINGS, CODINGS_ON_OFFER, IDENTITY, content_coding, preferred
from app.http.preconditions import CONDITIONS, NOT_MODIFIED, OK, evaluate_preconditions
from app.problems import not_acceptable

RawHeaders = list[tuple[bytes, bytes]]
Key = tuple[str, str, bytes]
"""Everything a response depends on besides the header fields: root path, path and query."""

ON_304: Final = frozenset({b"cache-control", b"content-security-policy", b"etag", b"link", b"vary"})
"""The header fields that a 304 repeats: a cache replaces those it has stored."""
MAX_KNOWN: Final = 10_000
MAX_KNOWN_BYTES: Final = 1000
"""How many request heads are remembered, and how long one may be: some clients never send the same head twice."""


@dataclass(slots=True, weakref_slot=True)
class Reply:
    """A complete response but for its request identifier, which is added when it is sent."""

    status: int
    headers: RawHeaders
    body: bytes
    header_block: bytes | None = None
    """Status line and headers as they are written to a connection, once they have been."""
    streamed: AsyncGenerator[bytes, None] | None = None
    """The body, when it is made while it is sent; `body` is empty then."""


class Variant(NamedTuple):
    """A cached response in one content coding."""

    etag: bytes
    full: Reply
    not_modified: Reply


class CachedResponse:
    """A successful response; the body is compressed with a content coding when a request first needs it.

    `common` are the headers that every response has, which follow its own. `offers` are the media types between which
    the `Accept` header chose this one: None when there is no other, empty when the query names the format.
    """

    __slots__ = ("_common", "_digest", "_headers", "_media_type", "_offers", "_variants", "body", "max_bytes")

    def __init__(
        self, headers: RawHeaders, body: bytes, common: RawHeaders, offers: tuple[bytes, ...] | None = None
    ) -> None:
        self.body = body
        self._common = common
        self._headers = [(name, value) for name, value in headers if name != b"content-length"]
        self._digest = sha256(body).hexdigest()[:32].encode()
        self._media_type = next(value for name, value in headers if name == b"content-type").partition(b";")[0]
        self._offers = (self._media_type,) if offers is None else offers
        self._variants: dict[bytes, Variant] = {}
        self.max_bytes = (len(body) + sum(len(name) + len(value) for name, value in headers) + 2048) * (
            1 + len(CODINGS)
        )
        """Upper bound of the memory it takes with all its codings made."""

    def coding(self, fields: Mapping[bytes, bytes]) -> bytes:
        """The content coding for a request.

        Raises:
            ProblemException: 406 when the client accepts neither the media type nor any coding.
        """
        accept = fields.get(b"accept")
        if accept is not None and self._offers and preferred(accept, self._offers) != self._media_type:
            raise not_acceptable("accept", _on_offer(self._offers))
        coding = content_coding(fields.get(b"accept-encoding"), len(self.body))
        if coding is None:
            raise not_acceptable("accept-encoding", f"{CODINGS_ON_OFFER} are on offer")
        return coding

    def has(self, coding: bytes) -> bool:
        """Whether a variant is ready to be sent without compressing the body."""
        return coding == IDENTITY or coding in self._variants

    def add(self, coding: bytes, body: bytes) -> None:
        """Keep the body in a content coding."""
        suffix = b"" if coding == IDENTITY else b"-" + coding
        etag = b'"' + self._digest + suffix + b'"'
        own = [
            # The digest is that of the bytes in this coding (RFC 9530).
            (name, repr_digest(sha256(body).digest()).encode()) if name == b"repr-digest" else (name, value)
            for name, value in self._headers
        ]
        self._variants[coding] = self._variant(coding, etag, own, [(b"content-length", b"%d" % len(body))], body)

    def streamed(
        self, coding: bytes, etag: bytes, fields: Mapping[bytes, bytes], body: AsyncGenerator[bytes, None]
    ) -> Reply:
        """The reply whose body is made while it is sent, after the preconditions of the request.

        Raises:
            ProblemException: a precondition failed.
        """
        # The digest is known of the bytes without a coding; with one they are not made yet.
        own = [line for line in self._headers if coding == IDENTITY or line[0] != b"repr-digest"]
        variant = self._variant(coding, etag, own, [], b"")
        if evaluate_preconditions(fields, etag) == NOT_MODIFIED:
            return variant.not_modified
        variant.full.streamed = body
        return variant.full

    def _variant(self, coding: bytes, etag: bytes, own: RawHeaders, length: RawHeaders, body: bytes) -> Variant:
        headers = [*own, (b"etag", etag)]
        # A 304 has no body, so no language.
        repeated = [line for line in headers if line[0] in ON_304]
        repeated += [line for line in self._common if line[0] != b"content-language"]
        if coding != IDENTITY:
            headers.append((b"content-encoding", coding))
        headers += [*length, *self._common]
        return Variant(etag, Reply(OK, headers, body), Reply(NOT_MODIFIED, repeated, b""))

    def reply(self, coding: bytes, fields: Mapping[bytes, bytes]) -> Reply:
        """The reply in a coding that it has, after the preconditions of the request.

        Raises:
            ProblemException: a precondition failed.
        """
        if coding == IDENTITY and coding not in self._variants:
            self.add(coding, self.body)
        variant = self._variants[coding]
        if CONDITIONS.isdisjoint(fields):
            return variant.full
        status = evaluate_preconditions(fields, variant.etag)
        return variant.not_modified if status == NOT_MODIFIED else variant.full


def repr_digest(digest: bytes) -> str:
    """The `Repr-Digest` (RFC 9530) of a body by its SHA-256."""
    return f"sha-256=:{b64encode(digest).decode()}:"


def _on_offer(media_types: tuple[bytes, ...]) -> str:
    *others, last = [media_type.decode() for media_type in media_types]
    return f"{', '.join(others)} and {last} are on offer" if others else f"only {last} is on offer"


class ResponseCache:
    """Responses within a budget of bytes.

    A new response is on probation; one that is requested again moves to the main queue. Each queue
    evicts the least recently used, so a flood of addresses that are requested once evicts only
    each other.
    """

    PROBATION_SHARE: Final = 0.25

    def __init__(self, budget: int) -> None:
        self._probation: OrderedDict[Key, CachedResponse] = OrderedDict()
        self._main: OrderedDict[Key, CachedResponse] = OrderedDict()
        self._probation_budget = self._probation_free = int(budget * self.PROBATION_SHARE)
        self._main_free = budget - self._probation_budget

    def __len__(self) -> int:
        return len(self._probation) + len(self._main)

    @property
    def size(self) -> int:
        """Upper bound of the bytes in use."""
        return sum(response.max_bytes for queue in (self._probation, self._main) for response in queue.values())

    def get(self, key: Key) -> CachedResponse | None:
        """The cached response to a request, if there is one."""
        response = self._main.get(key)
        if response is not None:
            self._main.move_to_end(key)
            return response
        response = self._probation.pop(key, None)
        if response is not None:
            self._probation_free += response.max_bytes
            self._main[key] = response
            self._main_free -= response.max_bytes
            while self._main_free < 0:
                self._main_free += self._main.popitem(last=False)[1].max_bytes
        return response

    def put(self, key: Key, response: CachedResponse) -> None:
        """Add a response on probation, unless it alone would take more than the probation queue has."""
        if response.max_bytes > self._probation_budget or key in self._main or key in self._probation:
            return
        self._probation[key] = response
        self._probation_free -= response.max_bytes
        while self._probation_free < 0:
            self._probation_free += self._probation.popitem(last=False)[1].max_bytes


class KnownRequest(NamedTuple):
    """A request whose head is remembered, and its response."""

    key: Key
    reply: ref[Reply]
    """A weak reference: only the cache keeps responses."""
    method: str
    counter: list[int]
    """The number of such requests, in a list of one that the metrics share."""


class KnownRequests:
    """Requests by the bytes of their head: a request with the same head gets its response without being parsed."""

    def __init__(self, cache: ResponseCache) -> None:
        self._cache = cache
        self._known: dict[bytes, KnownRequest] = {}

    def __len__(self) -> int:
        return len(self._known)

    def __contains__(self, head: bytes) -> bool:
        return head in self._known

    def get(self, head: bytes) -> tuple[KnownRequest, Reply] | None:
        """The request and its reply, as long as the response is cached."""
        known = self._known.get(head)
        if known is None:
            return None
        reply = known.reply()
        if reply is None:
            return None
        # A look-up marks the response as recently used.
        self._cache.get(known.key)
        return known, reply

    def put(self, head: bytes, key: Key, reply: Reply, method: str, counter: list[int]) -> None:
        """Remember the response to a request."""
        if len(head) <= MAX_KNOWN_BYTES:
            if len(self._known) >= MAX_KNOWN:
                self._known.clear()
            self._known[head] = KnownRequest(key, ref(reply), method, counter)
