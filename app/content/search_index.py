"""The search tables: every record as it is indexed and shown, numbered by importance, and the lexicon."""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from app.content.phrases import AMOUNT
from app.content.render import Rendered, RenderedSeed
from app.content.report import READER_FIELDS
from app.content.seed import Seed
from app.schemas.fields import Strict
from app.schemas.references import RecordType
from app.schemas.resources import NAMING_FIELDS
from app.schemas.vocabularies import Vocabulary
from app.words.lexicon import Topic, stored_lexicon
from app.words.text import BOUNDARY, Phrase, code_mark, parts, start_mark, stem, stems, whole_mark, words

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
"""The types of record, protective ones first; any other comes last. Where too many records match, the first are ranked."""
GRAVITY: Final = ("urgency", "seriousness", "severity", "position", "evidence_level")
"""The fields that order the records of a type."""
NAMES: Final = NAMING_FIELDS | {"topic", "question", "sign", "context", "heading"}
"""The fields that name a record."""
SOURCE_NAMES: Final = frozenset({"authors", "year", "publisher", "container", "doi", "pmid"})
"""The fields by which people know a source."""
SEARCHED: Final = frozenset(READER_FIELDS) | {
    *("statement", "possible_cause", "mechanism", "key_findings", "testing", "differences", "statute", "seven_oh_rule"),
    *("local_exceptions", "article_answer", "evidence_note", "reported_harms", "why_it_matters", "detail", "value"),
    *("form_as_reported", "population_as_reported", "evidence_summary", "recognized_by"),
}
"""The other fields that are searched."""
US_STATE: Final = re.compile("US-[A-Z]{2}")
SENTENCE_END: Final = re.compile(r"(?<=[.!])\s+")
"""The end of a sentence. A question mark does not end one, because the action follows it: `A seizure? Call emergency services now.`"""
RETELLING: Final = re.compile(r"(?:The article|It|Users)(?: also)? (?:says?|calls?|names?|counts?)\b|It is marketed")
"""The beginning of a sentence that repeats a statement of the article, sellers or users."""
QUALIFIED: Final = re.compile(r"\b(?:evidence|but|though|unproven|not?)\b", re.IGNORECASE)
"""Words by which a sentence qualifies its own statement."""
MAX_NAME: Final = 60
"""How many characters of a name can be typed to find it."""
MAX_START: Final = 5
"""The length in words of the longest phrase at the beginning of a title that gets a token."""
MAX_SENTENCES: Final = 12
"""How many sentences of a record can be its snippet."""


@dataclass(frozen=True)
class SearchRow:
    """A record with everything that the search stores of it."""

    number: int
    path: str
    shown: dict[str, Any]
    """Its row in the table of results."""
    indexed: dict[str, Any]
    """Its row of the full-text index."""
    named: list[dict[str, Any]]
    """Its rows of the table of names."""
    words: set[str]
    """Its words, in lower case and not stemmed."""
    named_words: set[str]
    """Those in its names; empty for a source, whose title is a sentence."""


def search_rows(content: RenderedSeed) -> Iterator[SearchRow]:
    """The records, the most important first."""
    stop_words = stop_words_of(content.seed)
    for number, item in enumerate(sorted(content.records, key=_importance), start=1):
        record = item.record
        names = list(_names(item))
        own = content.seed.search.aliases.get(item.path, [])
        aliases = [*own, *_texts(record, SOURCE_NAMES)]
        body = [*_texts(record, SEARCHED | NAMES), *_labels(record)]
        known_by = _spelled([*names, *own])
        yield SearchRow(
            number,
            item.path,
            {
                "number": number,
                "path": item.path,
                "type": item.resource.record_type,
                "document": _hit(item),
                "sentences": json.dumps(list(_sentences(record)), ensure_ascii=False),
            },
            {
                "number": number,
                "names": " ".join([_separated(names), *_start_marks(names[0])]),
                "aliases": " ".join([_separated(aliases), *_code_marks(record)]),
                "outline": _joined([record.summary]),
                "body": _joined(body),
            },
            [
                {"text": name, "number": number, "position": position}
                for name, position in _beginnings(item, own, stop_words)
            ],
            known_by | _spelled([*aliases, record.summary, *body]),
            set() if item.resource.record_type is RecordType.citation else known_by,
        )


def stop_words_of(seed: Seed) -> set[str]:
    """The stop words, without case and apostrophes; phrases are left out."""
    return {phrase for (phrase, *others) in _phrases_of(seed) if not others}


def _phrases_of(seed: Seed) -> list[Phrase]:
    return [tuple(word.text for word in words(entry)) for entry in seed.search.stop_words]


def lexicon_of(
    seed: Seed, types: dict[str, str], counts: dict[str, int], named: set[str], stands: Callable[[Phrase], bool]
) -> str:
    """The lexicon: what the seed says of words, in how many records each of them stands, and which are in names.

    `types` has the type of each record by its path, the most important first; `stands` says whether a phrase is in the index.
    """
    numbers = {path: number for number, path in enumerate(types, start=1)}
    search = seed.search
    synonyms: list[list[Phrase]] = [[stems(entry) for entry in group] for group in search.synonyms]
    said = dict.fromkeys(_spelled(entry for group in search.synonyms for entry in group), 1)
    return stored_lexicon(
        stop_words=stop_words_of(seed),
        stop_phrases=[phrase for phrase in _phrases_of(seed) if len(phrase) > 1],
        synonyms=synonyms,
        phrases=(stems(alias) for aliases in search.aliases.values() for alias in aliases),
        codes={
            place.code[3:].lower(): code_mark(place.code)
            for place in seed.jurisdictions
            if US_STATE.fullmatch(place.code)
        },
        topics=[
            Topic(
                [stems(entry) for entry in topic.words],
                [kind.value for kind in topic.types],
                [numbers[path] for path in topic.records],
            )
            for topic in search.topics
        ],
        endings={ending: stems(group.words) for group in search.endings for ending in group.endings},
        ages=[(people.from_age, people.to_age, people.words) for people in search.ages],
        beside=_spelled(search.unknown.beside),
        unknown=stems(search.unknown.words),
        named=named | said.keys(),
        counts=said | counts,
        types=list(types.values()),
        stands=stands,
    )


