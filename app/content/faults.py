"""Faults of the seed, and how each is reported in one line."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

Place = tuple[str | int, ...]
Object = dict[str, Any]

WIDTH = 80
"""The most characters of a value that a message shows."""


@dataclass(frozen=True)
class Fault:
    """Something wrong in the seed."""

    place: Place
    found: str
    expected: str

    def in_words(self, data: object) -> str:
        """The message, one line: JSON path, slug of the record it lies in, what was found, what was expected."""
        slug = at(data, (*self.place[:2], "slug")) if len(self.place) > len(("collection", 0)) else None
        record = f" ({shown(slug)[1:-1]})" if isinstance(slug, str) else ""
        return f"{json_path(self.place)}{record}: found {self.found}; expected {self.expected}"


class SeedFaultsError(Exception):
    """The seed is invalid; carries every fault found, in the order of the file's lists."""

    def __init__(self, faults: Iterable[Fault], data: object = None) -> None:
        in_order = sorted(set(faults), key=lambda fault: [_natural(key) for key in fault.place])
        self.faults = [fault.in_words(data) for fault in in_order]
        super().__init__("\n".join(self.faults))


def at(data: object, place: Place) -> Any:
    """The value at a place; none when there is no such place."""
    value: Any = data
    for key in place:
        try:
            value = value[key]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def json_path(place: Place) -> str:
    """JSON path of a place; a key that is no plain name is quoted in brackets."""
    steps = (
        f"[{key}]" if isinstance(key, int) else f".{key}" if re.fullmatch(r"[$\w-]{1,80}", key) else f"[{shown(key)}]"
        for key in place
    )
    return "$" + "".join(steps)


def shown(value: object) -> str:
    """A value formatted for a message: short, on one line, with escapes for unprintable characters."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    text = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text[:WIDTH])
    return text if len(text) < WIDTH else text[: WIDTH - 3] + "..."


def suggestion(value: str, choices: Iterable[str]) -> str:
    """The choice that may have been meant, in brackets; nothing when none is near."""
    near = get_close_matches(value[:200], choices, n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""


def _natural(key: str | int) -> tuple[int, str]:
    return (key, "") if isinstance(key, int) else (-1, key)
