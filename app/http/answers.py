"""A successful answer in every form a client may ask for: media type, content coding, preconditions (RFC 9110)."""

import gzip
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from typing import Final

import brotli
import zstandard

from app.http.headers import RawHeaders
from app.problems import BAD_REQUEST, NOT_ACCEPTABLE, PRECONDITION_FAILED, Kind

OK: Final = 200
NOT_MODIFIED: Final = 304
KEPT_BY_304: Final = frozenset(
    {b"cache-control", b"content-security-policy", b"etag", b"last-modified", b"link", b"vary"}
)
"""What a 304 repeats of the answer it stands for: a cache replaces the headers it holds with these."""
CONDITIONS: Final = frozenset({b"if-match", b"if-none-match", b"if-modified-since", b"if-unmodified-since"})
MAX_CONDITION_BYTES: Final = 8000
MAX_WISH_BYTES: Final = 1000
"""How much is read of what a client says it accepts; no browser says a third of that."""
ENTITY_TAG = re.compile(rb'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"')
HTTP_DATE_FORMS = ("%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y")
"""The form in use, and the two that RFC 9110 still wants read."""
QUALITY = re.compile(rb"q=(0(?:\.\d*)?|1(?:\.0*)?)")

# The levels are where more time buys next to nothing: for a list of twenty (53 kB) brotli 5 takes 1 ms for
# 9.3 kB, brotli 11 takes 68 ms for 8.1 kB.
CODINGS: Final[dict[bytes, Callable[[bytes], bytes]]] = {
    b"br": lambda body: bytes(brotli.compress(body, quality=5)),
    b"zstd": lambda body: zstandard.ZstdCompressor(level=9).compress(body),
    b"gzip": lambda body: gzip.compress(body, compresslevel=6, mtime=0),
}
"""The codings on offer, preferred first where a client likes several equally."""
IDENTITY: Final = b"identity"
WORTH_COMPRESSING: Final = 1024
"""Bodies of fewer bytes fit in the packet their headers travel in."""


@dataclass(slots=True, weakref_slot=True)
class Reply:
    """What is sent back."""

    status: int
    headers: RawHeaders
    body: bytes
    whole_headers: RawHeaders | None = None
    """The same with those that belong on every answer, once they have been added."""
    lines: bytes | None = None
    """Those as they are written to a connection, once they have been."""


class Answer:
    """One successful answer; its forms are made when they are first asked for, and then kept with it."""

    __slots__ = ("_body", "_digest", "_headers", "_last_modified", "_media_type", "_replies", "bound")

    def __init__(self, headers: RawHeaders, body: bytes, last_modified: datetime) -> None:
        self._headers = headers
        self._body = body
        self._last_modified = last_modified
        self._digest = sha256(body).hexdigest()[:32].encode()
        media_type = next(value for name, value in headers if name == b"content-type")
        self._media_type = media_type.partition(b";")[0]
        self._replies: dict[bytes, tuple[bytes, Reply, Reply]] = {}
        self.bound = (len(body) + sum(len(name) + len(value) for name, value in headers) + 2048) * (1 + len(CODINGS))
        """Upper bound of the bytes it takes with all its forms made."""

    def reply(self, fields: Mapping[bytes, bytes]) -> Reply | Kind:
        """The reply to a request with these header fields, or the kind of problem that stands against one."""
        accept = fields.get(b"accept")
        if accept is not None and not accepts(accept[:MAX_WISH_BYTES], self._media_type):
            return NOT_ACCEPTABLE
        wish = fields.get(b"accept-encoding")
        coding = chosen_coding(wish and wish[:MAX_WISH_BYTES], worth_it=len(self._body) >= WORTH_COMPRESSING)
        if coding is None:
            return NOT_ACCEPTABLE
        etag, whole, unchanged = self._replies.get(coding) or self._made(coding)
        if CONDITIONS.isdisjoint(fields):
            return whole
        status = evaluate_preconditions(fields, etag, self._last_modified)
        if isinstance(status, Kind):
            return status
        return unchanged if status == NOT_MODIFIED else whole

    def _made(self, coding: bytes) -> tuple[bytes, Reply, Reply]:
        suffix = b"" if coding == IDENTITY else b"-" + coding
        body = self._body if coding == IDENTITY else CODINGS[coding](self._body)
        etag = b'"' + self._digest + suffix + b'"'
        headers = [(name, value) for name, value in self._headers if name != b"content-length"]
        headers.append((b"etag", etag))
        unchanged = [line for line in headers if line[0] in KEPT_BY_304]
        if suffix:
            headers.append((b"content-encoding", coding))
        headers.append((b"content-length", b"%d" % len(body)))
        made = etag, Reply(OK, headers, body), Reply(NOT_MODIFIED, unchanged, b"")
        self._replies[coding] = made
        return made


