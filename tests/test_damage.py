"""A damaged or unreadable database is refused with one line; one that is served is never changed."""

import os
import random
import shutil
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from app import database as database_module
from app.__main__ import main as serve
from app.database import CHECKSUM, DatabaseUnusableError, checksum_of, may_be_replaced, open_database
from owners import folder_of_somebody_else
from support import NOBODY, run


def cut_to(length: int) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        content = path.read_bytes()
        path.write_bytes(content[: length % len(content)])

    return damage


def execute(statement: str) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute(statement)
            connection.commit()

    return damage


def replace_by_garbage(path: Path) -> None:
    path.write_bytes(random.Random(3).randbytes(50_000))  # noqa: S311  # any bytes will do


def scramble_behind_the_header(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:100] + random.Random(3).randbytes(len(content) - 100))  # noqa: S311  # any bytes will do


def blank_the_middle(path: Path) -> None:
    content = bytearray(path.read_bytes())
    middle = len(content) // 2 // 4096 * 4096
    content[middle : middle + 65536] = bytes(65536)
    path.write_bytes(content)


def replace_by_another_database(path: Path) -> None:
    path.unlink()
    execute("CREATE TABLE note (text)")(path)


def flip_a_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1000] ^= 1
    path.write_bytes(content)


def with_checksum(change: Callable[[Path], None]) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        change(path)
        content = bytearray(path.read_bytes())
        content[CHECKSUM] = checksum_of([bytes(content)])
        path.write_bytes(content)

    return damage


def replace_by_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def replace_by_a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


DAMAGES: dict[str, tuple[Callable[[Path], None], str]] = {
    "missing": (Path.unlink, "no such file or directory"),
    "empty": (cut_to(0), "is empty"),
    **{f"cut to {n}": (cut_to(n), "is not a SQLite database") for n in (1, 16, 99)},
    **{f"cut to {n}": (cut_to(n), "is truncated or damaged (") for n in (100, 4096, 1_000_000, -4096, -1)},
    "garbage": (replace_by_garbage, "is not a SQLite database"),
    "scrambled": (scramble_behind_the_header, "does not match its checksum"),
    "blanked": (blank_the_middle, "does not match its checksum"),
    "one bit": (flip_a_bit, "does not match its checksum"),
    "without rows": (execute("DELETE FROM strain"), "does not match its checksum"),
    "folder": (replace_by_a_folder, "is not a file"),
    "pipe": (replace_by_a_pipe, "is not a file"),
    "foreign": (replace_by_another_database, "does not match its checksum"),
    "foreign, with checksum": (
        with_checksum(replace_by_another_database),
        "can't be read as a database of this service (no such",
    ),
    "newer": (
        with_checksum(execute("UPDATE alembic_version SET version_num = '9999'")),
        "has version 9999, this program",
    ),
    "without rows, with checksum": (
        with_checksum(execute("DELETE FROM strain")),
        "contains other numbers of records than its release states",
    ),
    "with half a record": (
        with_checksum(execute("UPDATE strain SET document = '{}'")),
        "contains a record of strains that can't be read (",
    ),
    "with a record of another slug": (
        with_checksum(execute("UPDATE strain SET slug = 'x' || slug")),
        "contains a record of strains under the slug of another",
    ),
    "without notes": (
        with_checksum(execute("UPDATE release SET coverage = 'null'")),
        "can't be read as a database of this",
    ),
    "with notes nested too deeply": (
        with_checksum(execute("UPDATE release SET coverage = printf('%.3000c', '[')")),
        "can't be read as a database of this",
    ),
    "without a note": (
        with_checksum(execute("UPDATE release SET coverage = '{}'")),
        "can't be read as a database of this",
    ),
    "without table": (
        with_checksum(execute("DROP TABLE faq")),
        "can't be read as a database of this service (no such table",
    ),
}


@pytest.mark.parametrize("kind", DAMAGES)
def test_a_database_that_cannot_be_served_is_refused_in_one_line_and_left_alone(
    database_path: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
) -> None:
    damage, words = DAMAGES[kind]
    path = tmp_path / "the content.db"
    shutil.copy(database_path, path)
    damage(path)
    before = path.read_bytes() if path.is_file() else path.exists()
    monkeypatch.setenv("API_DATABASE_PATH", str(path))
    monkeypatch.setenv("API_PORT", "0")

    assert serve() == 1

    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"{path}: {words}")
    advice = "name a database of this service with API_DATABASE_PATH"
    if may_be_replaced(path):
        advice = f"build it with: python -m app.content build --database '{path}'"
    assert line.endswith(f"; {advice}")
    assert (path.read_bytes() if path.is_file() else path.exists()) == before
    assert len(list(tmp_path.iterdir())) == path.exists()


def test_the_program_ends_with_one_line_when_the_database_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "content.db"

    ran = run(sys.executable, "-m", "app", environment={"API_DATABASE_PATH": str(path), "API_PORT": "0"})

    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith(f"{path}: no such file or directory; build it with: ")
    assert len(ran.stderr.splitlines()) == 1
    assert not path.exists()


def test_a_file_of_any_size_that_is_no_database_is_refused_without_being_read(tmp_path: Path) -> None:
    path = tmp_path / "content.db"
    for header in (b"", b"SQLite format 3\x00".ljust(100, b"\x01")):
        with path.open("wb") as file:
            file.write(header)
            file.truncate(2**40)
        with pytest.raises(DatabaseUnusableError, match=r"is not a SQLite database|is truncated or damaged"):
            open_database(path)


def test_a_file_that_is_too_large_to_be_held_is_read_in_place(
    database_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "the #1 content?.db"
    shutil.copy(database_path, path)
    monkeypatch.setattr(database_module, "MAX_HELD_BYTES", 1000)
    held, in_place = open_database(database_path), open_database(path)
    ask = "SELECT document FROM citation ORDER BY slug"
    assert in_place.totals == held.totals
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        in_place.driver.execute("DELETE FROM faq")

    another = tmp_path / "another"
    another.write_bytes(bytes(len(path.read_bytes())))
    another.rename(path)

    assert in_place.driver.execute(ask).fetchall() == held.driver.execute(ask).fetchall()
    with pytest.raises(DatabaseUnusableError, match="is not a SQLite database"):
        open_database(path)


def test_a_file_name_with_a_line_break_is_reported_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "a\nb\x1b[31m.db"

    ran = run(sys.executable, "-m", "app", environment={"API_DATABASE_PATH": str(path), "API_PORT": "0"})

    assert (ran.returncode, ran.stdout) == (1, "")
    assert len(ran.stderr.splitlines()) == 1
    assert "\x1b" not in ran.stderr


def test_a_database_that_may_not_be_read_is_refused() -> None:
    with folder_of_somebody_else() as folder:
        path = folder / "content.db"
        if os.getuid() == 0:
            os.seteuid(0)
        path.chmod(0)
        if os.getuid() == 0:
            os.seteuid(NOBODY)

        with pytest.raises(DatabaseUnusableError, match=r"content\.db: permission denied; name a database"):
            open_database(path)


def test_serving_alters_neither_the_file_nor_its_folder(database_path: Path, tmp_path: Path) -> None:
    path = tmp_path / "content.db"
    shutil.copy(database_path, path)
    path.chmod(0o444)
    before = path.read_bytes(), path.stat().st_mtime_ns

    database = open_database(path)
    for statement in ("DELETE FROM faq", "CREATE TABLE x (y)", "PRAGMA user_version = 7", "VACUUM"):
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            database.driver.execute(statement)
    database.close()

    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert list(tmp_path.iterdir()) == [path]
