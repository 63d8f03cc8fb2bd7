"""Serves: python -m app. Settings are environment variables, see the README."""

import gc
import mmap
import signal
import socket
import sys
from errno import ENOMEM

from app.logs import say

INTERRUPTED = 130
"""The conventional exit status of a program that Ctrl-C ended."""
ADDRESS_SPACE = 167_772_160
"""How much memory must be free to be mapped. With less, a library written in Rust may end the process without a word of why."""


def main() -> int:
    """Serve until a signal ends it. The exit status is 1 when the service can't start or go on."""
    # Told to reload before it serves, a process need not: it reads the newest file in any case.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    # What the imports make stays; to search it for garbage would take a tenth of the start.
    gc.disable()
    try:
        mmap.mmap(-1, ADDRESS_SPACE).close()
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
            from app import worker  # noqa: PLC0415

            return worker.serve(socket.socket(fileno=int(control)))
        case _:
            from app import start  # noqa: PLC0415

            return start.start()


def _reason(error: BaseException) -> str:
    """What was the first to fail."""
    while cause := error.__cause__ or error.__context__:
        error = cause
    is_short = isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == ENOMEM)
    return "there is not enough memory" if is_short else str(error) or type(error).__name__


if __name__ == "__main__":
    sys.exit(main())
