"""Responses that endpoints return when the pipeline must not touch their bytes."""

from collections.abc import Mapping
from types import MappingProxyType

from starlette.responses import Response

FOREVER = "public, max-age=31536000, immutable"
"""The `Cache-Control` of what never changes under its address."""


class FixedResponse(Response):
    """A JSON document that is sent byte for byte as it was built; clients compute a digest over it, or over its parts."""

    def __init__(
        self,
        body: bytes,
        *,
        compressed: Mapping[bytes, bytes] = MappingProxyType({}),
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        super().__init__(body, headers=dict(headers), media_type="application/json")
        self.compressed = compressed
        """The body in the content codings that were made before, by coding."""
