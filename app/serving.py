"""Runs the server processes and shuts them down gracefully: no received request is lost."""

import asyncio
import logging
import socket
import sys
from contextlib import suppress
from functools import cached_property
from typing import Final

from uvicorn import Config, Server

from app.database import DatabaseUnusableError
from app.http.connection import Connection
from app.internals import Multiprocess, Process, listening, state_of_lifespan, use_process

WORKER_FAILED: Final = 1
"""Exit status of a worker that can't start. The supervisor tries again; uvicorn's own status would end the other workers too."""

BACKLOG: Final = 2048
"""How many connections may wait to be accepted."""

log = logging.getLogger("app.serving")


def listen(host: str, port: int) -> socket.socket:
    """A socket bound to the address; port 0 takes a free one.

    Raises:
        OSError: when that can't be had, in plain words.
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


def serve(config: Config, listener: socket.socket) -> None:
    """Serve until a signal ends it, in as many processes as the configuration says."""
    if config.workers == 1:
        with suppress(KeyboardInterrupt):
            StoppingServer(config).run([listener])
    else:
        use_process(Worker)
        Workers(config, [listener]).run()


class StoppingServer(Server):
    """A server that accepts every waiting connection before it stops listening."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop listening, then let the connections finish."""
        # Closing a listening socket resets the connections that wait in it to be accepted. So the loop
        # stops using it first, while a second descriptor keeps it open until no connection waits.
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

    def _protocol(self) -> asyncio.Protocol:
        return Connection(self.config, self.server_state, state_of_lifespan(self))


class Worker(Process):
    """One of several server processes."""

    @cached_property
    def server(self) -> Server:
        """What runs in the process."""
        return StoppingServer(self.config)

    def target(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve; a restarted worker may no longer find a usable database."""
        try:
            self.config.load()
        except (DatabaseUnusableError, OSError) as error:
            log.error(str(error))  # noqa: TRY400  # the message says it all
            sys.exit(WORKER_FAILED)
        super().target(sockets)


class Workers(Multiprocess):
    """The supervisor of several processes."""

    def terminate_all(self) -> None:
        """Stop listening here too, so that no client waits in a socket that no process accepts from."""
        for listener in self.sockets:
            listener.close()
        super().terminate_all()


def _last_of(listener: socket.socket) -> list[socket.socket]:
    """The connections that waited to be accepted; the listening socket is closed."""
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
