"""Draws tables of marks as SVG."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, sqrt
from pathlib import Path
from textwrap import wrap
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

LETTER: Final = 7.3
"""The width of a letter of a label, in a font that is rather wide."""
BOLD_LETTER: Final = 8.4
NARROW: Final = 358
"""The width of a table on a phone."""
INDENT: Final = 12
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


@dataclass(frozen=True)
class Cell:
    """A cell in its place, with its marks."""

    x: float
    """Where its middle is."""
    marks: Sequence[tuple[Mark, list[str], int]]
    """Each with the lines of its text and how many lines stand above."""


def draw_table(
    lines: Sequence[Line],
    columns: Sequence[str],
    *,
    label_width: int,
    column_width: int,
    legend: Sequence[Mark] = (),
    is_narrow: bool = False,
    **common: Any,
) -> str:
    """A table of marks: shapes stand side by side in a cell, texts one below the other.

    A soft hyphen in the label of a column is where it may be broken.
    """
    if is_narrow:
        return draw_list(lines, columns, legend=legend, **common)
    headings = [label.replace("\u00ad", "- ").split() for label in columns]
    placed, y = [], 20 + 15 * max(map(len, headings))
    for line in lines:
        if line.group:
            y += 30
        cells = [
            Cell(label_width + column_width * (index + 0.5), _stacked(cell, column_width))
            for index, cell in enumerate(line.cells)
            if cell
        ]
        texts = max((sum(len(words) for _, words, _ in cell.marks) for cell in cells), default=0)
        largest = max((mark.radius for cell in line.cells for mark in cell), default=0)
        words = wrap(line.label, int(label_width / LETTER))
        height = max(15 * len(words) + 7, 16 * texts + 8, round(2 * largest) + 4)
        placed.append({"line": line, "words": words, "y": y, "height": height, "cells": cells})
        y += height
    return TEMPLATES.get_template("table.svg").render(
        lines=placed,
        columns=[
            {"x": label_width + column_width * (index + 0.5), "words": words} for index, words in enumerate(headings)
        ],
        legend=legend,
        width=label_width + column_width * len(columns),
        height=y + (40 if legend else 10),
        **common,
    )


def draw_list(lines: Sequence[Line], columns: Sequence[str], *, legend: Sequence[Mark] = (), **common: Any) -> str:
    """The same table for a phone: below the label of each line its cells, each with the label of its column."""
    headings = [label.replace("\u00ad", "") for label in columns]
    placed, y = [], 8 + 20 * ceil(len(legend) / 2)
    for line in lines:
        if line.group:
            y += 34
        words = wrap(line.label, int(NARROW / BOLD_LETTER))
        top, y = y, y + 16 * len(words) + 6
        texts, shapes = [], []
        for heading, cell in _cells_of(line, headings):
            if any(mark.shape for mark in cell):
                x = INDENT + round(LETTER * len(heading)) + 18
                texts.append({"y": y, "words": [heading], "href": ""})
                shapes += [{"x": x + 13 * index, "y": y - 1, "mark": mark} for index, mark in enumerate(cell)]
                y += 18
                continue
            for mark in cell:
                said = wrap(f"{heading}: {mark.text}" if heading else mark.text, int((NARROW - INDENT) / LETTER))
                texts.append({"y": y, "words": said, "href": mark.href})
                y += 16 * len(said) + 4
        y += 6
        placed.append({"line": line, "words": words, "y": top, "texts": texts, "shapes": shapes})
    return TEMPLATES.get_template("list.svg").render(
        lines=placed, legend=legend, width=NARROW, height=y, indent=INDENT, is_file=False, **common
    )


def _cells_of(line: Line, headings: Sequence[str]) -> list[tuple[str, Sequence[Mark]]]:
    """The cells of a line that have marks, each with the label of its column; numbers stand in one sentence."""
    found = [(heading, cell) for heading, cell in zip(headings, line.cells, strict=True) if cell]
    if all(mark.count for _, cell in found for mark in cell):
        said = ", ".join(f"{heading}: {mark.text}" for heading, cell in found for mark in cell)
        return [("", [Mark(said, text=said)])] if said else []
    return found


def _stacked(cell: Sequence[Mark], width: int) -> list[tuple[Mark, list[str], int]]:
    """The marks of a cell, each with the lines of its text and how many lines stand above."""
    stacked, above = [], 0
    for mark in cell:
        words = wrap(mark.text, int(width / LETTER))
        stacked.append((mark, words, above))
        above += len(words)
    return stacked
