"""A parsed request; refuses an invalid Host and an ambiguous query, whatever the path."""

import re
from collections.abc import Collection, Iterator
from contextlib import suppress
from functools import lru_cache
from ipaddress import IPv6Address
from secrets import token_bytes
from typing import Final
from urllib.parse import quote, unquote_to_bytes

from starlette.types import Scope

from app.http.cache import Key, RawHeaders
from app.problems import (
    BAD_REQUEST,
    INVALID_REQUEST,
    ProblemError,
    ProblemException,
    pointer,
    shown,
    summary,
)

MAX_QUERY_BYTES: Final = 4096
MAX_PARAMETERS: Final = 50
MAX_PARTS: Final = 200
"""How many parts of a query are looked at for ignored parameters, which do not count as parameters."""
MAX_HOST_BYTES: Final = 260
HOST = re.compile(
    rb"(?:\[(?P<ipv6>[0-9A-Fa-f:.]{2,45})\]|(?=[^:]{1,253}(?::|\Z))[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*\.?)"
    rb"(?::(?:[0-5]?[0-9]{0,4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))?"
)
"""A name or an address, and a port that may be left out."""
WITHOUT_HOST: Final = ("1.0", "1")
"""Versions of HTTP in which a request needs no Host; granian writes the one as `1`."""
CONTROL_CHARACTER = re.compile(r"[\x00-\x1f\x7f-\x9f]")
BROKEN_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
IGNORED_PARAMETERS: Final = (
    # jQuery and Ext JS make each address unique, to bypass caches.
    *("_", "_dc"),
    # Google: campaigns, clicks on advertisements and search results, visits across sites.
    *("utm_*", "gclid", "gclsrc", "dclid", "gbraid", "wbraid", "gad_source", "gad_campaignid", "srsltid", "_ga", "_gl"),
    # Click identifiers of Meta, Instagram, Microsoft, X, TikTok, LinkedIn, Pinterest, Snap, Reddit and Yandex.
    *("fbclid", "igshid", "igsh", "msclkid", "twclid", "ttclid", "li_fat_id", "epik", "sccid", "rdt_cid", "yclid"),
    # Mailchimp, HubSpot and Marketo: the recipient of the e-mail with the link.
    *("mc_cid", "mc_eid", "_hsenc", "_hsmi", "mkt_tok"),
)
"""Parameters that other tools append to an address. Any value is accepted, and no link repeats them."""
IGNORED_NAMES: Final = frozenset(name.encode() for name in IGNORED_PARAMETERS)
IGNORED_START: Final = b"utm_"
CLIENT_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")


class Request:
    """Method, address and header fields of a request; each field once, repeated lines joined by commas."""

    __slots__ = (
        "fields",
        "has_ignored_parameters",
        "headers",
        "http_version",
        "id",
        "method",
        "offers",
        "path",
        "query",
        "raw_path",
        "raw_query",
        "root_path",
    )

    def __init__(  # noqa: PLR0917  # the parts of a request in the order in which they are sent
        self,
        method: str,
        path: str,
        raw_path: bytes,
        query: bytes,
        headers: RawHeaders,
        http_version: str,
        root_path: str = "",
    ) -> None:
        self.method = method
        self.path = path
        """The path below the root path, decoded."""
        self.raw_path = raw_path
        self.raw_query = query
        self.query = _meaningful(query)
        """The query without ignored parameters; once it has been validated, in its canonical spelling."""
        self.has_ignored_parameters = len(self.query) < len(query)
        self.offers: tuple[bytes, ...] | None = None
        """The media types between which `Accept` chooses: None where there is only one, empty when the query names the format."""
        self.headers = headers
        self.http_version = http_version
        self.root_path = root_path
        fields = dict(headers)
        if len(fields) < len(headers):
            values: dict[bytes, list[bytes]] = {}
            for name, value in headers:
                values.setdefault(name, []).append(value)
            fields = {name: b", ".join(lines) for name, lines in values.items()}
        self.fields = fields
        sent_id = fields.get(b"x-request-id")
        self.id = sent_id.decode() if sent_id and CLIENT_REQUEST_ID.fullmatch(sent_id) else new_request_id()

    @classmethod
    def from_scope(cls, scope: Scope) -> "Request":
        """The request of an ASGI scope; a server may leave out `raw_path` and `root_path`."""
        # Paths from JSON, as on AWS Lambda, may contain lone surrogates.
        path = scope["path"].encode(errors="replace").decode()
        root_path = scope.get("root_path", "").encode(errors="replace").decode()
        raw_path = scope.get("raw_path") or quote(path).encode()
        if root_path and path.startswith(root_path) and path[len(root_path) :][:1] in ("", "/"):
            path = path[len(root_path) :]
        headers = scope["headers"]
        return cls(
            scope["method"],
            path,
            raw_path,
            scope["query_string"],
            headers if isinstance(headers, list) else list(headers),
            scope["http_version"],
            root_path,
        )

    @property
    def key(self) -> Key:
        """The key of the cached response."""
        return self.root_path, self.path, self.query

    @property
    def is_plain(self) -> bool:
        """Whether there is one valid Host, no other field is repeated, and the path has no escapes."""
        return (
            b"%" not in self.raw_path
            and len(self.fields) == len(self.headers)
            and is_host(self.fields.get(b"host", b""))
        )

    @property
    def is_preflight(self) -> bool:
        """Whether it is a CORS preflight: a browser asks what a page of another origin may request."""
        return self.method == "OPTIONS" and {b"origin", b"access-control-request-method"} <= self.fields.keys()

    def check_host(self) -> None:
        """Refuse a request without one valid host.

        Raises:
            ProblemException: 400.
        """
        hosts = [value for name, value in self.headers if name == b"host"]
        if len(hosts) > 1 or (not hosts and self.http_version not in WITHOUT_HOST):
            raise _ambiguous("The request must have one Host header.")
        if hosts and not is_host(hosts[0]):
            host = shown(hosts[0].decode("latin-1"))
            raise _ambiguous(f"The Host header {host!r} is not a host name.")

    @property
    def has_escaped_slash(self) -> bool:
        """Whether the decoded path has a slash that does not separate two parts of it."""
        return b"%2f" in self.raw_path.lower()

    def check_query(self, lists: Collection[str]) -> None:
        """Refuse a query that is malformed, or that repeats another parameter than one of `lists`.

        Raises:
            ProblemException: 422 with every fault.
        """
        if self.query and (errors := list(_query_errors(self.query, lists))):
            raise ProblemException(INVALID_REQUEST, summary(errors, len(errors)), errors)


