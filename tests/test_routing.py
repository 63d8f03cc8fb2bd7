"""Everything a route declares takes effect: FastAPI serves what a direct call can't; hooks work or raise."""

import asyncio
import json
import logging
import select
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException, Query, Response
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.http.pipeline import Pipeline
from app.http.routing import Routes, direct_call
from app.internals import AsyncExitStackMiddleware
from app.logs import MAX_LINE, JsonLines
from app.main import Service, create_app
from app.problems import shown
from app.routers import ROUTERS
from app.routers.common import Data, get_database
from app.schemas.strains import StrainQuery
from app.settings import Settings
from wire import CLOSE, DETAIL, ask, exchange, listening, request, run, statuses

NAME = b"x-added"


@pytest.fixture
def service(database_path: Path) -> Iterator[Service]:
    """A service to which something is added."""
    fresh = create_app(Settings(database_path=database_path))
    yield fresh
    fresh.state.database.close()


def with_router(service: Service, router: APIRouter) -> Service:
    """The service with one more router, as `create_app` would put it together."""
    service.include_router(router)
    old = service.pipeline
    service.pipeline = Pipeline(
        service,
        Routes(service, [*ROUTERS, router]),
        AsyncExitStackMiddleware(service.router),
        cache_bytes=1_000_000,
        cache_seconds=1,
        tls=False,
        access_log=False,
    )
    service.pipeline.pages = old.pages
    return service


def second() -> str:
    return "a second dependency"


def own_router() -> APIRouter:
    """Routes that need more than a direct call provides, and one that does not."""
    router = APIRouter()

    @router.get("/own/header")
    async def get_header(x_word: Annotated[str, Header()], data: Data) -> Response:
        return Response(f"{x_word} {data.dataset_version}", media_type="text/plain")

    @router.get("/own/second")
    async def get_second(said: Annotated[str, Depends(second)]) -> Response:
        return Response(said, media_type="text/plain")

    @router.get("/own/query/{name}")
    async def get_query(
        name: str, query: Annotated[StrainQuery, Query()], x_word: Annotated[str, Header()]
    ) -> Response:
        return Response(f"{name} {query.limit} {x_word}", media_type="text/plain")

    @router.get("/own/sync")
    def get_sync() -> Response:
        return Response("in a thread", media_type="text/plain")

    @router.get("/own/plain")
    async def get_plain(data: Data) -> Response:
        return Response(data.dataset_version, media_type="text/plain")

    return router


WORD = (b"x-word", b"hello")


@pytest.mark.parametrize("is_late", [False, True], ids=["before", "added later"])
@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("/own/header", "hello "),
        ("/own/second", "a second dependency"),
        ("/own/query/x?limit=7", "x 7 hello"),
        ("/own/sync", "in a thread"),
        ("/own/plain", "20"),
    ],
)
def test_a_route_with_other_dependencies_is_called_by_fastapi(
    service: Service, address: str, said: str, *, is_late: bool
) -> None:
    if is_late:
        service.include_router(own_router())
    else:
        with_router(service, own_router())
    status, headers, body = asyncio.run(ask(service, address, WORD))
    assert (status, headers[b"content-type"]) == (200, b"text/plain; charset=utf-8")
    assert body.decode().startswith(said)
    assert headers[b"x-content-type-options"] == b"nosniff"
    assert asyncio.run(ask(service, address, WORD, method="POST"))[0] == 405
    assert asyncio.run(ask(service, address, WORD, method="HEAD"))[2] == b""
    assert asyncio.run(ask(service, "/own/nothing"))[0] == 404


def test_an_endpoint_is_called_directly_only_if_that_is_enough() -> None:
    routes: dict[str, Any] = {route.path: route for route in own_router().routes if hasattr(route, "path")}
    assert [path for path in routes if direct_call(routes[path]) is None] == [
        "/own/header",
        "/own/second",
        "/own/query/{name}",
        "/own/sync",
    ]


def test_a_missing_header_is_refused_with_a_problem(service: Service) -> None:
    service.include_router(own_router())
    status, headers, body = asyncio.run(ask(service, "/own/header"))
    assert (status, headers[b"content-type"]) == (422, b"application/problem+json")
    assert b"/header/x-word" in body


