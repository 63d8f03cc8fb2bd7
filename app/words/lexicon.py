"""The lexicon of the search: stop words, synonyms, and the spelling of each word."""

import json
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.resources import files
from itertools import chain
from math import inf, log
from typing import Any, Final

from rapidfuzz import process
from rapidfuzz.distance import OSA

from app.words.text import Phrase, stem

SHORTEST_CORRECTED: Final = 4
"""The length of the shortest word that is corrected: shorter words are too similar to each other."""
SHORTEST_BEFORE_ENDING: Final = 3
"""The minimum number of letters before an ending that gives a word its meaning."""
MAX_CORRECTED: Final = 40
"""The length of the longest word that is corrected."""
MAX_COMPLETIONS: Final = 30
"""How many words that begin with the typed text are tried."""
COMMON: Final = 0.5
"""A word that occurs in more than this share of the records is treated like a stop word."""
MAX_BEGINNING: Final = 15
"""The length of the longest incomplete word that is corrected."""
SHORTEST_SPLIT: Final = 7
"""The minimum length of several words written without spaces."""
SHORTEST_PART: Final = 3
"""The minimum average length of words written without spaces, and the minimum length of each that is not a stop word."""
ANY_NUMBER: Final = "number"
"""The word that matches any number in the words of a topic, as in `number capsules`."""
NAME_SPECIFICITY: Final = 2.0
"""The additional specificity of a word in a name, compared with the logarithm of the number of records that have it."""
MAX_PART: Final = 16
"""The length of the longest of them."""
SINGLE_LETTERS: Final = frozenset({"a", "i"})
ONE_EDIT: Final = 1
"""The distance of one edit: a wrong, missing or extra letter, or two swapped neighbours."""
TWO_EDITS: Final = 2
SHORTEST_OF_TWO_EDITS: Final = 9
"""The minimum length of a word in which two edits are corrected."""
SHORTEST_WITH_FORMS: Final = 6
LONGEST_ENDING: Final = 3
"""The minimum length of a word, and how many letters longer or shorter its forms may be."""
SURELY_A_WORD: Final = 20
"""The minimum number of records with a word for another word, one edit away and in only one record, to be a misspelling of it."""


@dataclass(frozen=True)
class Topic:
    """A danger that questions are about, for which protective records come first."""

    phrases: list[Phrase]
    types: list[str]
    """The types of record that come first among those that match."""
    records: list[int]
    """The numbers of the records that are found even if they don't match, most important first."""


