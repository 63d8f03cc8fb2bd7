"""Ages in a question: `my 15 year old`, `grandpa, 83`, `im 17`. Each is replaced by words for people of that age that records use."""

import re
from typing import Final

from app.words.lexicon import Lexicon, words_of
from app.words.text import Word

AGE: Final = re.compile("[1-9][0-9]?|1[01][0-9]")
ONES: Final = [
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen",
    "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
]  # fmt: skip
TENS: Final = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
NUMBERS: Final = {word: number for number, word in enumerate(ONES, start=1)} | {
    word: 10 * number for number, word in enumerate(TENS, start=2)
}
OLDEST_DIGIT: Final = 9
YEARS: Final = frozenset({"year", "years", "yr", "yrs", "y"})
MONTHS: Final = frozenset({"month", "months", "mo", "mos", "mth", "mths", "week", "weeks", "wk", "wks", "day", "days"})
OLD: Final = frozenset({"old", "olds", "o", "age"})
YEARS_OLD: Final = frozenset({"yo", "yos", "yro", "yrold", "yearold", "yearsold"})
AGED: Final = frozenset({"age", "aged", "ages", "turned", "turning", "im", "hes", "shes"})
"""Words after which a number is an age."""
IS: Final = frozenset({"am", "is", "was", "just", "only", "almost", "nearly", "about", "over", "now"})
"""Words that may stand between a person and an age."""
PEOPLE: Final = words_of("people.txt")
PRONOUNS: Final = frozenset({"i", "he", "she"})
MEASURES: Final = words_of("measures.txt")
"""Units: a number before one of them is not an age."""
OLD_ENOUGH_IN_YEARS: Final = 60
"""The smallest number that is an age in `my dad, 83 yrs`; `im 5 years clean` contains none."""


def with_ages(asked: list[Word], lexicon: Lexicon) -> list[Word]:
    """The words, with each age replaced by a word for people of that age, or removed when no record names such people."""
    found: list[Word] = []
    position = 0
    while position < len(asked):
        length, age = _age(asked, position)
        if not length:
            found.append(asked[position])
        elif people := lexicon.people_of(age):
            start, end = asked[position].start, asked[position + length - 1].end
            found += [Word(word, start, end) for word in people.split()]
        position += length or 1
    return found or asked


def _age(asked: list[Word], position: int) -> tuple[int, int]:
    """How many words from here on form an age, and the age in years; 0 words when there is none."""
    texts = [word.text for word in asked[position : position + 4]]
    length, years = _number(texts)
    if not length:
        return 0, 0
    unit, old = [*texts[length:], "", ""][:2]
    if unit in YEARS_OLD:
        return length + 1, years
    if (unit in YEARS or unit in MONTHS) and old in OLD:
        return length + 2, years if unit in YEARS else 0
    person, before = ["", "", *(word.text for word in asked[:position])][-2:]
    if before in AGED or before in PEOPLE or (before in IS and (person in PEOPLE or person in PRONOUNS)):
        if unit in YEARS and years >= OLD_ENOUGH_IN_YEARS:
            return length + 1, years
        if unit not in MEASURES and (years > OLDEST_DIGIT or not unit):
            return length, years
    return 0, 0


def _number(texts: list[str]) -> tuple[int, int]:
    """How many of the first words form a number, and the number."""
    first, second = [*texts, "", ""][:2]
    if AGE.fullmatch(first):
        return 1, int(first)
    if first in TENS and second in ONES[:OLDEST_DIGIT]:
        return 2, NUMBERS[first] + NUMBERS[second]
    return (1, NUMBERS[first]) if first in NUMBERS else (0, 0)
