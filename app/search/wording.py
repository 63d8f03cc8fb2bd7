"""The words of a question as they were meant: spaces put back, misspellings corrected, ages as the people of that age."""

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from app.words.lexicon import Lexicon
from app.words.text import DIGITS_OR_LETTERS, Word, words

MAX_WORDS: Final = 48
MAX_CORRECTIONS: Final = 4
"""How many words of a question are read, and how many of them corrected: each takes time."""
SHORTEST_BEGINNING: Final = 3
LONGEST_ABBREVIATION: Final = 5

AGE: Final = re.compile("[1-9][0-9]?|1[01][0-9]")
ONES: Final = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
).split()
TENS: Final = "twenty thirty forty fifty sixty seventy eighty ninety".split()
NUMBERS: Final = {word: number for number, word in enumerate(ONES, start=1)} | {
    word: 10 * number for number, word in enumerate(TENS, start=2)
}
OLDEST_DIGIT: Final = 9
YEARS: Final = frozenset({"year", "years", "yr", "yrs", "y"})
MONTHS: Final = frozenset({"month", "months", "mo", "mos", "mth", "mths", "week", "weeks", "wk", "wks", "day", "days"})
OLD: Final = frozenset({"old", "olds", "o", "age"})
YEARS_OLD: Final = frozenset({"yo", "yos", "yro", "yrold", "yearold", "yearsold"})
AGED: Final = frozenset({"age", "aged", "ages", "turned", "turning", "im", "hes", "shes"})
"""Words behind which a number is an age."""
IS: Final = frozenset({"am", "is", "was", "just", "only", "almost", "nearly", "about", "over", "now"})
PEOPLE: Final = frozenset(
    (
        "i he she mom mum mam mother moms mums dad dads father son sons daughter brother sister bro sis wife husband hubby friend "
        "boyfriend girlfriend grandma grandmother granny gran nana grandpa grandfather granddad grandad uncle aunt auntie "
        "nephew niece cousin kid child baby toddler teen grandson granddaughter stepson stepdaughter patient student law"
    ).split()
)
"""People of whom an age is said: `mom is 78`, `my mother in law, 80`."""
MEASURES: Final = (
    YEARS
    | MONTHS
    | frozenset(
        (
            "hour hours hr hrs h minute minutes min mins percent times time x days lb lbs pound pounds kg kgs kilo kilos g gs gr gram grams "
            "mg mgs milligram milligrams ml oz ounce ounces cap caps capsule capsules pill pills tab tabs tablet tablets spoon "
            "spoons teaspoon teaspoons tsp tablespoon tablespoons scoop scoops shot shots dose doses drink drinks beer beers foot feet ft "
            "inch inches cm trimester"
        ).split()
    )
)
"""What is counted: a number before one of them is no age."""
OLD_ENOUGH_IN_YEARS: Final = 60
"""From which number on `my dad, 83 yrs` is an age; `im 5 years clean` is none."""


@dataclass(frozen=True)
class Wording:
    """A question in the words that were meant."""

    words: list[Word]
    """The words, each with its place in the text."""
    corrected: str | None
    """The text with its unknown words replaced; none when nothing was."""
    may_go_on: bool
    """Whether the last word may be only the beginning of one."""
    cut: bool
    """Whether the text has more words than are read."""


def meant(text: str, lexicon: Lexicon) -> Wording:
    """The words that were meant by a text."""
    typed = [piece for word in words(text) for piece in _pieces(word, lexicon)]
    read = typed[:MAX_WORDS]
    may_go_on = bool(typed) and read == typed and typed[-1].end == len(text)
    better = _corrections(text, read, lexicon, may_go_on=may_go_on)
    asked: list[Word] = []
    for word in read:
        if not any(change.start <= word.start and word.end <= change.end for change in better):
            asked.append(word)
        elif change := next((change for change in better if change.start == word.start), None):
            asked += [Word(part, change.start, change.end) for part in change.text.split()]
    may_go_on = may_go_on and not (better and better[-1].end == len(text))
    said = _without_stop_phrases(_with_ages(asked, lexicon), lexicon)
    return Wording(said, _corrected(text, better), may_go_on, read != typed)


def is_in_capitals(text: str, word: Word) -> bool:
    """Whether a word is in capitals among small letters."""
    return text[word.start : word.end].isupper() and not text.isupper()


