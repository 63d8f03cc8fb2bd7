"""Finds and ranks records: the index finds matches, which are weighted by field, rarity and importance."""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from math import log
from typing import Final

from app.database import Database
from app.schemas.references import RecordType
from app.search.question import Group, Question, understand
from app.words.lexicon import Lexicon, Topic
from app.words.text import WORD, Phrase, fold, start_mark, whole_mark

NAMES: Final = "{names aliases} : "
FIELDS: Final = {NAMES: 4.0, "aliases : ": 1.5, "outline : ": 2.0, "body : ": 1.0}
"""The fields in which a phrase is looked up, with their weights. A single word of a longer alias, such as `test` of `hair test`, has a low weight."""
AT_THE_START: Final = 1.0
"""The additional weight of a match at the beginning of a title."""
SATURATION: Final = 2.0
"""The weight beyond which matches in further fields add little."""
BY_NAME: Final = FIELDS[NAMES] / (FIELDS[NAMES] + SATURATION)
"""How well a record answers a part of the question that equals its name."""
MAX_CANDIDATES: Final = 400
"""How many records are ranked for each group of words, the most important first, because ranking each takes time."""
MAX_RANKED: Final = 1000
"""The maximum number of results."""
LEAST_SHARE: Final = 0.15
"""The share of the best score that a result must have."""
WHOLE_NAME: Final = 0.5
"""The bonus of a record with a name that equals the whole question, as a share of the weight of the question."""
UNCOVERED: Final = 0.4
"""The share of its score that a record with hardly any of the question's words keeps."""
TOPIC_TYPE: Final = 1.3
"""The factor for the score of a record that protects from the danger that the question is about."""
TOPIC_RECORD: Final = 0.4
"""The bonus of the first record of a topic, as a share of the weight of the question."""
VARIED: Final = 6
"""How many of the first results are chosen so that together they answer every part of the question."""
CHOSEN_FROM: Final = 30
"""From how many of the best records these are chosen."""
VARIETY: Final = 1.0
"""The bonus for answering a part of the question that no earlier result answers."""
NAMED_DANGER: Final = 1.5
"""The factor for the weight of a word that names the subject of a protective record, such as a medicine or a sign."""
LAW: Final = frozenset({RecordType.jurisdiction, RecordType.citation})
"""The types of record that state the law of a place."""
OF_A_PLACE: Final = 100
"""A part of a question that matches more records than this is not the name of a place, but a word such as `legal`."""
PROTECTIVE: Final = frozenset({"warning_sign", "interaction", "risk_group"})
WELL_ANSWERED: Final = 0.6
"""The score from which a record answers a part of the question instead of only mentioning it."""
PRIOR: Final = {RecordType.citation: 0.55, RecordType.claim: 0.85, RecordType.article: 0.8}
"""The factor for the score of each type: types that mostly mention the subject of other records have a lower one."""


@dataclass(frozen=True)
class Result:
    """The results of a question."""

    question: Question
    numbers: list[int]
    """The numbers of the records, best first."""
    truncated: bool
    """Whether more records matched than were ranked."""


def search(database: Database, text: str, types: list[RecordType]) -> Result:
    """The records that answer a question, best first."""
    question = understand(text, database.lexicon)
    matches, truncated = _matches(database, question.groups)
    parts = _parts(database, question.groups, matches)
    scores = _scores(database, question, parts)
    kinds = {number: RecordType[database.lexicon.type_of(number)] for number in scores}
    lead = {kind for topic in question.topics for kind in topic.types}
    records = {number for topic in question.topics for number in topic.records}
    # For a place without a record, the law of other places is no answer.
    is_law_left_out = question.elsewhere and not _is_of_a_place(parts, kinds)
    worth: dict[int, float] = {}
    for number, kind in kinds.items():
        if (not types or kind in types) and not (is_law_left_out and kind in LAW):
            leads = kind.value in lead or number in records
            # A year in a question means that the reader looks for a source.
            prior = 1.0 if question.has_year and kind is RecordType.citation else PRIOR.get(kind, 1.0)
            worth[number] = prior * (TOPIC_TYPE if leads else 1.0)
    ranked = {number: scores[number] * factor for number, factor in worth.items()}
    numbers = _varied(sorted(ranked, key=lambda n: (-ranked[n], n)), ranked, worth, parts)
    least = max(ranked.values(), default=0.0) * LEAST_SHARE
    numbers = [*numbers[:VARIED], *(n for n in numbers[VARIED:] if ranked[n] >= least or n in records)]
    numbers = _leading(numbers, kinds, question.topics)
    cut = truncated or question.cut or len(numbers) > MAX_RANKED
    return Result(question, numbers[:MAX_RANKED], cut)