class Lexicon:
    """The words of a data set. The build has stemmed them, so a server starts and searches without stemming any text."""

    def __init__(self, stored: str) -> None:
        values: dict[str, Any] = json.loads(stored)
        self.stop_words = frozenset(values["stop_words"])
        self.stop_phrases = frozenset(tuple(phrase) for phrase in values["stop_phrases"])
        """Phrases that are ignored like stop words, such as `mother in law`."""
        self.longest_stop_phrase = max(map(len, self.stop_phrases), default=1)
        self.common = frozenset(values["common"])
        """The stems that most records have, and their synonyms, which are treated like stop words."""
        self.codes: dict[str, str] = values["codes"]
        """The index words of places with a code that is an ordinary word, by code: `or` and `usor`."""
        self.topics = [
            Topic([tuple(phrase) for phrase in topic["phrases"]], topic["types"], topic["records"])
            for topic in values["topics"]
        ]
        self._topics_by_start: dict[str, list[tuple[Phrase, int]]] = defaultdict(list)
        for place, topic in enumerate(self.topics):
            for phrase in topic.phrases:
                self._topics_by_start[phrase[0]].append((phrase, place))
        self.ages: list[tuple[int, int, str]] = [tuple(age) for age in values["ages"]]
        """The words for people of an age, each with the lowest and the highest age in years."""
        self._beside = frozenset(values["beside"])
        self._unknown: Phrase = tuple(values["unknown"])
        """The meaning of an unknown word beside these words, such as `with`: probably a medicine."""
        self.phrases: dict[Phrase, list[Phrase]] = {
            tuple(phrase): [tuple(other) for other in others] for phrase, others in values["phrases"]
        }
        """Phrases of several words, and words with synonyms, each with the phrases of the same meaning."""
        self.longest = max(map(len, self.phrases), default=1)
        self.endings: dict[str, Phrase] = {ending: tuple(phrase) for ending, phrase in values["endings"].items()}
        """The meaning of an unknown word by its ending, such as the name of a medicine."""
        self._longest_ending = max(map(len, self.endings), default=0)
        self._ordinary = frozenset(values["ordinary"])
        """Ordinary English words that no record contains; they are not misspellings of other words."""
        self.places = frozenset(values["places"])
        """Places without a record, by the beginning of their names."""
        self._named = frozenset(values["named"] + values["forms"])
        """The words of names, aliases and synonyms, in all their forms."""
        self._first_numbers: list[int] = values["first_numbers"]
        self._types: list[str] = values["types"]
        self._stems: dict[str, str] = values["stems"]
        self._counts: dict[str, int] = values["counts"]
        """The number of records that contain a word, if several do."""
        self._known_stems = frozenset(self._stems.values())
        self._stem_counts: dict[str, int] = {}
        for word, stemmed in self._stems.items():
            self._stem_counts[stemmed] = max(self._stem_counts.get(stemmed, 1), self._counts.get(word, 1))
        self._named_stems = frozenset(self._stems.get(word, word) for word in self._named)
        self._sorted = sorted(self._stems)
        self._by_length: dict[int, list[str]] = defaultdict(list)
        for word in chain(self._sorted, values["forms"]):
            self._by_length[len(word)].append(word)
        self._gathered: dict[int, list[str]] = {}

    def stem(self, word: str) -> str:
        """The stem of a folded word."""
        return self._stems.get(word) or stem(word)

    def type_of(self, number: int) -> str:
        """The type of a record by its number: records of one type have consecutive numbers."""
        return self._types[bisect_right(self._first_numbers, number) - 1]

    def knows(self, word: str) -> bool:
        """Whether any record contains a folded word or another form of it."""
        return word in self._stems or stem(word) in self._known_stems

    def completions(self, beginning: str) -> list[str]:
        """The words with this beginning, shortest first."""
        start = bisect_left(self._sorted, beginning)
        end = bisect_left(self._sorted, beginning + "\U0010ffff", start)
        return sorted(self._sorted[start:end], key=len)[:MAX_COMPLETIONS]

    def names(self, word: str) -> bool:
        """Whether a folded word is part of a name, an alias or a synonym."""
        return word in self._named

    def is_usual(self, word: str) -> bool:
        """Whether a word is in a name or in more than one record."""
        return word in self._named or word in self._counts

    def people_of(self, age: int) -> str | None:
        """The words for people of this age, if records name them."""
        return next((words for youngest, oldest, words in self.ages if youngest <= age <= oldest), None)

    def specificity(self, phrase: Phrase) -> float:
        """How specific a phrase is: rare words are more specific than common words, and names than other words."""
        if len(phrase) > 1:
            return NAME_SPECIFICITY
        count = self._stem_counts.get(phrase[0])
        return (NAME_SPECIFICITY if phrase[0] in self._named_stems else 0.0) - log(count) if count else -inf

    def topics_of(self, whole: Phrase) -> list[Topic]:
        """The dangers that a question with these stems is about; synonyms match too."""
        alike = [
            {word, ANY_NUMBER}
            if word.isdigit()
            else {word, *(other[0] for other in self.phrases.get((word,), ()) if len(other) == 1)}
            for word in whole
        ]
        found: set[int] = set()
        for start, words in enumerate(alike):
            for word in words:
                for phrase, place in self._topics_by_start.get(word, ()):
                    rest = alike[start : start + len(phrase)]
                    if len(rest) == len(phrase) and all(part in near for part, near in zip(phrase, rest, strict=True)):
                        found.add(place)
        return [topic for place, topic in enumerate(self.topics) if place in found]

    def is_combination(self, words: Iterable[str]) -> bool:
        """Whether words of a question, such as `with`, say that something is taken together with something else."""
        return not self._beside.isdisjoint(words)

    def meant_by_ending(self, word: str) -> Phrase | None:
        """The meaning of an unknown word by its longest known ending."""
        if word in self._ordinary:
            return None
        longest = min(self._longest_ending, len(word) - SHORTEST_BEFORE_ENDING)
        found = (self.endings.get(word[-length:]) for length in range(longest, 0, -1))
        return next((phrase for phrase in found if phrase), None)

    def meaning_in_combination(self, word: str) -> Phrase | None:
        """The meaning of an unknown word for something that is taken together with something else: a medicine, unless it is a number or an ordinary word."""
        is_name = len(word) >= SHORTEST_CORRECTED and word.isalpha() and word not in self._ordinary
        return self._unknown if is_name and self._unknown else None

    def split(self, word: str) -> list[str]:
        """The smallest number of known words, at least one of them in a name, of which a long unknown word is composed; none if it is not."""
        length = len(word)
        if not SHORTEST_SPLIT <= length <= MAX_CORRECTED or word in self._ordinary:
            return []
        written: dict[int, list[str]] = {0: []}
        for end in range(1, length + 1):
            starts = [start for start in range(max(0, end - MAX_PART), end) if start in written]
            ways = [[*written[start], word[start:end]] for start in starts if self._is_part(word[start:end])]
            if ways:
                written[end] = min(ways, key=len)
        found = written.get(length, [])
        says = any(part in self._named and part not in self.stop_words and len(part) > SHORTEST_PART for part in found)
        return found if says and len(found) * SHORTEST_PART <= length else []

    def _is_part(self, word: str) -> bool:
        if len(word) < SHORTEST_PART:
            return word in self.stop_words and (len(word) > 1 or word in SINGLE_LETTERS)
        return word in self.stop_words or (len(word) > SHORTEST_PART and word in self._named)

    def corrected(self, word: str) -> str | None:
        """The most likely correction of an unknown word: a known word one edit away, or two if it is long."""
        if not SHORTEST_CORRECTED <= len(word) <= MAX_CORRECTED or word.isdigit() or word in self._ordinary:
            return None
        found = self._near(word, ONE_EDIT)
        if not found and len(word) >= SHORTEST_OF_TWO_EDITS:
            found = [known for known in self._near(word, TWO_EDITS) if known[0] == word[0] and known in self._named]
        return min(found, key=lambda known: self._unlikeliness(known, word), default=None)

    def _near(self, word: str, edits: int) -> list[str]:
        # A word is not corrected to one that is too short to be corrected itself.
        lengths = range(max(SHORTEST_CORRECTED, len(word) - edits), len(word) + edits + 1)
        near = chain.from_iterable(self._by_length[length] for length in lengths if length in self._by_length)
        return [
            known
            for known, _, _ in process.extract(word, list(near), scorer=OSA.distance, score_cutoff=edits, limit=None)
        ]

    def _unlikeliness(self, known: str, word: str) -> tuple[bool, bool, int, bool, bool, int, str]:
        """The sort key of a known word among the corrections of another, most likely first."""
        return (
            # The first letter is seldom wrong.
            known[0] != word[0],
            not self.is_usual(known),
            _error_rank(known, word),
            known in self.stop_words,
            # Words in names are more likely than other words, and common words than rare ones.
            known not in self._named,
            -self._counts.get(known, 1),
            known,
        )

    def corrected_beginnings(self, beginning: str) -> list[str]:
        """The beginnings of known words that are one edit away from an incomplete word, most likely first."""
        length = len(beginning)
        if length > MAX_BEGINNING or beginning.isdigit():
            return []
        heads = [self._heads(size) for size in range(length - ONE_EDIT, length + ONE_EDIT + 1)]
        found = (
            process.extract(beginning, some, scorer=OSA.distance, score_cutoff=ONE_EDIT, limit=None) for some in heads
        )
        near = {head for matches in found for head, _, _ in matches}
        return sorted(near, key=lambda head: (head[0] != beginning[0], -len(head), head))

    def _heads(self, size: int) -> list[str]:
        """The beginnings of all words with this length, collected when they are first needed."""
        if size not in self._gathered:
            self._gathered[size] = sorted({word[:size] for word in self._sorted if len(word) >= size})
        return self._gathered[size]


