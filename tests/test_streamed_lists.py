"""A long list in another format is sent while it is made: the same bytes, in little memory, and nobody waits for it."""

import asyncio
import gzip
import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import brotli
import pytest
import zstandard
from starlette.types import Message

from app import formats, releases
from app.database import Database
from app.http import streaming
from app.main import Service, create_app
from app.pages import site
from app.settings import Settings
from support import each
from wire import CLOSE, NOT_CLOSED, ask, connections, exchange, listening, request, run, silent_readers, statuses, until

FORMATS = ("csv", "ndjson", "csl", "bibtex", "ris")
DECODED: dict[str, Callable[[bytes], bytes]] = {
    "identity": bytes,
    "br": brotli.decompress,
    "gzip": gzip.decompress,
    "zstd": lambda body: zstandard.ZstdDecompressor().decompressobj().decompress(body),
}
LIST = "/v1/citations?format=csv"


def services(database_path: Any) -> Iterator[Service]:
    """A service behind a proxy that adds a prefix, and one at the root."""
    for public_url in ("", "https://example.org/kratom"):
        yield create_app(Settings(database_path=database_path, public_url=public_url))


@pytest.fixture
def service(database_path: Any) -> Iterator[Service]:
    fresh = create_app(Settings(database_path=database_path))
    yield fresh
    fresh.state.database.close()


