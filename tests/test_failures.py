"""Whatever fails inside, the client gets a whole response or sees that it has none; nobody waits for ever."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import HTTPException

from app.main import Service, create_app
from app.settings import Settings
from support import each
from wire import CLOSE, NOT_CLOSED, ask, exchange, listening, request, run, statuses, until

READER = b"Accept: text/html"


@pytest.fixture
def service(database_path: Path) -> Iterator[Service]:
    """A service in which something fails."""
    fresh = create_app(Settings(database_path=database_path))
    yield fresh
    fresh.state.database.close()


def raising(error: BaseException) -> Callable[..., Any]:
    """An endpoint that raises an exception."""

    async def fail() -> None:
        raise error

    return fail


def test_a_problem_whose_page_cannot_be_rendered_is_json(
    service: Service, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("the page")

    monkeypatch.setattr("app.pages.problem_pages.problem_html", fail)
    service.add_api_route("/failing", raising(RuntimeError("the endpoint")))

    async def promise() -> None:
        async with listening(service) as (port, _):
            for target, status in ((b"/strains/no-such", 404), (b"/failing", 500)):
                got = await exchange(port, request(target, CLOSE, READER))
                assert statuses(got) == [status]
                assert b"\r\ncontent-type: application/problem+json\r\n" in got
                assert got.endswith(b"}")

    run(promise)
    assert caplog.text.count("problem page failed") == 2


@pytest.mark.parametrize(
    "error", [asyncio.CancelledError(), BaseExceptionGroup("both", [asyncio.CancelledError()])], ids=type
)
def test_an_endpoint_that_cancels_itself_is_a_500(
    service: Service, error: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    service.add_api_route("/failing", raising(error))

    async def promise() -> None:
        async with listening(service) as (port, _):
            assert statuses(await exchange(port, request(b"/failing") + request(b"/v1/meta", CLOSE))) == [500, 200]

    run(promise)
    assert caplog.text.count("application failed") == 1


def test_a_request_that_the_server_cancels_ends_its_connection(service: Service) -> None:
    begun = asyncio.Event()

    async def wait() -> None:
        begun.set()
        await asyncio.sleep(60)

    service.add_api_route("/waiting", wait)

    async def promise() -> None:
        async with listening(service) as (port, state):
            asked = asyncio.create_task(exchange(port, request(b"/waiting")))
            await begun.wait()
            for task in each(state.tasks):
                task.cancel()
            assert await asked in {b"", NOT_CLOSED}
            await until(lambda: not state.connections)

    run(promise)


@pytest.mark.parametrize("status", [302, 409, 503])
def test_headers_of_an_exception_do_not_change_the_framing(service: Service, status: int) -> None:
    framing = {"Content-Length": "5", "Transfer-Encoding": "chunked", "X-Added": "1"}
    service.add_api_route("/raising", raising(HTTPException(status, headers=framing)))

    async def promise() -> None:
        async with listening(service) as (port, _):
            got = await exchange(port, request(b"/raising", method=b"HEAD") + request(b"/raising", CLOSE))
        assert statuses(got) == [status, status]
        head, whole = got.split(b"\r\n\r\n", 1)
        lines, body = whole.split(b"\r\n\r\n", 1)
        for block in (head, lines):
            assert block.count(b"\r\ncontent-length: ") == 1
            assert b"\r\ncontent-length: %d\r\n" % len(body) in block
            assert b"transfer-encoding" not in block
            assert b"\r\nx-added: 1\r\n" in block

    run(promise)


@pytest.mark.parametrize("path", ["/v1", "/v1/nothing", "/V1/meta", "/v1/strains?nope=1", "/nothing"])
def test_a_root_path_that_is_too_long_for_an_address_causes_no_failure(service: Service, path: str) -> None:
    for accept in (b"application/json", b"text/html"):
        sent = (b"accept", accept), (b"x-request-id", b"mine")
        expected = asyncio.run(ask(service, path, *sent))
        assert asyncio.run(ask(service, path, *sent, root_path="/" + "é" * 200)) == expected
