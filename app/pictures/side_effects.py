"""Side effects by part of the body and seriousness."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.pictures.drawing import Line, Mark, Row, draw_table
from app.schemas.side_effects import BodySystem, Seriousness, SideEffectCategory

COLUMNS = ("side_effect", "name", "body_system", "seriousness", "category")


def rows(records: Sequence[Mapping[str, Any]]) -> list[Row]:
    """A row for each side effect."""
    order = list(BodySystem), list(Seriousness)

    def place(record: Mapping[str, Any]) -> tuple[int, int, str]:
        return order[0].index(record["body_system"]), order[1].index(record["seriousness"]), record["name"]

    return [
        {"side_effect": record["slug"], **{column: record[column] for column in COLUMNS[1:]}}
        for record in sorted(records, key=place)
    ]


def draw(rows: Sequence[Row], *, root: str, **common: Any) -> str:
    """The table: the names of the side effects, the most serious on the left."""
    systems = sorted({BodySystem[str(row["body_system"])] for row in rows}, key=lambda system: system.label)
    lines = [
        Line(
            system.label,
            [
                [
                    Mark(_label(row), text=str(row["name"]), href=f"{root}side-effects/{row['side_effect']}")
                    for row in rows
                    if row["body_system"] == system and row["seriousness"] == seriousness
                ]
                for seriousness in Seriousness
            ],
        )
        for system in systems
    ]
    columns = [seriousness.label for seriousness in Seriousness]
    return draw_table(lines, columns, label_width=170, column_width=250, **common)


def _label(row: Row) -> str:
    category, seriousness = SideEffectCategory[str(row["category"])], Seriousness[str(row["seriousness"])]
    return f"{row['name']}: {seriousness.label.lower()}, {category.label.lower()}"
