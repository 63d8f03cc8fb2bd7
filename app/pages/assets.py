"""The files that pages load. Their addresses carry a hash of their content, so they are cached for good.

Each is compressed once, at the best level, by `python -m app.pages`; the results are committed in `compressed/`. Their
names carry the hash too: a file that changed has no compressed form until that command has run again, never a wrong one.
"""

import gzip
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Final

import brotli
import zstandard

from app.http.negotiation import MIN_COMPRESSED_BYTES

FILES: Final = Path(__file__).parent
COMPRESSED: Final = FILES / "compressed"
SUFFIXES: Final = {b"br": ".br", b"zstd": ".zst", b"gzip": ".gz"}
"""The file name suffix of each content coding."""
BEST: Final[dict[bytes, Callable[[bytes], bytes]]] = {
    b"br": lambda body: bytes(brotli.compress(body, mode=brotli.MODE_TEXT, quality=11)),
    b"zstd": lambda body: zstandard.ZstdCompressor(level=19).compress(body),
    # The highest level is not always the smallest.
    b"gzip": lambda body: min((gzip.compress(body, compresslevel=level, mtime=0) for level in range(5, 10)), key=len),
}
"""The content codings at their best level: four seconds for Swagger UI, so not while serving."""


@dataclass(frozen=True)
class Asset:
    """A file that pages load."""

    source: str
    """Path of the file below this folder."""
    media_type: str

    @cached_property
    def content(self) -> bytes:
        """The content of the file."""
        return (FILES / self.source).read_bytes()

    @cached_property
    def name(self) -> str:
        """The name under which it is served, such as style.1f0c9a3b7d2e.css."""
        path = Path(self.source)
        return f"{path.stem}.{sha256(self.content).hexdigest()[:12]}{path.suffix}"

    @property
    def address(self) -> str:
        """The path under which it is served, from the root of the service and without a leading slash."""
        return f"pages/{self.name}"

    def compressed_files(self) -> dict[bytes, Path]:
        """The paths of its compressed forms, by content coding; a small file has none."""
        if len(self.content) < MIN_COMPRESSED_BYTES:
            return {}
        return {coding: COMPRESSED / f"{self.name}{suffix}" for coding, suffix in SUFFIXES.items()}

    def compressed(self) -> dict[bytes, bytes]:
        """Its compressed forms that exist, by content coding."""
        return {coding: path.read_bytes() for coding, path in self.compressed_files().items() if path.exists()}


ASSETS: Final = {
    Path(asset.source).name: asset
    for asset in (
        Asset("style.css", "text/css"),
        Asset("landing.js", "text/javascript"),
        Asset("site/site.css", "text/css"),
        Asset("site/suggest.js", "text/javascript"),
        Asset("docs.css", "text/css"),
        Asset("docs.js", "text/javascript"),
        Asset("icon.svg", "image/svg+xml"),
        Asset("swagger-ui/swagger-ui.css", "text/css"),
        Asset("swagger-ui/swagger-ui-bundle.js", "text/javascript"),
    )
}
"""Every asset by its file name, as templates refer to it."""
