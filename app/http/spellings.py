"""Maps the queries that clients have sent to the canonical query under which the response is cached."""

from typing import Final

from app.http.cache import Key

MAX_SPELLINGS: Final = 1000
MAX_SPELLING_BYTES: Final = 1000
"""How many are remembered, and how long one may be: clients can make up any number."""


class Spellings(dict[Key, bytes]):
    """The query of the cached response, by the key of the request; also where `Accept` has chosen another format than JSON."""

    def remember(self, sent: Key, query: bytes) -> None:
        """Remember under which query the response to what a client has sent is cached."""
        if len(sent[2]) <= MAX_SPELLING_BYTES:
            if len(self) >= MAX_SPELLINGS:
                self.clear()
            self[sent] = query
