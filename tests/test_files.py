"""No command damages a file: one that can't be written or must not be lost is unchanged, and one line says so."""

import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.content import __main__ as command_line
from app.content.__main__ import main
from app.files import write_atomically
from owners import as_somebody_else, assert_untouched, everybody_may_reach, largest_file
from support import NOBODY, ROOT

pytestmark = pytest.mark.slow


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

    monkeypatch.setattr(command_line, "formatted_seed", slowly)

    assert main(["format", "--seed", str(unordered)]) == 1

    assert_untouched(unordered, saved)


# A disk that is full, a file that may not grow, a program that is killed.


@pytest.mark.parametrize("largest", [0, 4096, 100_000])
def test_format_of_a_file_that_may_not_grow_leaves_it(
    unordered: Path, largest: int, capsys: pytest.CaptureFixture[str]
) -> None:
    before = unordered.read_bytes()

    with largest_file(largest):
        assert main(["format", "--seed", str(unordered)]) == 1

    assert capsys.readouterr() == ("", f"{unordered}: file too large\n")
    assert_untouched(unordered, before)


@pytest.mark.parametrize("largest", [0, 4096])
def test_a_schema_that_may_not_grow_is_left(
    seed: Path, tmp_path: Path, largest: int, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "schema.json"
    shutil.copy(seed.parent / "seed.schema.json", path)

    with largest_file(largest):
        assert main(["schema", "--schema", str(path)]) == 1

    assert capsys.readouterr() == ("", f"{path}: file too large\n")
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


def test_a_reader_during_a_write_sees_the_old_or_the_new_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    contents = [letter * 1_000_000 for letter in (b"a", b"b")]
    path.write_bytes(contents[0])
    program = (
        "import sys, pathlib; from app.files import write_atomically\n"
        "while True:\n"
        "    for letter in (b'a', b'b'):\n"
        "        write_atomically(pathlib.Path(sys.argv[1]), letter * 1_000_000, over=lambda _: True)"
    )

    with subprocess.Popen([sys.executable, "-c", program, path], cwd=ROOT) as process:
        seen: set[bytes] = set()
        end = time.monotonic() + 10
        while len(seen) < 2 and time.monotonic() < end:
            seen.add(path.read_bytes())
        process.kill()

    assert seen == set(contents)
    write_atomically(path, b"", over=lambda _: True)
    assert_untouched(path, b"")


@pytest.mark.parametrize(("folder", "file"), [(0o555, 0o666), (0o777, 0o444)], ids=["folder", "file"])
def test_format_fails_without_permission_to_write(
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
