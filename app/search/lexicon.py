"""The words of the data set and what the seed says of them, in the form that a search reads."""

import json
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from rapidfuzz import process
from rapidfuzz.distance import OSA

from app.schemas.search import SearchSeed
from app.search.text import Phrase, stem, stems, words

SHORTEST_CORRECTED = 4
"""Shorter words are too much alike to guess which one was meant."""
SHORTEST_TWICE_WRONG = 9
"""From this length on a word may have two wrong letters."""
MOST_COMPLETIONS = 30
"""How many words that begin as typed are tried."""


@dataclass(frozen=True)
class Topic:
    """Something for which what protects comes first."""

    phrases: list[Phrase]
    first: list[int]
    """The numbers of the records that come first."""


class Lexicon:
    """What is known of words: stop words, synonyms, aliases, topics, place codes and the vocabulary."""

    def __init__(self, stored: str) -> None:
        values: dict[str, Any] = json.loads(stored)
        self.stop_words = frozenset(values["stop_words"])
        self.codes = frozenset(values["codes"])
        """The two-letter codes of states."""
        self.vocabulary: list[str] = values["vocabulary"]
        """Every word of the records and aliases, sorted."""
        self.topics = [Topic([tuple(p) for p in t["phrases"]], t["first"]) for t in values["topics"]]
        self.phrases: dict[Phrase, list[Phrase]] = {
            tuple(phrase): [tuple(other) for other in others] for phrase, others in values["phrases"]
        }
        """Phrases of several words, and words with synonyms: with the phrases that mean the same."""
        self.longest = max(map(len, self.phrases), default=1)

    @cached_property
    def stems(self) -> frozenset[str]:
        """The stems of the vocabulary."""
        return frozenset(map(stem, self.vocabulary))

    @cached_property
    def _by_length(self) -> dict[int, list[str]]:
        by_length: dict[int, list[str]] = defaultdict(list)
        for word in self.vocabulary:
            by_length[len(word)].append(word)
        return by_length

    def completions(self, beginning: str) -> list[str]:
        """The words that begin so, shortest first."""
        start = bisect_left(self.vocabulary, beginning)
        end = bisect_left(self.vocabulary, beginning + "\U0010ffff", start)
        return sorted(self.vocabulary[start:end], key=len)[:MOST_COMPLETIONS]

    def corrected(self, word: str) -> str | None:
        """The known word that is nearest to an unknown one, when it is near enough."""
        if len(word) < SHORTEST_CORRECTED or word.isdigit():
            return None
        allowed = 2 if len(word) >= SHORTEST_TWICE_WRONG else 1
        lengths = range(len(word) - allowed, len(word) + allowed + 1)
        near = [known for length in lengths for known in self._by_length.get(length, ())]
        found = process.extract(word, near, scorer=OSA.distance, score_cutoff=allowed, limit=5)
        # A first letter is seldom wrong.
        best = min(found, key=lambda match: (match[1], match[0][0] != word[0]), default=None)
        return best[0] if best else None


def lexicon(seed: SearchSeed, numbers: dict[str, int], codes: Iterable[str], texts: Iterable[str]) -> str:
    """What a `Lexicon` reads, made by the build from the seed and every text that can be found."""
    groups: list[list[Phrase]] = [[stems(word) for word in group] for group in seed.synonyms]
    phrases: dict[Phrase, list[Phrase]] = {}
    for group in groups:
        for phrase in group:
            phrases.setdefault(phrase, []).extend(other for other in group if other != phrase)
    for aliases in seed.aliases.values():
        for alias in aliases:
            if len(phrase := stems(alias)) > 1:
                phrases.setdefault(phrase, [])
    known = {word.text for text in texts for word in words(text)}
    known |= {word.text for group in seed.synonyms for entry in group for word in words(entry)}
    known |= {word.text for aliases in seed.aliases.values() for alias in aliases for word in words(alias)}
    topics = [
        {"phrases": [stems(word) for word in topic.words], "first": [numbers[path] for path in topic.first]}
        for topic in seed.topics
    ]
    values = {
        "stop_words": sorted({word.text for entry in seed.stop_words for word in words(entry)}),
        "codes": sorted(codes),
        "vocabulary": sorted(word for word in known if not word.isdigit()),
        "topics": topics,
        "phrases": list(phrases.items()),
    }
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))