def _pieces(word: Word, lexicon: Lexicon) -> list[Word]:
    """An unknown word of digits and letters in its parts: `7ohm` in `7` and `ohm`, `10g` in `10` and `g`."""
    pieces = [match.span() for match in DIGITS_OR_LETTERS.finditer(word.text)]
    is_known = lexicon.knows(word.text) or lexicon.completions(word.text)
    if len(pieces) == 1 or len(word.text) != word.end - word.start or is_known:
        return [word]
    return [Word(word.text[start:end], word.start + start, word.start + end) for start, end in pieces]


def _corrections(text: str, read: list[Word], lexicon: Lexicon, *, may_go_on: bool) -> list[Word]:
    """What was probably meant in place of unknown words, in their order; the last word may be a beginning."""
    better: list[Word] = []
    tried = 0
    for position, word in enumerate(read):
        is_last = position == len(read) - 1
        if _is_known(word.text, lexicon, may_go_on=may_go_on and is_last):
            continue
        # An abbreviation is meant as it stands.
        if len(word.text) <= LONGEST_ABBREVIATION and is_in_capitals(text, word):
            continue
        # A medicine that no record names is no misspelling of one that a record names.
        if (better and word.end <= better[-1].end) or lexicon.meant_by_ending(word.text):
            continue
        tried += 1
        if tried > MAX_CORRECTIONS:
            break
        if change := _joined(read, position, better, lexicon) or _respelled(word, lexicon):
            better.append(change)
    return better


def _joined(read: list[Word], position: int, better: list[Word], lexicon: Lexicon) -> Word | None:
    """The name that an unknown word is part of, with a space too many: `with drawal`."""
    pairs = pairwise(read[max(position - 1, 0) : position + 2])
    for first, second in pairs:
        is_free = not better or first.start >= better[-1].end
        if is_free and lexicon.names(first.text + second.text):
            return Word(first.text + second.text, first.start, second.end)
    return None


def _respelled(word: Word, lexicon: Lexicon) -> Word | None:
    better = lexicon.corrected(word.text) or " ".join(lexicon.split(word.text))
    return word._replace(text=better) if better else None


def _is_known(word: str, lexicon: Lexicon, *, may_go_on: bool) -> bool:
    return (
        word in lexicon.stop_words
        or lexicon.knows(word)
        or (may_go_on and len(word) >= SHORTEST_BEGINNING and any(map(lexicon.is_usual, lexicon.completions(word))))
    )


def _corrected(text: str, better: list[Word]) -> str | None:
    if not better:
        return None
    pieces, end = [], 0
    for change in better:
        pieces += [text[end : change.start], change.text]
        end = change.end
    return "".join([*pieces, text[end:]])


def _without_stop_phrases(asked: list[Word], lexicon: Lexicon) -> list[Word]:
    """The words without those that say nothing together, unless there are no others."""
    texts = tuple(word.text for word in asked)
    found: list[Word] = []
    position = 0
    while position < len(asked):
        lengths = range(min(lexicon.longest_stop_phrase, len(asked) - position), 1, -1)
        length = next((n for n in lengths if texts[position : position + n] in lexicon.stop_phrases), 0)
        found += [] if length else [asked[position]]
        position += length or 1
    return found or asked


def _with_ages(asked: list[Word], lexicon: Lexicon) -> list[Word]:
    """The words with each age replaced by a word for people of that age; one of no such people is left out."""
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
    """How many words from here on say an age, and how many years it is; no words when they say none."""
    texts = [word.text for word in asked[position : position + 3]] + ["", ""]
    number, unit, old = texts[:3]
    if not AGE.fullmatch(number) and number not in NUMBERS:
        return 0, 0
    years = NUMBERS.get(number) or int(number)
    if unit in YEARS_OLD:
        return 2, years
    if unit in YEARS | MONTHS and old in OLD:
        return 3, years if unit in YEARS else 0
    before, person = ([""] * 2 + [word.text for word in asked[:position]])[-1], ""
    if position > 1:
        person = asked[position - 2].text
    if before in AGED | PEOPLE - {"i"} or (before in IS and person in PEOPLE):
        if unit in YEARS and years >= OLD_ENOUGH_IN_YEARS:
            return 2, years
        if unit not in MEASURES and (years > OLDEST_DIGIT or not unit):
            return 1, years
    return 0, 0
