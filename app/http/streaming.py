"""Streamed bodies: their pieces are rendered one by one, with other requests in between, and compressed in threads."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from typing import Final

from starlette.types import Receive, Send

from app.http.compression import Compressor
from app.http.negotiation import CODINGS_BY_PIECES
from app.http.prefix import add_prefix
from app.http.turns import Turns

MAX_STREAMS: Final = 100
"""How many bodies are streamed at once: each takes up to a megabyte as long as its client reads."""


class Streams:
    """The bodies that are being streamed."""

    def __init__(self, turns: Turns, compressor: Compressor) -> None:
        self._turns = turns
        self._compressor = compressor
        self._open = 0

    @property
    def is_full(self) -> bool:
        """Whether as many bodies are being streamed as is allowed."""
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
        """Send a body until the client disconnects: many servers silently discard what is sent after that."""
        disconnecting = asyncio.create_task(_is_disconnected(receive))
        try:
            async with aclosing(body) as pieces:
                async for piece in pieces:
                    if disconnecting.done() and disconnecting.result():
                        return
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            disconnecting.cancel()

    async def _next(self, pieces: Iterator[bytes], prefix: str) -> bytes | None:
        """The next piece, made in a turn of its own; None at the end."""
        async with self._turns:
            piece = next(pieces, None)
            return add_prefix(piece, prefix) if piece and prefix else piece


async def _is_disconnected(receive: Receive) -> bool:
    """Wait for the event after the body of a request; whether it says that the client has disconnected."""
    while (message := await receive())["type"] == "http.request" and message.get("more_body"):
        pass
    if message["type"] == "http.request":
        message = await receive()
    return bool(message["type"] == "http.disconnect")
