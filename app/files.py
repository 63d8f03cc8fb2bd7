"""Where files of the repository lie, and how a file is written: whole or not at all."""

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


def shipped(path: str) -> Path:
    """A file or folder of the repository; an installed package carries it inside itself."""
    inside = PACKAGE / path
    return inside if inside.exists() else PACKAGE.parent / path


def write_whole(path: Path, content: bytes, *, over: Callable[[bytes], bool]) -> None:
    """Write a file whole or not at all, where nothing is or over what may be lost.

    What was there keeps its mode and its owner, and a link still leads to it.

    Raises:
        OSError: when it can't be written; it names `path`.
    """
    try:
        before = _writable(path)
        target = path.resolve()
        with workshop_beside(target) as folder:
            written = folder / "content"
            written.write_bytes(content)
            if before:
                with suppress(PermissionError):
                    os.chown(written, before.st_uid, before.st_gid)
                written.chmod(S_IMODE(before.st_mode))
            flush(written)
            # At the last moment, as an editor may have saved it meanwhile.
            _refuse_what_may_not_be_lost(path, over)
            written.rename(target)
            flush(target.parent)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


def ordinary(path: Path) -> os.stat_result:
    """What is known of a file; a pipe would be waited for, and a device has no content to replace.

    Raises:
        OSError: when it is no ordinary file.
    """
    found = path.stat()
    if not S_ISREG(found.st_mode):
        raise OSError(EINVAL, "not an ordinary file", str(path))
    return found


def _writable(path: Path) -> os.stat_result | None:
    """What is known of an ordinary file that may be written to; none when nothing is there."""
    try:
        found = ordinary(path)
    except FileNotFoundError:
        return None
    # Renaming over a file needs no right to write to it; that is no reason to write to a protected one.
    os.close(os.open(path, os.O_WRONLY))
    return found


def _refuse_what_may_not_be_lost(path: Path, over: Callable[[bytes], bool]) -> None:
    if path.exists() and not over(path.read_bytes()):
        raise OSError(EEXIST, "what is there is something else and was left as it is")


@contextmanager
def workshop_beside(file: Path) -> Iterator[Path]:
    """A new folder beside a file, gone at the end with all that was left in it.

    Whoever writes holds a lock on its folder; folders without one were left by programs that were killed.
    """
    prefix = f".{file.name}.building-"
    with ExitStack() as until_done:
        # Folders are cleared up and made one at a time, so that nobody takes another's new one for a leftover.
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
    """Bring a file, or the names in a folder, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
