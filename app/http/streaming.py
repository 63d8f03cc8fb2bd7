"""Bodies that are made while they are sent: each piece in a turn of its own, compressed in a thread."""

from collections.abc import AsyncGenerator, Iterator
from time import perf_counter

from app.http.cache import Reply
from app.http.compression import Compressor
from app.http.negotiation import CODINGS_BY_PIECES
from app.http.preconditions import OK
from app.http.prefix import prefixed
from app.http.turns import Turns


async def streamed(
    pieces: Iterator[bytes], prefix: str, coding: bytes, turns: Turns, compressor: Compressor
) -> AsyncGenerator[bytes, None]:
    """The pieces of a body in a content coding, with the prefix before the addresses in them."""
    compress, end = CODINGS_BY_PIECES[coding]()
    media_type = [(b"content-type", b"")]
    while True:
        async with turns.one():
            started = perf_counter()
            piece = next(pieces, None)
            if piece is None:
                break
            piece = prefixed(Reply(OK, media_type, piece), prefix).body
            await turns.spend(perf_counter() - started)
        if made := await compressor.piece(compress, piece):
            yield made
    if made := end():
        yield made
