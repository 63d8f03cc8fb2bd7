"""Refuses what no address accepts: a broken Host, an ambiguous query; gives every request its identifier."""

import re
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from ipaddress import IPv6Address
from itertools import count
from secrets import token_hex
from urllib.parse import unquote_to_bytes

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.http.headers import answer_held, combined, send_all
from app.problems import (
    BAD_REQUEST,
    INVALID_REQUEST,
    NOT_FOUND,
    Kind,
    ProblemError,
    in_sum,
    pointer,
    problem_response,
    shown,
)

MAX_QUERY_BYTES = 4096
MAX_PARAMETERS = 50
MAX_HOST_BYTES = 260
HOST = re.compile(
    rb"(?:\[(?P<ipv6>[0-9A-Fa-f:.]{2,45})\]|(?=[^:]{1,253}(?::|\Z))[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*\.?)"
    rb"(?::(?:[0-5]?[0-9]{0,4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))?"
)
"""A name or an address, and a port that may be left out."""
CONTROL_CHARACTER = re.compile(r"[\x00-\x1f\x7f-\x9f]")
CLIENT_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_PROCESS, _COUNTER = token_hex(8), count(1)


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


def request_id_of(fields: Mapping[bytes, bytes]) -> str:
    """The client's own identifier when it sent a plain one, else a new one."""
    sent = fields.get(b"x-request-id")
    if sent is not None and CLIENT_REQUEST_ID.fullmatch(sent):
        return sent.decode()
    return new_request_id()


def new_request_id() -> str:
    """An identifier that no other request has."""
    return f"{_PROCESS}-{next(_COUNTER):x}"


class RequestIds:
    """Gives every request an identifier, and the identifier back with the answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its identifier."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope["request_id"] = request_id = request_id_of(combined(scope["headers"]))

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"].append((b"x-request-id", request_id.encode()))
            await send(message)

        await self.app(scope, receive, send_with_id)


class StrictRequests:
    """Ends requests that are wrong whatever their address and method."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer with a problem."""
        refusal = _refusal(scope) if scope["type"] == "http" else None
        if refusal is None:
            await self.app(scope, receive, send)
        else:
            response = problem_response(scope, *refusal)
            if refusal[0] is BAD_REQUEST:
                # Who meant what by such a request is open, so nothing more is taken from its connection.
                response.raw_headers.append((b"connection", b"close"))
            await response(scope, receive, send)


class StrictQueries:
    """Ends requests whose query is wrong whatever the parameters of the address are."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer with a problem; an address that is not there has no query to be wrong."""
        errors = _query_faults(scope["query_string"]) if scope["type"] == "http" and scope["query_string"] else []
        if not errors:
            await self.app(scope, receive, send)
            return
        bare: Scope = {**scope, "query_string": b"", "headers": []}
        messages = await answer_held(self.app, bare, receive)
        if "endpoint" in bare:
            response = problem_response(scope, INVALID_REQUEST, in_sum(errors, len(errors)), errors)
            await response(scope, receive, send)
        else:
            await send_all(messages, send)


def _refusal(scope: Scope) -> tuple[Kind, str] | None:
    hosts = [value for name, value in scope["headers"] if name == b"host"]
    if len(hosts) > 1 or (not hosts and scope["http_version"] != "1.0"):
        return BAD_REQUEST, "The request must have one Host header."
    if hosts and not is_host(hosts[0]):
        return BAD_REQUEST, f"The Host header {shown(hosts[0].decode('latin-1'))!r} is not a host name."
    if b"%2f" in scope["raw_path"].lower():
        # Decoded it would be taken for a slash between two parts of the path, which it is not.
        return NOT_FOUND, "There is nothing at this address; the index is at /v1."
    return None


def _query_faults(query: bytes) -> list[ProblemError]:
    """What is wrong with a query string before anything is known of its parameters."""
    if len(query) > MAX_QUERY_BYTES:
        return [
            _fault("", "query_too_long", f"The query is {len(query)} bytes long; at most {MAX_QUERY_BYTES} are read.")
        ]
    if (parameters := query.count(b"&") + 1) > MAX_PARAMETERS:
        detail = f"The query has {parameters} parameters; at most {MAX_PARAMETERS} are read."
        return [_fault("", "too_many_parameters", detail)]
    faults, seen = [], set()
    for part in query.split(b"&"):
        raw_name, separator, raw_value = part.partition(b"=")
        try:
            name, value = (unquote_to_bytes(raw.replace(b"+", b" ")).decode() for raw in (raw_name, raw_value))
        except UnicodeDecodeError:
            faults.append(_fault("", "not_unicode", "The query holds bytes that are not UTF-8."))
            continue
        if not name:
            faults.append(_fault("", "empty_name", "The query holds a parameter without a name."))
        elif not separator:
            faults.append(
                _fault(name, "missing_value", f"The parameter {shown(name)!r} has no value; write name=value.")
            )
        elif re.search(rb"%(?![0-9A-Fa-f]{2})", part):
            faults.append(
                _fault(
                    name,
                    "broken_escape",
                    f"The parameter {shown(name)!r} holds a % that is not followed by two hexadecimal digits.",
                )
            )
        elif CONTROL_CHARACTER.search(name + value):
            faults.append(
                _fault(name, "control_character", f"The parameter {shown(name)!r} holds a control character.")
            )
        elif name in seen:
            faults.append(
                _fault(
                    name,
                    "repeated_parameter",
                    f"The parameter {shown(name)!r} is given more than once; give several values with commas between them.",
                )
            )
        seen.add(name)
    return faults


def _fault(name: str, code: str, detail: str) -> ProblemError:
    return ProblemError(pointer=pointer("query", name), code=code, detail=detail, did_you_mean=None)
