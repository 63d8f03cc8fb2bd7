"""Watches the database file: when it is replaced, the new file is validated and served."""

import logging
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread
from typing import Final

from app.database import Database, DatabaseUnusableError, losses, open_beside

POLL_SECONDS: Final = 1.0
"""How often the file is checked, in seconds."""

Stamp = tuple[int, ...]

log = logging.getLogger("app.release")


def stamp_of(path: Path) -> Stamp:
    """Identifies a version of the file; empty when there is no file."""
    try:
        found = path.stat()
    except OSError:
        return ()
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


class Watcher(Thread):
    """A thread that watches a file and opens its replacement, so that no request waits for a disk.

    It calls `serve` with each new data set, and `refuse` with the reason why the file is refused, or None once it is
    served; both run in this thread. A data set that `serve` fails to render is refused too. `stamp` is the stamp that the
    file had before `served` was read from it.
    """

    def __init__(
        self,
        path: Path,
        stamp: Stamp,
        served: Database,
        *,
        serve: Callable[[Database], None],
        refuse: Callable[[str | None], None],
    ) -> None:
        super().__init__(name="watcher", daemon=True)
        self._path = path
        self._judged = stamp
        """The stamp of the file that is served or refused."""
        self._last_seen = stamp
        self._served = served
        self._serve = serve
        self._refuse = refuse
        self._refusal: tuple[Stamp, str] | None = None
        """The refused file and the reason, which is logged once."""
        self._wake = Event()
        self._stopped = False

    def run(self) -> None:
        """Check the file until the watcher is stopped."""
        while True:
            is_asked = self._wake.wait(POLL_SECONDS)
            self._wake.clear()
            if self._stopped:
                return
            try:
                self._look(at_once=is_asked)
            except Exception:
                log.exception("the database file could not be checked")
                self._judged = self._last_seen  # once is enough
                self._refuse("could not be checked")

    def look_now(self) -> None:
        """Read the file again at once."""
        self._wake.set()

    def stop(self) -> None:
        """Stop the thread, without waiting for a disk that does not respond."""
        self._stopped = True
        self._wake.set()

    def _look(self, *, at_once: bool) -> None:
        stamp = stamp_of(self._path)
        # A file that is copied rather than renamed into place changes until it is whole.
        is_still = stamp == self._last_seen
        self._last_seen = stamp
        # A disk that failed for a while shows the served file again.
        is_back = self._refusal is not None and self._refusal[0] != stamp
        if at_once or (is_still and (stamp != self._judged or is_back)):
            self._judge(stamp, is_asked=at_once)

    def _judge(self, stamp: Stamp, *, is_asked: bool) -> None:
        before = self._served
        try:
            database = self._validated()
            if is_same := (database.dataset_version, database.checksum) == (before.dataset_version, before.checksum):
                if is_asked or self._refusal:
                    log.info("%s has nothing new; still serving %s", self._path, before.dataset_version)
            else:
                self._hand_over(database)
        except DatabaseUnusableError as error:
            self._note_refusal(stamp, error, is_asked=is_asked)
            return
        if not is_same:
            self._served = database
            log.info("serving %s instead of %s", database.dataset_version, before.dataset_version)
        self._judged, self._refusal = stamp, None
        self._refuse(None)

    def _validated(self) -> Database:
        """The data set in the file.

        Raises:
            DatabaseUnusableError: it can't be served or has lost records.
        """
        database = open_beside(self._path)
        if not database.may_shrink and (lost := losses(self._served, database)):
            reason = f"has lost records ({'; '.join(lost)}), which was not confirmed with build --allow-shrink"
            raise DatabaseUnusableError(self._path, reason)
        return database

    def _hand_over(self, database: Database) -> None:
        try:
            self._serve(database)
        except (MemoryError, OSError) as error:
            reason = "takes more memory or open files than there are"
            raise DatabaseUnusableError(self._path, reason, may_pass=True) from error
        except Exception as error:  # rendering may fail in any way
            raise DatabaseUnusableError(self._path, f"can't be rendered as pages ({error!r})") from error

    def _note_refusal(self, stamp: Stamp, error: DatabaseUnusableError, *, is_asked: bool) -> None:
        if self._stopped:
            return
        if not error.may_pass:
            self._judged = stamp
        if self._refusal != (stamp, error.reason) or is_asked:
            self._refusal = stamp, error.reason
            log.error("%s: %s; still serving %s", self._path, error.reason, self._served.dataset_version)
            # The part in brackets is for the log only.
            self._refuse(error.reason.partition(" (")[0])
