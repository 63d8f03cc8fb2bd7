"""The built file: whole or not at all, the same from the same seed, true to it, and refused when it is damaged."""

import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter
from sqlalchemy import URL, create_engine

from app import database as database_module
from app.__main__ import main as serve
from app.content.__main__ import main as content_command
from app.content.build import BuildError, build
from app.content.check import check_seed, read_seed
from app.database import SEAL, DatabaseUnusableError, open_database, seal_of
from app.registry import RESOURCES, TABLES
from app.schemas.resources import ResourceInfo
from app.tables import table_of

ROOT = Path(__file__).parents[1]
OLD = b"what was there before"
NOBODY = 65534


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """A database file that is to be replaced, alone in its folder."""
    path = tmp_path / "target" / "content.db"
    path.parent.mkdir()
    path.write_bytes(OLD)
    return path


def build_command(seed: Path, database: Path, *options: str) -> list[str]:
    arguments = ["--seed", str(seed), "--database", str(database)]
    return [sys.executable, *options, "-m", "app.content", "build", *arguments]


def run(command: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    variables = os.environ | environment
    return subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=False)


def contents(database: Path) -> dict[str, list[Any]]:
    """All rows of all tables."""
    with closing(sqlite3.connect(database)) as connection:
        tables = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
        return {name: sorted(connection.execute(f"SELECT * FROM {name}"), key=repr) for (name,) in tables}  # noqa: S608  # the file's own names


def assert_whole_and_alone(database: Path) -> None:
    assert [path.name for path in database.parent.iterdir()] == [database.name]
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    open_database(database).close()


# Whole or not at all.


def test_a_build_leaves_one_whole_file_that_everybody_may_read(seed: Path, target: Path) -> None:
    before = os.umask(0o077)
    try:
        build(read_seed(seed), target)
    finally:
        os.umask(before)

    assert_whole_and_alone(target)
    assert target.stat().st_mode & 0o777 == 0o644
    with closing(sqlite3.connect(target)) as connection:
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


def test_a_defect_leaves_the_earlier_file_whole(seed: Path, target: Path, tmp_path: Path) -> None:
    data = json.loads(seed.read_bytes())
    data["claims"][0]["citations"] = ["no-such-source"]
    faulty = tmp_path / "seed.json"
    faulty.write_text(json.dumps(data))

    assert content_command(["build", "--seed", str(faulty), "--database", str(target)]) == 1

    assert target.read_bytes() == OLD
    assert list(target.parent.iterdir()) == [target]


def test_a_build_that_is_killed_leaves_the_earlier_file_and_the_next_one_clears_up(seed: Path, target: Path) -> None:
    killed = 0
    moments = random.Random(11)  # noqa: S311  # any moments will do
    for seconds in [0.0, *(moments.uniform(0, 1) for _ in range(4))]:
        with subprocess.Popen(build_command(seed, target), cwd=ROOT, stdout=subprocess.DEVNULL) as process:
            while process.poll() is None and not list(target.parent.glob(".content.db.building-*/content.db")):
                time.sleep(0.001)
            time.sleep(seconds)
            process.kill()
        if process.returncode == -signal.SIGKILL:
            killed += 1
            assert target.read_bytes() == OLD
        else:
            assert_whole_and_alone(target)
            target.write_bytes(OLD)
    assert killed

    build(read_seed(seed), target)

    assert_whole_and_alone(target)


def test_a_build_that_is_killed_just_before_the_end_leaves_the_earlier_file(seed: Path, target: Path) -> None:
    program = (
        "import os, signal, sys, pathlib; from app.content.__main__ import main;"
        "pathlib.Path.rename = lambda *_: os.kill(os.getpid(), signal.SIGKILL); main(sys.argv[1:])"
    )

    killed = run([sys.executable, "-c", program, *build_command(seed, target)[3:]])

    assert killed.returncode == -signal.SIGKILL
    assert target.read_bytes() == OLD
    assert len(list(target.parent.iterdir())) == 2
    build(read_seed(seed), target)
    assert_whole_and_alone(target)


@pytest.mark.parametrize("largest", [0, 4096, 300_000, 2_000_000])
def test_a_file_that_may_not_grow_ends_the_build_in_one_line(seed: Path, target: Path, largest: int) -> None:
    program = (
        "import resource, sys; from app.content.__main__ import main;"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({largest}, {largest})); sys.exit(main(sys.argv[1:]))"
    )

    ran = run([sys.executable, "-c", program, *build_command(seed, target)[3:]])

    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith(f"{target} could not be written: ")
    assert len(ran.stderr.splitlines()) == 1
    assert target.read_bytes() == OLD
    assert list(target.parent.iterdir()) == [target]


