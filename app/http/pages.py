"""The fixed pages and assets by path: responses rendered at start-up, outside the budget of the response cache."""

from collections.abc import Mapping
from typing import Final

from starlette.responses import Response

from app.http.cache import CachedResponse, Reply
from app.http.headers import CommonHeaders
from app.http.preconditions import OK
from app.http.prefix import prefix_of, prefixed
from app.http.request import Request

MAX_MOUNTED: Final = 200
"""How many pages under root paths are kept: a server or a mount can produce any number of root paths."""


class Pages(dict[str, CachedResponse]):
    """The cached response of each fixed page or asset, by path."""

    def __init__(self, headers: CommonHeaders, public_path: str | None) -> None:
        super().__init__()
        self._headers = headers
        self._public_path = public_path
        self._unprefixed: dict[str, Reply] = {}
        self.mounted: dict[tuple[str, str], CachedResponse] = {}
        """The same with the prefix of a root path, by root path and path."""

    def add(self, path: str, response: Response, compressed: Mapping[bytes, bytes]) -> None:
        """Serve a response at a path until it is replaced; `compressed` is its body in content codings."""
        self._unprefixed[path] = reply = Reply(OK, response.raw_headers, bytes(response.body))
        self[path] = self._headers.precompressed(prefixed(reply, self._public_path or ""), compressed)
        self.mounted.clear()

    def find(self, request: Request) -> CachedResponse | None:
        """The page at the path of a request, if there is one."""
        page = self.get(request.path)
        if page is None or not request.root_path or self._public_path is not None:
            return page
        key = request.root_path, request.path
        if key not in self.mounted:
            unprefixed = self._unprefixed[request.path]
            reply = prefixed(unprefixed, prefix_of(request.root_path))
            if len(self.mounted) >= MAX_MOUNTED:
                self.mounted.clear()
            self.mounted[key] = page if reply is unprefixed else self._headers.cacheable(reply)
        return self.mounted[key]
