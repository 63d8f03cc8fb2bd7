"""Compresses bodies: small ones at once, large ones in threads, so that they do not block the event loop."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

from app.http.cache import CachedResponse
from app.http.negotiation import CODINGS

INLINE_BYTES: Final = 16_384
"""Bodies up to this size are compressed on the event loop, because handing them to a thread would take as long."""


class Compressor:
    """Compresses bodies; requests that wait for the same body share one compression."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="compress")
        self._pending: dict[tuple[int, bytes], Future[bytes]] = {}

    async def compressed(self, cached: CachedResponse, coding: bytes) -> bytes:
        """The body in a content coding."""
        if len(cached.body) <= INLINE_BYTES:
            return CODINGS[coding](cached.body)
        key = id(cached), coding
        future = self._pending.get(key)
        if future is None:
            self._pending[key] = future = self._threads.submit(CODINGS[coding], cached.body)
        try:
            # Shielded: when one request is cancelled, the others still wait for the body.
            return await asyncio.shield(asyncio.wrap_future(future))
        finally:
            self._pending.pop(key, None)

    async def piece(self, compress: Callable[[bytes], bytes], piece: bytes) -> bytes:
        """The next compressed bytes of a streamed body, after another piece of it."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, compress, piece)
