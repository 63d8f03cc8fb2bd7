"""An editor's overview of a seed: what it holds, where its evidence is thin, and what has grown old."""

from datetime import date
from typing import Any

from app.content.render import RenderedSeed
from app.registry import RESOURCES
from app.schemas.citations import CITATIONS, CitationType
from app.schemas.evidence import EvidenceLevel
from app.schemas.jurisdictions import Confidence

PRIMARY_LEVELS = {
    EvidenceLevel.randomized_trial,
    EvidenceLevel.observational,
    EvidenceLevel.case_series,
    EvidenceLevel.case_report,
    EvidenceLevel.pharmacology,
}
PRIMARY_TYPES = {
    CitationType.journal_article,
    CitationType.statute,
    CitationType.bill,
    CitationType.court,
    CitationType.official,
    CitationType.official_record,
    CitationType.official_copy,
}
"""Evidence at first hand: original studies, and for the law its own texts and offices."""


def overview(content: RenderedSeed, older_than: date) -> dict[str, Any]:
    """The overview as data; `older_than` is the day before which a legal status counts as old."""
    seed, renderer = content.seed, content.renderer
    primary = {
        citation.slug
        for citation in seed.citations
        if citation.evidence_level in PRIMARY_LEVELS
        or (citation.evidence_level is None and citation.type in PRIMARY_TYPES)
    }
    return {
        "records": {resource.collection: len(seed.records(resource.collection)) for resource in RESOURCES},
        "without_primary_evidence": [
            path
            for path, (resource, _) in renderer.records.items()
            if resource is not CITATIONS and not any(link["citation"] in primary for link in renderer.links[path])
        ],
        "citations_with_missing_fields": {
            citation.slug: [str(name) for name in citation.missing_fields]
            for citation in seed.citations
            if citation.missing_fields
        },
        # A year or a month is as old as its first day: dates are never padded in the seed.
        "statuses_older_than": {
            "date": older_than.isoformat(),
            "jurisdictions": {
                place.slug: place.as_of for place in seed.jurisdictions if place.as_of < older_than.isoformat()
            },
        },
        "low_confidence": [place.slug for place in seed.jurisdictions if place.confidence is Confidence.low],
        "unused_citations": [citation.slug for citation in seed.citations if not renderer.cited_by[citation.slug]],
    }


def as_text(report: dict[str, Any]) -> str:
    """The overview for reading."""
    lines = ["Records", *(f"  {total:5}  {name}" for name, total in report["records"].items())]
    old = report["statuses_older_than"]
    for title, entries in (
        ("Records without primary evidence", report["without_primary_evidence"]),
        (
            "Citations with missing fields",
            [f"{slug}: {', '.join(names)}" for slug, names in report["citations_with_missing_fields"].items()],
        ),
        (
            f"Legal statuses older than {old['date']}",
            [f"{slug}: {as_of}" for slug, as_of in old["jurisdictions"].items()],
        ),
        ("Legal statuses of low confidence", report["low_confidence"]),
        ("Citations nothing relies on", report["unused_citations"]),
    ):
        lines += ["", f"{title}: {len(entries)}", *(f"  {entry}" for entry in entries)]
    return "\n".join(lines)
