"""The header fields that responses have in common, and cacheable responses with these."""

from collections.abc import Mapping
from typing import Final

from app.http.cache import CachedResponse, RawHeaders, Reply
from app.problems import VARY

EXPOSED: Final = "Allow, Content-Disposition, ETag, Link, Location, Repr-Digest, Retry-After, X-Request-ID"
JSON_POLICY: Final = "default-src 'none'; frame-ancestors 'none'"
NO_STORE: Final = (b"cache-control", b"no-store")


class CommonHeaders:
    """The header fields of every response, unless it sets them itself."""

    def __init__(self, cache_seconds: int, *, tls: bool) -> None:
        # With 0, nothing may be reused before it is revalidated.
        while_revalidated = "stale-while-revalidate=86400, " if cache_seconds else ""
        freshness = f"public, max-age={cache_seconds}, {while_revalidated}stale-if-error=604800"
        self._storable = [(b"cache-control", freshness.encode()), (b"vary", VARY.encode())]
        common = {
            "access-control-allow-origin": "*",
            "access-control-expose-headers": EXPOSED,
            "cross-origin-resource-policy": "cross-origin",
            "referrer-policy": "no-referrer",
            "x-content-type-options": "nosniff",
            "content-language": "en",
            "content-security-policy": JSON_POLICY,
        }
        if tls:
            common["strict-transport-security"] = "max-age=63072000; includeSubDomains"
        self._common = [(name.encode(), value.encode()) for name, value in common.items()]

    def complete(self, headers: RawHeaders) -> RawHeaders:
        """The header fields of a response, completed with the common ones."""
        return [*headers, *_lacking(headers, self._common)]

    def cacheable(self, reply: Reply, offers: tuple[bytes, ...] | None = None) -> CachedResponse:
        """A cacheable response; `offers` are the media types between which `Accept` chose, as in `CachedResponse`."""
        if offers:
            reply.headers.append((b"vary", f"Accept, {VARY}".encode()))
        own = [*reply.headers, *_lacking(reply.headers, self._storable)]
        return CachedResponse(own, reply.body, _lacking(reply.headers, self._common), offers)

    def precompressed(self, reply: Reply, compressed: Mapping[bytes, bytes]) -> CachedResponse:
        """A cacheable response whose body is already compressed with these codings."""
        cached = self.cacheable(reply)
        for coding, body in compressed.items():
            cached.add(coding, body)
        return cached

    def not_modified(self) -> RawHeaders:
        """The header fields of a 304 for a response that may not be stored. It has no body, so no language."""
        return [NO_STORE, *(line for line in self._common if line[0] != b"content-language")]


def _lacking(headers: RawHeaders, common: RawHeaders) -> RawHeaders:
    present = {name for name, _ in headers}
    return [line for line in common if line[0] not in present]
