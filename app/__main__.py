"""Serves: python -m app. Settings are environment variables, see the README."""

import os
import re
import sys
from contextlib import suppress
from pathlib import Path

INTERRUPTED = 130
"""The conventional exit status of a program that Ctrl-C ended."""

try:
    from pydantic import ValidationError
    from uvicorn import Config

    from app.database import DatabaseUnusableError, open_database
    from app.http.connection import Connection
    from app.logs import log_config
    from app.serving import listen, serve
    from app.settings import Settings
except KeyboardInterrupt:  # loading the libraries takes most of the time of a start
    sys.exit(INTERRUPTED)


def main() -> int:
    """Serve until a signal ends it. The exit status is 1 when the service can't start."""
    _open_missing_streams()
    with suppress(KeyboardInterrupt):
        return _serve()
    return INTERRUPTED


def _serve() -> int:
    try:
        settings = Settings()
        config = _config(settings)
        if settings.workers == 1:
            config.load()
        else:
            open_database(settings.database_path).close()
        listener = listen(settings.host, settings.port)
    except ValidationError as error:
        for fault in error.errors():
            given = re.sub("//.*@", "//...@", str(fault["input"]))  # no password reaches a log
            _say(f"API_{str(fault['loc'][0]).upper()}={given}: {fault['msg']}")
        return 1
    except (DatabaseUnusableError, OSError) as error:
        _say(str(error))
        return 1
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    _say(f"Serving on http://{host}:{listener.getsockname()[1]} (documentation at /docs)")
    serve(config, listener)
    return 0


def _config(settings: Settings) -> Config:
    return Config(
        "app.main:create_app",
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=settings.workers,
        loop="uvloop",
        http=Connection,
        ws="none",
        lifespan="off",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=settings.keep_alive_seconds,
        timeout_graceful_shutdown=8,
        timeout_worker_healthcheck=3,
        log_config=log_config(settings.log_level),
    )


def _open_missing_streams() -> None:
    """Let nothing else be opened in the place of a standard stream that was closed, and logs have a place to go."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # noqa: FBT003  # it takes no keyword
    sys.stderr = sys.stderr or Path(os.devnull).open("w", encoding="ascii")  # noqa: SIM115  # open to the end


def _say(words: str) -> None:
    """Write one line, whatever a path or a setting holds."""
    line = "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in words)
    with suppress(OSError):
        # Nobody reads the line or the disk is full: the service starts all the same.
        print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
