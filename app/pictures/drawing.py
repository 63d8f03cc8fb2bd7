"""Draws tables of marks as SVG."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

Row = dict[str, str | int]
"""A row of the data behind a picture, by column."""

TEMPLATES: Final = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True)
class Mark:
    """Something in a cell: a shape, or a line of text that may lead to a record."""

    label: str
    """What it means, for screen readers and as a tooltip."""
    shape: str = ""
    text: str = ""
    href: str = ""
    count: int = 0
    """Shown as a disc behind the text, whose area grows with it."""

    @property
    def radius(self) -> float:
        """Radius of that disc."""
        return round(2.8 * sqrt(self.count), 1)


@dataclass(frozen=True)
class Line:
    """A line of a table of marks."""

    label: str
    cells: Sequence[Sequence[Mark]]
    """The marks in each column."""
    href: str = ""
    group: str = ""
    """The heading above the line, where a new group of lines begins."""


def draw_table(
    lines: Sequence[Line],
    columns: Sequence[str],
    *,
    label_width: int,
    column_width: int,
    legend: Sequence[Mark] = (),
    **common: Any,
) -> str:
    """A table of marks: shapes stand side by side in a cell, texts one below the other."""
    placed, y = [], 20 + 15 * max(len(label.split()) for label in columns)
    for line in lines:
        if line.group:
            y += 30
        texts = max(sum(bool(mark.text) for mark in cell) for cell in line.cells)
        largest = max((mark.radius for cell in line.cells for mark in cell), default=0)
        height = max(22, 16 * texts + 8, round(2 * largest) + 4)
        placed.append({"line": line, "y": y, "height": height})
        y += height
    return TEMPLATES.get_template("table.svg").render(
        lines=placed,
        columns=[
            {"x": label_width + column_width * (index + 0.5), "words": label.split()}
            for index, label in enumerate(columns)
        ],
        label_width=label_width,
        column_width=column_width,
        legend=legend,
        width=label_width + column_width * len(columns),
        height=y + (40 if legend else 10),
        **common,
    )
