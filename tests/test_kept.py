"""A kept answer is the answer that would have been made anew, and keeping never costs more than its budget."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.types import ASGIApp, Message

from app.http.answers import Answer, chosen_coding
from app.http.kept import Store
from app.main import Service, create_app
from app.settings import Settings

RELEASED = datetime(2026, 11, 23, tzinfo=UTC)
PATHS = [
    "/v1/strains",
    "/v1/citations",
    "/v1/strains/red-vein",
    "/v1/articles/kratom-and-chronic-back-pain",
    "/v1/contacts/us-poison-help",
    "/v1/meta",
    "/v1",
    "/",
    "/docs",
    "/openapi.json",
    "/health/ready",
    "/v1/strains/no-such",
    "/v1/nothing",
]
QUERIES = [
    b"",
    b"limit=2",
    b"limit=2&offset=1",
    b"offset=9000",
    b"slug=red-vein",
    b"limit=0",
    b"nope=1",
    b"a=1&a=2",
    b"%",
]
ETAGS = [b"*", b'"x"', b'W/"x"', b"junk", b"OWN", b"W/OWN", b'"x", OWN', b"OWN-BR"]
DATES = [
    b"Mon, 23 Nov 2026 00:00:00 GMT",
    b"Sun, 22 Nov 2026 23:59:59 GMT",
    b"Tue, 24 Nov 2026 00:00:00 GMT",
    b"Monday, 23-Nov-26 00:00:00 GMT",
    b"Mon Nov 23 00:00:00 2026",
    b"yesterday",
]
FIELDS = {
    b"accept": [b"*/*", b"application/json", b"text/html", b"application/*;q=0", b"", b"image/png, */*;q=0.1"],
    b"accept-encoding": [
        b"gzip",
        b"gzip, deflate, br, zstd",
        b"br;q=0.5, gzip;q=0.9",
        b"identity;q=0",
        b"*;q=0",
        b"*;q=0, gzip;q=0.1",
        b"zstd",
        b"",
        b"x-gzip",
        b"br;q=2",
    ],
    b"if-none-match": ETAGS,
    b"if-match": ETAGS,
    b"if-modified-since": DATES,
    b"if-unmodified-since": DATES,
    b"cache-control": [b"no-cache", b"max-age=0"],
    b"range": [b"bytes=0-1"],
    b"origin": [b"https://example.org"],
    b"host": [b"localhost", b"other:81", b"bad host", b""],
}
REQUEST_HEADERS = st.lists(
    st.sampled_from(sorted(FIELDS)).flatmap(lambda name: st.tuples(st.just(name), st.sampled_from(FIELDS[name]))),
    max_size=5,
)


@dataclass(frozen=True)
class Got:
    """What came back."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


async def ask(app: ASGIApp, method: str, path: str, query: bytes, headers: list[tuple[bytes, bytes]]) -> Got:
    messages: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        messages.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query,
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    await app(scope, receive, send)
    body = b"".join(message.get("body", b"") for message in messages[1:])
    return Got(messages[0]["status"], list(messages[0]["headers"]), body)


@pytest.fixture(scope="module")
def unkept(database_path: Path) -> Iterator[Service]:
    """A service that makes every answer anew."""
    app = create_app(Settings(database_path=database_path, cache_bytes=0))
    yield app
    app.state.database.close()


@pytest.fixture(scope="module")
def keeping(database_path: Path) -> Iterator[Service]:
    """A service that keeps what it has answered."""
    app = create_app(Settings(database_path=database_path))
    yield app
    app.state.database.close()


REQUESTS = st.tuples(
    st.sampled_from(["GET", "HEAD", "GET", "OPTIONS", "POST"]),
    st.sampled_from(PATHS),
    st.sampled_from(QUERIES),
    REQUEST_HEADERS,
)


