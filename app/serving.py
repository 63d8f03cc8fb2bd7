"""Runs a server process and shuts it down gracefully: no received request is lost."""

import asyncio
import gc
import os
import signal
import socket
from contextlib import suppress
from types import FrameType
from typing import Any, Final

from uvicorn import Config, Server

from app.http.connection import Connection
from app.internals import end_lifespan, listening, loaded_app, state_of_lifespan
from app.logs import log_config
from app.settings import Settings

BACKLOG: Final = 2048
"""How many connections may wait to be accepted."""
GRACE_SECONDS: Final = 8
"""How long requests that are being processed, and clients that are still reading, may hold up the end."""


def listen(host: str, port: int) -> socket.socket:
    """A socket bound to the address; port 0 takes a free one.

    Raises:
        OSError: when the address can't be bound, with a plain message.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        # A name may resolve to several addresses; IPv4 is the one that every client can reach.
        family, kind, protocol, _, address = min(found, key=lambda each: each[0] != socket.AF_INET)
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        # From here on connections wait to be accepted, so "Serving on" is true when it is printed.
        listener.listen(BACKLOG)
    except (OSError, UnicodeError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise OSError(f"can't listen on {host}:{port}: {reason}; choose another with API_HOST and API_PORT") from error
    return listener


def server_config(settings: Settings, app: Any, *, factory: bool = False) -> Config:
    """The configuration of uvicorn, which also configures the logs."""
    return Config(
        app,
        factory=factory,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http=Connection,
        ws="none",
        lifespan="on",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=settings.keep_alive_seconds,
        timeout_graceful_shutdown=GRACE_SECONDS,
        log_config=log_config(settings.log_level),
    )


def collect_garbage() -> None:
    """Enable garbage collection, but exclude all existing objects: they live until the process exits."""
    gc.freeze()
    gc.enable()


class HangUp:
    """Distinguishes the two meanings of SIGHUP: reload, and loss of the terminal."""

    def __init__(self) -> None:
        self._had_terminal = os.isatty(0)

    @property
    def is_of_terminal(self) -> bool:
        """Whether the terminal that the program was started in is gone."""
        return self._had_terminal and not os.isatty(0)


class StoppingServer(Server):
    """A server that accepts every waiting connection before it stops listening."""

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until a signal; all log events until then are written.

        Raises:
            RuntimeError: the application did not start.
        """
        # A signal may come before uvicorn handles it. And uvicorn raises it again after the shutdown, which would end the process
        # before its log is written.
        for number in (signal.SIGINT, signal.SIGTERM):
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._stop)
        with suppress(SystemExit):
            super().run(sockets)
            return
        raise RuntimeError("the application did not start, the log says why")

    def _stop(self, _: int, __: FrameType | None) -> None:
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop listening, then drain the connections."""
        # Closing a listening socket resets the connections that wait in it to be accepted. So the loop
        # stops using it first, while a second descriptor keeps it open until no connection waits.
        waiting = []
        with suppress(OSError):  # no file descriptor is left
            waiting = [listener.dup() for listener in sockets or []]
        for server in listening(self):
            server.close()
        for listener in sockets or []:
            listener.close()
        await asyncio.sleep(0.01)
        accepted = [connection for listener in waiting for connection in _last_of(listener)]
        for connection in accepted:
            await asyncio.get_running_loop().connect_accepted_socket(self._protocol, connection)
        await super().shutdown()
        if self.force_exit:
            await end_lifespan(self)

    def _protocol(self) -> asyncio.Protocol:
        return Connection(self.config, self.server_state, state_of_lifespan(self))


class ReloadingServer(StoppingServer):
    """The server of a single process: SIGHUP reads the database file again."""

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until a signal ends it."""
        self._hang_up = HangUp()
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self._handle_hang_up)
        await super().serve(sockets)

    def _handle_hang_up(self) -> None:
        if self._hang_up.is_of_terminal:
            self.should_exit = True
        else:
            loaded_app(self.config).reload()


def _last_of(listener: socket.socket) -> list[socket.socket]:
    """Accept the waiting connections and close the listening socket."""
    connections = []
    with listener:
        listener.settimeout(0)
        while True:
            try:
                connections.append(listener.accept()[0])
            except BlockingIOError:
                return connections
            except OSError:
                # The client has disconnected, or no file descriptor is left.
                return connections
