"""Logs: one JSON object a line on standard error, written by a thread so that no request waits for a slow reader."""

import json
import logging
import logging.handlers
import select
import sys
import traceback
from contextlib import suppress
from datetime import UTC, datetime
from queue import Full, Queue
from threading import Thread
from typing import Any, Final

MAX_WAITING: Final = 10_000
"""How many events may wait to be written; further ones are dropped."""
MAX_LINE: Final = select.PIPE_BUF - 1
"""The most bytes of a line without its end. So many a pipe takes in one piece, so the lines of several processes never mix."""
MAX_TEXT: Final = 3000
"""The most characters of a message or of a traceback."""
MOST_BYTES: Final = 12
"""How many bytes a character takes in JSON at most."""
FLUSH_SECONDS: Final = 1.0
SAY_MILLISECONDS: Final = 1000
"""How long to wait until standard error accepts a plain line."""
OF_REQUESTS: Final = frozenset({"app.connection", "app.requests"})
"""The loggers of exceptions whose messages may repeat what a client has sent."""
EXTRAS: Final = ("request_id", "method", "path", "status", "milliseconds")


class JsonLines(logging.Formatter):
    """One event, one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """The event as JSON."""
        event: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage()[:MAX_TEXT],
        }
        event |= {name: value for name in EXTRAS if (value := getattr(record, name, None)) is not None}
        if record.exc_info:
            error = record.exc_info[1]
            told = _places(error) if record.name in OF_REQUESTS else self.formatException(record.exc_info)
            # The end of a traceback has the cause.
            event["exception"] = told[-MAX_TEXT:]
        return _line(event)


def _places(error: BaseException | None) -> str:
    """The traceback of an exception and of its causes, each with its type and an error code instead of its message."""
    told = ""
    while error:
        code = getattr(error, "sqlite_errorname", None) or getattr(error, "strerror", None)
        name = f"{type(error).__module__}.{type(error).__qualname__}" + (f": {code}" if code else "")
        told = "".join(traceback.format_tb(error.__traceback__)) + name + "\n" + told
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return told.rstrip()


def _line(event: dict[str, Any]) -> str:
    """The event as JSON of bounded length: the start of the traceback is cut off first, then the end of the message."""
    while (excess := len(line := json.dumps(event)) - MAX_LINE) > 0 and (event.get("exception") or event["message"]):
        cut = excess // MOST_BYTES + 1
        if event.get("exception"):
            event["exception"] = event["exception"][cut:]
        else:
            event["message"] = event["message"][:-cut]
    return line


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
