"""Responses that endpoints return when the pipeline must not touch their bytes."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from starlette.responses import Response, StreamingResponse

FOREVER = "public, max-age=31536000, immutable"
"""The `Cache-Control` of what never changes under its address."""
WHOLE = slice(None)


class FixedResponse(Response):
    """A JSON document that is sent as it was built, at least in part: clients compute a digest over that."""

    def __init__(
        self,
        body: bytes,
        *,
        compressed: Mapping[bytes, bytes] = MappingProxyType({}),
        fixed: slice = WHOLE,
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        super().__init__(body, headers=dict(headers), media_type="application/json")
        self.compressed = compressed
        """The body in the content codings that were made before, by coding."""
        self.fixed = fixed
        """The part of the body that stays as it is; addresses in the rest get the prefix of a proxy or a mount."""


class StreamedResponse(StreamingResponse):
    """A body too long to be made whole: it is sent while it is made, and other requests have their turn in between."""

    def __init__(
        self,
        pieces: Iterator[bytes],
        *,
        made_from: bytes,
        headers: Mapping[str, str],
        media_type: str,
        is_fixed: bool = False,
    ) -> None:
        super().__init__(pieces, headers=headers, media_type=media_type)
        self.pieces = pieces
        """Parts of the body. Unless that is fixed, no address is cut in two."""
        self.is_fixed = is_fixed
        """Whether the body stays as it is under a prefix: clients compute a digest over it."""
        self.made_from = made_from
        """What the body depends on besides path and query: a digest over the body is not known when its entity tag is sent."""