@settings(max_examples=400, deadline=None)
@given(request=REQUESTS)
def test_a_kept_answer_is_the_one_made_anew_header_by_header(
    keeping: Service, unkept: Service, request: tuple[str, str, bytes, list[tuple[bytes, bytes]]]
) -> None:
    method, path, query, headers = request

    async def compare() -> None:
        first = await ask(keeping, "GET", path, query, [(b"host", b"localhost")])
        own = dict(first.headers).get(b"etag", b'"none"')
        sent = [(name, value.replace(b"OWN-BR", own[:-1] + b'-br"').replace(b"OWN", own)) for name, value in headers]
        # The identifier is the only part of an answer that is new each time.
        sent.append((b"x-request-id", b"mine"))
        if not any(name == b"host" for name, _ in sent):
            sent.append((b"host", b"localhost"))
        assert await ask(keeping, method, path, query, sent) == await ask(unkept, method, path, query, sent)

    asyncio.run(compare())


def answer(size: int) -> Answer:
    return Answer([(b"content-type", b"application/json")], bytes(size), RELEASED)


def test_a_flood_of_addresses_stays_within_the_budget() -> None:
    store = Store(1_000_000)
    for number in range(5000):
        store.put((f"/{number}", b""), answer(number % 3000))
        store.get((f"/{number - number % 7}", b""))
        assert store.size <= 1_000_000
    assert len(store) > 0


def test_a_flood_of_addresses_does_not_drive_out_what_is_asked_for_again() -> None:
    store = Store(2_000_000)
    popular = [(f"/popular/{number}", b"") for number in range(50)]
    for key in popular:
        store.put(key, answer(1000))
        store.get(key)
    for number in range(5000):
        store.put((f"/flood/{number}", b""), answer(1000))
    assert [key for key in popular if store.get(key) is None] == []


def test_an_answer_larger_than_the_budget_is_not_kept() -> None:
    store = Store(10_000)
    store.put(("/large", b""), answer(20_000))
    assert store.get(("/large", b"")) is None
    assert store.size == 0


def test_only_successful_answers_are_kept(database_path: Path) -> None:
    app = create_app(Settings(database_path=database_path))
    store = app.layers.store  # type: ignore[attr-defined]  # the outermost layer is the one that keeps
    host = [(b"host", b"localhost")]
    asyncio.run(ask(app, "GET", "/v1/strains/no-such", b"", host))
    asyncio.run(ask(app, "GET", "/v1/strains", b"nope=1", host))
    asyncio.run(ask(app, "GET", "/health/live", b"", host))
    assert len(store) == 0
    asyncio.run(ask(app, "GET", "/v1/strains", b"", host))
    assert len(store) == 1
    app.state.database.close()


@pytest.mark.parametrize(
    ("field", "coding"),
    [
        (None, b"identity"),
        (b"", b"identity"),
        (b"gzip", b"gzip"),
        (b"GZIP", b"gzip"),
        (b"x-gzip", b"gzip"),
        (b"deflate", b"identity"),
        (b"gzip, br, zstd", b"br"),
        (b"gzip;q=1, br;q=0.9", b"gzip"),
        (b"br;q=0, gzip", b"gzip"),
        (b"*", b"br"),
        (b"*;q=0.5, br;q=0", b"zstd"),
        (b"identity, br;q=0.5", b"identity"),
        (b"gzip;q=0", b"identity"),
        (b"*;q=0", None),
        (b"identity;q=0", None),
        (b"identity;q=0, gzip", b"gzip"),
        (b"*;q=0, identity", b"identity"),
        (b"identity;q=0, *;q=0.1", b"br"),
    ],
)
def test_the_coding_follows_the_weights_the_client_gives(field: bytes | None, coding: bytes | None) -> None:
    assert chosen_coding(field, worth_it=True) == coding


def test_a_small_body_is_coded_only_when_nothing_else_will_do() -> None:
    assert chosen_coding(b"br, gzip", worth_it=False) == b"identity"
    assert chosen_coding(b"br, identity;q=0", worth_it=False) == b"br"
    assert chosen_coding(b"*;q=0", worth_it=False) is None
