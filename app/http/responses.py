"""Response classes for endpoints whose body must not be changed, or is too long to be in memory at once."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from starlette.responses import Response, StreamingResponse

FOREVER = "public, max-age=31536000, immutable"
"""The `Cache-Control` of what never changes under its address."""
WHOLE = slice(None)


class FixedResponse(Response):
    """A JSON document of which a part is sent byte for byte as it was built, because clients compute a digest over it."""

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
        """The precompressed body, by content coding."""
        self.fixed = fixed
        """The part of the body that never changes; addresses in the rest get the prefix of a proxy or a mount."""


class StreamedResponse(StreamingResponse):
    """A response whose body is sent while it is made; other requests are processed in between."""

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
        """Parts of the body; none cuts an address in two, unless the body is fixed."""
        self.is_fixed = is_fixed
        """Whether addresses in the body get no prefix, because clients compute a digest over it."""
        self.made_from = made_from
        """What the body depends on besides path and query. The entity tag is made from it, as it is sent before the body is known."""
