"""The legal status of kratom in the states of the United States, as a map of tiles."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from app.pictures.drawing import TEMPLATES, Row
from app.schemas.jurisdictions import Confidence, LegalStatus

COUNTRY: Final = "US"
TILES: Final = {
    code: (row, column)
    for row, line in enumerate(
        (
            "AK .. .. .. .. .. .. .. .. .. ME",
            ".. .. .. .. .. .. .. .. .. VT NH",
            "WA ID MT ND MN IL WI MI NY RI MA",
            "OR NV WY SD IA IN OH PA NJ CT ..",
            "CA UT CO NE MO KY WV VA MD DE ..",
            ".. AZ NM KS AR TN NC SC DC .. ..",
            ".. .. .. OK LA MS AL GA .. .. ..",
            "HI .. .. TX .. .. .. .. FL .. ..",
        )
    )
    for column, code in enumerate(line.split())
    if code != ".."
}
"""Where each state stands, by row and column."""

FILLS: Final = {
    LegalStatus.banned: ("#7a2113", "#ffffff"),
    LegalStatus.pending_change: ("#e0a030", "#1c1c1c"),
    LegalStatus.unclear: ("#c9c9c9", "#1c1c1c"),
    LegalStatus.legal_age_restricted: ("#5b84b1", "#000000"),
    LegalStatus.legal_regulated: ("#9dbbd8", "#1c1c1c"),
    LegalStatus.legal_unregulated: ("#dbe6f0", "#1c1c1c"),
}
"""Ground and text of each status. No green: legal does not mean safe."""
WORDS: Final = {
    LegalStatus.banned: "banned",
    LegalStatus.pending_change: "pending",
    LegalStatus.unclear: "unclear",
    LegalStatus.legal_age_restricted: "age limit",
    LegalStatus.legal_regulated: "regulated",
    LegalStatus.legal_unregulated: "no rules",
}
"""What a tile has room for; the whole label is its tooltip."""
DOTS: Final = {Confidence.high: "●●●", Confidence.medium: "●●○", Confidence.low: "●○○"}


def rows(records: Sequence[Mapping[str, Any]]) -> list[Row]:
    """A row for each state and the district."""
    within = Counter(record["parent_code"] for record in records if record["level"] == "local")
    return [
        {
            "code": record["code"],
            "place": record["name"],
            "slug": record["slug"],
            "status": record["status"],
            "last_reported_status": record["last_reported_status"],
            "confidence": record["confidence"],
            "as_of": record["as_of"] or "",
            "places_within_that_differ": within[record["code"]],
        }
        for record in sorted(records, key=lambda record: str(record["code"]))
        if record["parent_code"] == COUNTRY and record["level"] in ("state", "district")
    ]


def draw(rows: Sequence[Row], *, root: str, **common: Any) -> str:
    """The map: each tile has the status in words, its confidence as dots and its year."""
    tiles = []
    for row in rows:
        status, confidence = LegalStatus[str(row["status"])], Confidence[str(row["confidence"])]
        code = str(row["code"]).removeprefix(f"{COUNTRY}-")
        if code not in TILES:
            raise LookupError(f"the map has no tile for {row['code']}")
        line, column = TILES[code]
        within = row["places_within_that_differ"]
        parts = [
            f"{row['place']}: {status.label}",
            f"confidence {confidence.label.lower()}",
            f"as of {row['as_of']}" if row["as_of"] else "no source is dated",
            *([f"{within} {'place' if within == 1 else 'places'} within it on record"] if within else []),
        ]
        ground, ink = FILLS[status]
        tiles.append(
            {
                "label": ", ".join(parts),
                "code": code + ("*" if within else ""),
                "word": WORDS[status],
                "dots": DOTS[confidence],
                "year": str(row["as_of"])[:4] or "undated",
                "href": f"{root}jurisdictions/{row['slug']}",
                "ground": ground,
                "ink": ink,
                "x": column * 72,
                "y": line * 72,
            }
        )
    present = {row["status"] for row in rows}
    key = [
        {"ground": ground, "label": status.label, "x": index % 3 * 264, "y": index // 3 * 24}
        for index, (status, (ground, _)) in enumerate(
            (status, fill) for status, fill in FILLS.items() if status in present
        )
    ]
    return TEMPLATES.get_template("tiles.svg").render(
        tiles=tiles, key=key, dots=[(DOTS[each], f"{each.label.lower()} confidence") for each in Confidence], **common
    )
