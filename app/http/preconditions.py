"""Preconditions: whether a conditional request gets the whole response, a 304 or a 412 (RFC 9110, section 13).

No response has a modification date, so `If-Modified-Since` and `If-Unmodified-Since` are ignored, as the RFC requires.
"""

import re
from collections.abc import Mapping
from typing import Final

from app.problems import BAD_REQUEST, PRECONDITION_FAILED, ProblemException

OK: Final = 200
NOT_MODIFIED: Final = 304
CONDITIONS: Final = frozenset({b"if-match", b"if-none-match"})
MAX_CONDITION_BYTES: Final = 8000
ENTITY_TAG = re.compile(rb'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"')


def evaluate_preconditions(fields: Mapping[bytes, bytes], etag: bytes | None) -> int:
    """The status after all preconditions, in the order of RFC 9110, section 13.2.2: 200 or 304.

    A response that may not be stored has no entity tag. A streamed one has a weak tag, which never matches in `If-Match`.

    Raises:
        ProblemException: 412 when a precondition fails, 400 when one is too long.
    """
    if any(len(fields[name]) > MAX_CONDITION_BYTES for name in CONDITIONS & fields.keys()):
        raise ProblemException(BAD_REQUEST, f"A precondition is longer than {MAX_CONDITION_BYTES} bytes.")
    if_match, if_none_match = fields.get(b"if-match"), fields.get(b"if-none-match")
    if if_match is not None and not _any_match(if_match, etag, weak=False):
        raise ProblemException(PRECONDITION_FAILED, "The current representation does not meet the precondition.")
    return NOT_MODIFIED if if_none_match is not None and _any_match(if_none_match, etag, weak=True) else OK


def _any_match(field: bytes, etag: bytes | None, *, weak: bool) -> bool:
    if field.strip() == b"*":
        return True
    if etag is None:
        return False
    tags = ENTITY_TAG.findall(field)
    if weak:
        return etag.removeprefix(b"W/") in [tag.removeprefix(b"W/") for tag in tags]
    return etag in tags and not etag.startswith(b"W/")
