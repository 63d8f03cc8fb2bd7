"""No command harms a file: what it can't write, or must not lose, stays as it was, and one line says so."""

import json
import os
import re
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from app.content import __main__ as command_line
from app.content.__main__ import main
from app.database import DatabaseUnusableError, may_be_replaced, open_database
from app.files import write_whole

ROOT = Path(__file__).parents[1]
NOBODY = 65534


@pytest.fixture
def unordered(seed: Path, tmp_path: Path) -> Path:
    """A seed without faults that `format` has work with, alone in its folder."""
    folder = tmp_path / "editor"
    folder.mkdir()
    path = folder / "seed.json"
    path.write_text(json.dumps(json.loads(seed.read_bytes())), encoding="utf-8")
    return path


def with_lowest_amount(literal: str) -> Callable[[str], bytes]:
    """Something else in the place of the first amount that has decimals."""
    return lambda text: re.sub(r'("min": )\d+\.\d+', lambda found: found[1] + literal, text, count=1).encode()


def with_a_key_twice(text: str) -> bytes:
    return text.replace('"name": ', '"name": "lost", "name": ', 1).encode()


def with_half_a_character(text: str) -> bytes:
    return re.sub(r'("name": ")', r"\1\\ud800", text, count=1).encode()


UNWRITABLE: dict[str, tuple[Callable[[str], bytes], str]] = {
    "half a character": (with_half_a_character, r"\$\.\S+\.name.*found U\+D800"),
    "a key twice": (with_a_key_twice, r"\$\.\S+\.name.*found the key .* 2 times"),
    "an infinity": (with_lowest_amount("Infinity"), r"\$\.dosage_ranges\[\d\]\.min .*found Infinity"),
    "a number too large": (with_lowest_amount("1e400"), r"\$\.dosage_ranges\[\d\]\.min .*found Infinity"),
    "no number": (with_lowest_amount("NaN"), r"\$\.dosage_ranges\[\d\]\.min .*found NaN"),
    "too many digits": (with_lowest_amount("1" * 5000), r"\$\.dosage_ranges\[\d\]\.min .*found 1111"),
    "too deep": (with_lowest_amount("[" * 50_000 + "]" * 50_000), r"\$: found JSON nested too deeply"),
    "UTF-16": (lambda text: text.encode("utf-16"), r"\$: found a byte that is not UTF-8 in line 1"),
    "Latin-1": (lambda text: (text + '"é').encode("latin-1", "replace"), r"\$: found a byte that is not UTF-8"),
    "a byte order mark": (lambda text: text.encode("utf-8-sig"), r"\$: found a byte order mark"),
    "cut": (lambda text: text.encode()[:-20], r"\$: found invalid JSON at line"),
}


