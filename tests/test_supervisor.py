"""The supervisor and its workers in this process: what is rare, or takes long, with real ones."""

import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from threading import Event, Thread

import pytest

from app import supervisor as supervisor_module
from app import worker as worker_module
from app.__main__ import end_without
from app.database import Database, DatabaseUnusableError, open_beside, open_database
from app.settings import Settings
from app.supervisor import Slot, Supervisor, Worker
from app.watching import stamp_of
from app.worker import MAX_TRIES, Message, receive_message
from processes import needs_proc, state_of, wait_until
from support import each

pytestmark = [needs_proc, pytest.mark.usefixtures("restored_signals")]

SERVES = """
import socket, sys, time
control = socket.socket(fileno=int(sys.argv[-1]))
while True:
    control.send(b"serving")
    time.sleep(0.05)
"""
"""A worker that does nothing but say that it serves."""


Made = Callable[[int], Supervisor]


@pytest.fixture
def supervisor(database_path: Path) -> Iterator[Made]:
    """Makes supervisors that have not started their workers."""
    with ExitStack() as stack:

        def make(workers: int) -> Supervisor:
            listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            settings = Settings(database_path=database_path, workers=workers)
            return Supervisor(settings, listener, open_database(database_path), stamp_of(database_path))

        yield make


def program(folder: Path, *lines: str) -> str:
    """A program that stands in for Python."""
    path = folder / "python"
    path.write_text("\n".join(("#!/bin/sh", *lines)), encoding="utf-8")
    path.chmod(0o755)
    return str(path)


def run_quickly(found: Supervisor, monkeypatch: pytest.MonkeyPatch, executable: str) -> int:
    """Run a supervisor whose ticks and pauses are short, until it ends or all its workers serve."""
    monkeypatch.setattr(sys, "executable", executable)
    monkeypatch.setattr(supervisor_module, "TICK_SECONDS", 0.01)

    ended = Event()

    def stop_when_all_serve() -> None:
        while not ended.wait(0.01):
            if all(slot.worker and slot.worker.is_serving for slot in found.slots):
                os.kill(os.getpid(), signal.SIGTERM)
                return

    stopping = Thread(target=stop_when_all_serve)
    stopping.start()
    try:
        return found.run()
    finally:
        ended.set()
        stopping.join()


def test_when_every_worker_is_killed_while_it_starts_each_is_started_again(
    supervisor: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workers, counted = 6, tmp_path / "starts"
    (tmp_path / "serves.py").write_text(SERVES, encoding="utf-8")
    executable = program(
        tmp_path,
        f'echo >> "{counted}"',
        f'[ $(wc -l < "{counted}") -le {workers} ] && kill -9 $$',
        f'exec "{sys.executable}" -S "{tmp_path}/serves.py" "$5"',
    )

    assert run_quickly(supervisor(workers), monkeypatch, executable) == 0

    assert len(counted.read_text(encoding="utf-8").splitlines()) == 2 * workers


def test_no_more_workers_start_at_the_same_time_than_there_are_processors(
    supervisor: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2})
    monkeypatch.setattr(sys, "executable", "/bin/true")
    found = supervisor(8)

    def started() -> int:
        for slot in each(found.slots):
            if slot.worker is None:
                found.check(slot)
        return sum(slot.worker is not None for slot in found.slots)

    assert started() == 3
    for slot in each(found.slots[:2]):
        assert slot.worker
        slot.worker.is_serving = True
    assert started() == 5
    for slot in each(found.slots[:5]):
        assert slot.worker
        slot.worker.process.wait()
        slot.worker.control.close()


def test_a_system_that_several_workers_cannot_run_on_is_refused_in_one_line(
    supervisor: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor_module, "PROCESSES", tmp_path / "proc" / "self")
    with pytest.raises(OSError, match=f"^several workers need Linux with {tmp_path}/proc; set API_WORKERS=1$"):
        supervisor(2)


