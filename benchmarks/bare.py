"""An ASGI callable that does nothing but send bytes: what uvicorn can do at most. BENCH_ANSWERS names their folder."""

import os
from pathlib import Path
from typing import Any

from uvicorn._types import ASGIReceiveCallable, ASGISendCallable, Scope

ANSWERS = {f"/{path.name}": path.read_bytes() for path in Path(os.environ["BENCH_ANSWERS"]).iterdir()}


def _head(name: str, body: bytes) -> dict[str, Any]:
    headers = [
        (b"content-type", b"application/json"),
        (b"cache-control", b"public, max-age=300"),
        (b"etag", b'"f1d2d2f924e986ac86fdf7b36c94bcdf"'),
        (b"content-length", b"%d" % len(body)),
    ]
    return {"type": "http.response.start", "status": 200, "headers": headers + CODED * name.endswith(".br")}


CODED = [(b"content-encoding", b"br")]
MESSAGES = {name: (_head(name, body), {"type": "http.response.body", "body": body}) for name, body in ANSWERS.items()}
UNCHANGED = (
    {"type": "http.response.start", "status": 304, "headers": MESSAGES["/detail"][0]["headers"][1:3]},
    {"type": "http.response.body", "body": b""},
)


async def app(scope: Scope, _: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """Send the bytes of that name; /unchanged is a 304."""
    for message in MESSAGES.get(scope["path"], UNCHANGED):  # type: ignore[typeddict-item]
        await send(message)  # type: ignore[arg-type]
