"""Parses the head of a request: it must match the grammar of HTTP/1.1 (RFC 9112) as a whole, with no leniency."""

import re
from typing import Final, NamedTuple
from urllib.parse import unquote

from app.http.request import Request, is_host
from app.problems import ALLOW, BAD_REQUEST, HEAD_TOO_LARGE, METHOD_NOT_ALLOWED, ProblemException

MAX_HEAD_BYTES: Final = 32_768
MAX_FIELDS: Final = 200
MAX_DECODED_BYTES: Final = 2000
"""How much of a path is decoded, which takes milliseconds for a long one. No address of the service is that long."""
EMPTY_LINES = re.compile(rb"[\r\n]*+")
"""Empty lines before a request, which some clients send after a body."""
TOKEN: Final = {b"token": rb"[!#$%&'*+.^_`|~0-9A-Za-z-]"}
"""A character of a token."""
METHOD_START = re.compile(rb"%(token)b{1,40}+(?: |\Z)" % TOKEN)
REQUEST_LINE = re.compile(rb"%(token)b{1,40}+ [!-~]++ HTTP/1\.[01]\r\n" % TOKEN)
HEAD_END = re.compile(rb"\n\r?\n")
"""An empty line. It matches bare line feeds too, so that a head that ends in them is refused at once."""
HEAD = re.compile(
    rb"(%(token)b{1,40}+) ([!-~]++) HTTP/(1\.[01])\r\n"
    rb"((?:%(token)b++:[\t\x20-\x7e\x80-\xff]*+\r\n)*+)\r\n" % TOKEN
)
FIELD = re.compile(rb"([^:]+):(.*)\r\n")
"""A field line of a head that `HEAD` has matched."""
ABSOLUTE_FORM = re.compile(rb"(?i:https?)://([^/?#]*)/?(.*)")
CLOSE = re.compile(rb"(?i)(?:\A|,)[ \t]*+close[ \t]*+(?:,|\Z)")
CONTENT_LENGTH = re.compile(rb"[0-9]{1,18}")
UNREADABLE: Final = "What was sent can't be read as an HTTP request."
TOO_LARGE: Final = f"The head of a request may have {MAX_HEAD_BYTES} bytes and {MAX_FIELDS} fields."


class Head(NamedTuple):
    """A request, and where on the connection it ends."""

    request: Request
    body_bytes: int
    """How many bytes of a body follow the head."""
    keeps_open: bool
    """Whether another request may follow; false when the end of the body is unknown."""
    fault: ProblemException | None
    """Why the request is refused; nothing behind it is read."""


def read_head(head: bytes, root_path: str) -> Head:
    """Parse a complete head, up to and including its empty line."""
    found = HEAD.fullmatch(head)
    if found is None:
        return refused(head, ProblemException(BAD_REQUEST, UNREADABLE), root_path)
    method, target, version, lines = found.groups()
    if lines.count(b"\n") > MAX_FIELDS:
        return refused(head, ProblemException(HEAD_TOO_LARGE, TOO_LARGE), root_path)
    headers = [(name.lower(), value.strip(b" \t")) for name, value in FIELD.findall(lines)]
    absolute = None if target.startswith(b"/") else ABSOLUTE_FORM.fullmatch(target)
    raw_path, _, query = (b"/" + absolute[2] if absolute else target).partition(b"?")
    path = _decoded(raw_path)
    request = Request(method.decode(), path, raw_path, query, headers, version.decode(), root_path)
    fault = _fault(request, target, absolute[1] if absolute else None)
    if fault:
        return Head(request, 0, keeps_open=False, fault=fault)
    fields = request.fields
    length = int(fields.get(b"content-length", b"0"))
    # A chunked body is not parsed, and after `Expect` a client may or may not send the body.
    is_endless = b"transfer-encoding" in fields or (length > 0 and b"expect" in fields)
    says_close = CLOSE.search(fields.get(b"connection", b"")) is not None
    keeps_open = version == b"1.1" and not says_close and not is_endless
    return Head(request, length, keeps_open, None)


def refused(start: bytes, problem: ProblemException, root_path: str) -> Head:
    """The head of a request that can't be parsed: the method and path with which it starts are enough for a problem."""
    method, _, rest = start.partition(b" ")
    path = _decoded(rest.partition(b"\r")[0].partition(b" ")[0].partition(b"?")[0])
    request = Request("HEAD" if method == b"HEAD" else "", path, b"", b"", [], "1.1", root_path)
    return Head(request, 0, keeps_open=False, fault=problem)


def _decoded(raw_path: bytes) -> str:
    """The path without escapes; the rest of one that is too long for any address keeps them."""
    start, rest = raw_path[:MAX_DECODED_BYTES], raw_path[MAX_DECODED_BYTES:]
    return unquote(start.decode("latin-1")) + rest.decode("latin-1")


def _fault(request: Request, target: bytes, authority: bytes | None) -> ProblemException | None:
    """The fault of a request that makes its framing or its target ambiguous, if any."""
    if request.method == "CONNECT":
        return ProblemException(METHOD_NOT_ALLOWED, f"Only {ALLOW} are allowed.")
    fields = request.fields
    coding, length = fields.get(b"transfer-encoding"), fields.get(b"content-length")
    has_valid_form = target.startswith(b"/") if authority is None else is_host(authority)
    if b"#" in target:
        detail = "The request target contains a fragment."
    elif not has_valid_form and (request.method, target) != ("OPTIONS", b"*"):
        detail = "The request target is neither a path nor an http URL."
    elif coding is not None and (coding.lower() != b"chunked" or request.http_version == "1.0"):
        detail = "The only supported transfer coding is chunked, in HTTP/1.1."
    elif coding is not None and length is not None:
        detail = "The request has both a Content-Length and a Transfer-Encoding."
    elif length is not None and not CONTENT_LENGTH.fullmatch(length):
        detail = "The Content-Length is not one number of bytes."
    else:
        return None
    return ProblemException(BAD_REQUEST, detail)
