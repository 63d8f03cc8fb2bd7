"""A question as it is understood: groups of words of which any one will do, and the dangers it is about."""

import re
from dataclasses import dataclass
from itertools import islice
from typing import Final

from app.words.lexicon import Lexicon, Topic
from app.words.text import DIGITS_OR_LETTERS, Phrase, Word, words

SYNONYM: Final = 0.6
"""What a synonym counts beside the word itself."""
FAMILY: Final = 0.5
"""What a longer word of the same family counts, such as `stronger` beside `strong`."""
SHORTEST_FAMILY: Final = 5
COMPLETION: Final = 0.6
"""What a word counts that only begins as the last word of the question, where that is no word itself."""
LONGER: Final = 0.2
"""What it counts where the last word is a word already."""
PART_OF_PHRASE: Final = 0.4
"""What a word counts that was understood as part of a phrase."""
YEAR: Final = re.compile("(?:19|20)[0-9][0-9]")
SHORTEST_BEGINNING: Final = 3
LONGEST_ABBREVIATION: Final = 5
MAX_COMMON: Final = 3
"""How many words are looked up of a question that has nothing but words that say little."""
MAX_WORDS: Final = 24
MAX_GROUPS: Final = 8
MAX_CORRECTIONS: Final = 4
"""How many words of a question are read, looked up and corrected: each takes time."""


@dataclass(frozen=True)
class Group:
    """Phrases of which any one will do, each with what it counts."""

    phrases: dict[Phrase, float]
    weight: float = 1.0


@dataclass(frozen=True)
class Question:
    """What somebody looks for."""

    groups: list[Group]
    corrected: str | None
    """The question with its unknown words replaced; none when nothing was."""
    wholes: set[Phrase]
    """What the name of a record is that is the whole question."""
    topics: list[Topic]
    has_year: bool
    cut: bool
    """Whether it has more words than are looked up."""


def understand(text: str, lexicon: Lexicon) -> Question:
    """The question that a text asks."""
    typed = [piece for word in words(text) for piece in _pieces(word, lexicon)]
    read = typed[:MAX_WORDS]
    may_go_on = bool(typed) and read == typed and typed[-1].end == len(text)
    corrections = _corrections(text, read, lexicon, may_go_on=may_go_on)
    asked = [word._replace(text=corrections.get(position, word.text)) for position, word in enumerate(read)]
    groups = _groups(text, asked, lexicon, may_go_on=may_go_on and len(read) - 1 not in corrections)
    whole = tuple(lexicon.stem(word.text) for word in asked)
    topics = [topic for topic in lexicon.topics if any(_stands_in(phrase, whole) for phrase in topic.phrases)]
    cut = len(groups) > MAX_GROUPS or read != typed
    has_year = any(YEAR.fullmatch(word.text) for word in read)
    wholes = {whole, tuple(lexicon.stem(word.text) for word in asked if word.text not in lexicon.stop_words)}
    if len(groups) == 1:
        wholes |= groups[0].phrases.keys()
    return Question(groups[:MAX_GROUPS], _corrected(text, read, corrections), wholes - {()}, topics, has_year, cut)


def _pieces(word: Word, lexicon: Lexicon) -> list[Word]:
    """An unknown word of digits and letters in its parts: `7ohm` in `7` and `ohm`, `10g` in `10` and `g`."""
    pieces = [match.span() for match in DIGITS_OR_LETTERS.finditer(word.text)]
    is_known = lexicon.knows(word.text) or lexicon.completions(word.text)
    if len(pieces) == 1 or len(word.text) != word.end - word.start or is_known:
        return [word]
    return [Word(word.text[start:end], word.start + start, word.start + end) for start, end in pieces]


