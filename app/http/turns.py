"""Fairness: long endpoint calls yield to the event loop, so that it can accept and read connections in between."""

import asyncio
from time import perf_counter
from typing import Final

TURN_SECONDS: Final = 0.005
"""How long endpoint calls may take in all before the event loop runs."""
YIELDS: Final = 4
"""How many iterations the event loop then runs. It accepts one connection in each. With one iteration, clients that reconnect
after every response would fill the queue of new connections as fast as it is emptied."""


class Turns:
    """Runs one endpoint call (one `async with`) at a time, and yields to the event loop after some milliseconds of calls."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._started = 0.0
        self._spent = 0.0
        """How many seconds calls have taken since the last yield."""

    async def __aenter__(self) -> None:
        """Wait until no other call runs. The lock wakes waiting calls one by one, each in another iteration of the event loop."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._lock, self._loop = asyncio.Lock(), loop
        await self._lock.acquire()
        self._started = perf_counter()

    async def __aexit__(self, *_exception: object) -> None:
        """Yield to the event loop when it is due, then let the next call run."""
        try:
            self._spent += perf_counter() - self._started
            if self._spent >= TURN_SECONDS:
                self._spent = 0.0
                for _ in range(YIELDS):
                    await asyncio.sleep(0)
        finally:
            self._lock.release()
