"""An ASGI callable that does nothing but send bytes: what uvicorn can do at most.

BENCH_ANSWERS names the folder of the bodies, beside each of which its status and head lie as JSON.
"""

import json
import os
from pathlib import Path
from typing import Any

from starlette.types import Receive, Scope, Send

FOLDER = Path(os.environ["BENCH_ANSWERS"])


def _messages(file: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    status, head = json.loads(file.read_bytes())
    headers = [(name.encode(), value.encode()) for name, value in head.items()]
    start = {"type": "http.response.start", "status": status, "headers": headers}
    return start, {"type": "http.response.body", "body": file.with_suffix("").read_bytes()}


MESSAGES = {f"/{file.stem}": _messages(file) for file in FOLDER.glob("*.json")}


async def app(scope: Scope, _: Receive, send: Send) -> None:
    """Send the answer of that name."""
    for message in MESSAGES[scope["path"]]:
        await send(message)
