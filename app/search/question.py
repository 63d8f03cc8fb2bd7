"""A parsed question: groups of alternative words, and the dangers that it is about."""

import re
from dataclasses import dataclass
from typing import Final

from app.search.wording import SHORTEST_BEGINNING, is_in_capitals, meant
from app.words.lexicon import Lexicon, Topic
from app.words.text import Phrase, Word

SYNONYM: Final = 0.6
"""The weight of a synonym, compared with the word itself."""
FAMILY: Final = 0.5
"""The weight of a longer form of the word, such as `stronger` for `strong`."""
SHORTEST_FAMILY: Final = 5
COMPLETION: Final = 0.6
"""The weight of a word that begins with the last word of the question, when that is not a known word."""
LONGER: Final = 0.2
"""The same, when the last word is a known word."""
PART_OF_PHRASE: Final = 0.4
"""The weight of a word that was recognised as a part of a phrase."""
YEAR: Final = re.compile("(?:19|20)[0-9][0-9]")
MAX_COMMON: Final = 3
"""How many words are looked up when the question has only stop words and very common words."""
MAX_GROUPS: Final = 8
"""How many words of a question are looked up, the most specific first, because each takes time."""


@dataclass(frozen=True)
class Group:
    """Alternative phrases, each with its weight."""

    phrases: dict[Phrase, float]
    weight: float = 1.0


@dataclass(frozen=True)
class Question:
    """A parsed question."""

    groups: list[Group]
    corrected: str | None
    """The question with its misspellings corrected; None when there were none."""
    wholes: set[Phrase]
    """The question as a name that a record may have."""
    topics: list[Topic]
    has_year: bool
    elsewhere: bool
    """Whether it names a place without a record."""
    cut: bool
    """Whether it has more words than are looked up."""


def understand(text: str, lexicon: Lexicon) -> Question:
    """Parse a question."""
    wording = meant(text, lexicon)
    asked = wording.words
    groups = _groups(text, asked, lexicon, may_go_on=wording.may_go_on)
    whole = tuple(lexicon.stem(word.text) for word in asked)
    has_year = any(YEAR.fullmatch(word.text) for word in asked)
    elsewhere = any(word.text in lexicon.places for word in asked)
    wholes = {whole, tuple(lexicon.stem(word.text) for word in asked if word.text not in lexicon.stop_words)}
    if len(groups) == 1:
        wholes |= groups[0].phrases.keys()
    cut = wording.cut or len(groups) > MAX_GROUPS
    kept = _most_specific(groups, lexicon)
    return Question(kept, wording.corrected, wholes - {()}, lexicon.topics_of(whole), has_year, elsewhere, cut)


def _groups(text: str, asked: list[Word], lexicon: Lexicon, *, may_go_on: bool) -> list[Group]:
    stemmed = [lexicon.stem(word.text) for word in asked]
    is_combination = lexicon.is_combination(word.text for word in asked)
    groups: list[Group] = []
    position = 0
    while position < len(asked):
        length = _length_of_phrase(stemmed, position, lexicon)
        phrase = tuple(stemmed[position : position + length])
        if length > 1:
            groups.append(Group({phrase: 1.0} | dict.fromkeys(lexicon.phrases[phrase], SYNONYM)))
        for word in asked[position : position + length]:
            # The OH of "7 OH" is not a place.
            code = _code(text, word, lexicon) if length == 1 else None
            goes_on = may_go_on and word is asked[-1]
            if phrases := _phrases(word.text, code, lexicon, may_go_on=goes_on, is_combination=is_combination):
                groups.append(Group(phrases, 1.0 if length == 1 else PART_OF_PHRASE))
        position += length
    if not groups:
        # The question has only stop words and very common words, so these are looked up.
        said = [word for word in stemmed if word in lexicon.common] or stemmed
        groups = [
            Group({(word,): 1.0} | dict.fromkeys(lexicon.phrases.get((word,), ()), SYNONYM))
            for word in said[:MAX_COMMON]
        ]
    return list({tuple(group.phrases): group for group in groups}.values())


def _length_of_phrase(stemmed: list[str], position: int, lexicon: Lexicon) -> int:
    """How many words from here on form a phrase of the lexicon; 1 when none do."""
    longest = min(lexicon.longest, len(stemmed) - position)
    lengths = range(longest, 1, -1)
    return next((n for n in lengths if tuple(stemmed[position : position + n]) in lexicon.phrases), 1)


def _code(text: str, word: Word, lexicon: Lexicon) -> str | None:
    """The index word of the place with this code; "OR" among lower-case words is Oregon, "or" is not."""
    if word.text in lexicon.stop_words and not is_in_capitals(text, word):
        return None
    return lexicon.codes.get(word.text)


def _phrases(
    word: str, code: str | None, lexicon: Lexicon, *, may_go_on: bool, is_combination: bool
) -> dict[Phrase, float]:
    """The alternatives for a word; none for a stop word, unless it is a code."""
    stemmed = lexicon.stem(word)
    if code:
        return {(code,): 1.0}
    if word in lexicon.stop_words or word in lexicon.places or stemmed in lexicon.common:
        return {}
    if not lexicon.knows(word) and not (may_go_on and lexicon.completions(word)):
        in_combination = lexicon.meaning_in_combination(word) if is_combination else None
        if named := lexicon.meant_by_ending(word) or in_combination:
            return {named: 1.0}
    phrases: dict[Phrase, float] = {(stemmed,): 1.0}
    for other in lexicon.phrases.get((stemmed,), ()):
        phrases.setdefault(other, SYNONYM)
    if len(stemmed) >= SHORTEST_FAMILY:
        for relative in lexicon.completions(stemmed):
            phrases.setdefault((lexicon.stem(relative),), FAMILY)
    if may_go_on and len(word) >= SHORTEST_BEGINNING:
        counts = LONGER if lexicon.knows(word) else COMPLETION
        for completion in lexicon.completions(word):
            phrases.setdefault((lexicon.stem(completion),), counts)
    return phrases


def _most_specific(groups: list[Group], lexicon: Lexicon) -> list[Group]:
    """The most specific groups, in their order: a long question contains many other words."""
    if len(groups) <= MAX_GROUPS:
        return groups
    specific = sorted(groups, key=lambda group: max(map(lexicon.specificity, group.phrases)), reverse=True)[:MAX_GROUPS]
    return [group for group in groups if group in specific]
