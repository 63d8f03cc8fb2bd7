"""Runs several server processes that serve one data set, and replaces those that end."""

import json
import logging
import logging.config
import os
import signal
import socket
import subprocess  # nosec B404  # starts this program itself
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from errno import EFBIG
from pathlib import Path
from queue import Empty, SimpleQueue
from types import FrameType
from typing import Final

from app.database import MAX_HELD_BYTES, Database
from app.logs import log_config
from app.pages import data_pages
from app.serving import HangUp
from app.settings import Settings
from app.watching import Stamp, Watcher

TICK_SECONDS: Final = 0.1
"""How often the supervisor looks after its workers."""
SILENT_TICKS: Final = 300
"""For how many ticks a worker may make no progress. Ticks are counted, so that a pause of the whole machine counts little."""
MAX_START_SECONDS: Final = 300.0
"""How much processor time a worker may take before it serves; more is an endless loop."""
RESTART_TICKS: Final = 10
"""How long a worker waits for its replacement that ended before it served."""
MAX_RESTART_TICKS: Final = 100
"""The longest that wait becomes, which doubles each time."""
MAX_FAILED_STARTS: Final = 2
"""How often every worker may end before it serves, until the first has served."""
MAX_FAILED_RESTARTS: Final = 30
"""How often later on, while no other serves: for five minutes. What keeps workers from starting then may pass: a lack of memory."""
LEAST_STARTING: Final = 2
"""How many workers may start at the same time at least; otherwise as many as there are processors. More would only wait for each
other, and the first would serve as late as the last."""
PROCESSES: Final = Path("/proc/self")
"""Where the system says how much processor time a process has used, and through which a file without a name is opened."""
STOP_SECONDS: Final = 13.0
"""How long the workers may take to end."""

log = logging.getLogger("app.supervisor")


def memory_copy(database: Database, path: Path) -> int:
    """A descriptor of the content of a database, which no change of its file reaches.

    Raises:
        OSError: there is no room for it, or a file in memory is larger than the process may write.
    """
    if path.stat().st_size > MAX_HELD_BYTES:
        # Read in place; a file that is renamed over it does not reach it either.
        return os.open(path, os.O_RDONLY)
    descriptor = os.memfd_create("content.db")
    try:
        with open(descriptor, "wb", closefd=False) as file:  # a descriptor has no path
            file.write(database.driver.serialize())
    except BaseException as error:
        os.close(descriptor)
        if isinstance(error, OSError) and error.errno == EFBIG:
            reason = (
                f"can't hold {path} in memory for several workers: raise the limit of file sizes, or set API_WORKERS=1"
            )
            raise OSError(reason) from error
        raise
    return descriptor


