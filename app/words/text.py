"""Words of a text as the search compares them: without case, diacritics and endings."""

import re
import unicodedata
from functools import lru_cache
from typing import Final, NamedTuple

import snowballstemmer

LETTER: Final = r"[^\W_][\u0300-\u036f]*"
"""A letter or digit with the combining accents after it, as some systems write them."""
WORD: Final = re.compile(rf"(?:{LETTER})+(?:['\u2019\u00ad\u200c\u200d\u2060](?:{LETTER})+)*")
"""Letters that may have apostrophes or invisible characters between them, such as soft hyphens in text copied from a page."""
DIGITS_OR_LETTERS: Final = re.compile(r"[0-9]+|[^0-9]+")
"""The parts of a word such as `7oh` or `10mg`."""
_stemmer = snowballstemmer.stemmer("english")

BOUNDARY: Final = "qqq"
"""The separator between the names of a record in the index, so that no phrase spans two of them; special tokens begin with it."""
Phrase = tuple[str, ...]
"""Stems in a row."""


class Word(NamedTuple):
    """A word of a text and its position, in Unicode code points."""

    text: str
    """The word without case, diacritics and apostrophes."""
    start: int
    end: int


def words(text: str) -> list[Word]:
    """The words of a text in their order."""
    found = (Word(fold(match[0]), match.start(), match.end()) for match in WORD.finditer(text))
    # The separator between names in the index is not a word that a question can contain.
    return [word for word in found if word.text and not word.text.startswith(BOUNDARY)]


@lru_cache(maxsize=65_536)
def fold(word: str) -> str:
    """A word without case, diacritics and apostrophes."""
    if word.isascii():
        return word.lower().replace("'", "")
    decomposed = unicodedata.normalize("NFKD", word.casefold())
    return "".join(character for character in decomposed if character.isalnum())


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """The stem of a folded word: `vomiting` and `vomit` have the same one."""
    stemmed: str = _stemmer.stemWord(word)
    return stemmed


def parts(text: str) -> list[str]:
    """The words of a text, with words of digits and letters split: `7oh` is `7` and `oh`, as `7-OH` is."""
    return [part for word in words(text) for part in DIGITS_OR_LETTERS.findall(word.text)]


def start_mark(phrase: Phrase) -> str:
    """The index token of titles that begin with a phrase."""
    return BOUNDARY + "".join(phrase)


def whole_mark(phrase: Phrase) -> str:
    """The index token of names that equal a phrase."""
    return BOUNDARY + "".join(phrase) + BOUNDARY


def code_mark(code: str) -> str:
    """The index token of the code of a place; stemmed, `US-WY` would become `uswi`."""
    return BOUNDARY + code.replace("-", "").lower()


def stems(text: str) -> Phrase:
    """The stems of a text in their order."""
    return tuple(stem(word.text) for word in words(text))
