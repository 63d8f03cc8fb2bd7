"""A build writes the whole file or nothing, whatever happens to it, and reports an error in one line."""

import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from app.content.__main__ import main as content_command
from app.content.build import BuildError, build
from app.content.check import read_seed
from app.database import open_database
from owners import folder_of_somebody_else, largest_file
from support import OLD, ROOT, build_command, run

pytestmark = pytest.mark.slow


def assert_whole_and_alone(database: Path) -> None:
    assert [path.name for path in database.parent.iterdir()] == [database.name]
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    open_database(database).close()


def test_a_build_leaves_one_whole_file_that_everybody_may_read(small_seed: Path, target: Path) -> None:
    before = os.umask(0o077)
    try:
        build(read_seed(small_seed), target)
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


def test_a_build_that_is_killed_just_before_the_end_leaves_the_earlier_file(small_seed: Path, target: Path) -> None:
    program = (
        "import os, signal, sys, pathlib; from app.content.__main__ import main;"
        "pathlib.Path.rename = lambda *_: os.kill(os.getpid(), signal.SIGKILL); main(sys.argv[1:])"
    )

    killed = run(sys.executable, "-c", program, *build_command(small_seed, target)[3:])

    assert killed.returncode == -signal.SIGKILL
    assert target.read_bytes() == OLD
    assert len(list(target.parent.iterdir())) == 2
    build(read_seed(small_seed), target)
    assert_whole_and_alone(target)


@pytest.mark.parametrize("largest", [0, 4096, 300_000, 2_000_000])
def test_a_file_that_may_not_grow_ends_the_build_in_one_line(
    seed: Path, target: Path, largest: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with largest_file(largest):
        assert content_command(["build", "--seed", str(seed), "--database", str(target)]) == 1

    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith(f"{target} could not be written: ")
    assert len(output.err.splitlines()) == 1
    assert target.read_bytes() == OLD
    assert list(target.parent.iterdir()) == [target]


@pytest.mark.parametrize("size", ["64k", "600k"])
def test_a_full_disk_ends_the_build_in_one_line(
    small_seed: Path, target: Path, size: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with small_disk(target.parent, size):
        target.write_bytes(OLD)

        assert content_command(["build", "--seed", str(small_seed), "--database", str(target)]) == 1

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
def test_a_path_that_cannot_be_written_is_reported_in_one_line(
    small_seed: Path, tmp_path: Path, place: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    target = tmp_path / place

    assert content_command(["build", "--seed", str(small_seed), "--database", str(target)]) == 1

    assert capsys.readouterr().err == f"{target} could not be written: {words}\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]


def test_a_folder_of_another_user_is_reported_as_permission_denied(small_seed: Path) -> None:
    checked = read_seed(small_seed)
    with folder_of_somebody_else() as folder:
        with pytest.raises(BuildError, match=r"content\.db could not be written: permission denied"):
            build(checked, folder / "content.db")

        assert (folder / "content.db").read_bytes() == OLD
        assert [path.name for path in folder.iterdir()] == ["content.db"]


def test_builds_at_the_same_time_all_succeed_and_leave_a_whole_file(small_seed: Path, target: Path) -> None:
    processes = [
        subprocess.Popen(build_command(small_seed, target), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
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
    small_seed: Path, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / f"folder of {name}"
    here.mkdir()
    shutil.copy(small_seed, here / f"{name}.json")
    monkeypatch.chdir(here)

    assert content_command(["build", f"--seed={name}.json", f"--database={name}"]) == 0

    assert sorted(path.name for path in here.iterdir()) == sorted([name, f"{name}.json"])
    database = open_database(Path(name))
    assert set(database.totals.values()) == {0}
    database.close()


def test_the_command_line_builds_from_another_folder_by_relative_paths(small_seed: Path, tmp_path: Path) -> None:
    shutil.copy(small_seed, tmp_path / "seed.json")
    command = build_command(Path("../seed.json"), Path("content.db"))
    (tmp_path / "elsewhere").mkdir()

    ran = run(*command, cwd=tmp_path / "elsewhere", environment={"PYTHONPATH": str(ROOT)})

    assert (ran.returncode, ran.stderr) == (0, "")
    assert_whole_and_alone(tmp_path / "elsewhere" / "content.db")
