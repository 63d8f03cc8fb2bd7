"""The tests themselves: none passes by checking nothing, and no file is too long."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from support import ROOT, each

FILES = sorted((ROOT / "tests").glob("*.py"))
MOST_LINES = 400


def has_an_item(iterated: ast.expr) -> bool:
    """Whether what is looped over can't be empty: a list written out, a range of numbers, or what `each` let pass."""
    match iterated:
        case ast.Tuple(elts) | ast.List(elts) | ast.Set(elts):
            return any(not isinstance(item, ast.Starred) for item in elts)
        case ast.Call(ast.Name("each")):
            return True
        case ast.Call(ast.Name("range"), arguments):
            return all(isinstance(argument, ast.Constant) for argument in arguments)
    return False


def loops_over_nothing(source: str) -> Iterator[str]:
    """Every loop, and every `all`, of a test that would pass if there were nothing to loop over."""
    for test in ast.walk(ast.parse(source)):
        if isinstance(test, ast.FunctionDef | ast.AsyncFunctionDef) and test.name.startswith("test_"):
            for node in ast.walk(test):
                match node:
                    case ast.For(iter=iterated):
                        pass
                    case ast.Call(
                        ast.Name("all"), [ast.GeneratorExp(generators=[ast.comprehension(iter=iterated), *_])]
                    ):
                        pass
                    case ast.Call(ast.Name("all"), [iterated]):
                        pass
                    case _:
                        continue
                if not has_an_item(iterated):
                    yield f"{test.name}, line {iterated.lineno}: each({ast.unparse(iterated)})"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_test_passes_by_looping_over_nothing(path: Path) -> None:
    assert list(loops_over_nothing(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    ("loop", "is_refused"),
    [
        ("for x in things: assert x", True),
        ("for x in [*things]: assert x", True),
        ("for x in range(len(things)): assert x", True),
        ("assert all(x for x in things)", True),
        ("assert all(things)", True),
        ("for x in each(things): assert x", False),
        ("for x in (1, *things): assert x", False),
        ("for x in range(1, 9): assert x", False),
        ("assert all(x for x in each(things))", False),
    ],
)
def test_a_loop_over_what_may_be_empty_is_found(loop: str, is_refused: bool) -> None:  # noqa: FBT001  # pytest names it
    assert bool(list(loops_over_nothing(f"def test_it():\n    {loop}"))) == is_refused


def test_each_fails_on_an_empty_iterable_and_returns_all_items_of_any_other() -> None:
    assert each(iter("ab")) == ("a", "b")
    with pytest.raises(AssertionError, match="nothing here to loop over"):
        each(iter(()))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_test_file_is_short_enough_to_read(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) < MOST_LINES
