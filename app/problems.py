"""Every error has one shape: problem details (RFC 9457)."""

import logging
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Annotated, Any, Final
from urllib.parse import quote

import pydantic
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException
from starlette.types import Scope

ECHO_LIMIT = 60
"""How much of what a client sent an error repeats at most, in bytes."""
MAX_ERRORS = 10
"""How many faults of a request an answer names at most; with the limit above it keeps every problem small."""
ALLOW = "GET, HEAD, OPTIONS"

log = logging.getLogger("app.problems")

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
    """What was probably meant; null when nothing is near."""


class Problem(BaseModel):
    """An error, as RFC 9457 describes it."""

    model_config = ConfigDict(use_attribute_docstrings=True, extra="forbid")

    type: Annotated[str, pydantic.Field(pattern=r"^/problems/[a-z-]+$", max_length=100)]
    """Path of the page that explains this kind of problem."""
    title: Message
    """The kind of problem in a few words."""
    status: Annotated[int, pydantic.Field(ge=400, le=599, json_schema_extra={"format": "int32"})]
    """HTTP status of the answer."""
    detail: Message
    """What went wrong this time."""
    instance: Annotated[str, pydantic.Field(pattern=r"^/[!-~]*$", max_length=200)]
    """Path that was asked for, shortened when it is long."""
    request_id: Annotated[str, pydantic.Field(pattern=r"^[A-Za-z0-9._-]+$", max_length=64)]
    """Identifier of the request, also in the `X-Request-ID` header and in what the service logs of a failure."""
    errors: Annotated[list[ProblemError], pydantic.Field(max_length=MAX_ERRORS)]
    """Each thing that is wrong, the first 10 when there are more; empty when there is nothing to add."""


@dataclass(frozen=True)
class Kind:
    """A kind of problem."""

    slug: str
    status: int
    title: str
    explanation: str
    """What it means and what a client can do, for the page the `type` leads to."""


BAD_REQUEST: Final = Kind(
    "bad-request",
    400,
    "Malformed request",
    "The request breaks the rules of HTTP: it can't be read, its Host header is missing, doubled or not a host name, its target or its framing is ambiguous, or a precondition is longer than any entity tags or date need. Correct the client; the same request will fail again.",
)
NOT_FOUND: Final = Kind(
    "not-found",
    404,
    "Not found",
    "There is nothing at this address. Addresses are in lower case and end without a slash; the index at /v1 lists the collections. When a record is missing, the answer suggests slugs that are near.",
)
METHOD_NOT_ALLOWED: Final = Kind(
    "method-not-allowed",
    405,
    "Method not allowed",
    "This service is read-only: GET, HEAD and OPTIONS are all it answers, as the Allow header says.",
)
NOT_ACCEPTABLE: Final = Kind(
    "not-acceptable",
    406,
    "Not acceptable",
    "The Accept header rules out every media type this address has. Ask for application/json or */* (or, for a page, text/html). An Accept-Encoding header that rules out every coding, and the body as it is, ends here too, except where the service tells of its health.",
)
REQUEST_TIMEOUT: Final = Kind(
    "request-timeout",
    408,
    "Request timeout",
    "The request was begun and not completed in time. Send it again in one piece.",
)
PRECONDITION_FAILED: Final = Kind(
    "precondition-failed",
    412,
    "Precondition failed",
    "The request holds a precondition (If-Match or If-Unmodified-Since) that the current representation does not meet. Fetch it again without the precondition.",
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
    "Something went wrong in the service. The request identifier leads its operators to the cause; trying again later may help.",
)
UNAVAILABLE: Final = Kind(
    "unavailable",
    503,
    "Temporarily unavailable",
    "The service can't answer right now. Try again after the number of seconds in the Retry-After header.",
)

KINDS: Final = (
    BAD_REQUEST,
    NOT_FOUND,
    METHOD_NOT_ALLOWED,
    NOT_ACCEPTABLE,
    REQUEST_TIMEOUT,
    PRECONDITION_FAILED,
    INVALID_REQUEST,
    HEAD_TOO_LARGE,
    INTERNAL_ERROR,
    UNAVAILABLE,
)


