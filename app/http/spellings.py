"""Maps queries as clients have sent them to their canonical spelling, which is the key of the cached response."""

from typing import Final

from app.http.cache import Key

MAX_SPELLINGS: Final = 1000
MAX_SPELLING_BYTES: Final = 1000
"""How many spellings are remembered, and how long one may be: clients can make up any number."""


class Spellings(dict[Key, bytes]):
    """The query in the key of the cached response, by the key of the request. `Pipeline._parsed_query` fills it."""

    def remember(self, sent: Key, query: bytes) -> None:
        """Remember the query under which the response to a request is cached."""
        if len(sent[2]) <= MAX_SPELLING_BYTES:
            if len(self) >= MAX_SPELLINGS:
                self.clear()
            self[sent] = query
