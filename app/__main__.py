"""Serves: python -m app. Settings are environment variables, see the README."""

import json
import logging
import sys
from contextlib import suppress
from datetime import UTC, datetime
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
    try:
        settings = Settings()
        open_database(settings.database_path).close()
        listener = listen(settings.host, settings.port)
    except ValidationError as error:
        for fault in error.errors():
            print(f"API_{str(fault['loc'][0]).upper()}={fault['input']}: {fault['msg']}", file=sys.stderr)
        return 1
    except (DatabaseUnusableError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    port = listener.getsockname()[1]
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    with suppress(OSError):
        # Nobody may be there to read it, or no room to write it: that is no reason not to serve.
        print(f"Serving on http://{host}:{port} (documentation at /docs)", file=sys.stderr, flush=True)
    config = Config(
        "app.main:create_app",
        factory=True,
        host=settings.host,
        port=port,
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
    serve(config, listener)
    return 0


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
