"""A cached response is the one that would have been computed, and caching never costs more than its budget."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.routing import Mount

from app.database import Database
from app.http.cache import CachedResponse, Key, ResponseCache
from app.http.negotiation import content_coding
from app.main import Service, create_app
from app.settings import Settings
from wire import CLOSE, ask, exchange, listening, request, run

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
    b"vein=RED",
    b"vein=green&vein%5B%5D=red&_=1",
    b"vein=red,green",
    b"limit=2&&utm_source=x&",
    b"_=2&_=3",
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
    b"accept": [
        b"*/*",
        b"application/json",
        b"text/html",
        b"application/*;q=0",
        b"",
        b"image/png, */*;q=0.1",
        b"*",
        b"application/vnd.api+json",
    ],
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


@pytest.fixture(scope="module")
def uncached(database_path: Path) -> Iterator[Service]:
    """A service that computes every response."""
    service = create_app(Settings(database_path=database_path, cache_bytes=0))
    yield service
    service.state.database.close()


@pytest.fixture
def service(database_path: Path) -> Iterator[Service]:
    """A service whose cache is empty."""
    fresh = create_app(Settings(database_path=database_path))
    yield fresh
    fresh.state.database.close()


REQUESTS = st.tuples(
    st.sampled_from(["GET", "HEAD", "GET", "OPTIONS", "POST"]),
    st.sampled_from(PATHS),
    st.sampled_from(QUERIES),
    REQUEST_HEADERS,
)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(asked=REQUESTS)
def test_a_cached_response_equals_the_computed_one_header_by_header(
    app: Service, uncached: Service, asked: tuple[str, str, bytes, list[tuple[bytes, bytes]]]
) -> None:
    method, path, query, headers = asked
    address = f"{path}?{query.decode()}"

    async def compare() -> None:
        _, first, _ = await ask(app, address)
        own = first.get(b"etag", b'"none"')
        sent = [(name, value.replace(b"OWN-BR", own[:-1] + b'-br"').replace(b"OWN", own)) for name, value in headers]
        # The identifier is the only part of a response that is new each time.
        sent.append((b"x-request-id", b"mine"))
        assert await ask(app, address, *sent, method=method) == await ask(uncached, address, *sent, method=method)

    asyncio.run(compare())


def cached(size: int) -> CachedResponse:
    return CachedResponse([(b"content-type", b"application/json")], bytes(size), [])


def key(name: object) -> Key:
    return "", f"/{name}", b""


def test_a_flood_of_addresses_stays_within_the_budget() -> None:
    cache = ResponseCache(1_000_000)
    for number in range(5000):
        cache.put(key(number), cached(number % 3000))
        cache.get(key(number - number % 7))
        assert cache.size <= 1_000_000
    assert len(cache) > 0


def test_a_flood_of_addresses_does_not_evict_a_response_that_is_requested_again() -> None:
    cache = ResponseCache(2_000_000)
    for number in range(50):
        cache.put(key(f"popular/{number}"), cached(1000))
        cache.get(key(f"popular/{number}"))
    for number in range(5000):
        cache.put(key(f"flood/{number}"), cached(1000))
    assert [number for number in range(50) if cache.get(key(f"popular/{number}")) is None] == []


@pytest.mark.parametrize("size", [20_000, 100_000, 10_000_000])
def test_a_response_larger_than_the_probation_queue_is_not_cached_and_evicts_nothing(size: int) -> None:
    cache = ResponseCache(200_000)
    for number in range(5):
        cache.put(key(number), cached(100))
    before = cache.size
    cache.put(key("large"), cached(size))
    assert cache.get(key("large")) is None
    assert cache.size == before
    assert [number for number in range(5) if cache.get(key(number)) is None] == []


def test_a_cache_of_zero_bytes_caches_nothing() -> None:
    cache = ResponseCache(0)
    cache.put(key("small"), cached(0))
    assert len(cache) == cache.size == 0


def test_only_successful_responses_are_cached(service: Service) -> None:
    def size_after(address: str, *headers: tuple[bytes, bytes], method: str = "GET") -> int:
        asyncio.run(ask(service, address, *headers, method=method))
        return len(service.pipeline.cache)

    assert size_after("/v1/strains/no-such") == 0
    assert size_after("/v1/strains?nope=1") == 0
    assert size_after("/health/live") == 0
    assert size_after("/v1/strains", (b"accept", b"text/html")) == 0
    assert size_after("/v1/strains", (b"if-match", b'"x"')) == 0
    assert size_after("/v1/strains", (b"host", b"a b")) == 0
    assert size_after("/v1/strains") == 1
    assert size_after("/v1/strains", method="HEAD") == 1
    assert size_after("/v1/strains?limit=2", method="HEAD") == 2


@pytest.mark.parametrize(
    ("method", "address", "status"),
    [
        ("POST", "/v1/strains", 405),
        ("DELETE", "/v1/strains/red-vein", 405),
        ("POST", "/v1/strains/no-such", 405),
        ("OPTIONS", "/v1/strains", 204),
        ("OPTIONS", "/v1/strains/red-vein", 204),
        ("OPTIONS", "/v1/strains/no-such", 204),
        ("PUT", "/v1/strains?nope=1", 405),
        ("GET", "/v1/strains?nope=1", 422),
        ("GET", "/v1/strains?limit=0", 422),
        ("HEAD", "/v1/strains?limit=1&limit=1", 422),
        ("GET", "/v1/strains/red-vein?limit=5", 422),
        ("GET", "/v1/nothing", 404),
        ("POST", "/v1/nothing", 404),
    ],
)
def test_a_refused_request_reads_no_data_and_is_not_cached(
    service: Service, monkeypatch: pytest.MonkeyPatch, method: str, address: str, status: int
) -> None:
    reads: list[str] = []
    read = Database.read

    def noting(self: Database, sql: str, values: Any) -> list[Any]:
        reads.append(sql)
        return read(self, sql, values)

    monkeypatch.setattr(Database, "read", noting)
    assert asyncio.run(ask(service, address, method=method))[0] == status
    assert reads == []
    assert len(service.pipeline.cache) == 0
    asyncio.run(ask(service, "/v1/strains"))
    assert len(reads) > 0


# Everything that a response depends on is in its key.


def test_queries_of_one_list_are_cached_separately_under_a_root_path(service: Service) -> None:
    async def promise() -> None:
        async with listening(service, root_path="/api") as (port, _):
            first, second, third = [
                (await exchange(port, request(b"/v1/strains?limit=%d" % limit, CLOSE))).partition(b"\r\n\r\n")[2]
                for limit in (1, 2, 1)
            ]
            assert first.startswith(b"{")
            assert first == third != second

    run(promise)


def test_no_query_is_taken_for_the_format_that_accept_has_chosen(service: Service) -> None:
    # Some servers hand over what follows a # in a target.
    as_csv = asyncio.run(ask(service, "/v1/strains?q=red", (b"accept", b"text/csv")))
    assert as_csv[1][b"content-type"].startswith(b"text/csv")
    _, headers, body = asyncio.run(ask(service, "/v1/strains?q=red#text/csv"))
    assert headers[b"content-type"] == b"application/json"
    assert json.loads(body)["links"]["self"] == "/v1/strains?q=red%23text%2Fcsv"


@pytest.mark.parametrize("prefix", ["", "/kratom", "/a/b", "/v1"])
def test_queries_of_one_list_are_cached_separately_in_another_application(service: Service, prefix: str) -> None:
    outer = Starlette(routes=[Mount(prefix, service)]) if prefix else service

    async def bodies() -> list[bytes]:
        got = [await ask(outer, f"{prefix}/v1/strains?{query}") for query in ("limit=1", "limit=2", "limit=1", "")]
        assert [status for status, _, _ in got] == [200] * 4
        return [body for _, _, body in got]

    one, two, again, whole = asyncio.run(bodies())
    assert one == again
    assert len({one, two, whole}) == 3
    plain = asyncio.run(ask(service, "/v1/strains?limit=1"))[2]
    assert one == plain.replace(b'"/v1/', f'"{prefix}/v1/'.encode())


def test_two_mounts_of_one_service_return_the_same_response_with_different_addresses(service: Service) -> None:
    outer = Starlette(routes=[Mount("/one", service), Mount("/two", service)])
    first = asyncio.run(ask(outer, "/one/v1/strains?limit=1"))
    second = asyncio.run(ask(outer, "/two/v1/strains?limit=1"))
    assert first[0] == second[0] == 200
    assert first[2].replace(b'"/one/v1/', b'"/two/v1/') == second[2] != first[2]


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
    assert content_coding(field, 10_000) == coding


def test_a_small_body_is_coded_only_when_nothing_else_will_do() -> None:
    assert content_coding(b"br, gzip", 100) == b"identity"
    assert content_coding(b"br, identity;q=0", 100) == b"br"
    assert content_coding(b"*;q=0", 100) is None