@pytest.fixture
def streamed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every list counts as long."""
    monkeypatch.setattr(formats, "PIECE_BYTES", 8_000)
    monkeypatch.setattr(formats, "MAX_WHOLE_BYTES", 8_000)


class Made:
    """What has been made of a list that is twenty times as long."""

    def __init__(self) -> None:
        self.size = 0
        self.made_as_usual = formats._pieces  # noqa: SLF001  # what a list is sent in

    def pieces(self, records: Any) -> Iterator[bytes]:
        """Every piece twenty times."""
        for piece in self.made_as_usual(records):
            for _ in range(20):
                self.size += len(piece)
                yield piece


def failing_after_a_hundred(self: Database, sql: str, values: Any, rows: Any = Database.rows) -> Iterator[Any]:
    """The rows of a query until SQLite gives up."""
    for number, row in enumerate(rows(self, sql, values)):
        if number > 100:
            raise sqlite3.OperationalError("interrupted")
        yield row


def unchunked(body: bytes) -> tuple[bytes, bytes]:
    """The content of a chunked body, and what follows it."""
    content = b""
    while True:
        size, _, body = body.partition(b"\r\n")
        content += body[: int(size, 16)]
        assert body[int(size, 16) :].startswith(b"\r\n"), "a chunk is not as long as it says"
        body = body[int(size, 16) + 2 :]
        if not int(size, 16):
            return content, body


def test_a_streamed_list_has_the_bytes_of_one_made_in_memory_in_every_format_and_coding_also_under_a_prefix(
    database_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def promise() -> None:
        for service in each(services(database_path)):
            whole = {form: (await ask(service, f"/v1/citations?format={form}"))[2] for form in each(FORMATS)}
            service.pipeline.forget_responses()
            with monkeypatch.context() as context:
                context.setattr(formats, "PIECE_BYTES", 8_000)
                context.setattr(formats, "MAX_WHOLE_BYTES", 8_000)
                for form, coding in each(product(FORMATS, DECODED)):
                    accepted = (b"accept-encoding", coding.encode())
                    status, headers, body = await ask(service, f"/v1/citations?format={form}", accepted)
                    assert (status, headers.get(b"content-encoding", b"identity").decode()) == (200, coding)
                    assert b"content-length" not in headers, "it was not streamed"
                    assert DECODED[coding](body) == whole[form]
            service.state.database.close()

    run(promise)


def test_a_large_bundle_is_streamed_byte_for_byte_also_under_a_prefix(
    database_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def promise() -> None:
        for service in each(services(database_path)):
            address = f"/v1/releases/{service.state.database.dataset_version}/bundle"
            _, whole_headers, whole = await ask(service, address)
            service.pipeline.forget_responses()
            with monkeypatch.context() as context:
                context.setattr(releases, "MAX_WHOLE", 1000)
                for coding in each(DECODED):
                    status, headers, body = await ask(service, address, (b"accept-encoding", coding.encode()))
                    assert (status, b"content-length" in headers) == (200, False)
                    assert DECODED[coding](body) == whole
                    assert headers[b"link"] == whole_headers[b"link"]
                    assert headers[b"cache-control"] == whole_headers[b"cache-control"]
                    digest = whole_headers[b"repr-digest"] if coding == "identity" else None
                    assert headers.get(b"repr-digest") == digest
            service.state.database.close()

    run(promise)


def test_a_long_site_map_is_sent_in_pieces_with_the_same_bytes(
    database_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def promise() -> None:
        for service in each(services(database_path)):
            _, _, whole = await ask(service, "/sitemap.xml")
            assert max(map(len, site.sitemap_pieces(service.state.database, site.Site()))) < 32_768
            service.pipeline.forget_responses()
            with monkeypatch.context() as context:
                context.setattr(site, "MAX_WHOLE_SITEMAP", 100)
                for coding in each(DECODED):
                    status, headers, body = await ask(service, "/sitemap.xml", (b"accept-encoding", coding.encode()))
                    assert (status, headers[b"content-type"]) == (200, b"application/xml")
                    assert b"content-length" not in headers, "it was not streamed"
                    assert DECODED[coding](body) == whole
            service.state.database.close()

    run(promise)


@pytest.mark.usefixtures("streamed")
def test_a_streamed_list_has_a_weak_entity_tag_and_a_304_renders_nothing(service: Service) -> None:
    async def promise() -> None:
        _, headers, body = await ask(service, LIST)
        assert headers[b"etag"].startswith(b'W/"')
        assert headers[b"content-disposition"].startswith(b"attachment")
        for condition in each([headers[b"etag"], headers[b"etag"].removeprefix(b"W/"), b"*"]):
            status, unchanged, nothing = await ask(service, LIST, (b"if-none-match", condition))
            assert (status, nothing, unchanged[b"etag"]) == (304, b"", headers[b"etag"])
        assert (await ask(service, LIST, (b"if-none-match", b'"other"')))[0] == 200
        assert (await ask(service, LIST, (b"if-match", headers[b"etag"])))[0] == 412
        status, head, nothing = await ask(service, LIST, method="HEAD")
        assert (status, nothing) == (200, b"")
        assert head | {b"x-request-id": b""} == headers | {b"x-request-id": b""}
        assert (await ask(service, LIST, (b"accept-encoding", b"*;q=0")))[0] == 406
        tags = {(await ask(service, f"/v1/citations?format={form}"))[1][b"etag"] for form in FORMATS}
        assert len(tags) == len(FORMATS)
        accepted, sent = (await ask(service, "/v1/citations", (b"accept", b"text/csv")))[1:]
        assert (accepted[b"vary"], sent) == (b"Accept, Accept-Encoding", body)

    run(promise)


@pytest.mark.usefixtures("streamed")
def test_a_streamed_list_is_sent_in_chunks_and_the_next_response_follows(service: Service) -> None:
    async def promise() -> None:
        _, _, expected = await ask(service, LIST)
        async with listening(service) as (port, _):
            got = await exchange(port, request(LIST.encode()) + request(b"/v1/meta", CLOSE))
            head, _, rest = got.partition(b"\r\n\r\n")
            assert b"\r\ntransfer-encoding: chunked" in head
            content, following = unchunked(rest)
            assert content == expected
            assert statuses(following) == [200]
            old = await exchange(port, request(LIST.encode(), version=b"1.0"))
            head, _, content = old.partition(b"\r\n\r\n")
            assert b"transfer-encoding" not in head
            assert b"connection: close" in head
            assert content == expected
            nothing = await exchange(port, request(LIST.encode(), CLOSE, method=b"HEAD"))
            assert nothing.endswith(b"\r\n\r\n")
            assert b"transfer-encoding" not in nothing

    run(promise)


@pytest.mark.usefixtures("streamed")
def test_a_streamed_list_is_rendered_no_faster_than_it_is_read_and_others_get_responses_meanwhile(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Made()
    monkeypatch.setattr(formats, "_pieces", made.pieces)

    async def promise() -> None:
        _, _, body = await ask(service, "/v1/citations?format=ndjson")
        made.size = 0
        async with (
            listening(service, send_buffer=4096) as (port, state),
            silent_readers(port, 3, request(b"/v1/citations?format=ndjson")),
        ):
            await until(lambda: made.size > 0)
            before = -1
            while made.size != before:
                before = made.size
                await asyncio.sleep(0.3)  # long enough for another piece
                assert statuses(await exchange(port, request(b"/v1/meta", CLOSE))) == [200]
            assert made.size < len(body), "three bodies would be three times that"
        await until(lambda: not state.connections, 30)

    run(promise)


@pytest.mark.usefixtures("streamed")
def test_a_failure_half_way_ends_the_connection_without_the_last_chunk(
    service: Service, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(Database, "rows", failing_after_a_hundred)

    async def promise() -> None:
        async with listening(service) as (port, state):
            got = await exchange(port, request(b"/v1/citations?format=ndjson"))
            assert statuses(got) == [200]
            assert b"\r\n0\r\n\r\n" not in got
            assert json.loads(re.findall(rb"^\{.*\}$", got, re.MULTILINE)[0])["slug"]
            await until(lambda: not state.connections)
            assert statuses(await exchange(port, request(b"/v1/meta", CLOSE))) == [200]
        assert "response failed half-way" in caplog.text

    run(promise)


@pytest.mark.usefixtures("streamed")
def test_neither_head_nor_a_304_renders_a_streamed_list(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Made()
    monkeypatch.setattr(formats, "_pieces", made.pieces)

    async def promise() -> None:
        status, headers, _ = await ask(service, LIST, method="HEAD")
        assert (status, made.size) == (200, 0)
        status, _, _ = await ask(service, LIST, (b"if-none-match", headers[b"etag"]))
        assert (status, made.size) == (304, 0)
        await ask(service, LIST)
        assert made.size > 0

    run(promise)


@pytest.mark.usefixtures("streamed")
def test_the_number_of_streamed_lists_at_once_is_bounded(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "MAX_STREAMS", 3)
    monkeypatch.setattr(formats, "_pieces", Made().pieces)
    asked = request(b"/v1/citations?format=ndjson")

    async def promise() -> None:
        async with listening(service, send_buffer=4096) as (port, state):
            async with silent_readers(port, 3, asked):
                await until(lambda: sum(connection.is_streaming for connection in connections(state)) == 3)
                refused = await exchange(port, asked + request(LIST.encode(), CLOSE, method=b"HEAD"))
                assert statuses(refused) == [503, 200]
                assert b"\r\nretry-after: " in refused
            await until(lambda: not state.connections)
            assert statuses(await exchange(port, request(LIST.encode(), CLOSE))) == [200]

    run(promise)


@pytest.mark.usefixtures("streamed")
def test_a_streamed_list_stops_when_its_client_disconnects_under_any_server(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Most servers take what is sent to it without a word."""
    made = Made()
    monkeypatch.setattr(formats, "_pieces", made.pieces)
    sent: list[Message] = []
    left = asyncio.Event()

    async def receive() -> Message:
        if sent:
            await left.wait()
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)
        if len(sent) > 3:
            left.set()
        await asyncio.sleep(0)

    async def promise() -> None:
        _, _, whole = await ask(service, LIST)
        made.size = 0
        scope = {"type": "http", "http_version": "1.1", "method": "GET", "path": "/v1/citations"}
        await service(scope | {"query_string": b"format=csv", "headers": [(b"host", b"localhost")]}, receive, send)
        assert 0 < made.size < len(whole) / 2

    run(promise)


@pytest.mark.usefixtures("streamed")
def test_the_access_log_has_streamed_lists_whose_client_disconnects(
    service: Service, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(formats, "_pieces", Made().pieces)
    service.pipeline.access_log = True
    caplog.set_level("INFO", "app.requests")

    async def promise() -> None:
        async with listening(service, send_buffer=4096) as (port, state):
            async with silent_readers(port, 1, request(b"/v1/citations?format=ndjson")):
                await until(lambda: any(connection.is_streaming for connection in connections(state)))
                assert not caplog.records
            await until(lambda: not state.connections)
            await until(lambda: bool(caplog.records), 2)

    run(promise)
    assert [getattr(record, "path", None) for record in caplog.records] == ["/v1/citations"]


@pytest.mark.usefixtures("streamed")
def test_an_http_1_0_client_sees_a_failure_half_way_as_a_reset(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The end of the connection would be that of the body."""
    old = request(b"/v1/citations?format=ndjson", version=b"1.0")

    async def promise() -> None:
        async with listening(service) as (port, _):
            assert NOT_CLOSED not in await exchange(port, old)
            monkeypatch.setattr(Database, "rows", failing_after_a_hundred)
            assert (await exchange(port, old)).endswith(NOT_CLOSED)

    run(promise)
