"""docs/promises.md: every promise is proven by tests that exist."""

import re

import pytest

from support import ROOT

ROWS = re.findall(
    r"^\| (\d+) \| (.+) \| (.+) \|$", (ROOT / "docs/promises.md").read_text(encoding="utf-8"), re.MULTILINE
)


def test_the_promises_are_numbered_in_order() -> None:
    assert [int(number) for number, _, _ in ROWS] == list(range(1, 19))


@pytest.mark.parametrize(("number", "tests"), [(number, tests) for number, _, tests in ROWS])
def test_every_promise_names_tests_that_exist(number: str, tests: str) -> None:
    named = re.findall(r"`(\w+\.py)::(test_\w+)`", tests)
    assert ", ".join(f"`{file}::{test}`" for file, test in named) == tests, number
    assert named
    missing = [
        f"{file}::{test}"
        for file, test in named
        if not re.search(
            rf"^(?:async )?def {test}\(", (ROOT / "tests" / file).read_text(encoding="utf-8"), re.MULTILINE
        )
    ]
    assert not missing
