"""Content negotiation: which media type and which content coding a client accepts (RFC 9110, section 12)."""

import gzip
import re
import zlib
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final

import brotli
import zstandard

QUALITY = re.compile(rb"q=(0(?:\.\d*)?|1(?:\.0*)?)")
MAX_ACCEPT_BYTES: Final = 1000
"""How much of `Accept` and `Accept-Encoding` is read; no browser sends a third of that."""

# Higher levels save little for the time they take: for a list of twenty (53 kB), brotli 5 takes 1 ms for
# 9.3 kB, brotli 11 takes 68 ms for 8.1 kB.
CODINGS: Final[dict[bytes, Callable[[bytes], bytes]]] = {
    b"br": lambda body: bytes(brotli.compress(body, quality=5)),
    b"zstd": lambda body: zstandard.ZstdCompressor(level=9).compress(body),
    b"gzip": lambda body: gzip.compress(body, compresslevel=6, mtime=0),
}
"""The content codings on offer. Of those that a client weighs equally, the first is preferred."""
PieceByPiece = tuple[Callable[[bytes], bytes], Callable[[], bytes]]
"""The functions that compress the next piece of a body and flush the rest."""


def _brotli_by_pieces() -> PieceByPiece:
    compressor = brotli.Compressor(quality=5, lgwin=16)
    return compressor.process, compressor.finish


def _zstd_by_pieces() -> PieceByPiece:
    # Without a source size, its window takes 2 MiB.
    parameters = zstandard.ZstdCompressionParameters.from_level(3, source_size=131_072)
    compressor = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    return compressor.compress, compressor.flush


def _gzip_by_pieces() -> PieceByPiece:
    compressor = zlib.compressobj(6, wbits=zlib.MAX_WBITS + 16)
    return compressor.compress, compressor.flush


# Each compressor keeps its window in memory as long as the client reads. With these small windows it takes at most 0.9 MB, a third
# of the default, and a list is a tenth longer.
CODINGS_BY_PIECES: Final[dict[bytes, Callable[[], PieceByPiece]]] = {
    b"br": _brotli_by_pieces,
    b"zstd": _zstd_by_pieces,
    b"gzip": _gzip_by_pieces,
    b"identity": lambda: (bytes, bytes),
}
"""The content codings for a streamed body."""
IDENTITY: Final = b"identity"
CODINGS_ON_OFFER: Final = f"{b', '.join(CODINGS).decode()} and {IDENTITY.decode()}"
MIN_COMPRESSED_BYTES: Final = 1024
"""Smaller bodies fit in the packet that carries their headers, so they are not compressed."""


def preferred(accept: bytes, offers: tuple[bytes, ...]) -> bytes | None:
    """The media type that an `Accept` header prefers of those on offer, or None when it rules out all.

    The most specific range that matches a media type decides its weight. Of equal weights, the media type that is named
    more specifically is preferred, then the one that is offered first.
    """
    return _preferred(accept[:MAX_ACCEPT_BYTES], offers)


@lru_cache(maxsize=1024)
def _preferred(accept: bytes, offers: tuple[bytes, ...]) -> bytes | None:
    if not accept.strip(b" \t,"):
        return offers[0]
    named: dict[bytes, float] = {}
    for name, quality in _weighted(accept):
        named[name] = max(quality, named.get(name, 0.0))
    weights = {offer: _weight(named, offer) for offer in offers}
    best = max(offers, key=weights.__getitem__)
    return best if weights[best][0] > 0 else None


def _weight(named: Mapping[bytes, float], media_type: bytes) -> tuple[float, int]:
    """The weight of a media type, and how specifically one of the named ranges matches it."""
    ranges = {b"*": 0, b"*/*": 0, media_type.partition(b"/")[0] + b"/*": 1, media_type: 3}
    best = (-1, 0.0)
    for name, quality in named.items():
        specificity = ranges.get(name)
        if specificity is None and quality > 0 and _is_json(name) and _is_json(media_type):
            # A client that accepts one +json type can parse JSON; excluding one +json type excludes no other.
            specificity = 2
        if specificity is not None:
            best = max(best, (specificity, quality))
    return best[1], best[0]


def _is_json(media_type: bytes) -> bool:
    return media_type in (b"application/json", b"text/json") or media_type.endswith(b"+json")


def content_coding(accept_encoding: bytes | None, size: int) -> bytes | None:
    """The content coding for a body of `size` bytes, or None when the client rules out every one.

    Without the header, the body is not compressed. A small body is compressed only when the client rules out `identity`.
    """
    if accept_encoding is None:
        return IDENTITY
    return _content_coding(accept_encoding[:MAX_ACCEPT_BYTES], compress=size >= MIN_COMPRESSED_BYTES)


@lru_cache(maxsize=1024)
def _content_coding(accept_encoding: bytes, *, compress: bool) -> bytes | None:
    weights = {name.replace(b"x-gzip", b"gzip"): quality for name, quality in _weighted(accept_encoding)}
    rest = weights.get(b"*")
    qualities = {coding: weights.get(coding, rest or 0.0) for coding in CODINGS}
    # A header that does not name identity allows it, as the last choice.
    qualities[IDENTITY] = weights.get(IDENTITY, 0.0001 if rest is None else rest)
    if not compress and qualities[IDENTITY] > 0:
        return IDENTITY
    best = max(qualities, key=qualities.__getitem__)
    return best if qualities[best] > 0 else None


def _weighted(field: bytes) -> list[tuple[bytes, float]]:
    """The elements of a list with their weights; a weight that can't be read counts as 1."""
    elements = []
    for element in field.split(b","):
        name, *parameters = (part.strip().lower() for part in element.split(b";"))
        weights = (QUALITY.fullmatch(parameter) for parameter in parameters if parameter.startswith(b"q="))
        quality = next((float(weight[1]) if weight else 1.0 for weight in weights), 1.0)
        # `text/html;level=1;q=0` rules out a variant that is not offered, not the plain media type.
        if quality > 0 or all(parameter.startswith(b"q=") for parameter in parameters):
            elements.append((name, quality))
    return elements
