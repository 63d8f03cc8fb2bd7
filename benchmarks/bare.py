"""An ASGI callable that only sends stored bytes: the upper bound of what uvicorn can serve.

BENCH_RESPONSES names the folder of the bodies; a JSON file beside each holds its status and headers.
"""

import json
import os
from pathlib import Path
from typing import Any

from starlette.types import Receive, Scope, Send

FOLDER = Path(os.environ["BENCH_RESPONSES"])


def _messages(file: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    status, head = json.loads(file.read_bytes())
    headers = [(name.encode(), value.encode()) for name, value in head.items()]
    start = {"type": "http.response.start", "status": status, "headers": headers}
    return start, {"type": "http.response.body", "body": file.with_suffix("").read_bytes()}


MESSAGES = {f"/{file.stem}": _messages(file) for file in FOLDER.glob("*.json")}


async def app(scope: Scope, _: Receive, send: Send) -> None:
    """Send the response of that name."""
    for message in MESSAGES[scope["path"]]:
        await send(message)
