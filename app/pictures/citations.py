"""The sources by year and kind."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from app.pictures.drawing import Line, Mark, Row, draw_table
from app.schemas.citations import CitationType

UNDATED: Final = "no year"


def rows(records: Sequence[Mapping[str, Any]]) -> list[Row]:
    """A row for each year and kind; the year is empty for sources without one."""
    counts = Counter((record["year"] or "", record["type"]) for record in records)
    return [
        {"year": year, "type": kind, "citations": count}
        for (year, kind), count in sorted(counts.items(), key=lambda item: (str(item[0][0]), item[0][1]))
    ]


def draw(rows: Sequence[Row], *, root: str, **common: Any) -> str:
    """The table: a line for each kind, a column for each year, the number of sources in the cell."""
    del root  # the cells lead nowhere
    numbers = [int(row["year"]) for row in rows if row["year"]]
    years = [str(year) for year in range(min(numbers), max(numbers) + 1)] if numbers else []
    counts = {(str(row["year"]), str(row["type"])): int(row["citations"]) for row in rows}
    totals = Counter(dict.fromkeys(CitationType, 0))
    for (_, kind), count in counts.items():
        totals[CitationType[kind]] += count
    lines = [
        Line(
            f"{kind.label} ({total})",
            [
                [Mark(f"{kind.label}, {year or UNDATED}: {count}", text=str(count), count=count)]
                if (count := counts.get((year, kind), 0))
                else []
                for year in ["", *years]
            ],
        )
        for kind, total in totals.most_common()
        if total
    ]
    return draw_table(lines, [UNDATED, *years], label_width=210, column_width=44, **common)