def processor_seconds(pid: int) -> float:
    """How much processor time a process has used; 0 when it has ended or the system does not say."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return 0.0
    user, system = fields[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def has_message(control: socket.socket) -> bool:
    """Whether the other side of a socket has sent a message.

    Raises:
        ConnectionResetError: it has ended without reading everything; its messages come after that.
    """
    try:
        return bool(control.recv(1024, socket.MSG_DONTWAIT))
    except BlockingIOError:
        return False


@dataclass
class Worker:
    """A server process, and the socket over which it gets its data sets."""

    process: "subprocess.Popen[bytes]"
    control: socket.socket
    is_serving: bool = False
    silent: int = 0
    """For how many ticks it has made no progress: sent no heartbeat, or, before it serves, used no processor time."""
    start_seconds: float = 0.0
    """How much processor time its start has taken."""

    def has_worked(self) -> bool:
        """Whether it has used processor time since the last call, and not more than a start can take."""
        before, self.start_seconds = self.start_seconds, processor_seconds(self.process.pid)
        return before < self.start_seconds < MAX_START_SECONDS


@dataclass
class Slot:
    """The place of one worker."""

    worker: Worker | None = None
    failures: int = 0
    """How many of its workers in a row have ended before they served."""
    pause: int = 0
    """How many ticks to wait before the next start."""


@dataclass
class WatcherEvent:
    """A message from the watcher."""

    content: int | None = None
    """Descriptor of a new data set."""
    refusal: str | None = None


class Supervisor:
    """Starts workers, hands each the listening socket and the data set, and ends with them.

    It reads and proves the database file, and keeps a copy in memory: a worker that starts later serves what the
    others serve, whatever has happened to the file.
    """

    def __init__(self, settings: Settings, listener: socket.socket, database: Database, stamp: Stamp) -> None:
        """Take the data set that was read from the file of the settings.

        Raises:
            OSError: the system lacks what several workers need.
        """
        if not hasattr(os, "memfd_create") or not PROCESSES.exists():
            raise OSError(f"several workers need Linux with {PROCESSES.parent}; set API_WORKERS=1")
        logging.config.dictConfig(log_config(settings.log_level))
        # The workers find the same modules, wherever the program was started and whatever is in that folder.
        searched = os.pathsep.join(str(Path(entry).absolute()) for entry in sys.path)
        self._environment = os.environ | {"PYTHONPATH": searched}
        self._listener = listener
        self._path = settings.database_path
        self._content = memory_copy(database, settings.database_path)
        self._release = 1
        self._refusal: str | None = None
        self.slots = [Slot() for _ in range(settings.workers)]
        self._failed_starts = 0
        self._max_failed_starts = MAX_FAILED_STARTS * settings.workers
        self._max_starting = max(LEAST_STARTING, len(os.sched_getaffinity(0)))
        self._events: SimpleQueue[WatcherEvent] = SimpleQueue()
        self._watcher = Watcher(
            settings.database_path,
            stamp,
            database,
            serve=self._publish,
            refuse=lambda reason: self._events.put(WatcherEvent(refusal=reason)),
        )
        database.close()
        self._hang_up = HangUp()
        self._is_reload_requested = False
        self._is_stopping = False

    def run(self) -> int:
        """Supervise until a signal ends it; 1 when no worker can start."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        signal.signal(signal.SIGHUP, self._reload)
        self._watcher.start()
        while not self._is_stopping and self._failed_starts <= self._max_failed_starts:
            for slot in self.slots:
                self.check(slot)
            time.sleep(TICK_SECONDS)
            if self._is_reload_requested:
                self._is_reload_requested = False
                if self._hang_up.is_of_terminal:
                    break
                self._watcher.look_now()
            self._process_events()
        self._watcher.stop()
        self._end_all()
        if self._failed_starts > self._max_failed_starts:
            log.error("%d workers in a row ended before they served; giving up", self._failed_starts)
            return 1
        return 0

    def _stop(self, _: int, __: FrameType | None) -> None:
        self._is_stopping = True

    def _reload(self, _: int, __: FrameType | None) -> None:
        self._is_reload_requested = True

    def _publish(self, database: Database) -> None:
        """Pass a new data set to the main thread, unless its pages can't be rendered."""
        data_pages("", database)
        self._events.put(WatcherEvent(content=memory_copy(database, self._path)))
        database.close()

    def _process_events(self) -> None:
        """Send every worker what the watcher has found."""
        while True:
            try:
                event = self._events.get_nowait()
            except Empty:
                return
            self._refusal = event.refusal
            if event.content is not None:
                os.close(self._content)
                self._content = event.content
                self._release += 1
            for slot in self.slots:
                if slot.worker:
                    self.send_message(slot.worker)

    def send_message(self, worker: Worker, *others: int) -> None:
        """Send a worker what it has to serve, and other descriptors."""
        message = json.dumps({"release": self._release, "refusal": self._refusal}).encode()
        try:
            socket.send_fds(worker.control, [message], [self._content, *others], socket.MSG_DONTWAIT)
        except ConnectionError:
            # It has ended, and is replaced.
            return
        except OSError as error:
            # It does not read, or the system passes no more descriptors. It would go on serving an old data set.
            log.error("worker %d can't receive a data set (%s) and is killed", worker.process.pid, error)  # noqa: TRY400
            worker.process.kill()

    def _start(self, slot: Slot) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            command = [sys.executable, "-P", "-m", "app", "worker", str(theirs.fileno())]
            # A program that starts itself: nothing in the command comes from outside.
            process = subprocess.Popen(  # noqa: S603  # nosec B603
                command, pass_fds=[theirs.fileno()], env=self._environment, stdin=subprocess.DEVNULL
            )
        slot.worker = Worker(process, ours)
        self.send_message(slot.worker, self._listener.fileno())

    def check(self, slot: Slot) -> None:
        """Check a worker: replace it when it has exited, and kill it when it hangs."""
        worker = slot.worker
        if worker is None:
            slot.pause -= 1
            starting = sum(other.worker is not None and not other.worker.is_serving for other in self.slots)
            if slot.pause <= 0 and starting < self._max_starting:
                try:
                    self._start(slot)
                except OSError as error:
                    self._note_failed_start(slot, str(error))
            return
        # Polled first: when it has exited, all its heartbeats have arrived.
        status = worker.process.poll()
        if self._has_heartbeat(worker):
            worker.is_serving, worker.silent = True, 0
            slot.failures = self._failed_starts = 0
            self._max_failed_starts = MAX_FAILED_RESTARTS * len(self.slots)
        elif not worker.is_serving and worker.has_worked():
            worker.silent = 0
        else:
            worker.silent += 1
        if status is not None:
            worker.control.close()
            slot.worker = None
            if worker.is_serving:
                log.warning("worker %d ended with status %d and is replaced", worker.process.pid, status)
            else:
                self._note_failed_start(slot, f"worker {worker.process.pid} ended with status {status}")
        elif worker.silent > SILENT_TICKS:
            log.error("worker %d hangs and is killed", worker.process.pid)
            worker.process.kill()

    def _note_failed_start(self, slot: Slot, reason: str) -> None:
        self._failed_starts += 1
        slot.pause = min(RESTART_TICKS << slot.failures, MAX_RESTART_TICKS)
        slot.failures = min(slot.failures + 1, 10)
        log.error("%s before it served; the next try is in %.0f s", reason, slot.pause * TICK_SECONDS)

    @staticmethod
    def _has_heartbeat(worker: Worker) -> bool:
        """Whether a worker has sent a heartbeat since the last check."""
        with suppress(ConnectionResetError):
            return has_message(worker.control)
        return has_message(worker.control)

    def _end_all(self) -> None:
        """End the workers, after they have responded to what they have accepted."""
        # No client may wait in a socket that no process accepts from.
        self._listener.close()
        workers = [slot.worker for slot in self.slots if slot.worker]
        for worker in workers:
            worker.process.terminate()
        latest = time.monotonic() + STOP_SECONDS
        for worker in workers:
            try:
                worker.process.wait(max(0, latest - time.monotonic()))
            except subprocess.TimeoutExpired:
                log.error("worker %d did not end in time and is killed", worker.process.pid)  # noqa: TRY400
                worker.process.kill()
                worker.process.wait()
            worker.control.close()
