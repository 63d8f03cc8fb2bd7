"""The fast path and the cache change no byte of any response, however the requests are split."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvloop
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from app.http.connection import Connection
from app.main import Service, create_app
from app.settings import Settings
from wire import (
    CLOSE,
    DETAIL,
    NOT_CLOSED,
    PlainConnection,
    exchange,
    listening,
    request,
    statuses,
    unnamed,
    without_identifiers,
)

TARGETS = [
    DETAIL,
    DETAIL,
    b"/v1/strains?limit=2",
    b"/v1/strains?limit=3",
    b"/v1/side-effects?limit=50",
    b"/docs",
    b"/health/live",
    b"/v1",
    b"/v1/nothing",
    b"/v1/strains/no-such",
    b"/v1/strains?nope=1",
    b"/v1/contacts/us%2Dpoison-help",
    b"http://other" + DETAIL,
]
FIELDS = [
    b"Accept: text/html",
    b"Accept: application/json",
    b"Accept-Encoding: br",
    b"Accept-Encoding: gzip, zstd",
    b"Accept-Encoding: identity;q=0",
    b"If-None-Match: *",
    b'If-None-Match: "x"',
    b'If-Match: "x"',
    b"If-Modified-Since: Tue, 24 Nov 2026 00:00:00 GMT",
    b"Connection: keep-alive",
    b"Connection: Upgrade\r\nUpgrade: h2c",
    b"Expect: 100-continue",
    b"Content-Length: 0",
    b"Host: second",
]
BODIES = [b"hello", b"GET / RTSP/1.0\r\n\r\n", unnamed(request(DETAIL)), b"\r\n\r\nPRI "]
GARBAGE = [
    b"garbage\r\n\r\n",
    b"\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"GET /#x HTTP/1.1\r\nHost: a\r\n\r\n",
    b"HEAD / RTSP/1.0\r\n\r\n",
    request(DETAIL, b"Transfer-Encoding: chunked") + b"5\r\nhello\r\n0\r\n\r\n",
    request(DETAIL, method=b"BREW"),
    b"GET /v1 HTTP/1.1\r\n\r\n",
]
LAST = request(DETAIL, CLOSE)
ENDS = [LAST, LAST, request(DETAIL, version=b"1.0"), request(b"/v1/nothing", version=b"1.0"), b"GET / HTTP/0.9\r\n\r\n"]


@st.composite
def one_request(draw: st.DrawFn) -> bytes:
    """A request with or without a body, under an identifier of its own or none."""
    method = draw(st.sampled_from([b"GET", b"GET", b"GET", b"HEAD", b"POST", b"OPTIONS"]))
    lines = draw(st.lists(st.sampled_from(FIELDS), max_size=2, unique_by=lambda line: line.partition(b":")[0]))
    body = draw(st.sampled_from([b"", b"", b"", *BODIES]))
    if body:
        lines = [line for line in lines if not line.startswith(b"Content-Length")]
        lines.append(b"Content-Length: %d" % len(body))
    head = request(draw(st.sampled_from(TARGETS)), *lines, method=method)
    return (unnamed(head) if draw(st.booleans()) else head) + body


@st.composite
def sequences(draw: st.DrawFn) -> list[bytes]:
    """Pipelined requests, split at random places."""
    pieces = draw(
        st.lists(st.one_of(one_request(), one_request(), one_request(), st.sampled_from(GARBAGE)), max_size=6)
    )
    # Repeated requests take the fast path.
    whole = b"".join(pieces * draw(st.sampled_from([1, 2]))) + draw(st.sampled_from(ENDS))
    cuts = sorted(draw(st.lists(st.integers(0, len(whole)), max_size=6)))
    return [whole[start:end] for start, end in zip([0, *cuts], [*cuts, len(whole)], strict=True) if end > start]


@pytest.fixture(scope="module")
def uncached(database_path: Path) -> Iterator[Service]:
    """A service that computes every response."""
    service = create_app(Settings(database_path=database_path, cache_bytes=0))
    yield service
    service.state.database.close()


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    """One loop for all examples."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as one:
        yield one


class NotedConnection(Connection):
    """A connection that counts what takes the fast path."""

    fast = 0

    def _respond_if_known(self, head: bytes) -> bool:
        found = super()._respond_if_known(head)
        NotedConnection.fast += found
        return found


async def assert_same(app: Service, uncached: Service, chunks: list[bytes]) -> bytes:
    """Send the same to both, and compare what comes back."""
    async with listening(app, NotedConnection) as (fast, _), listening(uncached, PlainConnection) as (plain, _):
        got, computed = await asyncio.gather(
            exchange(fast, *chunks, pause=0.001), exchange(plain, *chunks, pause=0.001)
        )
    assert not got.endswith(NOT_CLOSED)
    assert without_identifiers(got) == without_identifiers(computed)
    return got


@settings(
    max_examples=250,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(chunks=sequences())
@example(chunks=[unnamed(request(DETAIL)) * 3, LAST])
def test_random_sequences_get_the_same_bytes_with_and_without_the_fast_path(
    app: Service, uncached: Service, runner: asyncio.Runner, chunks: list[bytes]
) -> None:
    assert statuses(runner.run(assert_same(app, uncached, chunks)))


ALL_KINDS = (
    unnamed(request(DETAIL)),
    unnamed(request(DETAIL)),
    request(b"/v1/strains?limit=2", b"Accept-Encoding: br"),
    unnamed(request(DETAIL, method=b"HEAD")),
    request(b"/v1/nothing"),
    request(b"/v1", b"Content-Length: 5", method=b"POST") + b"hello",
    b"\r\n",
    request(DETAIL, b"If-None-Match: *"),
    unnamed(request(DETAIL)),
    request(b"/v1/strains?nope=1"),
    request(b"/v1", CLOSE, method=b"BREW"),
)
EXPECTED = [200, 200, 200, 200, 404, 405, 304, 200, 422, 405]


def test_a_sequence_split_at_every_byte_gets_the_same_responses(
    app: Service, uncached: Service, runner: asyncio.Runner
) -> None:
    whole = b"".join(ALL_KINDS)
    in_one_piece = runner.run(assert_same(app, uncached, [whole]))
    assert statuses(in_one_piece) == EXPECTED
    NotedConnection.fast = 0
    byte_by_byte = runner.run(assert_same(app, uncached, [whole[n : n + 1] for n in range(len(whole))]))
    assert without_identifiers(byte_by_byte) == without_identifiers(in_one_piece)


@pytest.mark.parametrize("part", range(8))
def test_a_sequence_split_in_two_at_every_place_gets_the_same_responses(
    app: Service, uncached: Service, runner: asyncio.Runner, part: int
) -> None:
    whole = b"".join(ALL_KINDS)
    places = range(1 + part, len(whole), 8)

    async def both() -> list[bytes]:
        async with listening(app, NotedConnection) as (port, _):
            return await asyncio.gather(*(exchange(port, whole[:cut], whole[cut:]) for cut in places))

    in_one_piece = without_identifiers(runner.run(assert_same(app, uncached, [whole])))
    assert {without_identifiers(got) for got in runner.run(both())} == {in_one_piece}


def test_the_sequences_do_take_the_fast_path(app: Service, uncached: Service, runner: asyncio.Runner) -> None:
    runner.run(assert_same(app, uncached, [unnamed(request(DETAIL)), LAST]))
    NotedConnection.fast = 0
    runner.run(assert_same(app, uncached, [unnamed(request(DETAIL)) * 3 + LAST]))
    assert NotedConnection.fast == 3
