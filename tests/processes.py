"""Shared by the tests of server processes: the workers of a supervisor, and what becomes of them."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from support import Running

needs_proc = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="finds processes in /proc")


def workers_of(running: Running) -> set[int]:
    """The processes that the program started to serve."""
    pid = running.process.pid
    return {int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()}


def state_of(pid: int) -> str:
    """The state of a process, as in proc(5): R runs, S sleeps, T is stopped, Z has ended; empty when there is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except OSError:
        return ""


def is_alive(pid: int) -> bool:
    """Whether a process has not ended."""
    return state_of(pid) not in ("", "Z")


def handles(pid: int, number: int) -> bool:
    """Whether a process has a handler for a signal."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return bool(int(status.partition("SigCgt:")[2].split()[0], 16) >> (number - 1) & 1)


def wait_until(condition: Callable[[], bool], seconds: float = 10) -> None:
    """Wait for something that has to come true in time."""
    latest = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < latest, f"that did not come true within {seconds} s"
        time.sleep(0.05)


def full_pipe() -> tuple[int, int]:
    """A pipe that nobody reads and that holds no more."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)  # it takes no keyword
    try:
        while True:
            os.write(writer, bytes(4096))
    except BlockingIOError:
        os.set_blocking(writer, True)  # it takes no keyword
    return reader, writer
