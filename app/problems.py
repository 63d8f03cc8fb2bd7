"""Every error has one shape: problem details (RFC 9457)."""

import re
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from http import HTTPStatus
from types import MappingProxyType
from typing import Annotated, Any, Final
from urllib.parse import quote

import pydantic
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException

ECHO_LIMIT = 60
"""The most bytes of client input that an error repeats."""
MAX_ERRORS = 10
"""The most faults of a request that one problem lists; with the limit above it keeps every problem small."""
ALLOW = "GET, HEAD, OPTIONS"
VARY = "Accept-Encoding"
"""The request headers that a representation depends on; where `Accept` chooses a format, `Accept` too."""
STATUSES = frozenset(map(int, HTTPStatus))

Message = Annotated[str, pydantic.Field(min_length=1, max_length=500)]


class ProblemError(BaseModel):
    """One thing that is wrong with a request."""

    model_config = ConfigDict(use_attribute_docstrings=True, extra="forbid")

    pointer: Annotated[str, pydantic.Field(pattern=r"^(/[^/]*)*$", max_length=200)]
    """Where the fault lies, as a JSON pointer: `/query/limit` is the query parameter `limit`."""
    code: Annotated[str, pydantic.Field(pattern=r"^[a-z_]+$", max_length=60)]
    """Kind of fault, for programs."""
    detail: Message
    """What was found and what is expected."""
    did_you_mean: Annotated[str, pydantic.Field(max_length=200)] | None
    """A suggested correction; null when nothing is similar."""


class Problem(BaseModel):
    """An error, as RFC 9457 describes it."""

    model_config = ConfigDict(use_attribute_docstrings=True, extra="forbid")

    type: Annotated[str, pydantic.Field(pattern=r"^((/\S*)?/problems/[a-z-]+|about:blank)$", max_length=100)]
    """Path of the page that explains this kind of problem; `about:blank` when the status says it all."""
    title: Message
    """The kind of problem in a few words."""
    status: Annotated[int, pydantic.Field(ge=400, le=599, json_schema_extra={"format": "int32"})]
    """HTTP status of the response."""
    detail: Message
    """What went wrong this time."""
    instance: Annotated[str, pydantic.Field(pattern=r"^/[!-~]*$", max_length=200)]
    """Path of the request, shortened when it is long."""
    request_id: Annotated[str, pydantic.Field(pattern=r"^[A-Za-z0-9._-]+$", max_length=64)]
    """Identifier of the request, also in the `X-Request-ID` header and in what the service logs of a failure."""
    errors: Annotated[list[ProblemError], pydantic.Field(max_length=MAX_ERRORS)]
    """Each thing that is wrong, the first 10 when there are more; empty when there is nothing to add."""


@dataclass(frozen=True)
class Kind:
    """A kind of problem."""

    slug: str
    """Name of its page; empty when the status needs no explanation."""
    status: int
    title: str
    explanation: str
    """What it means and what a client can do, for the page the `type` leads to."""

    @property
    def type(self) -> str:
        """The path of its page."""
        return f"/problems/{self.slug}" if self.slug else "about:blank"


BAD_REQUEST: Final = Kind(
    "bad-request",
    400,
    "Malformed request",
    "The request is not valid HTTP: it can't be parsed, its Host header is missing, repeated or not a host name, its target or its framing is ambiguous, or a precondition is too long. Correct the client; the same request will fail again.",
)
NOT_FOUND: Final = Kind(
    "not-found",
    404,
    "Not found",
    "There is nothing at this address. Addresses are in lower case and end without a slash; the index at /v1 lists the collections. For an address that differs only in slashes or case, the response names the right one; for an unknown record, it suggests the record whose slug, name, title or code is most similar.",
)
METHOD_NOT_ALLOWED: Final = Kind(
    "method-not-allowed",
    405,
    "Method not allowed",
    "This service is read-only: it supports only GET, HEAD and OPTIONS, as the Allow header says.",
)
NOT_ACCEPTABLE: Final = Kind(
    "not-acceptable",
    406,
    "Not acceptable",
    "The Accept header excludes every media type of this address; the response names them. Ask for application/json, any type that ends in +json, application/* or */* (or, for a page, text/html). An Accept-Encoding header that excludes every content coding, identity included, causes this problem too, except at the health checks.",
)
REQUEST_TIMEOUT: Final = Kind(
    "request-timeout",
    408,
    "Request timeout",
    "The request was not complete in time. Send it again in one piece.",
)
GONE: Final = Kind(
    "gone",
    410,
    "Gone",
    "What was at this address is no longer served. For a record, the response gives the reason and, where there is one, the record to show instead. For a release, it gives the address of the bundle, which has everything. The same request will not succeed again.",
)
PRECONDITION_FAILED: Final = Kind(
    "precondition-failed",
    412,
    "Precondition failed",
    "The request holds a precondition (If-Match) that the current representation does not meet. Fetch it again without the precondition.",
)
INVALID_REQUEST: Final = Kind(
    "invalid-request",
    422,
    "Invalid parameters",
    "A parameter is unknown, repeated, of the wrong form or out of bounds. Each fault is named in errors with its place and what is expected; the parameters of each address are described at /docs.",
)
HEAD_TOO_LARGE: Final = Kind(
    "head-too-large",
    431,
    "Request head too large",
    "The request line and header fields together are larger than any request to this service needs. Send fewer or "
    "shorter ones.",
)
INTERNAL_ERROR: Final = Kind(
    "internal-error",
    500,
    "Internal error",
    "Something went wrong in the service. Its operators can find the cause by the request identifier; trying again later may help.",
)
UNAVAILABLE: Final = Kind(
    "unavailable",
    503,
    "Temporarily unavailable",
    "The service can't process the request right now. Try again after the number of seconds in the Retry-After header.",
)

