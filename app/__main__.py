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
"""How much memory must be free to be mapped. With less, a library written in Rust may end the process without a word of why."""
DATA = 104_857_600
"""How much of it must be free to be written (RLIMIT_DATA)."""


def main() -> int:
    """Serve until a signal ends it. The exit status is 1 when the service can't start or go on."""
    # Told to reload before it serves, a process need not: it reads the newest file in any case.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    # What the imports make stays; to search it for garbage would take a tenth of the start.
    gc.disable()
    # Without a handler the first process of a container would not notice that it is told to stop while it starts.
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
    # Imported here, because the libraries may take more memory or more open files than there are, and most of a start.
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
    """End a worker at once whose supervisor ends before it serves; it would hold the address until it has started."""
    gone = select.poll()
    gone.register(supervisor, select.POLLHUP)
    gone.poll()
    if not serves.is_set():
        os._exit(1)


def _reason(error: BaseException) -> str:
    """What was the first to fail."""
    while cause := error.__cause__ or error.__context__:
        error = cause
    is_short = isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == ENOMEM)
    return "there is not enough memory" if is_short else str(error) or type(error).__name__


if __name__ == "__main__":
    exit_status = main()
    logging.shutdown()
    # Python would free every object first: seconds on a busy machine, and time that is short when the process is told to stop.
    os._exit(exit_status)
