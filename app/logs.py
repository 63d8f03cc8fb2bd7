"""Logs: one JSON object a line on standard error, written by a thread so that no request waits for a slow reader."""

import json
import logging
import logging.handlers
import select
import sys
from contextlib import suppress
from datetime import UTC, datetime
from queue import Full, Queue
from threading import Thread
from typing import Any, Final

MAX_WAITING: Final = 10_000
"""How many events may wait to be written; further ones are dropped."""
MAX_LINE: Final = 16_384
"""The most characters of a message or of a traceback."""
FLUSH_SECONDS: Final = 1.0
SAY_MILLISECONDS: Final = 1000
"""How long to wait until standard error accepts a plain line."""
EXTRAS: Final = ("request_id", "method", "path", "status", "milliseconds")


class JsonLines(logging.Formatter):
    """One event, one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """The event as JSON."""
        event: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage()[:MAX_LINE],
        }
        event |= {name: value for name in EXTRAS if (value := getattr(record, name, None)) is not None}
        if record.exc_info:
            # The end of a traceback has the cause.
            event["exception"] = self.formatException(record.exc_info)[-MAX_LINE:]
        return json.dumps(event)


class BackgroundHandler(logging.Handler):
    """Hands each event to a thread that writes it to standard error."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: Queue[str | None] = Queue(MAX_WAITING)
        self._writer = Thread(target=self._write, name="logs", daemon=True)
        self._writer.start()

    def emit(self, record: logging.LogRecord) -> None:
        """Queue the event, or drop it when too many wait."""
        try:
            self._lines.put_nowait(self.format(record))
        except Full:
            return

    def close(self) -> None:
        """Write the queued events, for at most a second."""
        try:
            self._lines.put_nowait(None)
            self._writer.join(FLUSH_SECONDS)
        except Full:
            pass
        super().close()

    def _write(self) -> None:
        while (line := self._lines.get()) is not None:
            try:
                sys.stderr.write(line + "\n")
                sys.stderr.flush()
            except (OSError, ValueError):
                # Nobody reads the log or the disk is full: the service keeps serving.
                continue


def log_config(level: str) -> dict[str, Any]:
    """The configuration for `logging.config.dictConfig`."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": "app.logs.JsonLines"}},
        "handlers": {"stderr": {"()": "app.logs.BackgroundHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": level.upper()},
    }


def say(words: str) -> None:
    """Write one plain line to standard error, with unprintable characters replaced."""
    line = "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in words)
    with suppress(OSError, ValueError):
        # Nobody reads the line or the disk is full: the service starts all the same.
        writable = select.poll()
        writable.register(2, select.POLLOUT)
        if writable.poll(SAY_MILLISECONDS):
            sys.stderr.write(f"{line}\n")
            sys.stderr.flush()
