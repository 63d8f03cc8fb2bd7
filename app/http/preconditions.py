"""Preconditions: whether a conditional request gets the full response, a 304 or a 412 (RFC 9110, section 13)."""

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final

from app.problems import BAD_REQUEST, PRECONDITION_FAILED, ProblemException

OK: Final = 200
NOT_MODIFIED: Final = 304
CONDITIONS: Final = frozenset({b"if-match", b"if-none-match", b"if-modified-since", b"if-unmodified-since"})
MAX_CONDITION_BYTES: Final = 8000
ENTITY_TAG = re.compile(rb'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"')
HTTP_DATE_FORMATS = ("%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y")
"""The format in use, and the two obsolete ones that RFC 9110 requires recipients to read."""


def evaluate_preconditions(fields: Mapping[bytes, bytes], etag: bytes | None, last_modified: datetime | None) -> int:
    """The status after all preconditions, in the order of RFC 9110, section 13.2.2: 200 or 304.

    A response that may not be stored has neither an entity tag nor a date.

    Raises:
        ProblemException: 412 when a precondition fails, 400 when one is too long.
    """
    if any(len(fields[name]) > MAX_CONDITION_BYTES for name in CONDITIONS & fields.keys()):
        raise ProblemException(BAD_REQUEST, f"A precondition is longer than {MAX_CONDITION_BYTES} bytes.")
    if (if_match := fields.get(b"if-match")) is not None:
        failed = not _any_match(if_match, etag, weak=False)
    else:
        since = _http_date(fields.get(b"if-unmodified-since"))
        failed = bool(last_modified and since and last_modified > since)
    if failed:
        raise ProblemException(PRECONDITION_FAILED, "The current representation does not meet the precondition.")
    if (if_none_match := fields.get(b"if-none-match")) is not None:
        return NOT_MODIFIED if _any_match(if_none_match, etag, weak=True) else OK
    since = _http_date(fields.get(b"if-modified-since"))
    return NOT_MODIFIED if last_modified and since and last_modified <= since else OK


def _any_match(field: bytes, etag: bytes | None, *, weak: bool) -> bool:
    if field.strip() == b"*":
        return True
    tags = ENTITY_TAG.findall(field)
    return etag in ([tag.removeprefix(b"W/") for tag in tags] if weak else tags)


def _http_date(field: bytes | None) -> datetime | None:
    """The time an HTTP date names, or None: a date that can't be read is ignored."""
    if field is None:
        return None
    text = field.decode("latin-1").replace("  ", " 0")
    for date_format in HTTP_DATE_FORMATS:
        with suppress(ValueError):
            time = datetime.strptime(text, date_format).replace(tzinfo=UTC)
            # Python reads more than the standard allows: single digits, any weekday, lower case.
            if time.strftime(date_format) == text:
                return time
    return None
