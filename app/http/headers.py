"""What several layers do with ASGI messages and their raw headers."""

from collections.abc import Iterable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

RawHeaders = list[tuple[bytes, bytes]]


def combined(headers: Iterable[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """Each field once, the lines of a repeated one joined by commas."""
    fields: dict[bytes, bytes] = {}
    for name, value in headers:
        fields[name] = fields[name] + b", " + value if name in fields else value
    return fields


async def answer_held(app: ASGIApp, scope: Scope, receive: Receive) -> list[Message]:
    """All that the application sends, held back."""
    messages: list[Message] = []

    async def hold(message: Message) -> None:
        messages.append(message)

    await app(scope, receive, hold)
    return messages


async def send_all(messages: Iterable[Message], send: Send) -> None:
    """Send on what was held back."""
    for message in messages:
        await send(message)
