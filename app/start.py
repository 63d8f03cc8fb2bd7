"""Starts the service: checks the limits and the settings, listens, then serves in one process or in several."""

import os
import re
import resource
import sys
from contextlib import suppress
from pathlib import Path

from pydantic import ValidationError

from app.database import DatabaseUnusableError, open_database
from app.logs import say
from app.serving import ReloadingServer, collect_garbage, listen, server_config
from app.settings import Settings
from app.supervisor import Supervisor
from app.watching import stamp_of

ENOUGH_FILES = 16_384
"""How many open files are enough for all connections that are served at once."""
LEAST_FILES = 24
"""How many files the process must be allowed to have open."""


def start() -> int:
    """Serve until a signal ends it. The exit status is 1 when the service can't start or go on."""
    _open_missing_streams()
    if (files := _allow_many_files()) < LEAST_FILES:
        say(f"The service needs {LEAST_FILES} open files, and {files} are allowed")
        return 1
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
            given = re.sub("//.*@", "//...@", str(fault["input"]))  # no password reaches a log
            say(f"API_{str(fault['loc'][0]).upper()}={given}: {fault['msg']}")
        return 1
    except (DatabaseUnusableError, OSError) as error:
        say(str(error))
        return 1
    collect_garbage()
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    say(f"Serving on http://{host}:{listener.getsockname()[1]} (documentation at /docs)")
    if settings.workers == 1:
        ReloadingServer(config).run([listener])
        return 0
    return supervisor.run()


def _open_missing_streams() -> None:
    """Open /dev/null for each closed standard stream, so that no other file gets its descriptor."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # noqa: FBT003  # it takes no keyword
    sys.stderr = sys.stderr or Path(os.devnull).open("w", encoding="ascii")  # noqa: SIM115  # open to the end


def _allow_many_files() -> int:
    """Raise the limit of open files as far as needed and allowed; return the limit."""
    files, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files == resource.RLIM_INFINITY:
        return ENOUGH_FILES
    wanted = ENOUGH_FILES if most == resource.RLIM_INFINITY else min(most, ENOUGH_FILES)
    if wanted > files:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
            return wanted
    return files
