"""An editor's overview of a seed: its records, thin evidence, old statuses and readability."""

from collections.abc import Collection, Iterator
from datetime import date
from statistics import median
from typing import Any, Final

from app.content.readability import grade, longest_sentence
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
"""Primary evidence: original studies, and for the law official texts and records."""

READER_FIELDS: Final = (
    "summary",
    "sign",
    "short_answer",
    "answer",
    "what_to_do",
    "action",
    "advice",
    "reason",
    "description",
    "paragraphs",
    "guidance",
    "fact",
    "note",
    "when_to_use",
    "suggested_framing",
    "cautions",
)
"""The fields that are written for readers, as opposed to what is quoted, named or dated."""
PROSE: Final = (
    *READER_FIELDS,
    "statement",
    "mechanism",
    "possible_cause",
    "testing",
    "differences",
    "article_answer",
    "evidence_note",
    "evidence_summary",
    "why_it_matters",
    "reported_harms",
    "key_findings",
    "limitations",
)
"""Fields with prose. The length of their sentences is checked, but not the grade, which names of drugs and studies raise."""
HARD_GRADE: Final = 9
"""The highest school grade that a record may ask of its reader."""
LONG_SENTENCE: Final = 25
"""The most words that a sentence may have."""


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
        # Partial dates compare as text: a year or a month counts from its first day.
        "statuses_older_than": {
            "date": older_than.isoformat(),
            "jurisdictions": {
                place.slug: place.as_of
                for place in seed.jurisdictions
                if place.as_of and place.as_of < older_than.isoformat()
            },
        },
        "low_confidence": [place.slug for place in seed.jurisdictions if place.confidence is Confidence.low],
        "readability": _readability(content),
        "unused_citations": [citation.slug for citation in seed.citations if not renderer.cited_by[citation.slug]],
    }


def _readability(content: RenderedSeed) -> dict[str, Any]:
    """The grade of each collection, and the records and sentences that are too hard to read."""
    release = content.seed.release
    names = {word.lower() for place in content.seed.jurisdictions for word in place.name.split()}
    glossary = names | {word.lower() for word in release.glossary}
    grades: dict[str, list[float]] = {resource.collection: [] for resource in RESOURCES}
    hard, long = {}, {}
    for path, (resource, record) in content.renderer.records.items():
        values = record.model_dump()
        texts = list(_texts(values, READER_FIELDS))
        value = round(grade(" ".join(text if text[-1] in ".!?" else f"{text}." for _, text in texts), glossary), 1)
        grades[resource.collection].append(value)
        if value > HARD_GRADE:
            hard[path] = value
        for name, text in _texts(values, PROSE):
            if (words := longest_sentence(text)) > LONG_SENTENCE:
                long[f"{path} {name}"] = words
    every = [value for values in grades.values() for value in values]
    return {
        "median_grade": round(median(every), 1),
        "share_at_or_below_9": round(sum(value <= HARD_GRADE for value in every) / len(every), 3),
        "median_grade_by_collection": {name: round(median(values), 1) for name, values in grades.items() if values},
        "records_above_grade_9": hard,
        "sentences_above_25_words": long,
    }


def _texts(values: dict[str, Any], names: Collection[str]) -> Iterator[tuple[str, str]]:
    """The texts of these fields in a record and in the objects inside it, each with the name of its field."""
    for name, value in values.items():
        entries = value if isinstance(value, list) else [value]
        for entry in entries:
            if isinstance(entry, dict):
                yield from _texts(entry, names)
            elif isinstance(entry, str) and name in names:
                yield name, entry


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
    reading = report["readability"]
    lines += [
        "",
        f"Reading grade (Flesch-Kincaid): median {reading['median_grade']}",
        f"Records at grade 9 or below: {reading['share_at_or_below_9']:.1%}",
        *(f"  {value:5}  {name}" for name, value in reading["median_grade_by_collection"].items()),
    ]
    for title, found in (
        ("Records above grade 9", reading["records_above_grade_9"]),
        ("Sentences of more than 25 words", reading["sentences_above_25_words"]),
    ):
        lines += ["", f"{title}: {len(found)}", *(f"  {value:5}  {where}" for where, value in found.items())]
    return "\n".join(lines)
