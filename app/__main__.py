"""Serves: python -m app. Settings are environment variables, see the README."""

import gc
import logging
import mmap
import os
import select
import signal
import socket
import sys
from errno import ENOMEM
from threading import Event, Thread

from app.logs import say

INTERRUPTED = 130
"""The conventional exit status of a program that Ctrl-C ended."""
ADDRESS_SPACE = 167_772_160
"""How much memory it must be possible to map. With less, a library in Rust may abort the process without a message."""
DATA = 117_440_512
"""How much of it must be writable (RLIMIT_DATA)."""


def main() -> int:
    """Serve until a signal ends it. The exit status is 1 when the service can't start or go on."""
    # SIGHUP before the service has started needs no reload: it reads the newest file anyway.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    # Objects from imports are never freed; garbage collection would take a tenth of the start-up time.
    gc.disable()
    # Without a handler, the first process of a container would ignore SIGTERM during start-up.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    try:
        mmap.mmap(-1, ADDRESS_SPACE).close()
        mmap.mmap(-1, DATA, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS).close()
        return _run()
    except KeyboardInterrupt:
        return INTERRUPTED
    except (MemoryError, ImportError, OSError, RuntimeError, SystemError, ValueError) as error:
        say(f"The service can't run: {_reason(error)}")
        return 1


def _run() -> int:
    # Imported here, because the imports take most of the start-up and may fail for lack of memory or open files.
    match sys.argv[1:]:
        case ["worker", control]:
            # Ctrl-C reaches the supervisor too, which ends its workers.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            supervisor, serves = socket.socket(fileno=int(control)), Event()
            Thread(target=end_without, args=(supervisor, serves), name="starting", daemon=True).start()
            from app import worker  # noqa: PLC0415

            return worker.serve(supervisor, serves)
        case _:
            from app import start  # noqa: PLC0415

            return start.start()


def end_without(supervisor: socket.socket, serves: Event) -> None:
    """Exit at once when the supervisor exits before this worker serves; otherwise it would hold the address until then."""
    gone = select.poll()
    gone.register(supervisor, select.POLLHUP)
    gone.poll()
    if not serves.is_set():
        os._exit(1)


def _reason(error: BaseException) -> str:
    """The message of the root cause."""
    while cause := error.__cause__ or error.__context__:
        error = cause
    is_short = isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == ENOMEM)
    return "there is not enough memory" if is_short else str(error) or type(error).__name__


if __name__ == "__main__":
    exit_status = main()
    logging.shutdown()
    # A normal exit would free every object first, which takes seconds on a busy machine.
    os._exit(exit_status)
