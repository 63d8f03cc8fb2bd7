"""Bodies are compressed once for all who wait for them."""

import asyncio
import threading

import pytest

from app.http.cache import CachedResponse
from app.http.compression import Compressor
from app.http.negotiation import CODINGS
from wire import run


def test_a_cancelled_request_takes_no_body_from_others_that_wait_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    may_go_on = threading.Event()

    def slowly(body: bytes) -> bytes:
        may_go_on.wait(10)
        return body[:1]

    monkeypatch.setitem(CODINGS, b"gzip", slowly)
    first, second, third = (
        CachedResponse([(b"content-type", b"text/plain")], letter * 20_000, []) for letter in (b"a", b"b", b"c")
    )

    async def promise() -> None:
        compressor = Compressor()
        # Both threads are busy, so that the third body waits for one of them.
        asked = (first, second, third, third)
        waiting = [asyncio.create_task(compressor.compressed(response, b"gzip")) for response in asked]
        await asyncio.sleep(0.01)
        waiting[2].cancel()
        await asyncio.sleep(0.01)
        may_go_on.set()
        *made, given_up, other = await asyncio.gather(*waiting, return_exceptions=True)
        assert isinstance(given_up, asyncio.CancelledError)
        assert [*made, other] == [b"a", b"b", b"c"]

    run(promise)
