"""Pictures of the data: SVG that screen readers can read, and the rows that each is drawn from, as CSV.

A picture shows its rows and nothing else. None of them shows amounts or compares products.
"""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from app.pictures import citations, evidence, legal_status, side_effects
from app.pictures.drawing import Row

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Picture:
    """A picture of one collection."""

    slug: str
    collection: str
    title: str
    notice: str
    """What a reader must know before looking; it is part of the picture and of every page that shows it."""
    record: str
    """The column with the slug of the record that a row is about; empty when a row is about several."""
    name: str
    """The column with the name of that record."""
    rows_of: Callable[[Sequence[Record]], list[Row]]
    draw: Callable[..., str]
    has_narrow_form: bool = True
    """Whether phones are shown another drawing of the same rows."""

    def rows(self, records: Sequence[Record]) -> list[Row]:
        """What is drawn, from the public records of the collection."""
        return self.rows_of(records)

    def svg(self, rows: Sequence[Row], root: str, *, is_file: bool = False) -> str:
        """The picture; `root` leads to the root of the service. A file of its own has a background and a size."""
        return self.draw(rows, slug=self.slug, title=self.title, notice=self.notice, root=root, is_file=is_file)

    def inline(self, rows: Sequence[Row]) -> str:
        """The picture inside the page of its list, in each of its forms; the style sheet of the page shows one of them."""
        if not self.has_narrow_form:
            return self.svg(rows, "")
        named = {"slug": f"{self.slug}-narrow", "title": self.title, "notice": self.notice}
        return self.svg(rows, "") + self.draw(rows, **named, root="", is_narrow=True)


def as_csv(rows: Sequence[Row]) -> str:
    """Rows as CSV (RFC 4180), with a header."""
    lines = io.StringIO()
    writer = csv.DictWriter(lines, rows[0].keys())
    writer.writeheader()
    writer.writerows(rows)
    return lines.getvalue()


PICTURES: Final = (
    Picture(
        "legal-status-us",
        "jurisdictions",
        "Legal status of kratom in the United States",
        "Legal does not mean approved or safe. Each status is as sure as the dots say and as old as its date. Not legal advice.",
        "slug",
        "place",
        legal_status.rows,
        legal_status.draw,
        has_narrow_form=False,
    ),
    Picture(
        "evidence-by-claim",
        "claims",
        "The evidence behind each statement of the article",
        "Each mark is one source. The number of sources is not the strength of the evidence; the verdict weighs them.",
        "claim",
        "title",
        evidence.rows,
        evidence.draw,
    ),
    Picture(
        "side-effects-by-body-system",
        "side-effects",
        "Side effects by part of the body and seriousness",
        "This shows how serious an effect can be, not how often it happens.",
        "side_effect",
        "name",
        side_effects.rows,
        side_effects.draw,
    ),
    Picture(
        "citations-by-year",
        "citations",
        "Sources by year and kind",
        "This counts what is cited here, not all that was published. A source stands for its own statement alone.",
        "",
        "",
        citations.rows,
        citations.draw,
    ),
)
"""Every picture."""
