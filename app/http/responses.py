"""Responses that endpoints return when the pipeline must not touch their bytes."""

from collections.abc import Mapping
from types import MappingProxyType

from starlette.responses import Response

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
