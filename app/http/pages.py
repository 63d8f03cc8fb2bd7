"""The pages and assets by path: responses rendered at start-up, outside the budget of the response cache."""

from collections.abc import Mapping
from typing import Final

from starlette.responses import Response

from app.http.cache import CachedResponse, Reply
from app.http.headers import CommonHeaders
from app.http.preconditions import OK
from app.http.prefix import prefix_of, prefixed
from app.http.request import Request

MAX_MOUNTED: Final = 200
"""How many pages under root paths are kept: a mount can produce any number of root paths."""


class Pages(dict[str, CachedResponse]):
    """The cached response of each page, by path."""

    def __init__(self, headers: CommonHeaders, public_path: str | None) -> None:
        super().__init__()
        self._headers = headers
        self._public_path = public_path
        self._as_made: dict[str, Reply] = {}
        self.mounted: dict[tuple[str, str], CachedResponse] = {}
        """The pages as they are under a root path, by that and their path."""

    def add(self, path: str, response: Response, compressed: Mapping[bytes, bytes]) -> None:
        """Serve a response under a path until it is replaced; its body may come in content codings as well."""
        self._as_made[path] = made = Reply(OK, response.raw_headers, bytes(response.body))
        self[path] = self._headers.precompressed(prefixed(made, self._public_path or ""), compressed)
        self.mounted.clear()

    def find(self, request: Request) -> CachedResponse | None:
        """The page at the path of a request, if there is one."""
        page = self.get(request.path)
        if page is None or not request.root_path or self._public_path is not None:
            return page
        key = request.root_path, request.path
        if key not in self.mounted:
            made = self._as_made[request.path]
            under_mount = prefixed(made, prefix_of(request.root_path))
            if len(self.mounted) >= MAX_MOUNTED:
                self.mounted.clear()
            self.mounted[key] = page if under_mount is made else self._headers.cacheable(under_mount)
        return self.mounted[key]