@lru_cache(maxsize=1024)
def accepts(field: bytes, media_type: bytes) -> bool:
    """Whether an Accept header allows a media type; the most specific range decides."""
    if not field.strip(b" \t,"):
        return True
    kind = media_type.partition(b"/")[0]
    best = (-1, 0.0)
    for name, quality in _weighed(field):
        specific = {b"*/*": 0, kind + b"/*": 1, media_type: 2}.get(name)
        if specific is not None:
            best = max(best, (specific, quality))
    return best[1] > 0


@lru_cache(maxsize=1024)
def chosen_coding(field: bytes | None, *, worth_it: bool) -> bytes | None:
    """The content coding an Accept-Encoding header likes best, or None when it rules out all of them.

    Without a header the body goes as it is. Bodies that are not worth it are coded only when the
    client rules out anything else.
    """
    if field is None:
        return IDENTITY
    wanted = {name.replace(b"x-gzip", b"gzip"): quality for name, quality in _weighed(field)}
    rest = wanted.get(b"*")
    quality = {coding: wanted.get(coding, rest or 0.0) for coding in CODINGS}
    # Nothing said of the body as it is means that it will do when nothing better is there.
    quality[IDENTITY] = wanted.get(IDENTITY, 0.0001 if rest is None else rest)
    if not worth_it and quality[IDENTITY] > 0:
        return IDENTITY
    best = max(quality, key=quality.__getitem__)
    return best if quality[best] > 0 else None


def _weighed(field: bytes) -> list[tuple[bytes, float]]:
    """The elements of a list with weights; a weight that can't be read counts as 1."""
    elements = []
    for element in field.split(b","):
        name, *parameters = (part.strip().lower() for part in element.split(b";"))
        weights = (QUALITY.fullmatch(parameter) for parameter in parameters if parameter.startswith(b"q="))
        quality = next((float(weight[1]) if weight else 1.0 for weight in weights), 1.0)
        # What rules out a variant (`text/html;level=1;q=0`) says nothing of the plain form, which is all there is here.
        if quality > 0 or all(parameter.startswith(b"q=") for parameter in parameters):
            elements.append((name, quality))
    return elements


def evaluate_preconditions(
    fields: Mapping[bytes, bytes], etag: bytes | None, last_modified: datetime | None
) -> int | Kind:
    """The status after evaluating all preconditions in the order of RFC 9110, section 13.2.2, or the problem.

    An answer that nobody may keep has neither an entity tag nor a date.
    """
    if any(len(fields[name]) > MAX_CONDITION_BYTES for name in CONDITIONS & fields.keys()):
        return BAD_REQUEST
    if (if_match := fields.get(b"if-match")) is not None:
        if not _any_match(if_match, etag, weakly=False):
            return PRECONDITION_FAILED
    elif last_modified and (since := _http_date(fields.get(b"if-unmodified-since"))) and last_modified > since:
        return PRECONDITION_FAILED
    if (if_none_match := fields.get(b"if-none-match")) is not None:
        return NOT_MODIFIED if _any_match(if_none_match, etag, weakly=True) else OK
    if last_modified and (since := _http_date(fields.get(b"if-modified-since"))) and last_modified <= since:
        return NOT_MODIFIED
    return OK


def _any_match(field: bytes, etag: bytes | None, *, weakly: bool) -> bool:
    if field.strip() == b"*":
        return True
    tags = ENTITY_TAG.findall(field)
    return etag in ([tag.removeprefix(b"W/") for tag in tags] if weakly else tags)


def _http_date(field: bytes | None) -> datetime | None:
    """The moment an HTTP date names, or None: a date that can't be read counts as absent."""
    if field is None:
        return None
    text = field.decode("latin-1").replace("  ", " 0")
    for form in HTTP_DATE_FORMS:
        with suppress(ValueError):
            moment = datetime.strptime(text, form).replace(tzinfo=UTC)
            # Python reads more than the standard writes: single digits, any weekday, lower case.
            if moment.strftime(form) == text:
                return moment
    return None
