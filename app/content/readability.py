"""How hard a text is to read: the Flesch-Kincaid grade, and the length of its longest sentence."""

import re
from collections.abc import Collection

import pyphen

SYLLABLES = pyphen.Pyphen(lang="en_US", left=1, right=1)
WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9'\u2019.,%/-]*")
SENTENCE_END = re.compile(
    r"(?:(?<=[.!?\u2026])|(?<=[.!?\u2026][\"\u201d)]))"
    r"(?<!\be\.g\.)(?<!\bi\.e\.)(?<!\bU\.S\.)(?<!\bDr\.)(?<!\bMr\.)(?<!\bSt\.)(?<!\bvs\.)(?<!\bcf\.)(?<!\bapprox\.)"
    r"(?!(?<=\bNo\.)\s+\d)(?!(?<=\bet al\.)\s+[\d(])"
    r"\s+(?=[^\sa-z])"
)
"""White space after the end of a sentence: an abbreviation ends none, and no sentence starts with a small letter."""


def sentences(text: str) -> list[list[str]]:
    """The words of each sentence."""
    split = ([word.strip(".,'\u2019") for word in WORD.findall(part)] for part in SENTENCE_END.split(text.strip()))
    return [words for words in split if words]


def longest_sentence(text: str) -> int:
    """The number of words in the longest sentence."""
    return max((len(words) for words in sentences(text)), default=0)


def grade(text: str, glossary: Collection[str]) -> float:
    """The school grade (US) that a reader needs, by Flesch and Kincaid.

    A word of the glossary, such as the name of a drug or a place, counts as two syllables: there is no simpler one.
    """
    parts = sentences(text)
    if not parts:
        return 0.0
    words = [word for part in parts for word in part]
    syllables = sum(_syllables(word.lower(), glossary) for word in words)
    return 0.39 * len(words) / len(parts) + 11.8 * syllables / len(words) - 15.59


def _syllables(word: str, glossary: Collection[str]) -> int:
    if word in glossary or word.removesuffix("s") in glossary:
        return 2
    if any(character.isdigit() for character in word):
        return 1
    return sum(len(SYLLABLES.inserted(part).split("-")) for part in word.split("-") if part)
