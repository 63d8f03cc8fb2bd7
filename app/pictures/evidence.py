"""The evidence behind each statement of the article, by kind of study and direction."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

from app.pictures.drawing import Line, Mark, Row, draw_table
from app.schemas.evidence import EvidenceLevel, Support, Verdict

SHAPES: Final = {
    Support.supports: "disc",
    Support.qualifies: "half",
    Support.contradicts: "cross",
    Support.background: "ring",
    Support.not_linked: "ring",
}


BROKEN: Final[Mapping[str, str]] = {
    EvidenceLevel.observational: "Observa\u00adtional study",
    EvidenceLevel.pharmacology: "Pharma\u00adcology study",
}
"""The labels of columns that are too long for one line."""


def rows(records: Sequence[Mapping[str, Any]]) -> list[Row]:
    """A row for each statement, kind of study and direction; one without a kind for a statement without sources."""
    found: list[Row] = []
    for record in sorted(records, key=lambda record: (list(Verdict).index(record["verdict"]), record["slug"])):
        counts: dict[tuple[str, str], int] = defaultdict(int)
        for citation in record["citations"]:
            counts[citation["evidence_level"] or "", citation["support"]] += 1
        same = {"claim": record["slug"], "title": record["title"], "verdict": record["verdict"]}
        found += [
            {**same, "evidence_level": level, "support": support, "sources": count}
            for (level, support), count in sorted(counts.items() or [(("", ""), 0)])
        ]
    return found


def draw(rows: Sequence[Row], *, root: str, **common: Any) -> str:
    """The table: a line for each statement under its verdict, a mark for each source."""
    present = {row["evidence_level"] for row in rows if row["sources"]}
    levels = [*(level for level in EvidenceLevel if level in present), *([""] if "" in present else [])]
    by_claim: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_claim[str(row["claim"])].append(row)
    lines, last = [], None
    for claim, of_claim in by_claim.items():
        verdict = Verdict[str(of_claim[0]["verdict"])]
        cells = [
            [
                _mark(row, level)
                for row in of_claim
                if row["evidence_level"] == level
                for _ in range(int(row["sources"]))
            ]
            for level in levels
        ]
        group = verdict.label if verdict is not last else ""
        lines.append(Line(str(of_claim[0]["title"]), cells, f"{root}claims/{claim}", group))
        last = verdict
    columns = [BROKEN.get(level) or (EvidenceLevel[level].label if level else "Other") for level in levels]
    used = [support for support in SHAPES if any(row["support"] == support for row in rows)]
    legend = [Mark(f"{support.label}: {support.description}", SHAPES[support], support.label) for support in used]
    return draw_table(lines, columns, label_width=330, column_width=80, legend=legend, **common)


def _mark(row: Row, level: str) -> Mark:
    support = Support[str(row["support"])]
    kind = EvidenceLevel[level].label if level else "Other source"
    return Mark(f"{kind}: {support.label.lower()}", SHAPES[support])
