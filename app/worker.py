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
BEAT_SECONDS: Final = 1.0
"""How often the worker says that it serves."""

log = logging.getLogger("app.worker")


@dataclass
class Orders:
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
    orders = received(control)
    if orders is None:
        return 0
    settings = Settings()
    try:
        database = open_database(orders.path)
    except DatabaseUnusableError as error:
        raise OSError(error.reason) from error
    source = partial(follow_supervisor, control=control, release=orders.release, serves=serves)
    service = create_app(settings, database, source)
    del database
    service.refuse(orders.refusal)
    os.close(orders.content)
    collect_garbage()
    StoppingServer(server_config(settings, service)).run([socket.socket(fileno=orders.listener)])
    return 0


def received(control: socket.socket) -> Orders | None:
    """The next message of the supervisor; none when that has ended.

    Raises:
        OSError: the descriptors that belong to it could not be had.
    """
    try:
        message, descriptors, flags, _ = socket.recv_fds(control, MAX_MESSAGE, 2)
    except ConnectionError:
        return None
    if not message:
        return None
    if flags & socket.MSG_CTRUNC:
        raise OSError(EMFILE, "too many files are open to take over the new data set")
    content, *others = descriptors
    return Orders(**json.loads(message), content=content, listener=others[0] if others else None)


@asynccontextmanager
async def follow_supervisor(
    service: Service, control: socket.socket, release: int, serves: Event
) -> AsyncIterator[None]:
    """Serve what the supervisor says, and tell it that the process serves."""
    loop = asyncio.get_running_loop()
    serves.set()
    Thread(target=follow, args=(service, control, release, loop), name="follower", daemon=True).start()
    beats = asyncio.create_task(_beat(control))
    try:
        yield
    finally:
        beats.cancel()


async def _beat(control: socket.socket) -> None:
    while True:
        with suppress(OSError):
            control.send(b"serving", socket.MSG_DONTWAIT)
        await asyncio.sleep(BEAT_SECONDS)


def follow(service: Service, control: socket.socket, release: int, loop: asyncio.AbstractEventLoop) -> None:
    """Follow the supervisor, in a thread, as reading a data set takes a while; without it the process ends."""
    try:
        _obey(service, control, release, loop)
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


def _obey(service: Service, control: socket.socket, release: int, loop: asyncio.AbstractEventLoop) -> None:
    """Carry out the orders of the supervisor until it has ended.

    Raises:
        DatabaseUnusableError: a data set can't be read.
        OSError: the order could not be received in whole.
    """
    with suppress(RuntimeError):  # the event loop has ended, and so does the process
        while orders := received(control):
            if orders.release != release:
                database = read(orders, control)
                if database is None:
                    continue
                pages = data_pages(service.title, database, service.state.site)
                log.info("serving %s", database.dataset_version)
                loop.call_soon_threadsafe(service.serve, database, pages)
                release = orders.release
                del database, pages
            loop.call_soon_threadsafe(service.refuse, orders.refusal)
            os.close(orders.content)


def read(orders: Orders, control: socket.socket) -> Database | None:
    """The data set that is to be served; None when the supervisor has meanwhile said something else.

    Raises:
        DatabaseUnusableError: it can't be read, though it was tried several times.
    """
    is_heard = select.poll()
    is_heard.register(control, select.POLLIN)
    tries = 0
    while True:
        try:
            return open_beside(orders.path)
        except DatabaseUnusableError as error:
            tries += 1
            if tries == MAX_TRIES:
                raise
            log.warning("the new data set can't be read yet: %s", error.reason)
        if is_heard.poll(RETRY_MILLISECONDS):
            os.close(orders.content)
            return None
