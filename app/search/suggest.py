"""Suggests records while typing: those with a title or alias in which a word begins with the typed text."""

import json
from collections.abc import Iterator
from itertools import chain, islice
from typing import Any, Final

from app.database import Database
from app.words.lexicon import Lexicon
from app.words.text import parts

MAX_SUGGESTIONS: Final = 8
SHORTEST_CORRECTED: Final = 3
"""How many letters must be typed before one wrong letter is corrected, or earlier words are ignored."""
MAX_CORRECTIONS: Final = 8
"""How many corrections of the last word are tried."""
MAX_NAMES: Final = 400
"""How many names that begin with the typed text are read, in alphabetical order."""
SQL: Final = """
    SELECT document FROM (
        SELECT number, min(iif(text = :start AND position < 2, -1, (position + 1) / 2)) AS distance FROM (
            SELECT text, number, position FROM search_name WHERE text >= :start AND text < :end ORDER BY text LIMIT :names
        ) GROUP BY number ORDER BY distance, number LIMIT :suggestions
    ) JOIN search_document USING (number) ORDER BY distance, number
"""
"""Records with a name or alias that equals the typed text come first, then those with a name that begins with it, then aliases and later words."""


def suggest(database: Database, text: str) -> list[dict[str, Any]]:
    """References to the records that may be meant, best first: names that equal the typed text, then names that begin with it."""
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
    """Corrections of a text with which no name begins, most likely first."""
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
    # The subject of a question is often at its end: `tex` of `is it legal in tex`.
    for start in range(1, len(before) + 1):
        end = " ".join([*better[start:], last])
        if len(end) >= SHORTEST_CORRECTED and end.split()[0] not in lexicon.stop_words:
            yield end