@pytest.mark.parametrize("is_late", [False, True], ids=["before", "added later"])
def test_an_unknown_parameter_of_a_route_that_fastapi_calls_is_named_with_the_known_ones(
    service: Service, *, is_late: bool
) -> None:
    if is_late:
        service.include_router(own_router())
    else:
        with_router(service, own_router())
    status, _, body = asyncio.run(ask(service, "/own/query/x?limt=7", WORD))
    [error] = json.loads(body)["errors"]
    assert (status, error["code"], error["did_you_mean"]) == (422, "unknown_parameter", "limit")
    assert "this address takes facet, format, limit," in error["detail"]


def test_a_response_that_depends_on_a_header_is_not_cached(service: Service) -> None:
    service.include_router(own_router())
    first = asyncio.run(ask(service, "/own/header", (b"x-word", b"one")))
    second_response = asyncio.run(ask(service, "/own/header", (b"x-word", b"two")))
    assert first[2].startswith(b"one ")
    assert second_response[2].startswith(b"two ")
    assert first[1][b"cache-control"] == b"no-store"
    assert len(service.pipeline.cache) == 0


@pytest.mark.parametrize(
    ("status", "headers"),
    [(418, {}), (409, {"X-Why": "because", "Retry-After": "7"}), (404, {}), (405, {}), (503, {}), (400, {}), (499, {})],
)
def test_an_http_exception_keeps_its_status_and_headers(service: Service, status: int, headers: dict[str, str]) -> None:
    @service.get("/own/raising")
    async def get_raising() -> Response:
        raise HTTPException(status, "what it says", headers)

    got, fields, body = asyncio.run(ask(service, "/own/raising"))
    assert got == status
    assert fields[b"content-type"] == b"application/problem+json"
    assert f'"status":{status}'.encode() in body
    assert {name.lower().encode(): value.encode() for name, value in headers.items()}.items() <= fields.items()
    assert len(service.pipeline.cache) == 0


@pytest.mark.parametrize(
    ("status", "headers"),
    [(200, {}), (204, {}), (303, {"Location": "/v1"}), (304, {"ETag": '"x"', "Cache-Control": "max-age=1"})],
)
def test_an_http_exception_that_is_not_an_error_keeps_its_status_and_headers(
    service: Service, status: int, headers: dict[str, str]
) -> None:
    @service.get("/own/raising")
    async def get_raising() -> Response:
        raise HTTPException(status, headers=headers)

    got, fields, body = asyncio.run(ask(service, "/own/raising"))
    assert (got, body) == (status, b"")
    expected = {b"cache-control": b"no-store", b"x-content-type-options": b"nosniff"}
    expected |= {name.lower().encode(): value.encode() for name, value in headers.items()}
    assert expected.items() <= fields.items()
    assert (b"content-length" in fields) is (status not in (204, 304))

    async def promise() -> None:
        async with listening(service) as (port, _):
            assert statuses(await exchange(port, request(b"/own/raising") + request(DETAIL, CLOSE))) == [status, 200]

    run(promise)


def test_a_status_without_a_name_is_sent(service: Service) -> None:
    @service.get("/own/odd")
    async def get_odd() -> Response:
        return Response("odd", status_code=299)

    @service.get("/own/raising")
    async def get_raising() -> Response:
        raise HTTPException(499, "what it says")

    async def promise() -> None:
        async with listening(service) as (port, _):
            got = await exchange(port, request(b"/own/odd") + request(b"/own/raising", CLOSE))
            assert statuses(got) == [299, 499]

    run(promise)


class Adding:
    """Middleware that adds a header."""

    def __init__(self, app: ASGIApp, value: bytes = b"yes") -> None:
        self.app, self.value = app, value

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """RawResponse with one more header."""

        async def add(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).append(NAME.decode(), self.value.decode())
            await send(message)

        await self.app(scope, receive, add)


def test_added_middleware_sees_every_request_also_those_that_are_cached(service: Service) -> None:
    service.add_middleware(Adding)

    async def promise() -> None:
        async with listening(service) as (port, _):
            one = request(DETAIL).replace(b"X-Request-ID: mine\r\n", b"")
            got = await exchange(port, one, one, one + request(b"/v1/nothing"), request(b"/docs", CLOSE))
            assert statuses(got) == [200, 200, 200, 404, 200]
            assert got.count(b"\r\nx-added: yes\r\n") == 5

    run(promise)
    assert asyncio.run(ask(service, "/v1/strains"))[1][NAME] == b"yes"


