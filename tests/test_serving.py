"""The server in this process: signals that come early, or twice."""

import logging
import os
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from threading import Thread

import pytest
from uvicorn import Config

from app.http.connection import Connection
from app.main import Service, create_app
from app.serving import ReloadingServer
from app.settings import Settings
from processes import wait_until

pytestmark = pytest.mark.usefixtures("restored_signals")


@pytest.fixture
def service(database_path: Path) -> Iterator[Service]:
    yield (fresh := create_app(Settings(database_path=database_path)))
    fresh.state.database.close()


@pytest.fixture
def config(service: Service) -> Config:
    return Config(
        service,
        loop="uvloop",
        http=Connection,
        lifespan="on",
        log_config=None,
        proxy_headers=False,
        timeout_graceful_shutdown=8,
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_before_it_serves_ends_it_in_order(
    config: Config, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, number: int
) -> None:
    caplog.set_level(logging.INFO)
    make_loop = config.get_loop_factory

    def make_loop_late() -> object:
        os.kill(os.getpid(), number)
        return make_loop()

    monkeypatch.setattr(config, "get_loop_factory", make_loop_late)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ReloadingServer(config).run([listener])
    assert [
        record.message.partition(" [")[0]
        for record in caplog.records
        if "server" in record.message or "Shutting" in record.message
    ] == [
        "Started server process",
        "Shutting down",
        "Finished server process",
    ]


# What it leaves open is not closed by the loop of the test.
@pytest.mark.filterwarnings("ignore:unclosed resource:ResourceWarning")
def test_a_second_sigint_ends_it_sooner_and_is_no_error(config: Config, caplog: pytest.LogCaptureFixture) -> None:
    server = ReloadingServer(config)
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname()) as client:
        # Its request is incomplete, so the first signal alone would wait for it.
        client.sendall(b"GET /v1 HT")

        def interrupt_twice() -> None:
            try:
                wait_until(lambda: bool(server.server_state.connections))
                os.kill(os.getpid(), signal.SIGINT)
                wait_until(lambda: server.should_exit)
                os.kill(os.getpid(), signal.SIGINT)
            finally:
                server.should_exit = True

        interrupting = Thread(target=interrupt_twice)
        interrupting.start()
        server.run([listener])
        interrupting.join()
    assert server.force_exit
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_an_application_that_does_not_start_ends_it_with_an_error(
    config: Config, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    @asynccontextmanager
    async def no_thread(_: object) -> AsyncIterator[None]:
        raise RuntimeError("can't start new thread")
        yield

    monkeypatch.setattr(service.router, "lifespan_context", no_thread)
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        pytest.raises(RuntimeError, match="did not start, the log says why"),
    ):
        ReloadingServer(config).run([listener])
