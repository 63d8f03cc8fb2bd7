"""The watcher of the database file, in this process."""

import shutil
from contextlib import closing
from pathlib import Path

import pytest

from app import database, watching
from app.database import Database, DatabaseUnusableError, open_beside, open_database
from app.watching import Watcher, stamp_of
from processes import wait_until


@pytest.fixture
def path(database_path: Path, tmp_path: Path) -> Path:
    """The file that is watched."""
    copy = tmp_path / "content.db"
    shutil.copy(database_path, copy)
    return copy


def test_a_refusal_ends_when_a_disk_that_failed_for_a_while_shows_the_served_file_again(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(failing: Path) -> Database:
        raise DatabaseUnusableError(failing, "input/output error", may_pass=True)

    told: list[str | None] = []
    with closing(open_database(path)) as served:
        watcher = Watcher(path, stamp_of(path), served, serve=lambda _: None, refuse=told.append)
        with monkeypatch.context() as failing:
            failing.setattr(watching, "POLL_SECONDS", 0.01)
            failing.setattr(watching, "open_beside", fail)
            failing.setattr(watching, "stamp_of", lambda _: ())
            watcher.start()
            wait_until(lambda: bool(told))
        monkeypatch.setattr(watching, "POLL_SECONDS", 0.01)
        wait_until(lambda: len(told) > 1)
        watcher.stop()
        watcher.join(5)
    assert told == ["input/output error", None]


def test_a_data_set_that_memory_does_not_suffice_for_is_refused_before_it_is_read(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "OBJECT_BYTES", 1 << 60)
    monkeypatch.setattr(database, "open_database", lambda _: pytest.fail("read"))
    with pytest.raises(DatabaseUnusableError, match="takes more memory than there is") as refused:
        open_beside(path)
    assert refused.value.may_pass
