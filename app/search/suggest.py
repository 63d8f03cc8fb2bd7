"""Suggests records while somebody types: those with a title or alias of which a word begins as typed."""

import json
from collections.abc import Iterator
from itertools import chain, islice
from typing import Any, Final

from app.database import Database
from app.words.lexicon import Lexicon
from app.words.text import parts

MAX_SUGGESTIONS: Final = 8
SHORTEST_CORRECTED: Final = 3
"""How many letters a beginning needs before one wrong letter is corrected, or words before it are left out."""
MAX_CORRECTIONS: Final = 8
"""How many words are tried that the last one may be the misspelled beginning of."""
MAX_NAMES: Final = 400
"""How many names are read that begin as typed: they are in the order of the alphabet."""
SQL: Final = """
    SELECT document FROM (
        SELECT number, min(iif(text = :start AND position < 2, -1, (position + 1) / 2)) AS distance FROM (
            SELECT text, number, position FROM search_name WHERE text >= :start AND text < :end ORDER BY text LIMIT :names
        ) GROUP BY number ORDER BY distance, number LIMIT :suggestions
    ) JOIN search_document USING (number) ORDER BY distance, number
"""
"""First what has a name or alias that is no more, then what is called so from its first word on, then aliases and later words."""


def suggest(database: Database, text: str) -> list[dict[str, Any]]:
    """References to the records that may be meant, best first: those with a name that is no more, then those that begin so."""
    typed = " ".join(parts(text))
    if not typed:
        return []
    for beginning in chain([typed], _meant(database.lexicon, typed)):
        if found := _named(database, beginning):
            return found
    return []


def _named(database: Database, beginning: str) -> list[dict[str, Any]]:
    values = {"start": beginning, "end": beginning + "\U0010ffff", "names": MAX_NAMES, "suggestions": MAX_SUGGESTIONS}
    hits = (json.loads(document) for (document,) in database.read(SQL, values))
    return [{name: hit[name] for name in ("type", "slug", "title", "url")} for hit in hits]


def _meant(lexicon: Lexicon, typed: str) -> Iterator[str]:
    """What was probably meant by what no name begins with, the likeliest first."""
    *before, last = typed.split()
    better = [
        word if word in lexicon.stop_words or lexicon.knows(word) else lexicon.corrected(word) or word
        for word in before
    ]
    if better != before:
        yield " ".join([*better, last])
    elif len(last) >= SHORTEST_CORRECTED and not (before and lexicon.completions(last)):
        for beginning in islice(lexicon.corrected_beginnings(last), MAX_CORRECTIONS):
            yield " ".join([*before, beginning])
    # The last words of a whole question say what it is about: `tex` of `is it legal in tex`.
    for start in range(1, len(before) + 1):
        end = " ".join([*better[start:], last])
        if len(end) >= SHORTEST_CORRECTED and end.split()[0] not in lexicon.stop_words:
            yield end
