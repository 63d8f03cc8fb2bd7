"""Suggests a record for an unknown slug, by the names of the records."""

import re
from collections import Counter
from collections.abc import Iterable
from difflib import SequenceMatcher
from typing import Final
from unicodedata import normalize

MAX_NAME: Final = 100
"""How many characters of a name are compared."""
MAX_POSTINGS: Final = 2000
MAX_COMPARED: Final = 10
"""How many names with a trigram in common are counted, and how many of the best are compared."""
LEAST_LIKENESS: Final = 0.6


class Names:
    """An index of the names of a collection, which suggests a record in bounded time for any number of names.

    A name that several records share suggests none of them; a slug always suggests its own record.
    """

    def __init__(self, names: Iterable[tuple[str, str]]) -> None:
        """Take pairs of a name and the slug of the record that has it."""
        pairs = list(names)
        self._slugs: dict[str, str] = {}
        ambiguous = set()
        for name, slug in pairs:
            if self._slugs.setdefault(folded(name), slug) != slug:
                ambiguous.add(folded(name))
        for name in ambiguous:
            del self._slugs[name]
        self._slugs |= {folded(slug): slug for _, slug in pairs}
        self._slugs.pop("", None)
        self._by_trigram: dict[str, list[str]] = {}
        for name in self._slugs:
            for trigram in _trigrams(name):
                self._by_trigram.setdefault(trigram, []).append(name)

    def nearest(self, asked: str) -> str | None:
        """The slug of the record that was probably meant."""
        wanted = folded(asked)
        if found := self._slugs.get(wanted):
            return found
        shared: Counter[str] = Counter()
        looked_at = 0
        # Rare trigrams are the most specific.
        for names in sorted((self._by_trigram.get(trigram, []) for trigram in _trigrams(wanted)), key=len):
            looked_at += len(names)
            if looked_at > MAX_POSTINGS:
                break
            shared.update(names)
        matcher = SequenceMatcher(b=wanted)
        best = LEAST_LIKENESS, ""
        for name, _ in shared.most_common(MAX_COMPARED):
            matcher.set_seq1(name)
            if matcher.real_quick_ratio() >= best[0] and matcher.quick_ratio() >= best[0]:
                best = max(best, (matcher.ratio(), name))
        return self._slugs.get(best[1])


def folded(name: str) -> str:
    """A name normalized: in lower case, without accents, with hyphens for spaces and punctuation."""
    plain = normalize("NFKD", name[:MAX_NAME]).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def _trigrams(name: str) -> set[str]:
    framed = f"-{name}-"
    return {framed[start : start + 3] for start in range(len(framed) - 2)}
