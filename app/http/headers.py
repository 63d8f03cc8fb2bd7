"""Reading and writing the raw headers of ASGI messages."""

from collections.abc import Iterable

RawHeaders = list[tuple[bytes, bytes]]


def field_lines(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> list[str]:
    """The values of every line of a field, in order; names in ASGI are in lower case."""
    return [value.decode("latin-1") for key, value in headers if key == name]


def field_value(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> str | None:
    """The combined value of a field, or None when it is absent."""
    lines = field_lines(headers, name)
    return ", ".join(lines) if lines else None