def words_of(name: str) -> set[str]:
    """The words of a list in this folder."""
    lines = files("app.words").joinpath(name).read_text("ascii").splitlines()
    return {word for line in lines if not line.startswith("#") for word in line.split()}


def stored_lexicon(
    *,
    stop_words: Iterable[str],
    stop_phrases: Iterable[Phrase],
    synonyms: Iterable[list[Phrase]],
    phrases: Iterable[Phrase],
    codes: dict[str, str],
    topics: list[Topic],
    endings: dict[str, Phrase],
    ages: Iterable[tuple[int, int, str]],
    beside: Iterable[str],
    unknown: Phrase,
    named: set[str],
    counts: dict[str, int],
    types: list[str],
    stands: Callable[[Phrase], bool],
) -> str:
    """What a `Lexicon` reads.

    `counts` says in how many of the records each word stands, `named` which are in names, `types` of which type each is,
    and `stands` whether a phrase stands in any of them: one that does not leads to the others, but nothing leads to it.
    """
    equals: dict[Phrase, list[Phrase]] = {phrase: [] for phrase in phrases if len(phrase) > 1}
    groups = list(synonyms)
    for group in groups:
        found = [phrase for phrase in group if stands(phrase)]
        for phrase in group:
            others = equals.setdefault(phrase, [])
            others += [other for other in found if other != phrase and other not in others]
    common = {(stem(word),) for word, count in counts.items() if count > len(types) * COMMON}
    common |= {other for group in groups if common.intersection(group) for other in group if len(other) == 1}
    firsts = [place for place, kind in enumerate(types) if place == 0 or kind != types[place - 1]]
    places = words_of("places.txt")
    ordinary = words_of("ordinary_words.txt") | words_of("more_words.txt") | places
    misspelled = _misspelled_in_records(counts, named | ordinary)
    spelled = sorted(word for word in counts if not word.isdigit() and word not in misspelled)
    values = {
        "stop_words": sorted(stop_words),
        "stop_phrases": sorted(stop_phrases),
        "common": sorted(word for (word,) in common),
        "codes": dict(sorted(codes.items())),
        "topics": [vars(topic) for topic in topics],
        "phrases": sorted(equals.items()),
        "first_numbers": [place + 1 for place in firsts],
        "types": [types[place] for place in firsts],
        "endings": dict(sorted(endings.items())),
        "ages": list(ages),
        "beside": sorted(beside),
        "unknown": unknown,
        "ordinary": sorted(ordinary - counts.keys()),
        "places": sorted(places - counts.keys()),
        "forms": sorted(_forms(named, ordinary - counts.keys())),
        "named": sorted(named & counts.keys()),
        "stems": {word: stem(word) for word in spelled},
        "counts": {word: counts[word] for word in spelled if counts[word] > 1},
    }
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))