def test_workers_that_can_never_start_end_the_program(
    supervisor: Made, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run_quickly(supervisor(2), monkeypatch, "/bin/false") == 1
    wait_until(lambda: "workers in a row ended before they served; giving up" in capfd.readouterr().err)


def test_once_it_has_served_it_outlives_many_failed_starts(
    supervisor: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted, is_first, has_served = tmp_path / "starts", tmp_path / "first", tmp_path / "served"
    served = f"__import__('pathlib').Path('{has_served}').touch(); break"
    (tmp_path / "serves.py").write_text(SERVES, encoding="utf-8")
    (tmp_path / "serves_once.py").write_text(SERVES.replace("time.sleep(0.05)", served), encoding="utf-8")
    monkeypatch.setattr(supervisor_module, "MAX_RESTART_TICKS", 1)
    executable = program(
        tmp_path,
        f'mkdir "{is_first}" && exec "{sys.executable}" -S "{tmp_path}/serves_once.py" "$5"',
        f'until [ -e "{has_served}" ]; do sleep 0.02; done',
        f'echo >> "{counted}"',
        f'[ $(wc -l < "{counted}") -le 20 ] && kill -9 $$',
        f'exec "{sys.executable}" -S "{tmp_path}/serves.py" "$5"',
    )

    assert run_quickly(supervisor(2), monkeypatch, executable) == 0

    # Two workers that start at once may both count the last start.
    assert len(counted.read_text(encoding="utf-8").splitlines()) > 20


def test_a_worker_that_cannot_be_told_of_a_release_is_ended_rather_than_left_with_the_old_one(
    supervisor: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(109, "Too many references: cannot splice")

    ours, theirs = socket.socketpair()
    with ours, theirs, subprocess.Popen(["/bin/sleep", "60"]) as process:
        monkeypatch.setattr(socket, "send_fds", refuse)
        supervisor(2).send_message(Worker(process, ours))
        assert process.wait(5) == -signal.SIGKILL


SILENT_TICKS = supervisor_module.SILENT_TICKS


@pytest.mark.parametrize("is_serving", [False, True])
def test_a_worker_that_makes_no_progress_for_long_is_ended(supervisor: Made, *, is_serving: bool) -> None:
    found = supervisor(2)
    ours, theirs = socket.socketpair()
    with ours, theirs, subprocess.Popen(["/bin/sleep", "60"]) as process:
        worker = Worker(process, ours)
        wait_until(lambda: state_of(process.pid) == "S")
        found.check(Slot(worker))
        if is_serving:
            worker.silent = SILENT_TICKS
            theirs.send(b"serving")
            found.check(Slot(worker))
            assert process.poll() is None
        worker.silent = 0
        for _ in each(range(SILENT_TICKS)):
            found.check(Slot(worker))
        assert process.poll() is None
        found.check(Slot(worker))
        assert process.wait(5) == -signal.SIGKILL


def test_a_worker_that_works_while_it_starts_is_left_alone_unless_it_works_for_ever(
    supervisor: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = supervisor(2)
    ours, theirs = socket.socketpair()
    with ours, theirs, subprocess.Popen([sys.executable, "-S", "-c", "while True: pass"]) as process:
        worker = Worker(process, ours)

        def after_silence() -> None:
            used = supervisor_module.processor_seconds(process.pid)
            wait_until(lambda: supervisor_module.processor_seconds(process.pid) > used)
            worker.silent = SILENT_TICKS
            found.check(Slot(worker))

        for _ in range(3):
            after_silence()
            assert worker.silent == 0
        monkeypatch.setattr(supervisor_module, "MAX_START_SECONDS", 0.0)
        after_silence()
        assert process.wait(5) == -signal.SIGKILL
    assert supervisor_module.processor_seconds(process.pid) == 0


def message_with(content: Path) -> Message:
    """An order to serve a file."""
    return Message(release=2, refusal=None, content=os.open(content, os.O_RDONLY), listener=None)


def test_a_worker_that_cannot_read_a_release_gives_up_after_some_tries_unless_another_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "RETRY_MILLISECONDS", 0)
    (tmp_path / "broken").write_bytes(b"")
    tried: list[Path] = []

    def noted(path: Path) -> Database:
        tried.append(path)
        return open_beside(path)

    monkeypatch.setattr(worker_module, "open_beside", noted)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        with pytest.raises(DatabaseUnusableError, match="is empty"):
            worker_module.read(message_with(tmp_path / "broken"), ours)
        assert len(tried) == MAX_TRIES
        theirs.send(b"another")
        assert worker_module.read(message_with(tmp_path / "broken"), ours) is None


def test_a_worker_that_lacks_a_descriptor_for_a_release_says_so(tmp_path: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs, (tmp_path / "content").open("wb") as file:
        socket.send_fds(theirs, [b'{"release": 2, "refusal": null}'], [file.fileno()])
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, limits[1]))
        try:
            with pytest.raises(OSError, match="too many files are open"):
                receive_message(ours)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)


@pytest.mark.parametrize(("serves", "ends_at_once"), [(False, True), (True, False)])
def test_a_worker_ends_at_once_with_its_supervisor_unless_it_serves(
    monkeypatch: pytest.MonkeyPatch, *, serves: bool, ends_at_once: bool
) -> None:
    ended: list[int] = []
    monkeypatch.setattr(os, "_exit", ended.append)
    is_serving = Event()
    if serves:
        is_serving.set()
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, ExitStack() as stack:
        stack.enter_context(theirs).send(b"an order that nobody reads")
        watching = Thread(target=end_without, args=(ours, is_serving))
        watching.start()
        time.sleep(0.05)
        assert watching.is_alive()
        stack.close()
        watching.join(5)
    assert bool(ended) == ends_at_once


def test_a_worker_that_ignores_sigterm_exits_anyway(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[object] = []
    monkeypatch.setattr(os, "kill", lambda _, number: done.append(number))
    monkeypatch.setattr(os, "_exit", done.append)
    monkeypatch.setattr(worker_module, "STOP_SECONDS", 0)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    theirs.close()
    with ours:
        worker_module.follow(None, ours, 1, None)  # type: ignore[arg-type]  # neither is touched
    assert done == [signal.SIGTERM, 1]
