"""Normalizes the words of a question: corrects spaces and misspellings, and replaces ages by words for people of that age."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from app.search.ages import with_ages
from app.words.lexicon import Lexicon
from app.words.text import DIGITS_OR_LETTERS, Word, words

MAX_WORDS: Final = 48
MAX_CORRECTIONS: Final = 4
"""How many words of a question are read, and how many of them are corrected, because each takes time."""
SHORTEST_BEGINNING: Final = 3
LONGEST_ABBREVIATION: Final = 5


@dataclass(frozen=True)
class Wording:
    """The normalized words of a question."""

    words: list[Word]
    """The words, each with its position in the text."""
    corrected: str | None
    """The text with its misspellings corrected; None when there were none."""
    may_go_on: bool
    """Whether the last word may be incomplete."""
    cut: bool
    """Whether the text has more words than are read."""


def meant(text: str, lexicon: Lexicon) -> Wording:
    """Normalize the words of a text."""
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
    said = _without_stop_phrases(with_ages(asked, lexicon), lexicon)
    return Wording(said, _corrected(text, better), may_go_on, read != typed)


def is_in_capitals(text: str, word: Word) -> bool:
    """Whether a word is in capitals in a text that is not."""
    return text[word.start : word.end].isupper() and not text.isupper()


def _pieces(word: Word, lexicon: Lexicon) -> list[Word]:
    """Split an unknown word of digits and letters: `7ohm` into `7` and `ohm`, `10g` into `10` and `g`."""
    pieces = [match.span() for match in DIGITS_OR_LETTERS.finditer(word.text)]
    is_known = lexicon.knows(word.text) or lexicon.completions(word.text)
    if len(pieces) == 1 or len(word.text) != word.end - word.start or is_known:
        return [word]
    return [Word(word.text[start:end], word.start + start, word.start + end) for start, end in pieces]


def _corrections(text: str, read: list[Word], lexicon: Lexicon, *, may_go_on: bool) -> list[Word]:
    """The corrections of unknown words, in order; the last word may be incomplete."""
    better: list[Word] = []
    tried = 0
    for position, word in enumerate(read):
        is_last = position == len(read) - 1
        if _is_known(word.text, lexicon, may_go_on=may_go_on and is_last):
            continue
        # An abbreviation is not corrected.
        if len(word.text) <= LONGEST_ABBREVIATION and is_in_capitals(text, word):
            continue
        # A medicine without a record is not a misspelling of one with a record.
        if (better and word.end <= better[-1].end) or lexicon.meant_by_ending(word.text):
            continue
        tried += 1
        if tried > MAX_CORRECTIONS:
            break
        if change := _joined(read, position, better, lexicon) or _respelled(word, lexicon):
            better.append(change)
    return better


def _joined(read: list[Word], position: int, better: list[Word], lexicon: Lexicon) -> Word | None:
    """The name of which an unknown word is a part because of an extra space: `with drawal`."""
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
    """The words without phrases of stop words, unless there are no others."""
    texts = tuple(word.text for word in asked)
    found: list[Word] = []
    position = 0
    while position < len(asked):
        lengths = range(min(lexicon.longest_stop_phrase, len(asked) - position), 1, -1)
        length = next((n for n in lengths if texts[position : position + n] in lexicon.stop_phrases), 0)
        found += [] if length else [asked[position]]
        position += length or 1
    return found or asked
