"""One of several server processes; the supervisor starts it and tells it over a socket what to serve."""

import asyncio
import json
import logging
import os
import select
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Final

from app.database import Database, DatabaseUnusableError, open_database
from app.main import Service, create_app
from app.pages import data_pages
from app.serving import StoppingServer, server_config
from app.settings import Settings

MAX_MESSAGE: Final = 65_536
RETRY_MILLISECONDS: Final = 2000
"""How long to wait before a data set that could not be read is read again."""
BEAT_SECONDS: Final = 1.0
"""How often the worker says that it serves."""

log = logging.getLogger("app.worker")


@dataclass
class Orders:
    """What the supervisor says."""

    release: int
    """Number of the data set that is to be served."""
    refusal: str | None
    """Why the file that was put in place is not served, if it is not."""
    content: int
    """Descriptor of the database."""
    listener: int | None
    """Descriptor of the listening socket, in the first message."""

    def database(self) -> Database:
        """The data set.

        Raises:
            DatabaseUnusableError: it can't be read.
        """
        return open_database(Path(f"/dev/fd/{self.content}"))


def serve(control: socket.socket) -> int:
    """Serve until a signal or the end of the supervisor ends it."""
    orders = received(control)
    if orders is None:
        return 0
    settings = Settings()
    try:
        database = orders.database()
    except DatabaseUnusableError as error:
        raise OSError(error.reason) from error
    service = create_app(settings, database, partial(follow_supervisor, control=control, release=orders.release))
    del database
    service.refuse(orders.refusal)
    os.close(orders.content)
    StoppingServer(server_config(settings, service)).run([socket.socket(fileno=orders.listener)])
    return 0


def received(control: socket.socket) -> Orders | None:
    """The next message of the supervisor; none when that has ended."""
    try:
        message, descriptors, _, _ = socket.recv_fds(control, MAX_MESSAGE, 2)
    except ConnectionError:
        return None
    if not message:
        return None
    content, *others = descriptors
    return Orders(**json.loads(message), content=content, listener=others[0] if others else None)


@asynccontextmanager
async def follow_supervisor(service: Service, control: socket.socket, release: int) -> AsyncIterator[None]:
    """Serve what the supervisor says, and tell it that the process serves."""
    loop = asyncio.get_running_loop()
    Thread(target=_follow, args=(service, control, release, loop), name="follower", daemon=True).start()
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


def _follow(service: Service, control: socket.socket, release: int, loop: asyncio.AbstractEventLoop) -> None:
    """Follow the supervisor, in a thread, as reading a data set takes a while; without it the process ends."""
    try:
        _obey(service, control, release, loop)
        log.error("the supervisor has ended, and so does this worker")
    except Exception:
        log.exception("the supervisor can't be followed")
    # Otherwise nobody would end this process, and it would hold the address.
    os.kill(os.getpid(), signal.SIGTERM)


def _obey(service: Service, control: socket.socket, release: int, loop: asyncio.AbstractEventLoop) -> None:
    """Carry out the orders of the supervisor until it has ended."""
    is_heard = select.poll()
    is_heard.register(control, select.POLLIN)
    orders: Orders | None = None
    with suppress(RuntimeError):  # the event loop has ended, and so does the process
        while True:
            # What could not be read is tried again, unless the supervisor has said something else.
            if orders is None or is_heard.poll(RETRY_MILLISECONDS):
                if orders:
                    os.close(orders.content)
                orders = received(control)
                if orders is None:
                    break
            if orders.release != release:
                try:
                    database = orders.database()
                except DatabaseUnusableError as error:
                    log.error("the new data set can't be read: %s", error.reason)  # noqa: TRY400  # that says it all
                    continue
                pages = data_pages(service.title, database, service.state.site)
                log.info("serving %s", database.dataset_version)
                loop.call_soon_threadsafe(service.serve, database, pages)
                release = orders.release
                del database, pages
            loop.call_soon_threadsafe(service.refuse, orders.refusal)
            os.close(orders.content)
            orders = None