def hits(database: Database, result: Result, limit: int, offset: int) -> bytes:
    """A page of the results as JSON."""
    numbers = result.numbers[offset : offset + limit]
    found = database.read(
        "SELECT number, document, sentences FROM search_document"
        " WHERE number IN (SELECT value FROM json_each(:numbers))",
        {"numbers": json.dumps(numbers)},
    )
    rows = {number: (document, sentences) for number, document, sentences in found}
    asked = {word for group in result.question.groups for phrase in group.phrases for word in phrase}
    return b"[" + b",".join(_hit(*rows[number], asked, database.lexicon) for number in numbers) + b"]"


def found_slugs(database: Database, text: str, kind: RecordType) -> list[str]:
    """The records of one type that answer a question, best first."""
    return [path.partition("/")[2] for path in paths_of(database, search(database, text, [kind]).numbers)]


def paths_of(database: Database, numbers: list[int]) -> list[str]:
    """The records with these numbers as `collection/slug`, in the same order."""
    sql = "SELECT number, path FROM search_document WHERE number IN (SELECT value FROM json_each(:numbers))"
    paths = dict(database.read(sql, {"numbers": json.dumps(numbers)}))
    return [paths[number] for number in numbers]


def _matches(database: Database, groups: list[Group]) -> tuple[list[dict[int, float]], bool]:
    """For each group, the matching records with the strength of the match, and whether there are more."""
    matches: list[dict[int, float]] = [{} for _ in groups]
    cut = False
    for group, matched in zip(groups, matches, strict=True):
        for field, value in FIELDS.items():
            best: dict[int, float] = {}
            for factor, phrases in _by_factor(group):
                found = _numbers(database, _in_field(field, phrases))
                cut |= len(found) == MAX_CANDIDATES
                for number in found:
                    best.setdefault(number, value * factor * group.weight)
            for number, strength in best.items():
                matched[number] = matched.get(number, 0.0) + strength
        for number in _numbers(database, "names : " + _any((start_mark(phrase),) for phrase in group.phrases)):
            matched[number] = matched.get(number, 0.0) + AT_THE_START * group.weight
    if cut and len(groups) > 1:
        # The records with all words may be among those that were not ranked.
        for field, value in (("", 1.0), (NAMES, FIELDS[NAMES])):
            for number in _numbers(database, " AND ".join(f"({field}{_any(group.phrases)})" for group in groups)):
                for group, matched in zip(groups, matches, strict=True):
                    matched[number] = max(matched.get(number, 0.0), value * group.weight)
    return matches, cut


def _by_factor(group: Group) -> list[tuple[float, list[Phrase]]]:
    by_factor: dict[float, list[Phrase]] = defaultdict(list)
    for phrase, factor in group.phrases.items():
        by_factor[factor].append(phrase)
    return sorted(by_factor.items(), reverse=True)


def _numbers(database: Database, match: str) -> list[int]:
    """The most important matching records: the index is ordered by importance."""
    sql = "SELECT rowid FROM search_index WHERE search_index MATCH :match LIMIT :limit"
    return [number for (number,) in database.read(sql, {"match": match, "limit": MAX_CANDIDATES})]


def _in_field(field: str, phrases: list[Phrase]) -> str:
    """The index query for phrases in a field; a phrase must equal the whole alias."""
    wanted = _any(phrases)
    if field == NAMES:
        return f"(names : {wanted}) OR (aliases : {_any((whole_mark(phrase),) for phrase in phrases)})"
    return field + wanted


def _any(phrases: Iterable[Phrase]) -> str:
    return "(" + " OR ".join(f'"{" ".join(phrase)}"' for phrase in phrases) + ")"


@dataclass(frozen=True)
class Part:
    """A part of a question that records match."""

    weight: float
    """Its weight: rare words have a higher one."""
    answered: dict[int, float]
    """How well each record answers it, from 0 to 1."""


