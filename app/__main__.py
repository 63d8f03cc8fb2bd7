"""Serves: python -m app. Settings are environment variables, see the README."""

import json
import logging
import os
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

from pydantic import ValidationError
from uvicorn import Config

from app.database import DatabaseUnusableError, open_database
from app.serving import listen, serve
from app.settings import Settings


class JsonLines(logging.Formatter):
    """One event, one line of JSON."""

    EXTRAS: ClassVar = ("request_id", "method", "path", "status", "milliseconds")

    def format(self, record: logging.LogRecord) -> str:
        """The event as JSON."""
        event: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        event |= {name: value for name in self.EXTRAS if (value := getattr(record, name, None)) is not None}
        if record.exc_info:
            event["exception"] = self.formatException(record.exc_info)
        return json.dumps(event)


def main() -> int:
    """Serve until told to stop; 1 when that can't even begin."""
    _open_missing_streams()
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
            _say(f"API_{str(fault['loc'][0]).upper()}={fault['input']}: {fault['msg']}")
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
        http="app.http.protocol:Protocol",
        ws="none",
        lifespan="off",
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies or None,
        timeout_graceful_shutdown=8,
        timeout_worker_healthcheck=3,
        log_config=_log_config(settings.log_level.upper()),
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
        # Nobody may be there to read it, or no room to write it: that is no reason not to serve.
        print(line, file=sys.stderr, flush=True)


def _log_config(level: str) -> dict[str, Any]:
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": "app.__main__.JsonLines"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": level},
    }


if __name__ == "__main__":
    sys.exit(main())