@pytest.mark.parametrize("size", ["64k", "1m", "2500k"])
def test_a_full_disk_ends_the_build_in_one_line(
    seed: Path, target: Path, size: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with small_disk(target.parent, size):
        target.write_bytes(OLD)

        assert content_command(["build", "--seed", str(seed), "--database", str(target)]) == 1

        assert capsys.readouterr().err == f"{target} could not be written: database or disk is full\n"
        assert target.read_bytes() == OLD
        assert list(target.parent.iterdir()) == [target]


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[None]:
    mount, unmount = shutil.which("mount"), shutil.which("umount")
    if not mount or not unmount:
        pytest.skip("there is no mount command here")
    mounted = subprocess.run(
        [mount, "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("this user may not mount a small disk")
    try:
        yield
    finally:
        subprocess.run([unmount, folder], check=True)


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("missing/content.db", "no such file or directory"),
        ("file/content.db", "not a directory"),
        ("folder", "is a directory"),
        ("x" * 300, "file name too long"),
    ],
)
def test_a_place_that_cannot_be_written_is_told_in_one_line(
    seed: Path, tmp_path: Path, place: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    target = tmp_path / place

    assert content_command(["build", "--seed", str(seed), "--database", str(target)]) == 1

    assert capsys.readouterr().err == f"{target} could not be written: {words}\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]


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


def test_a_folder_of_somebody_else_is_told_in_words(seed: Path) -> None:
    checked = read_seed(seed)
    with folder_of_somebody_else() as folder:
        with pytest.raises(BuildError, match=r"content\.db could not be written: permission denied"):
            build(checked, folder / "content.db")

        assert (folder / "content.db").read_bytes() == OLD
        assert [path.name for path in folder.iterdir()] == ["content.db"]


def test_builds_at_the_same_time_all_succeed_and_leave_a_whole_file(seed: Path, target: Path) -> None:
    processes = [
        subprocess.Popen(build_command(seed, target), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        for _ in range(3)
    ]

    errors = [process.communicate()[1] for process in processes]

    assert [(process.returncode, error) for process, error in zip(processes, errors, strict=True)] == [(0, b"")] * 3
    assert_whole_and_alone(target)


@pytest.mark.parametrize(
    "name",
    ["two words.db", "100%41.db", "what?mode=memory.db", "a#b.db", "größe 크라톰.db", "[x]*.db", ":memory:", "-x"],
)
def test_any_file_name_can_be_built_from_any_folder_and_served(
    seed: Path, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / f"folder of {name}"
    here.mkdir()
    shutil.copy(seed, here / f"{name}.json")
    monkeypatch.chdir(here)

    assert content_command(["build", f"--seed={name}.json", f"--database={name}"]) == 0

    assert sorted(path.name for path in here.iterdir()) == sorted([name, f"{name}.json"])
    database = open_database(Path(name))
    assert database.totals["citations"] == len(json.loads(seed.read_bytes())["citations"])
    database.close()


def test_the_command_line_builds_from_another_folder_by_relative_paths(seed: Path, tmp_path: Path) -> None:
    shutil.copy(seed, tmp_path / "seed.json")
    command = build_command(Path("../seed.json"), Path("content.db"))
    (tmp_path / "elsewhere").mkdir()
    variables = os.environ | {"PYTHONPATH": str(ROOT)}

    ran = subprocess.run(
        command, cwd=tmp_path / "elsewhere", env=variables, capture_output=True, text=True, check=False
    )

    assert (ran.returncode, ran.stderr) == (0, "")
    assert_whole_and_alone(tmp_path / "elsewhere" / "content.db")


# The same from the same seed.


@pytest.mark.parametrize("number", [0, 1])
def test_the_same_seed_gives_the_same_content(seed: Path, database_path: Path, tmp_path: Path, number: int) -> None:
    options = ["-O"] if number else []
    variables = {"PYTHONHASHSEED": str(number), "TZ": ["Asia/Tokyo", "America/Lima"][number], "LC_ALL": "C"}

    ran = run(build_command(seed, tmp_path / "content.db", *options), **variables)

    assert (ran.returncode, ran.stderr) == (0, "")
    assert contents(tmp_path / "content.db") == contents(database_path)


def test_the_layout_of_the_seed_does_not_change_the_content(seed: Path, database_path: Path, tmp_path: Path) -> None:
    data = json.loads(seed.read_bytes())
    for records in data.values():
        if isinstance(records, list):
            records.reverse()
    shuffled = dict(reversed(data.items()))

    build(check_seed(json.dumps(shuffled, indent=7).encode()), tmp_path / "content.db")

    assert contents(tmp_path / "content.db") == contents(database_path)


def change_a_finding(data: Any) -> None:
    data["citations"][-1]["publisher"] += " Press"


def change_a_coverage_note(data: Any) -> None:
    data["release"]["coverage"]["faqs"] += " More."


def change_a_gap(data: Any) -> None:
    data["release"]["known_gaps"][0] += " More."


def change_a_verdict(data: Any) -> None:
    claim = next(claim for claim in data["claims"] if claim["verdict"] == "supports")
    claim["verdict"] = "qualifies"


@pytest.mark.parametrize("change", [change_a_finding, change_a_coverage_note, change_a_gap, change_a_verdict])
def test_a_change_of_one_word_changes_the_version(
    seed: Path, database_path: Path, tmp_path: Path, change: Callable[[Any], None]
) -> None:
    before = json.loads(seed.read_bytes())
    after = deepcopy(before)
    change(after)
    database = open_database(database_path)

    version = build(check_seed(json.dumps(after).encode()), tmp_path / "content.db")

    assert version.partition("+")[0] == str(database.release_date)
    assert version != database.dataset_version
    database.close()


# True to the seed.


@pytest.mark.parametrize("resource", RESOURCES, ids=[resource.collection for resource in RESOURCES])
def test_what_is_served_is_a_valid_record_and_equals_its_row(database_path: Path, resource: ResourceInfo) -> None:
    database = open_database(database_path)
    table = table_of(TABLES[resource.collection])
    with create_engine(URL.create("sqlite", database=str(database_path))).connect() as connection:
        rows = connection.execute(table.select()).mappings().all()
    links: dict[str, list[tuple[str, str, str | None]]] = {}
    for link in database.read("SELECT record, citation, support, note FROM record_citation ORDER BY position", {}):
        links.setdefault(link[0], []).append((link[1], link[2], link[3]))

    assert len(rows) == database.totals[resource.collection] > 0
    for row in rows:
        served = TypeAdapter(resource.read).validate_json(row["document"])
        assert json.loads(row["document"]) == json.loads(served.model_dump_json())
        for column in set(table.columns.keys()) - {"document"}:
            if column.endswith("_rank"):
                value = getattr(served, column.removesuffix("_rank"))
                assert row[column] == list(type(value).__members__).index(value)
            else:
                assert row[column] == getattr(served, column), (row["slug"], column)
        if "citations" in type(served).model_fields:
            shown = [(link.citation, link.support, link.note) for link in getattr(served, "citations", [])]
            assert shown == links.get(f"{resource.collection}/{row['slug']}", [])
    database.close()


def test_every_record_of_the_seed_is_in_the_file(seed: Path, database_path: Path) -> None:
    data = json.loads(seed.read_bytes())
    database = open_database(database_path)
    built = {row[0] for row in database.read("SELECT path FROM record", {})}
    database.close()

    assert built == {
        f"{resource.collection}/{record['slug']}"
        for resource in RESOURCES
        for record in data[resource.collection.replace("-", "_")]
    }


# Refused when it is damaged.


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


def sealed(change: Callable[[Path], None]) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        change(path)
        content = bytearray(path.read_bytes())
        content[SEAL] = seal_of([bytes(content)])
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
    "scrambled": (scramble_behind_the_header, "is not as it was built"),
    "blanked": (blank_the_middle, "is not as it was built"),
    "one bit": (flip_a_bit, "is not as it was built"),
    "without rows": (execute("DELETE FROM strain"), "is not as it was built"),
    "folder": (replace_by_a_folder, "is not a file"),
    "pipe": (replace_by_a_pipe, "is not a file"),
    "foreign": (replace_by_another_database, "is not as it was built"),
    "foreign, sealed": (sealed(replace_by_another_database), "can't be read as a database of this service (no such"),
    "newer": (sealed(execute("UPDATE alembic_version SET version_num = '9999'")), "has version 9999, this program"),
    "without notes": (sealed(execute("UPDATE release SET coverage = 'null'")), "can't be read as a database of this"),
    "without a note": (sealed(execute("UPDATE release SET coverage = '{}'")), "can't be read as a database of this"),
    "without table": (sealed(execute("DROP TABLE faq")), "can't be read as a database of this service (no such table"),
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
    assert line.endswith(f"; build it with: python -m app.content build --database '{path}'")
    assert (path.read_bytes() if path.is_file() else path.exists()) == before
    assert len(list(tmp_path.iterdir())) == path.exists()


def test_the_program_ends_with_one_line_when_the_database_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "content.db"

    ran = run([sys.executable, "-m", "app"], API_DATABASE_PATH=str(path), API_PORT="0")

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


def test_a_name_that_breaks_the_line_is_told_in_one_line(tmp_path: Path) -> None:
    ran = run([sys.executable, "-m", "app"], API_DATABASE_PATH=str(tmp_path / "a\nb\x1b[31m.db"), API_PORT="0")

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

        with pytest.raises(DatabaseUnusableError, match=r"content\.db: permission denied; build it with"):
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