@pytest.mark.parametrize("kind", UNWRITABLE)
@pytest.mark.parametrize("options", [[], ["--check"]], ids=["format", "format --check"])
def test_format_refuses_what_it_cannot_represent(
    unordered: Path, kind: str, options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    spoil, words = UNWRITABLE[kind]
    before = spoil(unordered.read_text(encoding="utf-8"))
    unordered.write_bytes(before)

    assert main(["format", *options, "--seed", str(unordered)]) == 1

    told = capsys.readouterr()
    assert told.out == ""
    assert any(re.match(words, line) for line in told.err.splitlines()), told.err
    assert told.err.endswith(", nothing written\n")
    assert_untouched(unordered, before)


def assert_untouched(path: Path, before: bytes) -> None:
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_format_keeps_the_mode_and_writes_through_a_link(unordered: Path, seed: Path, tmp_path: Path) -> None:
    unordered.chmod(0o640)
    link, relative = tmp_path / "link.json", tmp_path / "relative.json"
    relative.symlink_to(Path("editor/seed.json"))
    link.symlink_to(relative)
    inode = unordered.stat().st_ino

    assert main(["format", "--seed", str(link)]) == 0

    assert unordered.read_bytes() == seed.read_bytes()
    assert stat.S_IMODE(unordered.stat().st_mode) == 0o640
    assert unordered.stat().st_ino != inode, "it was written in place"
    assert (link.readlink(), relative.readlink()) == (relative, Path("editor/seed.json"))
    assert list(unordered.parent.iterdir()) == [unordered]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a file away")
def test_format_leaves_a_file_to_its_owner(unordered: Path) -> None:
    os.chown(unordered, NOBODY, NOBODY)

    assert main(["format", "--seed", str(unordered)]) == 0

    assert (unordered.stat().st_uid, unordered.stat().st_gid) == (NOBODY, NOBODY)


def test_format_is_overtaken_by_an_editor_that_saves(unordered: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saved = b"what the editor saved meanwhile"

    def slowly(content: str) -> str:
        unordered.write_bytes(saved)
        return content + "\n"

    monkeypatch.setattr(command_line, "laid_out", slowly)

    assert main(["format", "--seed", str(unordered)]) == 1

    assert_untouched(unordered, saved)


# A disk that is full, a file that may not grow, a program that is killed.


def limited(largest: int, arguments: list[str]) -> subprocess.CompletedProcess[str]:
    program = (
        "import resource, sys; from app.content.__main__ import main;"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({largest}, {largest})); sys.exit(main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("largest", [0, 4096, 100_000])
def test_format_of_a_file_that_may_not_grow_leaves_it(unordered: Path, largest: int) -> None:
    before = unordered.read_bytes()

    ran = limited(largest, ["format", "--seed", str(unordered)])

    assert (ran.returncode, ran.stdout, ran.stderr) == (1, "", f"{unordered}: file too large\n")
    assert_untouched(unordered, before)


@pytest.mark.parametrize("largest", [0, 4096])
def test_a_schema_that_may_not_grow_is_left(seed: Path, tmp_path: Path, largest: int) -> None:
    path = tmp_path / "schema.json"
    shutil.copy(seed.parent / "seed.schema.json", path)

    ran = limited(largest, ["schema", "--schema", str(path)])

    assert (ran.returncode, ran.stdout, ran.stderr) == (1, "", f"{path}: file too large\n")
    assert_untouched(path, (seed.parent / "seed.schema.json").read_bytes())


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[None]:
    mount, unmount = shutil.which("mount"), shutil.which("umount")
    if not mount or not unmount:
        pytest.skip("there is no mount command here")
    command = [mount, "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("this user may not mount a small disk")
    try:
        yield
    finally:
        subprocess.run([unmount, folder], check=True)


def test_format_on_a_full_disk_leaves_the_file(
    unordered: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = unordered.read_bytes()
    disk = tmp_path / "disk"
    disk.mkdir()
    with small_disk(disk, len(before) + 65536):
        path = disk / "seed.json"
        path.write_bytes(before)

        assert main(["format", "--seed", str(path)]) == 1

        assert capsys.readouterr().err == f"{path}: no space left on device\n"
        assert_untouched(path, before)


FORMAT_AND_DIE = (
    "import os, signal, sys, pathlib; from app.content.__main__ import main\n"
    "def die(*_): os.kill(os.getpid(), signal.SIGKILL)\n"
    "pathlib.Path.{moment} = die\n"
    "main(sys.argv[1:])"
)


@pytest.mark.parametrize("moment", ["write_bytes", "rename"])
def test_format_that_is_killed_leaves_the_file_and_the_next_one_clears_up(
    unordered: Path, seed: Path, moment: str
) -> None:
    before = unordered.read_bytes()
    program = FORMAT_AND_DIE.format(moment=moment)

    command = [sys.executable, "-c", program, "format", "--seed", str(unordered)]
    killed = subprocess.run(command, cwd=ROOT, check=False)

    assert killed.returncode == -signal.SIGKILL
    assert unordered.read_bytes() == before
    assert len(list(unordered.parent.iterdir())) == 2
    assert main(["format", "--seed", str(unordered)]) == 0
    assert_untouched(unordered, seed.read_bytes())


def test_whoever_reads_while_it_is_written_sees_the_one_or_the_other(tmp_path: Path) -> None:
    path = tmp_path / "file"
    contents = [letter * 1_000_000 for letter in (b"a", b"b")]
    path.write_bytes(contents[0])
    program = (
        "import sys, pathlib; from app.files import write_whole\n"
        "while True:\n"
        "    for letter in (b'a', b'b'):\n"
        "        write_whole(pathlib.Path(sys.argv[1]), letter * 1_000_000, over=lambda _: True)"
    )

    with subprocess.Popen([sys.executable, "-c", program, path], cwd=ROOT) as process:
        seen: set[bytes] = set()
        end = time.monotonic() + 10
        while len(seen) < 2 and time.monotonic() < end:
            seen.add(path.read_bytes())
        process.kill()

    assert seen == set(contents)
    write_whole(path, b"", over=lambda _: True)
    assert_untouched(path, b"")


# What is in the way.


@contextmanager
def as_somebody_else() -> Iterator[None]:
    """Without the rights of root, which heeds no mode."""
    was_root = os.geteuid() == 0
    if was_root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if was_root:
            os.seteuid(0)


def everybody_may_reach(path: Path) -> None:
    """Let others into the temporary folders above, which are their owner's alone."""
    for folder in path.parents:
        if folder.stat().st_uid == os.geteuid() and not folder.stat().st_mode & stat.S_IXOTH:
            folder.chmod(folder.stat().st_mode | stat.S_IXOTH)


@pytest.mark.parametrize(("folder", "file"), [(0o555, 0o666), (0o777, 0o444)], ids=["folder", "file"])
def test_format_passes_over_no_missing_right(
    unordered: Path, folder: int, file: int, capsys: pytest.CaptureFixture[str]
) -> None:
    before = unordered.read_bytes()
    everybody_may_reach(unordered)
    unordered.chmod(file)
    unordered.parent.chmod(folder)
    try:
        with as_somebody_else():
            assert main(["format", "--seed", str(unordered)]) == 1
    finally:
        unordered.parent.chmod(0o755)

    assert capsys.readouterr().err == f"{unordered}: permission denied\n"
    assert_untouched(unordered, before)


def another_database(path: Path) -> None:
    # Another program may use Alembic and know releases too.
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            "CREATE TABLE alembic_version (version_num); CREATE TABLE release (artist, title);"
            "INSERT INTO alembic_version VALUES ('0001'); INSERT INTO release VALUES ('a', 'b');"
        )


def a_database_being_written(path: Path) -> None:
    """One whose newest rows are still in the log beside it."""
    other = path.with_name("other")
    with closing(sqlite3.connect(other)) as connection:
        connection.executescript("PRAGMA journal_mode=WAL; CREATE TABLE note (text); INSERT INTO note VALUES ('a')")
        shutil.copy(other, path)


def a_device(path: Path) -> None:
    if os.geteuid() == 0:
        os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 3))  # one that nobody misses
    else:
        path.symlink_to("/dev/null")


def a_link_to_a_text(path: Path) -> None:
    path.with_name("text").write_text("my notes\n", encoding="utf-8")
    path.symlink_to("text")


FOREIGN: dict[str, tuple[Callable[[Path], object], str]] = {
    "text": (lambda path: path.write_text("my notes\n", encoding="utf-8"), "is not a database of this service"),
    "an empty file": (Path.touch, "is not a database of this service"),
    "the seed": (lambda path: shutil.copy(ROOT / "data/seed.json", path), "is not a database of this service"),
    "another database": (another_database, "is not a database of this service"),
    "a database in use": (a_database_being_written, "is not a database of this service"),
    "a pipe": (os.mkfifo, "is not a database of this service"),
    "a folder": (Path.mkdir, "could not be written: is a directory"),
    "a device": (a_device, "is not a database of this service"),
    "a link to a text": (a_link_to_a_text, "is not a database of this service"),
    "a link to itself": (lambda path: path.symlink_to(path.name), "could not be written: too many levels"),
}


def state_of(path: Path) -> object:
    found = path.lstat()
    content = path.read_bytes() if stat.S_ISREG(found.st_mode) else None
    return found.st_mode, found.st_ino, found.st_mtime_ns, content, path.is_symlink() and path.readlink()


@pytest.mark.parametrize("kind", FOREIGN)
def test_a_build_replaces_nothing_but_a_database_of_this_service(
    seed: Path, tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    put, words = FOREIGN[kind]
    path = tmp_path / "content.db"
    put(path)
    before = {file: state_of(file) for file in tmp_path.iterdir()}

    assert main(["build", "--seed", str(seed), "--database", str(path)]) == 1

    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"{path} {words}")
    assert {file: state_of(file) for file in tmp_path.iterdir()} == before


def test_a_build_leaves_a_file_that_it_may_not_read(
    seed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "content.db"
    path.write_bytes(b"mine")
    path.chmod(0)
    tmp_path.chmod(0o777)
    everybody_may_reach(path)
    with as_somebody_else():
        assert main(["build", "--seed", str(seed), "--database", str(path)]) == 1

    assert capsys.readouterr().err == f"{path} could not be written: permission denied\n"
    path.chmod(0o600)
    assert_untouched(path, b"mine")


@pytest.mark.parametrize("kind", FOREIGN)
def test_no_message_advises_to_build_over_what_is_not_ours(tmp_path: Path, kind: str) -> None:
    put, _ = FOREIGN[kind]
    path = tmp_path / "content.db"
    put(path)

    with pytest.raises(DatabaseUnusableError) as refused:
        open_database(path)

    assert "build it with" not in str(refused.value)
    assert str(refused.value).endswith("; name a database of this service with API_DATABASE_PATH")


def test_a_missing_or_damaged_database_of_ours_is_built_as_the_message_says(
    seed: Path, database_path: Path, tmp_path: Path
) -> None:
    path = tmp_path / "content.db"
    for damaged in (False, True):
        if damaged:
            content = bytearray(database_path.read_bytes())
            content[-1000] ^= 1
            path.write_bytes(content)
        else:
            assert may_be_replaced(path)
        with pytest.raises(DatabaseUnusableError, match=r"build it with: python -m app\.content build"):
            open_database(path)

        assert main(["build", "--seed", str(seed), "--database", str(path)]) == 0

        assert path.read_bytes() == database_path.read_bytes()


def test_what_comes_there_while_a_build_runs_is_left(
    seed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "content.db"
    monkeypatch.setattr("app.content.build._seal", lambda _: path.write_bytes(b"mine"))

    assert main(["build", "--seed", str(seed), "--database", str(path)]) == 1

    assert_untouched(path, b"mine")


@pytest.mark.parametrize("dangling", [False, True], ids=["link", "dangling link"])
def test_a_build_writes_where_a_link_leads(seed: Path, database_path: Path, tmp_path: Path, *, dangling: bool) -> None:
    (tmp_path / "data").mkdir()
    target, link = tmp_path / "data/target.db", tmp_path / "content.db"
    link.symlink_to("data/target.db")
    if not dangling:
        shutil.copy(database_path, target)
        target.chmod(0o600)

    assert main(["build", "--seed", str(seed), "--database", str(link)]) == 0

    assert link.readlink() == Path("data/target.db")
    assert_untouched(target, database_path.read_bytes())


@pytest.mark.parametrize("content", [b"", b"[]", b'{"$schema": "of something else"}', b"[" * 100_000, b"\xff"])
def test_a_schema_is_written_over_nothing_but_a_schema(
    tmp_path: Path, content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "seed.json"
    path.write_bytes(content)

    assert main(["schema", "--schema", str(path)]) == 1

    words = "what is there is something else and was left as it is"
    assert capsys.readouterr().err == f"{path}: {words}\n"
    assert_untouched(path, content)


def test_an_older_schema_is_replaced_through_a_link(seed: Path, tmp_path: Path) -> None:
    newest = seed.parent / "seed.schema.json"
    (tmp_path / "data").mkdir()
    path, link = tmp_path / "data/schema.json", tmp_path / "link.json"
    path.write_text(json.dumps(json.loads(newest.read_bytes()) | {"properties": {}}), encoding="utf-8")
    path.chmod(0o600)
    link.symlink_to(path)

    assert main(["schema", "--schema", str(link)]) == 0

    assert (link.readlink(), stat.S_IMODE(path.stat().st_mode)) == (path, 0o600)
    assert_untouched(path, newest.read_bytes())


@pytest.mark.parametrize("command", ["format --seed", "schema --schema"])
@pytest.mark.parametrize("kind", ["a pipe", "a device", "a folder"])
def test_what_is_no_file_is_neither_waited_for_nor_replaced(tmp_path: Path, command: str, kind: str) -> None:
    path = tmp_path / "there"
    FOREIGN[kind][0](path)
    before = state_of(path)

    ran = subprocess.run(
        [sys.executable, "-m", "app.content", *command.split(), path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=20,
    )

    assert (ran.returncode, ran.stdout, len(ran.stderr.splitlines())) == (1, "", 1)
    assert ran.stderr.startswith(f"{path}: ")
    assert state_of(path) == before
