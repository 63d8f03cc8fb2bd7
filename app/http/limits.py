"""How many connections a process serves at once, and the log of those it refuses."""

import logging
import resource
from functools import cache
from typing import Final

MAX_CONNECTIONS: Final = 8192
"""How many connections a process serves at once; each takes some kilobytes."""
RESERVED_DESCRIPTORS: Final = 64
"""How many file descriptors are reserved for other uses than connections."""
SHED_LOG_SECONDS: Final = 60.0
"""The minimum time between two log events about too many connections."""

log = logging.getLogger("app.connection")


@cache
def max_connections() -> int:
    """How many connections may be open at once; the limit of open files can lower it."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files == resource.RLIM_INFINITY:
        return MAX_CONNECTIONS
    return min(max(files - RESERVED_DESCRIPTORS, files // 4), MAX_CONNECTIONS)


class ShedLog:
    """Logs that connections are refused, at most once in `SHED_LOG_SECONDS`."""

    last = -SHED_LOG_SECONDS

    @classmethod
    def note(cls, now: float) -> None:
        """Log it unless it was logged recently."""
        if now - cls.last >= SHED_LOG_SECONDS:
            cls.last = now
            log.warning(
                "%d connections are open, the maximum; others get a 503 or are closed",
                max_connections(),
            )
