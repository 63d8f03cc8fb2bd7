"""What the build stores for the search: every record as words, numbered by importance, and the lexicon."""

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from app.content.render import Rendered, RenderedSeed
from app.content.report import READER_FIELDS
from app.content.safety import AMOUNT
from app.schemas.fields import Strict
from app.schemas.references import RecordType
from app.schemas.vocabularies import Vocabulary
from app.search.lexicon import lexicon
from app.search.text import stems

IMPORTANCE: Final = (
    RecordType.warning_sign,
    RecordType.contact,
    RecordType.interaction,
    RecordType.risk_group,
    RecordType.side_effect,
    RecordType.faq,
    RecordType.jurisdiction,
    RecordType.effect,
    RecordType.approach,
    RecordType.product_form,
    RecordType.strain,
    RecordType.dosage_range,
    RecordType.quality_check,
    RecordType.pharmacology,
    RecordType.claim,
    RecordType.article,
    RecordType.citation,
)
"""The types of record, first what protects. Where more records match than can be ranked, the first are taken."""
GRAVITY: Final = ("urgency", "seriousness", "severity", "level", "position", "evidence_level")
"""The fields that order the records of a type."""
NAMES: Final = ("name", "topic", "question", "sign", "context", "also_known_as", "heading")
"""The fields that name a record, besides its title."""
SEARCHED: Final = (
    *READER_FIELDS,
    *("statement", "possible_cause", "mechanism", "key_findings", "testing", "differences", "statute", "seven_oh_rule"),
    *("local_exceptions", "article_answer", "evidence_note", "reported_harms", "why_it_matters", "detail", "value"),
    *("form_as_reported", "population_as_reported", "evidence_summary", "publisher", "authors", "container", "doi"),
)
"""The fields that are searched, besides those that name a record."""
SENTENCE_END: Final = re.compile(r"(?<=[.!?])\s+")
BOUNDARY: Final = "qqq"
MOST_SENTENCES: Final = 12
"""How many sentences of a record can be shown as its snippet."""


def search_rows(content: RenderedSeed) -> Iterator[dict[str, Any]]:
    """The records by importance, each as it is found and shown."""
    aliases = content.seed.search.aliases
    for number, item in enumerate(sorted(content.records, key=_importance), start=1):
        record = item.record
        names = [record.title, *_texts(record, NAMES)]
        yield {
            "number": number,
            "path": item.path,
            "type": item.resource.record_type,
            "slug": record.slug,
            "title": record.title,
            "summary": record.summary,
            "cautions": json.dumps(json.loads(item.document).get("cautions", []), ensure_ascii=False),
            "sentences": json.dumps(list(_sentences(record)), ensure_ascii=False),
            "names": _joined(names),
            "aliases": _separated([*aliases.get(item.path, []), *_place_names(record)]),
            "outline": _joined([record.summary]),
            "body": _joined([*_texts(record, SEARCHED), *_labels(record)]),
        }


def search_lexicon(content: RenderedSeed, rows: list[dict[str, Any]]) -> str:
    """The lexicon, for the records in these rows."""
    numbers = {row["path"]: row["number"] for row in rows}
    codes = {place.code[3:].lower() for place in content.seed.jurisdictions if re.fullmatch("US-[A-Z]{2}", place.code)}
    texts = (
        text
        for item in content.records
        for text in (item.record.title, item.record.summary, *_texts(item.record, (*NAMES, *SEARCHED)))
    )
    return lexicon(content.seed.search, numbers, codes, texts)


def _importance(item: Rendered) -> tuple[object, ...]:
    gravity = next((getattr(item.record, name) for name in GRAVITY if hasattr(item.record, name)), None)
    rank = list(type(gravity)).index(gravity) if isinstance(gravity, Vocabulary) else gravity or 0
    kind = item.resource.record_type
    return IMPORTANCE.index(kind) if kind in IMPORTANCE else len(IMPORTANCE), rank, item.record.slug


def _texts(part: Strict, names: tuple[str, ...]) -> Iterator[str]:
    """The texts of these fields of a record and of the objects inside it."""
    for name in type(part).model_fields:
        value = getattr(part, name)
        for entry in value if isinstance(value, list) else [value]:
            if isinstance(entry, Strict):
                yield from _texts(entry, names)
            elif isinstance(entry, str) and name in names:
                yield entry


def _labels(record: Strict) -> Iterator[str]:
    """The labels of the named values of a record: what a reader sees of them."""
    for name in type(record).model_fields:
        value = getattr(record, name)
        for entry in value if isinstance(value, list) else [value]:
            if isinstance(entry, Vocabulary):
                yield entry.label


def _sentences(record: Strict) -> Iterator[str]:
    """The sentences that may be shown as a snippet: none that names an amount."""
    texts = dict.fromkeys(text for text in _texts(record, READER_FIELDS))
    sentences = (sentence for text in texts for sentence in SENTENCE_END.split(text))
    shown = [sentence for sentence in sentences if not AMOUNT.search(sentence)]
    yield from shown[:MOST_SENTENCES]


def _place_names(record: Strict) -> Iterator[str]:
    code = getattr(record, "code", None)
    if code:
        yield code.replace("-", "")
        yield code


def _joined(texts: list[str]) -> str:
    return " ".join(word for text in texts for word in stems(text))


def _separated(texts: list[str]) -> str:
    """Texts of which no two may be read as one phrase: a word that nobody asks for stands between them."""
    return f" {BOUNDARY} ".join(" ".join(stems(text)) for text in texts)
