"""Starts the service as the settings say: checks what it needs, listens, then serves in one process or in several."""

import os
import resource
import select
import sys
from contextlib import suppress
from pathlib import Path

from pydantic import ValidationError

from app.database import DatabaseUnusableError, open_database
from app.serving import listen, serve, server_config
from app.settings import Settings
from app.supervisor import Supervisor
from app.watching import stamp_of

SAY_MILLISECONDS = 1000
"""How long to wait until the line that says where the service is can be written."""


def start() -> int:
    """Serve until a signal ends it. The exit status is 1 when the service can't start or go on."""
    _open_missing_streams()
    _allow_many_connections()
    try:
        settings = Settings()
        if settings.workers == 1:
            config = server_config(settings, "app.main:create_app", factory=True)
            config.load()
            listener = listen(settings.host, settings.port)
        else:
            stamp = stamp_of(settings.database_path)
            database = open_database(settings.database_path)
            listener = listen(settings.host, settings.port)
            supervisor = Supervisor(settings, listener, database, stamp)
    except ValidationError as error:
        for fault in error.errors():
            say(f"API_{str(fault['loc'][0]).upper()}={fault['input']}: {fault['msg']}")
        return 1
    except (DatabaseUnusableError, OSError) as error:
        say(str(error))
        return 1
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    say(f"Serving on http://{host}:{listener.getsockname()[1]} (documentation at /docs)")
    if settings.workers == 1:
        serve(config, listener)
        return 0
    return supervisor.run()


def say(words: str) -> None:
    """Write one line, whatever a path or a setting holds."""
    line = "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in words)
    with suppress(OSError, ValueError):
        # Nobody reads the line or the disk is full: the service starts all the same.
        sys.stderr.flush()
        waiting = select.poll()
        waiting.register(2, select.POLLOUT)
        if waiting.poll(SAY_MILLISECONDS):
            sys.stderr.write(f"{line}\n")
            sys.stderr.flush()


def _open_missing_streams() -> None:
    """Let nothing else be opened in the place of a standard stream that was closed, and logs have a place to go."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # noqa: FBT003  # it takes no keyword
    sys.stderr = sys.stderr or Path(os.devnull).open("w", encoding="ascii")  # noqa: SIM115  # open to the end


def _allow_many_connections() -> None:
    """Raise the limit of open files to what the system allows this process."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