def _corrections(text: str, read: list[Word], lexicon: Lexicon, *, may_go_on: bool) -> dict[int, str]:
    """What unknown words were probably meant to be, by their position; the last word may be a beginning."""
    last = len(read) - 1
    unknown = (
        (position, word.text)
        for position, word in enumerate(read)
        if not _is_known(word.text, lexicon, may_go_on=may_go_on and position == last)
        # An abbreviation is meant as it stands.
        and not (len(word.text) <= LONGEST_ABBREVIATION and _is_in_capitals(text, word))
    )
    return {
        position: better for position, word in islice(unknown, MAX_CORRECTIONS) if (better := lexicon.corrected(word))
    }


def _is_known(word: str, lexicon: Lexicon, *, may_go_on: bool) -> bool:
    return (
        word in lexicon.stop_words
        or lexicon.knows(word)
        or (may_go_on and len(word) >= SHORTEST_BEGINNING and bool(lexicon.completions(word)))
    )


def _groups(text: str, asked: list[Word], lexicon: Lexicon, *, may_go_on: bool) -> list[Group]:
    stemmed = [lexicon.stem(word.text) for word in asked]
    groups: list[Group] = []
    position = 0
    while position < len(asked):
        length = _length_of_phrase(stemmed, position, lexicon)
        phrase = tuple(stemmed[position : position + length])
        if length > 1:
            groups.append(Group({phrase: 1.0} | dict.fromkeys(lexicon.phrases[phrase], SYNONYM)))
        for word in asked[position : position + length]:
            # The OH of "7 OH" is no place.
            code = _code(text, word, lexicon) if length == 1 else None
            if phrases := _phrases(word.text, code, lexicon, may_go_on=may_go_on and word is asked[-1]):
                groups.append(Group(phrases, 1.0 if length == 1 else PART_OF_PHRASE))
        position += length
    if not groups:
        # Nothing but words that say little: then those are all there is to go by.
        said = [word for word in stemmed if word in lexicon.common] or stemmed
        groups = [
            Group({(word,): 1.0} | dict.fromkeys(lexicon.phrases.get((word,), ()), SYNONYM))
            for word in said[:MAX_COMMON]
        ]
    return list({tuple(group.phrases): group for group in groups}.values())


def _length_of_phrase(stemmed: list[str], position: int, lexicon: Lexicon) -> int:
    """How many words from here on form a phrase that the lexicon has; 1 when none do."""
    longest = min(lexicon.longest, len(stemmed) - position)
    lengths = range(longest, 1, -1)
    return next((n for n in lengths if tuple(stemmed[position : position + n]) in lexicon.phrases), 1)


def _code(text: str, word: Word, lexicon: Lexicon) -> str | None:
    """The word by which a place is found whose code this is; "OR" among small letters is Oregon, "or" is not."""
    if word.text in lexicon.stop_words and not _is_in_capitals(text, word):
        return None
    return lexicon.codes.get(word.text)


def _is_in_capitals(text: str, word: Word) -> bool:
    """Whether a word is in capitals among small letters."""
    return text[word.start : word.end].isupper() and not text.isupper()


def _phrases(word: str, code: str | None, lexicon: Lexicon, *, may_go_on: bool) -> dict[Phrase, float]:
    """What a word may be found by; nothing for a word that says nothing, unless it is a code."""
    stemmed = lexicon.stem(word)
    if code:
        return {(code,): 1.0}
    if word in lexicon.stop_words or stemmed in lexicon.common:
        return {}
    if not lexicon.knows(word) and (meant := lexicon.meant_by_ending(word)):
        return {meant: 1.0}
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


def _stands_in(phrase: Phrase, whole: Phrase) -> bool:
    return any(whole[start : start + len(phrase)] == phrase for start in range(len(whole) - len(phrase) + 1))


def _corrected(text: str, typed: list[Word], corrections: dict[int, str]) -> str | None:
    if not corrections:
        return None
    pieces, end = [], 0
    for position, better in corrections.items():
        pieces += [text[end : typed[position].start], better]
        end = typed[position].end
    return "".join([*pieces, text[end:]])
