"""Scores the search against rated questions: recall, ranking and robustness to misspellings."""

from collections.abc import Iterator
from math import log2
from pathlib import Path
from typing import Final, Literal

from pydantic import TypeAdapter
from sqlmodel import Field

from app.database import Database
from app.schemas.fields import Label, RecordPath, Strict
from app.search.engine import paths_of, search
from app.words.text import words

BEST: Final = 3
GOOD: Final = 1
"""The gain of a record that answers the question, and of one that helps."""
FIRST: Final = 3
PAGE: Final = 10
SHORTEST_MISSPELLED: Final = 5
"""In shorter words one wrong letter often makes another word."""


class Judgement(Strict):
    """A question in a reader's own words, and the records that it should find."""

    q: Label
    """The question."""
    half: Literal["tune", "report"]
    """Whether the search was tuned on it, or is only measured by it."""
    best: list[RecordPath] = Field(min_length=1, max_length=5)
    """The records of which each answers it: one of them should be among the first."""
    good: list[RecordPath] = Field(max_length=20)
    """Others that help."""


class Score(Strict):
    """How good the search is on some questions."""

    questions: int
    recall: float
    """The share of the questions that are answered by one of the first three results."""
    ndcg: float
    """The normalized discounted cumulative gain of the first ten results, averaged over the questions."""
    misspellings: float
    """The share of misspelled questions with the same first result as the correctly spelled question."""
    without_result: float
    """The share of questions, misspelled ones included, that find nothing."""
    missed: list[str]
    """The questions that are not."""


def read_judgements(path: Path) -> list[Judgement]:
    """The rated questions of a file."""
    return TypeAdapter(list[Judgement]).validate_json(path.read_bytes())


def scored(database: Database, judgements: list[Judgement]) -> Score:
    """The score of the search on these questions."""
    recalls, gains, kept, empty, missed = [], [], [], [], []
    for judgement in judgements:
        found = _found(database, judgement.q)
        best = set(judgement.best)
        recalls.append(not best.isdisjoint(found[:FIRST]))
        gains.append(_ndcg(judgement, found))
        empty.append(not found)
        if not recalls[-1]:
            missed.append(f"{judgement.q}: {', '.join(found[:FIRST]) or 'nothing'}")
        for misspelled in misspellings(judgement.q, database.lexicon.stop_words):
            others = _found(database, misspelled)
            kept.append(others[:1] == found[:1])
            empty.append(not others)
    return Score(
        questions=len(judgements),
        recall=_mean(recalls),
        ndcg=_mean(gains),
        misspellings=_mean(kept),
        without_result=_mean(empty),
        missed=missed,
    )


def as_text(title: str, score: Score) -> str:
    """The score as it is printed."""
    return "\n".join(
        [
            f"{title}: {score.questions} questions",
            f"  recall@{FIRST}                            {score.recall:.3f}",
            f"  nDCG@{PAGE}                             {score.ndcg:.3f}",
            f"  misspellings that keep the first hit  {score.misspellings:.1%}",
            f"  without a result                      {score.without_result:.1%}",
            *(f"  missed: {question}" for question in score.missed),
        ]
    )


def misspellings(question: str, stop_words: frozenset[str]) -> Iterator[str]:
    """The question with one edit in one of its words: a letter left out, doubled, replaced, and two swapped."""
    for word in words(question):
        length = word.end - word.start
        if length < SHORTEST_MISSPELLED or word.text in stop_words or not word.text.isalpha():
            continue
        typed, middle = question[word.start : word.end], length // 2
        left, letter, right = typed[:middle], typed[middle], typed[middle + 1 :]
        edited = (
            left + right,
            left + letter + letter + right,
            left + ("x" if letter != "x" else "z") + right,
            typed[: middle - 1] + letter + typed[middle - 1] + right,
        )
        for variant in edited:
            if variant != typed:
                yield question[: word.start] + variant + question[word.end :]


def _found(database: Database, question: str) -> list[str]:
    return paths_of(database, search(database, question, []).numbers[:PAGE])


def _ndcg(judgement: Judgement, found: list[str]) -> float:
    gains = dict.fromkeys(judgement.good, GOOD) | dict.fromkeys(judgement.best, BEST)
    ideal = sorted(gains.values(), reverse=True)[:PAGE]
    return _dcg([gains.get(path, 0) for path in found[:PAGE]]) / _dcg(ideal)


def _dcg(gains: list[int]) -> float:
    return sum(gain / log2(place + 1) for place, gain in enumerate(gains, start=1))


def _mean(values: list[bool] | list[float]) -> float:
    return sum(values) / len(values) if values else 0.0