def _parts(database: Database, groups: list[Group], matches: list[dict[int, float]]) -> list[Part]:
    """The parts of the question with at least one match."""
    total = sum(database.totals.values())
    lexicon = database.lexicon
    parts = []
    for group, matched in zip(groups, matches, strict=True):
        weight = group.weight * log(1 + total / (1 + len(matched)))
        if any(
            strength >= FIELDS[NAMES] * group.weight and lexicon.type_of(number) in PROTECTIVE
            for number, strength in matched.items()
        ):
            weight *= NAMED_DANGER
        if matched:
            parts.append(
                Part(weight, {number: strength / (strength + SATURATION) for number, strength in matched.items()})
            )
    return parts


def _scores(database: Database, question: Question, parts: list[Part]) -> dict[int, float]:
    """The score of each record; a record with most of the words scores higher."""
    scores: dict[int, float] = defaultdict(float)
    covered: dict[int, float] = defaultdict(float)
    whole = sum(part.weight for part in parts)
    for part in parts:
        for number, share in part.answered.items():
            scores[number] += part.weight * share
            covered[number] += part.weight
    for number in scores:
        scores[number] *= UNCOVERED + (1 - UNCOVERED) * covered[number] / whole
    if question.wholes:
        for number in _numbers(database, NAMES + _any((whole_mark(phrase),) for phrase in question.wholes)):
            scores[number] += whole * WHOLE_NAME
    for topic in question.topics:
        for place, number in enumerate(topic.records):
            scores[number] += (whole or 1.0) * TOPIC_RECORD * 0.9**place
    return scores


def _varied(numbers: list[int], scores: dict[int, float], worth: dict[int, float], parts: list[Part]) -> list[int]:
    """The results, with those moved up that answer parts of the question which earlier results do not answer."""
    if not parts or not numbers:
        return numbers
    best, whole = scores[numbers[0]], sum(part.weight for part in parts)
    unanswered = [part.weight / whole for part in parts]
    rest = {
        number: [
            (place, share)
            for place, part in enumerate(parts)
            if (share := part.answered.get(number, 0.0)) > WELL_ANSWERED
        ]
        for number in numbers[:CHOSEN_FROM]
    }
    first: list[int] = []
    while rest and len(first) < VARIED:

        def gain(number: int) -> float:
            answers = sum([unanswered[place] * share for place, share in rest[number]])
            return scores[number] / best + VARIETY * worth[number] * answers

        chosen = max(rest, key=gain)
        first.append(chosen)
        for place, share in rest.pop(chosen):
            unanswered[place] *= 1 - share
    return [*first, *(number for number in numbers if number not in first)]


def _is_of_a_place(parts: list[Part], kinds: dict[int, RecordType]) -> bool:
    """Whether a part of the question is the name of a place that a record is about."""
    return any(
        share >= BY_NAME and kinds[number] is RecordType.jurisdiction
        for part in parts
        if len(part.answered) < OF_A_PLACE
        for number, share in part.answered.items()
    )


def _leading(numbers: list[int], kinds: dict[int, RecordType], topics: list[Topic]) -> list[int]:
    """The results with a protective record first, even if others match better, then one for each other danger."""
    lead = {kind for topic in topics for kind in topic.types}
    own = {number for topic in topics for number in topic.records}
    # A side effect protects from a danger only if it is that danger.
    leading = (n for n in numbers if kinds[n].value in lead and (kinds[n] is not RecordType.side_effect or n in own))
    first = [*islice(leading, 1)]
    for topic in topics:
        if first and first[0] not in topic.records:
            first += [number for number in numbers if number in topic.records and number not in first][:1]
    return [*first, *(number for number in numbers if number not in first)]


def _hit(document: bytes, sentences: str, asked: set[str], lexicon: Lexicon) -> bytes:
    """The rendered hit, with the sentence that contains most of the words."""
    best, most = "", -1
    for sentence, stemmed in json.loads(sentences):
        if (distinct := len(asked.intersection(stemmed.split()))) > most:
            best, most = sentence, distinct
    found = WORD.finditer(best)
    matches = [{"start": word.start(), "end": word.end()} for word in found if lexicon.stem(fold(word[0])) in asked]
    snippet = json.dumps({"text": best, "matches": matches}, ensure_ascii=False, separators=(",", ":"))
    return document[:-1] + b',"snippet":' + snippet.encode() + b"}"