KINDS: Final = (
    BAD_REQUEST,
    NOT_FOUND,
    METHOD_NOT_ALLOWED,
    NOT_ACCEPTABLE,
    REQUEST_TIMEOUT,
    GONE,
    PRECONDITION_FAILED,
    INVALID_REQUEST,
    HEAD_TOO_LARGE,
    INTERNAL_ERROR,
    UNAVAILABLE,
)


class ProblemException(Exception):  # noqa: N818  # it is not an error of the program
    """Ends a request with a problem response."""

    def __init__(
        self,
        kind: Kind,
        detail: str,
        errors: Sequence[ProblemError] = (),
        headers: Mapping[str, str] = MappingProxyType({}),
        addresses: Sequence[str] = (),
    ) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.errors = errors
        self.headers = headers
        self.addresses = addresses
        """The addresses that the texts and header fields name, as if the service were at the root."""

    def under(self, prefix: str) -> "ProblemException":
        """The same problem in a service whose addresses begin with the prefix."""
        if not prefix or not self.addresses:
            return self
        # Only these: whatever else looks like an address is what the client has sent.
        named = re.compile("|".join(re.escape(address) for address in sorted(self.addresses, key=len, reverse=True)))

        def placed(text: str) -> str:
            return named.sub(lambda found: prefix + found[0], text)

        errors = [
            error.model_copy(
                update={
                    "detail": placed(error.detail),
                    "did_you_mean": error.did_you_mean and placed(error.did_you_mean),
                }
            )
            for error in self.errors
        ]
        headers = {name: placed(value) for name, value in self.headers.items()}
        return ProblemException(self.kind, placed(self.detail), errors, headers)


def nothing_here(prefix: str) -> ProblemException:
    """The 404 for an unknown address, in a service whose addresses begin with the prefix."""
    return ProblemException(NOT_FOUND, f"There is nothing at this address; the index is at {prefix}/v1.")


def problem_of(error: Exception, prefix: str = "") -> ProblemException:
    """The problem for an exception. Internal details are never shown."""
    match error:
        case ProblemException():
            return error
        case sqlite3.Error():
            return ProblemException(UNAVAILABLE, "The data can't be read right now.")
        case MemoryError():
            return ProblemException(UNAVAILABLE, "The service is short of memory right now.")
        case HTTPException(status_code=404):
            return nothing_here(prefix)
        case HTTPException(status_code=status) if status // 100 in (4, 5):
            title = HTTPStatus(status).phrase if status in STATUSES else "Error"
            kind = next((kind for kind in KINDS if kind.status == status), Kind("", status, title, ""))
            return ProblemException(kind, str(error.detail) or kind.title, headers=error.headers or {})
        case _:
            return ProblemException(INTERNAL_ERROR, "Something went wrong.")


def problem_document(problem: ProblemException, path: str, request_id: str, prefix: str = "") -> bytes:
    """The body of a problem response, in a service whose addresses begin with the prefix."""
    instance = quote(path[: ECHO_LIMIT + 1], safe="/-._~!$&'()*+,;=:@")
    if len(instance) > ECHO_LIMIT:
        cut = instance[:ECHO_LIMIT]
        instance = cut.rsplit("%", 1)[0] if "%" in cut[-3:] else cut
    document = Problem(
        type=f"{prefix}{problem.kind.type}" if problem.kind.slug else problem.kind.type,
        title=problem.kind.title,
        status=problem.kind.status,
        detail=problem.detail[:500],
        instance=prefix + (instance if instance.startswith("/") else "/"),
        request_id=request_id,
        errors=list(problem.errors[:MAX_ERRORS]),
    )
    return document.model_dump_json().encode()


