"""A question as it is understood: groups of words of which any one will do, and what it is about."""

from dataclasses import dataclass

from app.search.lexicon import Lexicon, Topic
from app.search.text import Phrase, Word, stem, words

SYNONYM = 0.7
"""What a synonym counts beside the word itself."""
COMPLETION = 0.6
"""What a word counts that only begins as the last word of the question."""
PART_OF_PHRASE = 0.4
"""What a word counts that was understood as part of a phrase."""
SHORTEST_BEGINNING = 3
MOST_GROUPS = 12
"""How many groups of a question are looked up: each costs time."""


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
    topics: list[Topic]


def understand(text: str, lexicon: Lexicon) -> Question:
    """The question that a text asks."""
    typed = words(text)
    corrections = {
        position: better
        for position, word in enumerate(typed)
        if not _is_known(word, lexicon, may_go_on=position == len(typed) - 1)
        and (better := lexicon.corrected(word.text))
    }
    asked = [word._replace(text=corrections.get(position, word.text)) for position, word in enumerate(typed)]
    may_go_on = bool(typed) and typed[-1].end == len(text) and len(typed) - 1 not in corrections
    groups = _groups(text, asked, lexicon, may_go_on=may_go_on)
    whole = tuple(stem(word.text) for word in asked)
    topics = [topic for topic in lexicon.topics if any(_stands_in(phrase, whole) for phrase in topic.phrases)]
    return Question(groups[:MOST_GROUPS], _corrected(text, typed, corrections), topics)


def _is_known(word: Word, lexicon: Lexicon, *, may_go_on: bool) -> bool:
    return (
        word.text in lexicon.stop_words
        or stem(word.text) in lexicon.stems
        or (may_go_on and len(word.text) >= SHORTEST_BEGINNING and bool(lexicon.completions(word.text)))
    )


def _groups(text: str, asked: list[Word], lexicon: Lexicon, *, may_go_on: bool) -> list[Group]:
    stemmed = [stem(word.text) for word in asked]
    groups: list[Group] = []
    position = 0
    while position < len(asked):
        length = next(
            (
                n
                for n in range(min(lexicon.longest, len(asked) - position), 1, -1)
                if tuple(stemmed[position : position + n]) in lexicon.phrases
            ),
            1,
        )
        phrase = tuple(stemmed[position : position + length])
        if length > 1:
            groups.append(Group({phrase: 1.0} | dict.fromkeys(lexicon.phrases[phrase], SYNONYM)))
        for word in asked[position : position + length]:
            if phrases := _phrases(text, word, lexicon, may_go_on=may_go_on and word is asked[-1]):
                groups += [Group(phrases, 1.0 if length == 1 else PART_OF_PHRASE)]
        position += length
    if not groups:
        # Nothing but stop words: then they are all there is to go by.
        groups = [Group({(stem(word.text),): 1.0}) for word in asked]
    unique = {tuple(group.phrases): group for group in reversed(groups)}
    return list(reversed(unique.values()))


def _phrases(text: str, word: Word, lexicon: Lexicon, *, may_go_on: bool) -> dict[Phrase, float]:
    """What a word may be found by; nothing for a stop word."""
    as_typed = text[word.start : word.end]
    is_code = word.text in lexicon.codes and (
        word.text not in lexicon.stop_words or (as_typed.isupper() and not text.isupper())
    )
    if word.text in lexicon.stop_words and not is_code:
        return {}
    phrases: dict[Phrase, float] = {(stem(word.text),): 1.0}
    if is_code:
        phrases[f"us{word.text}",] = 1.0
    for other in lexicon.phrases.get((stem(word.text),), ()):
        phrases.setdefault(other, SYNONYM)
    if may_go_on and len(word.text) >= SHORTEST_BEGINNING:
        for completion in lexicon.completions(word.text):
            phrases.setdefault((stem(completion),), COMPLETION)
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
    return "".join([*pieces, text[end:]]).strip()