def _importance(item: Rendered) -> tuple[int, int, str]:
    gravity = next((getattr(item.record, name) for name in GRAVITY if hasattr(item.record, name)), 0)
    rank = list(type(gravity)).index(gravity) if isinstance(gravity, Vocabulary) else gravity or 0
    kind = item.resource.record_type
    return IMPORTANCE.index(kind) if kind in IMPORTANCE else len(IMPORTANCE), rank, item.record.slug


def _hit(item: Rendered) -> bytes:
    """The JSON of a hit without its snippet."""
    record = item.record
    hit = {
        "type": item.resource.record_type,
        "slug": record.slug,
        "title": record.title,
        "summary": record.summary,
        "url": f"/v1/{item.path}",
        "cautions": json.loads(item.document).get("cautions", []),
    }
    return json.dumps(hit, ensure_ascii=False, separators=(",", ":")).encode()


def _texts(part: Strict, names: Iterable[str]) -> Iterator[str]:
    """The texts and years of these fields of a record and of the objects inside it."""
    for name in type(part).model_fields:
        value = getattr(part, name)
        for entry in value if isinstance(value, list) else [value]:
            if isinstance(entry, Strict):
                yield from _texts(entry, names)
            elif isinstance(entry, str | int) and name in names:
                yield str(entry)


def _labels(record: Strict) -> Iterator[str]:
    """The labels of the named values of a record: what a reader sees of them."""
    for name in type(record).model_fields:
        value = getattr(record, name)
        for entry in value if isinstance(value, list) else [value]:
            if isinstance(entry, Vocabulary):
                yield entry.label


def _sentences(record: Strict) -> Iterator[tuple[str, str]]:
    """The sentences that may be a snippet, each with its stems; sentences with amounts are left out."""
    texts = dict.fromkeys(_texts(record, READER_FIELDS))
    sentences = (sentence for text in texts for sentence in standing_alone(text))
    shown = [sentence for sentence in sentences if not AMOUNT.search(sentence)]
    for sentence in shown[:MAX_SENTENCES]:
        yield sentence, _joined([sentence])


def standing_alone(text: str) -> Iterator[str]:
    """The sentences of a text. A sentence that repeats a statement is joined with the next if that qualifies it, and left out otherwise."""
    sentences = SENTENCE_END.split(text)
    for sentence, following in zip(sentences, [*sentences[1:], None], strict=True):
        if not RETELLING.match(sentence) or QUALIFIED.search(sentence):
            yield sentence
        elif following and QUALIFIED.search(following):
            yield f"{sentence} {following}"


def _names(item: Rendered) -> Iterator[str]:
    """The names of a record, its title first, without the names of its parts."""
    yield item.record.title
    for field in type(item.record).model_fields:
        if field in NAMES and field != "title":
            value = getattr(item.record, field)
            yield from (str(name) for name in (value if isinstance(value, list) else [value]) if name is not None)


def _beginnings(item: Rendered, aliases: list[str], stop_words: set[str]) -> list[tuple[str, int]]:
    """The names of a record from each of their words on that says something, with how far each is from what it is called.

    That is 0 from the first such word of its own name, 1 from that of an alias, 2 from a later word of its own name, and 3 from
    a later one of an alias, or for a source, which is about something that has a record of its own.
    """
    found: dict[str, int] = {}
    farthest = 3
    is_source = item.resource.record_type is RecordType.citation
    for name, is_alias in [*((name, 0) for name in _names(item)), *((alias, 1) for alias in aliases)]:
        spelled = parts(name)
        telling = [place for place, word in enumerate(spelled) if word not in stop_words]
        for place in sorted({0, *telling}) if spelled else ():
            text = " ".join(spelled[place:])[:MAX_NAME]
            is_later = place > 0 and place != telling[0]
            distance = farthest if is_source else is_alias + 2 * is_later
            found[text] = min(distance, found.get(text, farthest))
    return list(found.items())


def _code_marks(record: Strict) -> Iterator[str]:
    """The token of the code of a place."""
    code = getattr(record, "code", None)
    if isinstance(code, str):
        yield code_mark(code)


def _separated(names: list[str]) -> str:
    """The stems of names, with a separator between them and a token for each name as a whole."""
    stemmed = [stems(name) for name in names]
    return f" {BOUNDARY} ".join([*(" ".join(name) for name in stemmed), *map(whole_mark, dict.fromkeys(stemmed))])


def _start_marks(title: str) -> list[str]:
    """A token for each phrase at the beginning of a title."""
    stemmed = stems(title)[:MAX_START]
    return [start_mark(stemmed[:length]) for length in range(1, len(stemmed) + 1)]


def _spelled(texts: Iterable[str]) -> set[str]:
    return {word.text for text in texts for word in words(text)}


def _joined(texts: list[str]) -> str:
    return " ".join(stem(word.text) for text in texts for word in words(text))
