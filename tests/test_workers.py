"""Several server processes: none is ended while it starts, one that ends is replaced, none outlives its supervisor."""

import os
import shutil
import signal
import socket
import time
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from processes import handles, is_alive, needs_proc, wait_until, workers_of
from releases import NEVER_LOOKS, OTHER_VERSION, other_release, put, readiness
from support import START_SECONDS, STOP_SECONDS, Running, each, serving, starting

pytestmark = [pytest.mark.anyio, needs_proc, pytest.mark.slow]

WORKERS = "2"


@pytest.fixture
def path(database_path: Path, tmp_path: Path) -> Path:
    """The file that is served."""
    copy = tmp_path / "content.db"
    shutil.copy(database_path, copy)
    return copy


def connected(running: Running) -> socket.socket:
    """A connection on which a first request was answered."""
    connection = socket.create_connection(("127.0.0.1", running.port), 10)
    assert answer_on(connection).startswith(b"HTTP/1.1 200 ")
    return connection


def answer_on(connection: socket.socket) -> bytes:
    """The response on a connection that is kept open; nothing when it was lost."""
    try:
        connection.sendall(b"GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n")
        return connection.recv(65_536)
    except ConnectionError:
        return b""


def test_workers_that_start_slowly_or_hang_for_a_moment_are_not_ended(database_path: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with starting(database_path, log, API_WORKERS=WORKERS) as running:
        wait_until(lambda: len(workers_of(running)) == int(WORKERS), START_SECONDS)
        starting_now = workers_of(running)
        # A sliver of a processor: they run for a hundredth of a second, then stand still for longer, for three seconds in all.
        for _ in range(6):
            for worker in each(starting_now):
                os.kill(worker, signal.SIGSTOP)
            time.sleep(0.5)
            for worker in each(starting_now):
                os.kill(worker, signal.SIGCONT)
            time.sleep(0.01)
        assert workers_of(running) == starting_now
        wait_until(lambda: running.is_ready, START_SECONDS)
        for worker in each(starting_now):
            os.kill(worker, signal.SIGSTOP)
        time.sleep(1)
        for worker in each(starting_now):
            os.kill(worker, signal.SIGCONT)
        wait_until(lambda: running.is_ready)
        assert workers_of(running) == starting_now
    assert "ended" not in log.read_text()


def test_a_killed_worker_is_replaced_and_loses_no_connection_but_its_own(database_path: Path) -> None:
    with serving(database_path, API_WORKERS=WORKERS) as running:
        connections = [connected(running) for _ in range(30)]
        before = workers_of(running)
        victim = min(before)
        own = len([link for link in Path(f"/proc/{victim}/fd").iterdir() if str(link.readlink()).startswith("socket:")])
        os.kill(victim, signal.SIGKILL)
        wait_until(lambda: len(workers_of(running) - before) == 1 and len(workers_of(running)) == len(before))
        lost = [connection for connection in connections if not answer_on(connection)]
        assert len(lost) <= own
        for _ in range(20):
            assert httpx.get(f"{running.origin}/v1/strains").status_code == 200
        for connection in each(connections):
            connection.close()
        (new,) = workers_of(running) - before
        # It serves: the supervisor does not end it, and it takes a share of the connections.
        wait_until(
            lambda: any(str(link.readlink()).startswith("socket:") for link in Path(f"/proc/{new}/fd").iterdir())
        )


def test_a_worker_that_starts_after_the_file_was_harmed_serves_what_the_others_serve(
    path: Path, database_path: Path, tmp_path: Path
) -> None:
    other = other_release(database_path, tmp_path / "other")
    with serving(path, program=("-c", NEVER_LOOKS), API_WORKERS=WORKERS) as running:
        # On SIGHUP the file is read at once, and no connection is refused.
        put(other, path)
        running.process.send_signal(signal.SIGHUP)
        wait_until(lambda: readiness(running)["dataset_version"] == OTHER_VERSION)
        path.write_bytes(b"")
        running.process.send_signal(signal.SIGHUP)
        wait_until(lambda: readiness(running)["refused"] == "is empty")
        for worker in each(workers_of(running)):
            os.kill(worker, signal.SIGKILL)
        wait_until(lambda: running.is_ready, START_SECONDS)
        assert readiness(running) == {"status": "ok", "dataset_version": OTHER_VERSION, "refused": "is empty"}


def test_workers_end_with_their_supervisor_and_the_address_is_free(database_path: Path) -> None:
    with serving(database_path, API_WORKERS=WORKERS) as running, closing(connected(running)):
        orphans = workers_of(running)
        running.process.kill()
        running.process.wait()
        wait_until(lambda: not any(map(is_alive, orphans)), STOP_SECONDS)
        socket.create_server(("127.0.0.1", running.port)).close()


@pytest.mark.parametrize("workers", ["1", WORKERS])
@pytest.mark.parametrize("moment", [0.0, 0.6, 1.2])
def test_on_sigterm_while_it_starts_or_reloads_it_exits_in_time(
    path: Path, database_path: Path, tmp_path: Path, workers: str, moment: float
) -> None:
    other = other_release(database_path, tmp_path / "other")
    log = tmp_path / "log"
    with starting(path, log, API_WORKERS=workers) as running:
        # The first process of a container gets only the signals that it handles.
        wait_until(lambda: handles(running.process.pid, signal.SIGTERM), START_SECONDS)
        time.sleep(moment)
        put(other, path)
        if moment > 1:
            wait_until(lambda: running.is_ready, START_SECONDS)
            running.process.send_signal(signal.SIGHUP)
        children = workers_of(running)
        running.process.terminate()
        running.process.terminate()
        assert running.process.wait(STOP_SECONDS) == 0
        wait_until(lambda: not any(map(is_alive, children)), 1)
    # What was logged last is written too.
    assert ("Finished server process" in log.read_text()) == (moment > 1)