def _forms(named: set[str], words: set[str]) -> set[str]:
    """The words that are forms of words in names: `headaches` of `headache`, `teenage` of `teenager`."""
    by_stem: dict[str, list[str]] = defaultdict(list)
    for word in named:
        if len(word) >= SHORTEST_WITH_FORMS:
            by_stem[stem(word)].append(word)
    return {
        word
        for word in words
        if len(word) >= SHORTEST_WITH_FORMS
        and any(abs(len(word) - len(other)) <= LONGEST_ENDING for other in by_stem[stem(word)])
    }


def _misspelled_in_records(counts: dict[str, int], words: set[str]) -> set[str]:
    """The words that are misspelled in the only record with them, such as a source with a typing error in its title."""
    sure = [word for word, count in counts.items() if count >= SURELY_A_WORD and len(word) > SHORTEST_CORRECTED]
    rare = [word for word, count in counts.items() if count == 1 and word not in words and word.isalpha()]
    return {
        word
        for word in rare
        if process.extractOne(word, sure, scorer=OSA.distance, score_cutoff=ONE_EDIT) and len(word) > SHORTEST_CORRECTED
    }


def _error_rank(known: str, word: str) -> int:
    """The rank of a misspelling by its kind, most likely first: swapped or doubled letters, a missing letter, a wrong letter."""
    letters, typed = Counter(known), Counter(word)
    if letters == typed or (set(known) == set(word) and len(known) != len(word)):
        return 0
    return 1 if letters > typed else 2
