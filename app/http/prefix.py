"""The prefix that a proxy or a mount puts before the paths of the service, added to the addresses in a response.

Everything else writes an address as if the service were at the root: `/v1/strains`.
"""

import re
from typing import Final
from urllib.parse import quote

from app.http.cache import Reply
from app.schemas.envelopes import MAX_LINK_BYTES

TOP_LEVEL: Final = ("v1", "docs", "openapi.json", "problems", "health", ".well-known")
"""The first path segments of the addresses in responses. HTML pages use relative links."""
ADDRESS = re.compile(
    # Nothing that belongs to a longer address stands before it, and it is no key of a JSON object: OpenAPI keeps its
    # paths relative to `servers`, where the root of the service has no slash at its end. Each alternative begins with the
    # slash and only then looks back: to look for a slash takes a fiftieth of the time that it takes to look back everywhere.
    rb'/(?<![\w.~%%/-]/)(?:%b)(?![\w-])(?![^"\s]*":)|/(?<="url":"/)(?=")' % "|".join(map(re.escape, TOP_LEVEL)).encode()
)
WITHOUT_ADDRESSES: Final = (b"text/css", b"text/javascript", b"text/plain", b"image/")
"""Media types of files that contain no addresses of the service."""
NOTHING: Final = slice(0, 0)
MAX_PREFIX: Final = 60
"""How long a prefix may be: every address in a response begins with it, and has a longest length."""
WITH_ADDRESSES: Final = frozenset({b"link", b"location", b"content-location"})
"""Header fields that hold addresses."""


def prefix_of(root_path: str) -> str:
    """The prefix for a root path of ASGI: a path that can be part of any address; nothing for one that is too long."""
    path = quote(root_path.strip("/"), safe="/-._~", errors="replace")
    return f"/{path}" if 0 < len(path) < MAX_PREFIX else ""


def prefixed(reply: Reply, prefix: str, fixed: slice = NOTHING) -> Reply:
    """The reply with a prefix before every address of the service in its header fields and its body, `fixed` excepted."""
    media_type = dict(reply.headers).get(b"content-type", b"")
    if not prefix or media_type.startswith(WITHOUT_ADDRESSES):
        return reply
    start, stop, _ = fixed.indices(len(reply.body))
    before, after = add_prefix(reply.body[:start], prefix), add_prefix(reply.body[stop:], prefix)
    body = before + reply.body[start:stop] + after
    headers = []
    for name, value in reply.headers:
        if name == b"content-length":
            headers.append((name, b"%d" % len(body)))
        elif name not in WITH_ADDRESSES:
            headers.append((name, value))
        elif name != b"link":
            headers.append((name, add_prefix(value, prefix)))
        elif len(value := value.replace(b"</", b"<%b/" % prefix.encode())) <= MAX_LINK_BYTES:
            headers.append((name, value))
    return Reply(reply.status, headers, body)


def add_prefix(content: bytes, prefix: str) -> bytes:
    """The content with a prefix before every address of the service in it."""
    return ADDRESS.sub(lambda found: prefix.encode() + found[0].removesuffix(b"/"), content)
