"""Streamed bodies: pieces are rendered one by one, yielding to other requests, and compressed in a thread."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from time import perf_counter
from typing import Final

from starlette.types import Receive, Send

from app.http.cache import Reply
from app.http.compression import Compressor
from app.http.negotiation import CODINGS_BY_PIECES
from app.http.preconditions import OK
from app.http.prefix import prefixed
from app.http.turns import Turns

MEDIA_TYPE: Final = [(b"content-type", b"")]
MAX_STREAMS: Final = 100
"""How many bodies are made at once: each takes up to a megabyte for as long as its client reads."""


class Streams:
    """The bodies that are being made while they are sent."""

    def __init__(self, turns: Turns, compressor: Compressor) -> None:
        self._turns = turns
        self._compressor = compressor
        self._open = 0

    @property
    def are_many(self) -> bool:
        """Whether another body would be one too many."""
        return self._open >= MAX_STREAMS

    async def body(self, pieces: Iterator[bytes], prefix: str, coding: bytes) -> AsyncGenerator[bytes, None]:
        """The pieces of a body in a content coding, with the prefix before the addresses in them."""
        self._open += 1
        try:
            compress, end = CODINGS_BY_PIECES[coding]()
            while (piece := await self._next(pieces, prefix)) is not None:
                if made := await self._compressor.piece(compress, piece):
                    yield made
            if made := end():
                yield made
        finally:
            self._open -= 1

    async def send(self, body: AsyncGenerator[bytes, None], receive: Receive, send: Send) -> None:
        """Send a body as far as the client is there: many servers take without a word what is sent to one that has left."""
        leaving = asyncio.create_task(_has_left(receive))
        try:
            async with aclosing(body) as pieces:
                async for piece in pieces:
                    if leaving.done() and leaving.result():
                        return
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            leaving.cancel()

    async def _next(self, pieces: Iterator[bytes], prefix: str) -> bytes | None:
        """The next piece, which is made in a turn of its own; None at the end."""
        async with self._turns.one():
            started = perf_counter()
            piece = next(pieces, None)
            if piece is not None:
                piece = prefixed(Reply(OK, MEDIA_TYPE, piece), prefix).body
                await self._turns.spend(perf_counter() - started)
        return piece


async def _has_left(receive: Receive) -> bool:
    """Wait for what a server says after the body of a request: that the client has left."""
    while (message := await receive())["type"] == "http.request" and message.get("more_body"):
        pass
    if message["type"] == "http.request":
        message = await receive()
    return bool(message["type"] == "http.disconnect")
