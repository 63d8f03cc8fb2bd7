"""Shared by the tests of files: other users, size limits, and the check that a file is unchanged."""

import os
import resource
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support import NOBODY, OLD


@contextmanager
def as_somebody_else() -> Iterator[None]:
    """Run as another user, as file modes do not restrict root."""
    was_root = os.geteuid() == 0
    if was_root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if was_root:
            os.seteuid(0)


def everybody_may_reach(path: Path) -> None:
    """Let other users enter the temporary folders above."""
    for folder in path.parents:
        if folder.stat().st_uid == os.geteuid() and not folder.stat().st_mode & stat.S_IXOTH:
            folder.chmod(folder.stat().st_mode | stat.S_IXOTH)


def assert_untouched(path: Path, before: bytes) -> None:
    """The file is unchanged and alone in its folder."""
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


@contextmanager
def folder_of_somebody_else() -> Iterator[Path]:
    """A folder that this process may read but not write, while the context lasts."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "content.db").write_bytes(OLD)
        folder.chmod(0o555)
        was_root = os.geteuid() == 0
        if was_root:
            os.seteuid(NOBODY)
        try:
            yield folder
        finally:
            if was_root:
                os.seteuid(0)
            folder.chmod(0o755)


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """No file may grow beyond `size` bytes while the context lasts."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