def test_middleware_that_is_added_too_late_raises(service: Service) -> None:
    asyncio.run(ask(service, "/v1"))
    with pytest.raises(RuntimeError, match="after an application has started"):
        service.add_middleware(Adding)


def test_an_override_of_a_dependency_is_honoured(service: Service) -> None:
    data = service.state.database
    service.dependency_overrides[get_database] = lambda: replace(data, dataset_version="overridden")
    assert b"overridden" in asyncio.run(ask(service, "/v1/strains?limit=3"))[2]
    assert b"overridden" in asyncio.run(ask(service, "/v1/strains/red-vein"))[2]


def test_an_override_is_honoured_though_the_response_is_cached(service: Service) -> None:
    address = "/v1/strains?limit=3"
    data = service.state.database
    before = asyncio.run(ask(service, address))[2]
    service.dependency_overrides[get_database] = lambda: replace(data, dataset_version="overridden")
    assert b"overridden" in asyncio.run(ask(service, address))[2]

    async def promise() -> None:
        async with listening(service) as (port, _):
            one = request(b"/v1/strains?limit=3").replace(b"X-Request-ID: mine\r\n", b"")
            overrides = dict(service.dependency_overrides)
            service.dependency_overrides.clear()
            assert b"overridden" not in await exchange(port, one, one, request(DETAIL, CLOSE))
            assert one in service.pipeline.known
            service.dependency_overrides.update(overrides)
            assert (await exchange(port, one, request(DETAIL, CLOSE))).count(b"overridden") == 2

    run(promise)
    service.dependency_overrides.clear()
    assert asyncio.run(ask(service, address))[2] == before


def test_adding_an_exception_handler_raises(service: Service) -> None:
    with pytest.raises(NotImplementedError, match="problem_of"):
        service.add_exception_handler(ValueError, lambda: None)
    with pytest.raises(NotImplementedError, match="problem_of"):

        @service.exception_handler(ValueError)
        async def handle(_: object, __: Exception) -> Response:
            return Response()


def test_the_service_is_a_fastapi_application(service: Service) -> None:
    assert isinstance(service, FastAPI)
    assert "/v1/strains/{slug}" in service.openapi()["paths"]


# Identifiers and log lines


def test_an_identifier_reveals_nothing_of_other_requests(app: Service) -> None:
    async def identifiers() -> list[bytes]:
        return [(await ask(app, "/v1"))[1][b"x-request-id"] for _ in range(1100)]

    found = asyncio.run(identifiers())
    assert len(set(found)) == len(found)
    assert {len(identifier) for identifier in found} == {16}
    numbers = [int(identifier, 16) for identifier in found]
    steps = {abs(after - before) for before, after in pairwise(numbers)}
    assert len(steps) == len(numbers) - 1
    # Each half, and so no part that would count, is spread over its whole range.
    assert max(number >> 32 for number in numbers) - min(number >> 32 for number in numbers) > 2**31
    assert max(number % 2**32 for number in numbers) - min(number % 2**32 for number in numbers) > 2**31


@pytest.mark.parametrize("size", [100, 3000, 1_000_000])
@pytest.mark.parametrize("character", ["y", "\0", "\N{SNAKE}"])
def test_a_log_line_is_bounded_so_that_lines_of_several_processes_never_mix(size: int, character: str) -> None:
    error = ValueError("x" * size)
    record = logging.LogRecord("app", logging.ERROR, "", 0, character * size, None, (ValueError, error, None))
    record.path = shown("/" + "z" * size, 200)
    line = JsonLines().format(record)
    assert "\n" not in line
    assert len(line) <= MAX_LINE < select.PIPE_BUF
    assert json.loads(line)["message"]


def test_the_line_of_a_request_is_bounded(database_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "app.requests")
    logged = create_app(Settings(database_path=database_path, access_log=True))
    asyncio.run(ask(logged, "/" + "a\n" * 15_000, method="M" * 10_000))
    logged.state.database.close()
    [record] = caplog.records
    assert len(JsonLines().format(record)) < 1000
