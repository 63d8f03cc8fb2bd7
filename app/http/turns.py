"""Turns of the event loop: endpoints that take long let it accept connections and read from them in between."""

import asyncio
from typing import Final

TURN_SECONDS: Final = 0.005
"""How long endpoints may take before the event loop turns."""


class Turns:
    """Lets one endpoint run at a time, and the event loop turn between them after some milliseconds."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._spent = 0.0
        """How many seconds endpoints have taken since the event loop was last made to turn."""

    def one(self) -> asyncio.Lock:
        """A lock that wakes those who wait one by one, each in another turn of the event loop."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._lock, self._loop = asyncio.Lock(), loop
        return self._lock

    async def spend(self, seconds: float) -> None:
        """Count the time that an endpoint has taken, and let the event loop turn when it is due."""
        self._spent += seconds
        if self._spent >= TURN_SECONDS:
            self._spent = 0.0
            # The others find the lock taken, and are woken one a turn.
            await asyncio.sleep(0)
