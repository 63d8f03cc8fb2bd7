"""Finds and ranks records: FTS5 says what matches, and what matches is weighed by field, rarity and importance."""

import json
from collections import defaultdict
from dataclasses import dataclass
from math import log
from typing import Any, Final

from app.database import Database
from app.schemas.references import RecordType
from app.search.lexicon import Lexicon
from app.search.question import Group, Question, understand
from app.search.text import Phrase, stem, words

FIELDS: Final = {"{names aliases}": 4.0, "outline": 2.0, "body": 1.0}
"""The columns of the index and what a match there counts."""
SATURATION: Final = 2.0
"""Where a match in all fields counts little more than one in the best of them."""
MOST_CANDIDATES: Final = 400
"""How many records are looked at for each group of words, first the most important: ranking takes time for each."""
MOST_RANKED: Final = 1000
"""How many results are ranked."""
LEAST_SHARE: Final = 0.2
"""What share of the best score a record needs to be a result."""
FIRST_BONUS: Final = 0.6
"""What a record gains that comes first for a topic, as a share of the whole question's weight."""
PRIOR: Final = {RecordType.citation: 0.55, RecordType.claim: 0.85, RecordType.article: 0.8}
"""What the score of a type is multiplied by: those that say in passing what another record is about count less."""


@dataclass(frozen=True)
class Result:
    """What a question found."""

    question: Question
    numbers: list[int]
    """The numbers of the records, best first."""
    truncated: bool
    """Whether more records matched than were looked at."""


class Engine:
    """Answers questions about one data set."""

    def __init__(self, database: Database) -> None:
        self.database = database
        stored, self.total = database.read("SELECT lexicon, (SELECT count(*) FROM search_document) FROM release", {})[0]
        self.lexicon = Lexicon(stored)
        self.disclaimer: str = json.loads(database.release_document)["disclaimer"]

    def search(self, text: str, types: list[RecordType]) -> Result:
        """The records that a question finds."""
        question = understand(text, self.lexicon)
        scores: dict[int, float] = defaultdict(float)
        covered: dict[int, float] = defaultdict(float)
        truncated, whole = False, 0.0
        lists = []
        for group in question.groups:
            matched, cut = self._matched(group)
            truncated |= cut
            weight = group.weight * log(1 + self.total / (1 + len(matched)))
            whole += weight
            lists.append((weight, matched))
        for weight, matched in lists:
            for number, strength in matched.items():
                scores[number] += weight * strength / (strength + SATURATION)
                covered[number] += weight
        for number in scores:
            scores[number] *= 0.2 + 0.8 * (covered[number] / whole) ** 2
        for topic in question.topics:
            for place, number in enumerate(topic.first):
                scores[number] += (whole or 1.0) * FIRST_BONUS * 0.93**place
        kinds = self._types(scores)
        ranked = {
            number: score * PRIOR.get(kinds[number], 1.0)
            for number, score in scores.items()
            if not types or kinds[number] in types
        }
        least = max(ranked.values(), default=0.0) * LEAST_SHARE
        numbers = sorted((n for n in ranked if ranked[n] >= least), key=lambda n: (-ranked[n], n))
        return Result(question, numbers[:MOST_RANKED], truncated)

    def _matched(self, group: Group) -> tuple[dict[int, float], bool]:
        """The records that a group matches, each with how strongly, and whether there are more."""
        by_factor: dict[float, list[Phrase]] = defaultdict(list)
        for phrase, factor in group.phrases.items():
            by_factor[factor].append(phrase)
        matched: dict[int, float] = defaultdict(float)
        cut = False
        for field, value in FIELDS.items():
            best: dict[int, float] = {}
            for factor, phrases in sorted(by_factor.items(), reverse=True):
                found = self.database.read(
                    "SELECT rowid FROM search_index WHERE search_index MATCH :match LIMIT :limit",
                    {"match": f"{field} : ({' OR '.join(map(_quoted, phrases))})", "limit": MOST_CANDIDATES},
                )
                cut |= len(found) == MOST_CANDIDATES
                for (number,) in found:
                    best.setdefault(number, value * factor * group.weight)
            for number, strength in best.items():
                matched[number] += strength
        return matched, cut

    def _types(self, numbers: dict[int, float]) -> dict[int, RecordType]:
        found = self.database.read(
            "SELECT number, type FROM search_document WHERE number IN (SELECT value FROM json_each(:numbers))",
            {"numbers": json.dumps(list(numbers))},
        )
        return {number: RecordType[kind] for number, kind in found}

    def hits(self, result: Result, limit: int, offset: int) -> list[dict[str, Any]]:
        """A page of the results as they are served."""
        numbers = result.numbers[offset : offset + limit]
        found = self.database.read(
            "SELECT number, type, slug, title, summary, path, cautions, sentences FROM search_document"
            " WHERE number IN (SELECT value FROM json_each(:numbers))",
            {"numbers": json.dumps(numbers)},
        )
        rows = {row[0]: row for row in found}
        asked = {word for group in result.question.groups for phrase in group.phrases for word in phrase}
        return [_hit(rows[number], asked) for number in numbers]


def _quoted(phrase: Phrase) -> str:
    return '"' + " ".join(phrase) + '"'


def _hit(row: tuple[Any, ...], asked: set[str]) -> dict[str, Any]:
    _, kind, slug, title, summary, path, cautions, sentences = row
    return {
        "type": kind,
        "slug": slug,
        "title": title,
        "summary": summary,
        "url": f"/v1/{path}",
        "snippet": _snippet(json.loads(sentences) or [summary], asked),
        "cautions": json.loads(cautions),
    }


def _snippet(sentences: list[str], asked: set[str]) -> dict[str, Any]:
    """The sentence in which most of the words stand."""
    best: tuple[int, str, list[dict[str, int]]] = (-1, "", [])
    for sentence in sentences:
        found = [(stem(word.text), word) for word in words(sentence)]
        matches = [{"start": word.start, "end": word.end} for stemmed, word in found if stemmed in asked]
        distinct = len({stemmed for stemmed, _ in found} & asked)
        if distinct > best[0]:
            best = distinct, sentence, matches
    return {"text": best[1], "matches": best[2]}
