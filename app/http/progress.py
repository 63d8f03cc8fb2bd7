"""The progress of a connection: whether its client reads too slowly, or is silent for too long."""

import asyncio
import sys
from fcntl import ioctl
from termios import TIOCOUTQ
from typing import Final

CHECK_SECONDS: Final = 5.0
"""How often a connection is checked for its time-outs."""
MIN_BYTES_PER_SECOND: Final = 1000
"""A client that reads more slowly than this is disconnected."""
PATIENCE: Final = 4
"""For how many checks a client may seem to read nothing, because the system acknowledges what it reads in large steps."""


class Progress:
    """What a client has read and sent, recorded every `CHECK_SECONDS`."""

    __slots__ = ("_last", "_missing_bytes", "changed_at", "idle_seconds")

    def __init__(self, now: float) -> None:
        self._last = (0, 0, False)
        """Bytes acknowledged, bytes unsent, and whether a request was arriving, at the last check."""
        self._missing_bytes = 0.0
        """How many bytes the client is behind the lowest allowed rate."""
        self.changed_at = now
        """When the client was last seen to have read or sent something."""
        self.idle_seconds = 0.0

    def note(self, now: float, acknowledged: int, unsent: int, *, is_arriving: bool) -> None:
        """Record how many bytes the client has read, how many wait for it, and whether a request is arriving."""
        least = MIN_BYTES_PER_SECOND * CHECK_SECONDS
        missing = self._missing_bytes + least - (acknowledged - self._last[0])
        self._missing_bytes = max(missing, 0) if unsent else 0
        current = (acknowledged, unsent, is_arriving)
        if current != self._last:
            self._last, self.changed_at = current, now
        self.idle_seconds = now - self.changed_at

    @property
    def is_too_slow(self) -> bool:
        """Whether the client has read less than `MIN_BYTES_PER_SECOND` for longer than `PATIENCE` checks."""
        return self._missing_bytes > MIN_BYTES_PER_SECOND * CHECK_SECONDS * PATIENCE


def unacknowledged_bytes(transport: asyncio.Transport) -> int:
    """How many bytes the send buffer of the socket contains; 0 where the system can't tell.

    The buffer may contain megabytes, and accepts more only after a third of them is acknowledged. Without this number, a fast
    client would seem to read nothing for a minute.
    """
    try:
        found = ioctl(transport.get_extra_info("socket").fileno(), TIOCOUTQ, bytes(4))
    except (AttributeError, OSError):
        return 0
    return int.from_bytes(found, sys.byteorder)