def problem_headers(problem: ProblemException, size: int) -> list[tuple[bytes, bytes]]:
    """The header fields of a problem whose body has `size` bytes."""
    headers = {"cache-control": "no-store"}
    if problem.kind is METHOD_NOT_ALLOWED:
        headers["allow"] = ALLOW
    if problem.kind is UNAVAILABLE:
        headers["retry-after"] = "5"
    headers |= {"content-length": str(size), "content-type": "application/problem+json"}
    if problem.kind is PRECONDITION_FAILED:
        headers["vary"] = VARY
    if problem.kind is NOT_ACCEPTABLE:
        headers["vary"] = f"Accept, {VARY}"
    headers |= without_framing(problem.headers)
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]


def without_framing(headers: Mapping[str, str]) -> dict[str, str]:
    """The header fields that an exception brings, in lower case, but for those that say where the body of a response ends."""
    given = {name.lower(): value for name, value in headers.items()}
    return {name: value for name, value in given.items() if name not in ("content-length", "transfer-encoding")}


def shown(value: object, limit: int = ECHO_LIMIT) -> str:
    """Client input as an error may repeat it: printable and short."""
    text = str(value)
    printable = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text[:limit])
    short = printable.encode()[:limit].decode(errors="ignore")
    return short if len(short) == len(text) else short + "…"


def pointer(where: str, name: str) -> str:
    """JSON pointer to a parameter, or to where parameters stand when the name is empty."""
    return f"/{where}/{shown(name).replace('~', '~0').replace('/', '~1')}" if name else f"/{where}"


def summary(errors: Sequence[ProblemError], total: int) -> str:
    """All errors in one sentence."""
    if total == 1:
        return errors[0].detail
    named = f"; the first {MAX_ERRORS} are named" if total > MAX_ERRORS else ""
    return f"{total} things are wrong with the parameters{named}."


def nearest(value: str, choices: Sequence[str]) -> str | None:
    """The most similar choice, if one is similar enough."""
    return next(iter(get_close_matches(value[:100].lower(), choices, n=1, cutoff=0.6)), None)


def invalid_parameters(faults: Sequence[Any], known: Iterable[str]) -> ProblemException:
    """The problem for faults that Pydantic found in the parameters of an address that knows these."""
    names = sorted(known)
    # Finding suggestions takes time, so only the errors that are served get one.
    errors = [_explained(fault, names) for fault in faults[:MAX_ERRORS]]
    return ProblemException(INVALID_REQUEST, summary(errors, len(faults)), errors)


def not_acceptable(field: str, offer: str) -> ProblemException:
    """The problem when a header field excludes everything that is offered."""
    detail = f"The {field.title()} header excludes every representation of this resource; {offer}."
    fault = ProblemError(pointer=pointer("header", field), code="not_acceptable", detail=detail, did_you_mean=None)
    return ProblemException(NOT_ACCEPTABLE, detail, [fault])


def _explained(fault: dict[str, Any], known: list[str]) -> ProblemError:
    where, name = str(fault["loc"][0]), str(fault["loc"][1])
    found, meant = fault["input"], None
    if fault["type"] == "extra_forbidden":
        code, meant = "unknown_parameter", nearest(name, known)
        takes = f"this address takes {', '.join(known)}" if known else "this address takes no parameters"
        detail = f"The parameter {shown(name)!r} is unknown; {takes}."
    elif fault["type"] == "missing":
        code, detail = "missing", f"The parameter {shown(name)!r} is missing; this address requires it."
    else:
        code = fault["type"]
        if fault["type"] == "enum" or fault["type"] == "literal_error":
            choices = [choice.strip(" '") for choice in fault["ctx"]["expected"].replace(" or ", ", ").split(",")]
            meant = nearest(str(found), choices)
        wanted = fault["msg"].removeprefix("Input ").removeprefix("String ").removeprefix("List ")
        wanted = wanted.replace(" after validation", "")
        if fault["type"] == "string_pattern_mismatch":
            wanted = f"should have the form {fault['ctx']['pattern']}"
        first = found[0] if isinstance(found, list) and found else found
        detail = f"The parameter {shown(name)!r} has the value {shown(first)!r}; it {wanted[0].lower()}{wanted[1:]}."
    return ProblemError(pointer=pointer(where, name), code=code, detail=detail[:500], did_you_mean=meant)
