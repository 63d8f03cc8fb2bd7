"""No command replaces a foreign file: a device, a pipe, another program's file."""

import json
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from app.content.__main__ import main
from app.database import DatabaseUnusableError, may_be_replaced, open_database
from owners import as_somebody_else, assert_untouched, everybody_may_reach
from support import ROOT

pytestmark = pytest.mark.slow


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
        os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 3))  # a second /dev/null
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
    small_seed: Path, tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    put, words = FOREIGN[kind]
    path = tmp_path / "content.db"
    put(path)
    before = {file: state_of(file) for file in tmp_path.iterdir()}

    assert main(["build", "--seed", str(small_seed), "--database", str(path)]) == 1

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
def test_no_message_advises_to_build_over_a_foreign_file(tmp_path: Path, kind: str) -> None:
    put, _ = FOREIGN[kind]
    path = tmp_path / "content.db"
    put(path)

    with pytest.raises(DatabaseUnusableError) as refused:
        open_database(path)

    assert "build it with" not in str(refused.value)
    assert str(refused.value).endswith("; name a database of this service with API_DATABASE_PATH")


def test_the_build_command_in_the_message_repairs_a_missing_or_damaged_database(
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

        assert main(["build", "--quick", "--seed", str(seed), "--database", str(path)]) == 0

        assert path.read_bytes() == database_path.read_bytes()


def test_a_file_created_while_a_build_runs_is_left(
    small_seed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "content.db"
    monkeypatch.setattr("app.content.build._write_checksum", lambda _: path.write_bytes(b"mine"))

    assert main(["build", "--seed", str(small_seed), "--database", str(path)]) == 1

    assert_untouched(path, b"mine")


@pytest.mark.parametrize("dangling", [False, True], ids=["link", "dangling link"])
def test_a_build_writes_where_a_link_leads(seed: Path, database_path: Path, tmp_path: Path, *, dangling: bool) -> None:
    (tmp_path / "data").mkdir()
    target, link = tmp_path / "data/target.db", tmp_path / "content.db"
    link.symlink_to("data/target.db")
    if not dangling:
        shutil.copy(database_path, target)
        target.chmod(0o600)

    assert main(["build", "--quick", "--seed", str(seed), "--database", str(link)]) == 0

    assert link.readlink() == Path("data/target.db")
    assert_untouched(target, database_path.read_bytes())


@pytest.mark.parametrize("content", [b"", b"[]", b'{"$schema": "of something else"}', b"[" * 100_000, b"\xff"])
def test_a_schema_is_written_over_nothing_but_a_schema(
    tmp_path: Path, content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "seed.json"
    path.write_bytes(content)

    assert main(["schema", "--schema", str(path)]) == 1

    words = "the existing file has other content and was left unchanged"
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
def test_a_pipe_device_or_folder_is_neither_waited_for_nor_replaced(tmp_path: Path, command: str, kind: str) -> None:
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
