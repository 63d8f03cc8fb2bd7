"""Serves: python -m app. Settings are environment variables, see the README."""

import os
import signal
import socket
import sys
from contextlib import suppress

INTERRUPTED = 130
"""The conventional exit status of a program that Ctrl-C ended."""


def main() -> int:
    """Serve until a signal ends it. The exit status is 1 when the service can't start or go on."""
    # Told to reload before it serves, a process need not: it reads the newest file in any case.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        # Imported here, because the libraries may take more memory or more open files than there are.
        match sys.argv[1:]:
            case ["worker", control]:
                # Ctrl-C reaches the supervisor too, which ends its workers.
                signal.signal(signal.SIGINT, signal.SIG_IGN)
                from app import worker  # noqa: PLC0415

                return worker.serve(socket.socket(fileno=int(control)))
            case _:
                from app import start  # noqa: PLC0415

                return start.start()
    except (MemoryError, ImportError, OSError, RuntimeError, SystemError) as error:
        reason = "there is not enough memory" if isinstance(error, MemoryError) else str(error) or type(error).__name__
        with suppress(OSError):
            os.write(2, f"The service can't start: {reason}\n".encode("utf-8", "replace"))
        return 1


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        sys.exit(main())
    sys.exit(INTERRUPTED)
