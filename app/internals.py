"""Every undocumented library name that the service uses, checked on import."""

import asyncio
from typing import Any

from fastapi.middleware.asyncexitstack import AsyncExitStackMiddleware
from uvicorn import Config, Server
from uvicorn.server import ServerState

__all__ = ["AsyncExitStackMiddleware", "ServerState"]


def loaded_app(config: Config) -> Any:
    """The application that a configuration has loaded."""
    return config.loaded_app


def listening(server: Server) -> list[asyncio.Server]:
    """The listening sockets of a started server."""
    return server.servers


def state_of_lifespan(server: Server) -> dict[str, Any]:
    """The state that the application's lifespan has set."""
    state: dict[str, Any] = server.lifespan.state
    return state


async def end_lifespan(server: Server) -> None:
    """End the application's lifespan, which uvicorn cancels when a second SIGINT ends it sooner; that would be logged as an error."""
    await server.lifespan.shutdown()


def _check() -> None:
    """Check that every name exists.

    Raises:
        ImportError: a library has changed; its version is not one that this service can run on.
    """
    config = Config("app.main:create_app", factory=True, log_config=None)
    expected: tuple[tuple[object, set[str]], ...] = (
        (ServerState(), {"connections", "tasks", "default_headers"}),
        (config, {"loaded", "root_path", "timeout_keep_alive"}),
        (Server, {"shutdown", "serve", "run"}),
        (Server(config), {"server_state"}),
    )
    gone = [f"{owner!r}.{name}" for owner, names in expected for name in names if not hasattr(owner, name)]
    if gone:
        raise ImportError(f"uvicorn has changed: {', '.join(gone)}; use the versions in requirements/serve.txt")


_check()
