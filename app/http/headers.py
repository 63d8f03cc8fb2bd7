"""Reading and writing the raw headers of ASGI messages."""

from collections.abc import Iterable

RawHeaders = list[tuple[bytes, bytes]]


def combined(headers: Iterable[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """Each field once, the lines of a repeated one joined by commas."""
    fields: dict[bytes, bytes] = {}
    for name, value in headers:
        fields[name] = fields[name] + b", " + value if name in fields else value
    return fields
