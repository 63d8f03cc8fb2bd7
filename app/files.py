"""Finds the files of the repository, and writes files atomically."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from errno import EEXIST, EINVAL
from pathlib import Path
from stat import S_IMODE, S_ISREG

PACKAGE = Path(__file__).parent


def packaged_path(path: str) -> Path:
    """The path of a file or folder of the repository, which an installed package contains."""
    inside = PACKAGE / path
    return inside if inside.exists() else PACKAGE.parent / path


def write_atomically(path: Path, content: bytes, *, over: Callable[[bytes], bool]) -> None:
    """Write a file atomically, where none exists or where `over` accepts the content of the existing one.

    The file keeps its mode and owner, and a symbolic link keeps pointing to it.

    Raises:
        OSError: when it can't be written; it names `path`.
    """
    try:
        before = _writable(path)
        target = path.resolve()
        with temporary_folder_beside(target) as folder:
            written = folder / "content"
            written.write_bytes(content)
            if before:
                with suppress(PermissionError):
                    os.chown(written, before.st_uid, before.st_gid)
                written.chmod(S_IMODE(before.st_mode))
            flush(written)
            # Checked last, as an editor may have saved the file meanwhile.
            _refuse_other_content(path, over)
            written.rename(target)
            flush(target.parent)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


def stat_regular_file(path: Path) -> os.stat_result:
    """The status of a regular file: reading a pipe would block, and a device has no content to replace.

    Raises:
        OSError: when it is not a regular file.
    """
    found = path.stat()
    if not S_ISREG(found.st_mode):
        raise OSError(EINVAL, "not a regular file", str(path))
    return found


def _writable(path: Path) -> os.stat_result | None:
    """The status of a writable regular file, or None when it does not exist."""
    try:
        found = stat_regular_file(path)
    except FileNotFoundError:
        return None
    # Renaming over a file needs no write permission; a protected file is refused all the same.
    os.close(os.open(path, os.O_WRONLY))
    return found


def _refuse_other_content(path: Path, over: Callable[[bytes], bool]) -> None:
    if path.exists() and not over(path.read_bytes()):
        raise OSError(EEXIST, "the existing file has other content and was left unchanged")


@contextmanager
def temporary_folder_beside(file: Path) -> Iterator[Path]:
    """A temporary folder beside a file, removed at the end with its content.

    A writer locks its folder; a folder without a lock was left behind by a killed process and is removed.
    """
    prefix = f".{file.name}.building-"
    with ExitStack() as until_done:
        # The lock on the parent keeps a process from removing a folder that another has created but not yet locked.
        with _locked(file.parent):
            for leftover in file.parent.iterdir():
                if leftover.name.startswith(prefix):
                    with suppress(OSError), _locked(leftover, wait=False):
                        shutil.rmtree(leftover)
            folder = until_done.enter_context(tempfile.TemporaryDirectory(prefix=prefix, dir=file.parent))
            until_done.enter_context(_locked(Path(folder)))
        yield Path(folder)


@contextmanager
def _locked(folder: Path, *, wait: bool = True) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield
    finally:
        os.close(descriptor)


def flush(path: Path) -> None:
    """Flush a file, or the entries of a folder, to disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