def _ambiguous(detail: str) -> ProblemException:
    # The request is ambiguous, so nothing more is read from the connection.
    return ProblemException(BAD_REQUEST, detail, headers={"connection": "close"})


def is_host(field: bytes) -> bool:
    """Whether a Host header names a host."""
    return len(field) <= MAX_HOST_BYTES and _is_host(field)


@lru_cache(maxsize=1024)
def _is_host(field: bytes) -> bool:
    found = HOST.fullmatch(field)
    if found and (address := found["ipv6"]):
        with suppress(ValueError):
            return bool(IPv6Address(address.decode()))
        return False
    return found is not None


def _random_identifiers() -> Iterator[str]:
    while True:
        # One system call for many identifiers: a call for each would take longer than the rest of the fast path.
        block = token_bytes(8192)
        for start in range(0, len(block), 8):
            yield block[start : start + 8].hex()


new_request_id = _random_identifiers().__next__
"""Returns a random request identifier, which reveals nothing about other requests."""


def _meaningful(query: bytes) -> bytes:
    """The query without empty parts and ignored parameters; one that is too long, or has too many parts, is refused as it is."""
    if not query or len(query) > MAX_QUERY_BYTES or query.count(b"&") >= MAX_PARTS:
        return query
    return b"&".join([part for part in query.split(b"&") if part and not _is_ignored(part)])


def _is_ignored(part: bytes) -> bool:
    name = part.partition(b"=")[0].lower()
    if b"%" in name:
        name = unquote_to_bytes(name).lower()
    return name in IGNORED_NAMES or name.startswith(IGNORED_START)


def _query_errors(query: bytes, lists: Collection[str]) -> Iterator[ProblemError]:
    if len(query) > MAX_QUERY_BYTES:
        detail = f"The query is {len(query)} bytes long; at most {MAX_QUERY_BYTES} are read."
        yield _error("", "query_too_long", detail)
        return
    parts = query.split(b"&")
    if (count := len(parts)) > MAX_PARAMETERS:
        yield _error("", "too_many_parameters", f"The query has {count} parameters; at most {MAX_PARAMETERS} are read.")
        return
    seen = set()
    for part in parts:
        raw_name, separator, raw_value = part.partition(b"=")
        try:
            name, value = (unquote_to_bytes(raw.replace(b"+", b" ")).decode() for raw in (raw_name, raw_value))
        except UnicodeDecodeError:
            yield _error("", "not_unicode", "The query holds bytes that are not UTF-8.")
            continue
        parameter = f"The parameter {shown(name)!r}"
        if not name:
            yield _error("", "empty_name", "The query holds a parameter without a name.")
        elif not separator:
            yield _error(name, "missing_value", f"{parameter} has no value; write name=value.")
        elif BROKEN_ESCAPE.search(part):
            yield _error(
                name, "broken_escape", f"{parameter} holds a % that is not followed by two hexadecimal digits."
            )
        elif CONTROL_CHARACTER.search(name + value):
            yield _error(name, "control_character", f"{parameter} holds a control character.")
        elif name in seen and name.removesuffix("[]") not in lists:
            detail = f"{parameter} is given more than once; give it once, with one value."
            yield _error(name, "repeated_parameter", detail)
        seen.add(name)


def _error(name: str, code: str, detail: str) -> ProblemError:
    return ProblemError(pointer=pointer("query", name), code=code, detail=detail, did_you_mean=None)
