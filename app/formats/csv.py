"""CSV (RFC 4180) without loss: one row a record, one column a field. docs/formats.md specifies it."""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

BOM: Final = "\ufeff"
"""Without it, Excel takes UTF-8 for the code page of the machine."""
FORMULA = re.compile(
    r"'|[\s\"\N{ZERO WIDTH NO-BREAK SPACE}]*[=+\-@\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}"
    r"\N{FULLWIDTH HYPHEN-MINUS}\N{FULLWIDTH COMMERCIAL AT}]|[\t\r\n]"
)
"""Matches text that a spreadsheet may take for a formula, or that begins with an apostrophe like escaped text."""
VERSION_COLUMN: Final = "dataset_version"


def write_csv(fields: Sequence[str], documents: Iterable[bytes], dataset_version: str) -> Iterator[bytes]:
    """The rows of a table of the records, with the version of the data in the last column."""
    yield (BOM + _row([*fields, VERSION_COLUMN])).encode()
    for document in documents:
        record = json.loads(document)
        yield _row([*(cell(record[name]) for name in fields), dataset_version]).encode()


def cell(value: Any) -> str:
    """A value as a cell: text unchanged unless it could be a formula, null as an empty cell, anything else as JSON."""
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if FORMULA.match(value) else value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _row(cells: Sequence[str]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerow(cells)
    return text.getvalue()
