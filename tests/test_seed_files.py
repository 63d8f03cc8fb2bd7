"""Any file can be validated: one that is no seed, one that is no JSON, and one that breaks every rule."""

import json
import random
import re
import sys
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from app.content.__main__ import main as content_command
from app.content.faults import at
from support import Place, each, faults_of, run

CONTENT = (sys.executable, "-m", "app.content")

FILES = [
    ("empty", b"", "$", "an empty file"),
    ("blank", b" \n\t ", "$", "an empty file"),
    ("not JSON", b'{\n  "a": nope\n}', "$", "invalid JSON at line 2 column 8"),
    ("cut short", b'{\n  "release": {', "$", "invalid JSON at line 2 column 15"),
    ("trailing comma", b'{"a": 1,}', "$", "invalid JSON at line 1 column"),
    ("comment", b'// x\n{"a": 1}', "$", "invalid JSON at line 1 column 1"),
    ("two values", b"{}{}", "$", "invalid JSON at line 1 column 3 (extra data)"),
    ("newline in text", b'{"a": "x\ny"}', "$", "invalid JSON at line 1 column 9"),
    ("not UTF-8", b'{\n"a": "\xff"}', "$", "a byte that is not UTF-8 in line 2"),
    ("UTF-16", "{}".encode("utf-16"), "$", "a byte that is not UTF-8 in line 1"),
    ("byte order mark", b"\xef\xbb\xbf{}", "$", "a byte order mark"),
    ("list", b"[]", "$", "[]"),
    ("text", b'"x"', "$", '"x"'),
    ("null", b"null", "$", "null"),
    ("NaN", b'{"a": NaN}', "$.a", "NaN"),
    ("infinity", b'{"a": [-Infinity]}', "$.a[0]", "-Infinity"),
    ("number of many digits", b'{"a": ' + b"9" * 5000 + b"}", "$.a", "9999"),
    ("negative number of many digits", b'{"a": [-' + b"9" * 5000 + b"]}", "$.a[0]", "-9999"),
    ("deep list", b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "$", "JSON nested too deeply"),
    ("deep object", b'{"a": ' * 100_000 + b"1" + b"}" * 100_000, "$", "JSON nested too deeply"),
    ("less deep object", b'{"a": ' * 300 + b"1" + b"}" * 300, "$" + ".a" * 21, "JSON nested too deeply"),
    ("key twice", b'{"release": 1, "release": 2}', "$.release", 'the key "release" 2 times'),
    ("nested key twice", b'{"faqs": [{"slug": "x", "a": 1, "a": 1, "a": 1}]}', "$.faqs[0].a", 'the key "a" 3 times'),
]


@pytest.mark.parametrize(("content", "place", "found"), [case[1:] for case in FILES], ids=[case[0] for case in FILES])
def test_a_file_that_is_no_seed_is_reported_clearly(content: bytes, place: str, found: str) -> None:
    told = [fault for fault in faults_of(content) if f"{place}: found {found}" in re.sub(r" \(\w+\): ", ": ", fault)]

    assert len(told) == 1, faults_of(content)


def test_a_number_too_large_to_hold_is_a_fault(seed: Path) -> None:
    content = re.sub(rb'("slug": "article-beginner",.*?"max": )2,', rb"\g<1>1e999,", seed.read_bytes(), flags=re.DOTALL)

    assert len(faults_of(content)) == 1
    assert "found Infinity; expected" in faults_of(content)[0]


JUNK: list[Any] = [
    None,
    True,
    0,
    -1,
    10**30,
    1.5,
    "",
    "x",
    "²",
    "\n",
    [],
    {},
    [[]],
    [None],
    [{}],
    {"slug": []},
    "y" * 10_000,
]


@pytest.mark.parametrize("junk", JUNK, ids=[repr(junk)[:20] for junk in JUNK])
def test_no_value_anywhere_in_the_file_breaks_the_checker(junk: Any, content: Any) -> None:
    data = deepcopy(content)
    places = list(one_place_of_each_field(data))
    # Deepest first, so that a place is still there when its turn comes.
    for place in each(sorted(places, key=len, reverse=True)):
        if len(place) > 1:
            *way, last = place
            at(data, tuple(way))[last] = junk

    faults = faults_of(data)

    assert faults
    assert all("\n" not in fault and len(fault) < 1000 for fault in each(faults))


def one_place_of_each_field(data: Any) -> Iterator[Place]:
    """For every field at every level, the place of one value of it, each in another record if there are enough."""
    chosen = random.Random(7)  # noqa: S311  # any choice will do
    places: dict[tuple[str, ...], list[Place]] = {}
    for place in every_place((), data):
        places.setdefault(tuple("" if isinstance(key, int) else key for key in place), []).append(place)
    for alike in places.values():
        yield chosen.choice(alike)


def every_place(place: Place, value: Any) -> Iterator[Place]:
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, entry in entries:
        yield (*place, key)
        yield from every_place((*place, key), entry)


def test_the_command_reports_each_fault_in_a_line_and_writes_nothing(content: Any, tmp_path: Path) -> None:
    data = deepcopy(content)
    data["strains"][0]["name"] = "\x1b[31mRed\nvein"
    data["faqs"][0]["position"] = 0
    file = tmp_path / "seed.json"
    file.write_text(json.dumps(data))

    check, build = (
        run(*CONTENT, "check", "--seed", file),
        run(*CONTENT, "build", "--seed", file, "--database", tmp_path / "content.db"),
    )

    for ran in (check, build):
        assert (ran.returncode, ran.stdout) == (1, "")
        assert ran.stderr.endswith(f"\n{file}: 4 faults, nothing written\n")
        assert len(ran.stderr.splitlines()) == 5
        assert "\x1b" not in ran.stderr
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize(
    ("seed_file", "words"),
    [("missing.json", "no such file or directory"), (".", "is a directory"), ("/proc/self/mem", "input/output error")],
)
def test_a_seed_that_cannot_be_read_is_reported_in_one_line(
    seed_file: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / seed_file

    assert content_command(["check", "--seed", str(path)]) == 1

    assert capsys.readouterr() == ("", f"{path}: {words}\n")
