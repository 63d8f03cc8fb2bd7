"""One of several server processes; the supervisor starts it and sends it the data set over a socket."""

import asyncio
import json
import logging
import os
import select
import signal
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from errno import EMFILE
from functools import partial
from pathlib import Path
from threading import Event, Thread
from typing import Final

from app.database import Database, DatabaseUnusableError, open_beside, open_database
from app.main import Service, create_app
from app.pages import data_pages
from app.serving import StoppingServer, collect_garbage, server_config
from app.settings import Settings

MAX_MESSAGE: Final = 65_536
RETRY_MILLISECONDS: Final = 2000
"""How long to wait before a data set that could not be read is read again."""
MAX_TRIES: Final = 4
"""How often it is read before the worker ends: its replacement has to hold one data set and not two."""
STOP_SECONDS: Final = 13.0
"""How long the worker may take to exit after its supervisor has."""
HEARTBEAT_SECONDS: Final = 1.0
"""How often the worker sends a heartbeat to the supervisor."""

log = logging.getLogger("app.worker")


@dataclass
class Message:
    """A message from the supervisor."""

    release: int
    """Number of the data set that is to be served."""
    refusal: str | None
    """Why the file that was put in place is not served, if it is not."""
    content: int
    """Descriptor of the database."""
    listener: int | None
    """Descriptor of the listening socket, in the first message."""

    @property
    def path(self) -> Path:
        """The path of the database."""
        return Path(f"/dev/fd/{self.content}")


def serve(control: socket.socket, serves: Event) -> int:
    """Serve until a signal or the end of the supervisor ends it; from the time on that `serves` is set, gracefully."""
    message = receive_message(control)
    if message is None:
        return 0
    settings = Settings()
    try:
        database = open_database(message.path)
    except DatabaseUnusableError as error:
        raise OSError(error.reason) from error
    source = partial(follow_supervisor, control=control, release=message.release, serves=serves)
    service = create_app(settings, database, source)
    del database
    service.refuse(message.refusal)
    os.close(message.content)
    collect_garbage()
    StoppingServer(server_config(settings, service)).run([socket.socket(fileno=message.listener)])
    return 0


def receive_message(control: socket.socket) -> Message | None:
    """The next message of the supervisor; None when it has exited.

    Raises:
        OSError: the descriptors that belong to it could not be received.
    """
    try:
        body, descriptors, flags, _ = socket.recv_fds(control, MAX_MESSAGE, 2)
    except ConnectionError:
        return None
    if not body:
        return None
    if flags & socket.MSG_CTRUNC:
        raise OSError(EMFILE, "too many files are open to take over the new data set")
    content, *others = descriptors
    return Message(**json.loads(body), content=content, listener=others[0] if others else None)


@asynccontextmanager
async def follow_supervisor(
    service: Service, control: socket.socket, release: int, serves: Event
) -> AsyncIterator[None]:
    """Serve the data sets that the supervisor sends, and send it heartbeats."""
    loop = asyncio.get_running_loop()
    serves.set()
    Thread(target=follow, args=(service, control, release, loop), name="follower", daemon=True).start()
    heartbeats = asyncio.create_task(_send_heartbeats(control))
    try:
        yield
    finally:
        heartbeats.cancel()


async def _send_heartbeats(control: socket.socket) -> None:
    while True:
        with suppress(OSError):
            control.send(b"serving", socket.MSG_DONTWAIT)
        await asyncio.sleep(HEARTBEAT_SECONDS)


def follow(service: Service, control: socket.socket, release: int, loop: asyncio.AbstractEventLoop) -> None:
    """Process the messages of the supervisor in a thread, because reading a data set takes a while; exit when it exits."""
    try:
        _process_messages(service, control, release, loop)
        log.error("the supervisor has ended, and so does this worker")
    except (DatabaseUnusableError, MemoryError, OSError) as error:
        reason = error.reason if isinstance(error, DatabaseUnusableError) else str(error) or "memory is short"
        log.error("the new data set can't be read (%s), so this worker ends and is replaced", reason)  # noqa: TRY400
    except Exception:
        log.exception("the supervisor can't be followed")
    # Otherwise nobody would end this process, and it would hold the address or serve an old data set.
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(STOP_SECONDS)
    os._exit(1)


def _process_messages(service: Service, control: socket.socket, release: int, loop: asyncio.AbstractEventLoop) -> None:
    """Process the messages of the supervisor until it exits.

    Raises:
        DatabaseUnusableError: a data set can't be read.
        OSError: a message could not be received as a whole.
    """
    with suppress(RuntimeError):  # the event loop has ended, and so does the process
        while message := receive_message(control):
            if message.release != release:
                database = read(message, control)
                if database is None:
                    continue
                pages = data_pages(service.title, database, service.state.site)
                log.info("serving %s", database.dataset_version)
                loop.call_soon_threadsafe(service.serve, database, pages)
                release = message.release
                del database, pages
            loop.call_soon_threadsafe(service.refuse, message.refusal)
            os.close(message.content)


def read(message: Message, control: socket.socket) -> Database | None:
    """The data set of a message; None when the supervisor has meanwhile sent another message.

    Raises:
        DatabaseUnusableError: it can't be read after several tries.
    """
    poller = select.poll()
    poller.register(control, select.POLLIN)
    tries = 0
    while True:
        try:
            return open_beside(message.path)
        except DatabaseUnusableError as error:
            tries += 1
            if tries == MAX_TRIES:
                raise
            log.warning("the new data set can't be read yet: %s", error.reason)
        if poller.poll(RETRY_MILLISECONDS):
            os.close(message.content)
            return None