class ProblemException(Exception):  # noqa: N818  # it is not an error of the program
    """Ends a request with a problem."""

    def __init__(self, kind: Kind, detail: str, errors: Sequence[ProblemError] = ()) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.errors = errors


def problem_response(scope: Scope, kind: Kind, detail: str, errors: Sequence[ProblemError] = ()) -> Response:
    """The answer that tells a client of a problem."""
    path = quote(scope["path"], safe="/-._~!$&'()*+,;=:@")
    if len(path) > ECHO_LIMIT:
        path = path[:ECHO_LIMIT].rsplit("%", 1)[0] if "%" in path[ECHO_LIMIT - 3 : ECHO_LIMIT] else path[:ECHO_LIMIT]
    problem = Problem(
        type=f"/problems/{kind.slug}",
        title=kind.title,
        status=kind.status,
        detail=detail,
        instance=path if path.startswith("/") else "/",
        request_id=scope.get("request_id", "unknown"),
        errors=list(errors[:MAX_ERRORS]),
    )
    headers = {"Cache-Control": "no-store"}
    if kind is METHOD_NOT_ALLOWED:
        headers["Allow"] = ALLOW
    if kind is UNAVAILABLE:
        headers["Retry-After"] = "5"
    return Response(problem.model_dump_json(), kind.status, headers, "application/problem+json")


def shown(value: object) -> str:
    """What a client sent, as an error may repeat it: printable and short."""
    text = str(value)
    printable = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text[:ECHO_LIMIT])
    short = printable.encode()[:ECHO_LIMIT].decode(errors="ignore")
    return short if len(short) == len(text) else short + "…"


def pointer(where: str, name: str) -> str:
    """JSON pointer to a parameter, or to where parameters stand when the name is empty."""
    return f"/{where}/{shown(name).replace('~', '~0').replace('/', '~1')}" if name else f"/{where}"


def in_sum(errors: Sequence[ProblemError], total: int) -> str:
    """What is wrong, in one sentence."""
    if total == 1:
        return errors[0].detail
    named = f"; the first {MAX_ERRORS} are named" if total > MAX_ERRORS else ""
    return f"{total} things are wrong with the parameters{named}."


def nearest(value: str, choices: Sequence[str]) -> str | None:
    """The choice that was probably meant."""
    return next(iter(get_close_matches(value[:100].lower(), choices, n=1, cutoff=0.6)), None)


def add_problem_handlers(app: FastAPI) -> None:
    """Let every exception end in a problem."""
    app.add_exception_handler(ProblemException, _on_problem)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(sqlite3.Error, _on_database_fault)


async def _on_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemException)
    return problem_response(request.scope, error.kind, error.detail, error.errors)


async def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return problem_response(request.scope, NOT_FOUND, "There is nothing at this address; the index is at /v1.")


async def _on_invalid_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    known = sorted(_parameters(request))
    faults = error.errors()
    # Guessing what was meant takes time, so only what is told is explained.
    errors = [_explained(fault, known) for fault in faults[:MAX_ERRORS]]
    return problem_response(request.scope, INVALID_REQUEST, in_sum(errors, len(faults)), errors)


async def _on_database_fault(request: Request, error: Exception) -> Response:
    scope = request.scope
    log.error("database fault", exc_info=error, extra={"request_id": scope["request_id"], "path": scope["path"]})
    return problem_response(request.scope, UNAVAILABLE, "The data can't be read right now.")


def _parameters(request: Request) -> set[str]:
    """The query parameters the address knows."""
    dependant = getattr(request.scope.get("route"), "dependant", None)
    models = [field.field_info.annotation for field in dependant.query_params] if dependant else []
    return {
        name
        for model in models
        if isinstance(model, type) and issubclass(model, BaseModel)
        for name in model.model_fields
    }


def _explained(fault: dict[str, Any], known: list[str]) -> ProblemError:
    where, name = str(fault["loc"][0]), str(fault["loc"][1])
    found, meant = fault["input"], None
    if fault["type"] == "extra_forbidden":
        code, meant = "unknown_parameter", nearest(name, known)
        takes = f"this address takes {', '.join(known)}" if known else "this address takes no parameters"
        detail = f"The parameter {shown(name)!r} is unknown; {takes}."
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
