"""Errors: one format, little of the client's input, no internals."""

import json
import logging
import re
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it comes without types

import app.database
from app.main import Service, create_app
from app.problems import KINDS
from app.settings import Settings
from support import DOCUMENT, each

pytestmark = pytest.mark.anyio

PROBLEM = Draft202012Validator(
    {"$ref": "#/components/schemas/Problem", "components": DOCUMENT["components"], "unevaluatedProperties": False}
)
MOST_BYTES = 8 * 1024
ECHO = 80
INTERNALS = re.compile(
    r"traceback|sqlite|select |sqlalchemy|pydantic|starlette|fastapi|uvicorn|python|\.py\b|\.db\b|object at 0x|/app/",
    re.IGNORECASE,
)


def problem_of(response: httpx.Response, status: int) -> dict[str, Any]:
    """The problem of a response, after checking what holds for every problem."""
    assert response.status_code == status, response.text[:300]
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.headers["Cache-Control"] == "no-store"
    assert len(response.content) < MOST_BYTES
    problem: dict[str, Any] = response.json()
    assert not list(PROBLEM.iter_errors(problem))
    assert problem["status"] == status
    assert problem["request_id"] == response.headers["X-Request-ID"]
    assert not INTERNALS.search(response.text), response.text
    for error in problem["errors"]:
        assert re.fullmatch(r"(?:/(?:[^~/]|~[01])*)*", error["pointer"])
    return problem


@asynccontextmanager
async def service_of_its_own(database_path: Path, **settings: Any) -> AsyncIterator[tuple[Service, httpx.AsyncClient]]:
    """A service that a test may break, and a client of it."""
    service = create_app(Settings(database_path=database_path, **settings))
    transport = httpx.ASGITransport(app=service)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield service, client
    service.state.database.close()


@contextmanager
def unreadable(service: Service) -> Iterator[None]:
    """SQLite refuses every statement while this lasts."""
    driver: sqlite3.Connection = service.state.database.driver
    driver.set_authorizer(lambda *_: sqlite3.SQLITE_DENY)
    yield
    driver.set_authorizer(None)


# Shape


@pytest.mark.parametrize(
    ("status", "request_of"),
    [
        (400, {"url": "/v1/strains", "headers": {"Host": "a/b"}}),
        (400, {"url": "/v1/strains", "headers": {"If-None-Match": "x" * 9000}}),
        (404, {"url": "/v1/nothing"}),
        (404, {"url": "/v1/strains/no-such-strain"}),
        (404, {"url": "/problems/no-such-problem"}),
        (404, {"url": "/v1/strains/"}),
        (405, {"url": "/v1/strains", "method": "POST", "content": b'{"name": "x"}'}),
        (405, {"url": "/", "method": "DELETE"}),
        (406, {"url": "/v1/strains", "headers": {"Accept": "image/png"}}),
        (412, {"url": "/v1/strains", "headers": {"If-Match": '"x"'}}),
        (422, {"url": "/v1/strains?limit=0"}),
        (422, {"url": "/v1/strains?limt=5&sort=nam&vein=rde"}),
        (422, {"url": "/v1/strains/red-vein?limit=5"}),
    ],
    ids=lambda value: json.dumps(value, default=str)[:60],
)
async def test_every_error_has_the_documented_shape(
    status: int, request_of: dict[str, Any], client: httpx.AsyncClient
) -> None:
    problem = problem_of(await client.request(**{"method": "GET", **request_of}), status)
    assert problem["instance"] == request_of["url"].partition("?")[0]
    page = await client.get(problem["type"])
    assert page.status_code == 200
    assert problem["title"] in page.text


async def test_every_kind_of_problem_is_explained(client: httpx.AsyncClient) -> None:
    index = (await client.get("/problems")).text
    for kind in each(KINDS):
        page = await client.get(f"/problems/{kind.slug}")
        assert page.status_code == 200
        assert kind.title in page.text
        assert f'href="problems/{kind.slug}"' in index


async def test_each_fault_of_a_request_is_listed_with_its_place_and_a_suggestion(client: httpx.AsyncClient) -> None:
    problem = problem_of(await client.get("/v1/strains?limt=5&sort=nam&vein=red,blu&offset=-1"), 422)
    told = {error["pointer"]: (error["code"], error["did_you_mean"]) for error in problem["errors"]}
    assert told == {
        "/query/limt": ("unknown_parameter", "limit"),
        "/query/sort": ("literal_error", "name"),
        "/query/vein": ("enum", None),
        "/query/offset": ("greater_than_equal", None),
    }
    assert problem["detail"] == "4 things are wrong with the parameters."


async def test_a_single_fault_is_the_detail_of_the_problem(client: httpx.AsyncClient) -> None:
    problem = problem_of(await client.get("/v1/strains?limit=500"), 422)
    assert problem["detail"] == problem["errors"][0]["detail"]
    assert "'limit'" in problem["detail"]
    assert "100" in problem["detail"]


async def test_only_the_first_faults_are_listed_and_all_are_counted(client: httpx.AsyncClient) -> None:
    problem = problem_of(await client.get("/v1/strains?" + "&".join(f"x{n}=1" for n in range(40))), 422)
    assert len(problem["errors"]) == 10
    assert problem["detail"] == "40 things are wrong with the parameters; the first 10 are named."


# Size


HUGE = {
    "letters": "x",
    "backslashes": "\\",
    "quotes": '"',
    "angle brackets": "<",
    "emoji": "\N{HOT PEPPER}",
    "accents": "é",
    "invisible": "\u202e",
    "tildes": "~",
    "signs": "%",
}


@pytest.mark.parametrize("kind", HUGE)
async def test_an_error_stays_small_and_repeats_little_of_a_huge_request(kind: str, client: httpx.AsyncClient) -> None:
    piece = httpx.QueryParams({"a": HUGE[kind]})
    unit = str(piece).removeprefix("a=")
    most = 4000 // len(unit)
    many = "&".join(f"{unit * 60}{n}={unit * 5}" for n in range(4000 // (len(unit) * 66)))
    addresses = [
        f"/v1/nothing/{unit * 20_000 if len(unit) == 1 else unit * 4000}",
        f"/v1/citations/{unit * 4000}",
        f"/v1/jurisdictions?{many}",
        f"/v1/jurisdictions?limit={unit * most}",
        f"/v1/jurisdictions?{unit * most}=1",
        f"/v1/jurisdictions?code={unit * most}",
        f"/v1/jurisdictions?sort={unit * most}",
        f"/v1/jurisdictions?minimum_age={unit * most}",
        f"/v1/jurisdictions?kcpa={unit * most}",
        f"/v1/jurisdictions?{unit * 2000}",
        "/v1/jurisdictions?"
        + "&".join(f"{n}={unit * 20}" for n in ("limit", "offset", "sort", "slug", "code", "level", "status", "kcpa")),
        f"/v1/jurisdictions?slug={','.join([unit * 8 + '!'] * 50)}",
    ]
    for address in each(addresses):
        response = await client.get(address)
        problem_of(response, response.status_code)
        assert response.status_code in {404, 422}
        # Escaped for JSON, a piece takes up to four times its length.
        written = json.dumps(response.json(), ensure_ascii=False)
        if kind != "backslashes":
            repeated = re.findall(re.escape(HUGE[kind]) + "{2,}", written)
            assert [run for run in repeated if len(run.encode()) > ECHO] == [], address[:40]


@pytest.mark.parametrize("name", ["Host", "Accept", "X-Request-ID", "If-Match", "Origin", "Cookie", "X-Anything"])
async def test_a_huge_header_is_not_repeated(name: str, client: httpx.AsyncClient) -> None:
    for value in ("/" * 50_000, "z" * 50_000):
        for path in ("/v1/strains", "/v1/nothing"):
            response = await client.get(path, headers={name: value})
            if response.status_code != 200:
                problem_of(response, response.status_code)
            assert value[:ECHO] not in response.text
            assert all(value[:ECHO] not in line for line in each(response.headers.values()))


@pytest.mark.parametrize(
    "text",
    ["<script>alert(1)</script>", "%0d%0aSet-Cookie:%20a=b", "%00", "%1b[31m", "%e2%80%ae", "${jndi:x}", "%f0%9f"],
)
async def test_input_that_an_error_repeats_is_plain_text_in_json_and_never_a_header(
    text: str, client: httpx.AsyncClient
) -> None:
    for address in (f"/v1/{text}", f"/v1/strains/{text}", f"/v1/strains?{text}=1", f"/v1/strains?vein={text}"):
        response = await client.get(address)
        problem = problem_of(response, response.status_code)
        assert response.status_code in {404, 422}
        assert "set-cookie" not in response.headers
        assert re.fullmatch(r"/[!-;=?-~]*", problem["instance"])
        told = [problem["detail"], *(error[key] for error in problem["errors"] for key in ("detail", "pointer"))]
        assert all(part.isprintable() for part in each(told))


# Faults


async def test_an_unexpected_failure_is_a_problem_with_its_request_logged_once(
    database_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail() -> None:
        raise RuntimeError("secret of the inside")

    async with service_of_its_own(database_path) as (service, client):
        service.add_api_route("/v1/failing", fail)
        for method in ("GET", "HEAD"):
            caplog.clear()
            response = await client.request(method, "/v1/failing", headers={"X-Request-ID": "trace-me"})
            assert response.status_code == 500
            assert response.headers["X-Content-Type-Options"] == "nosniff"
            assert response.headers["Access-Control-Allow-Origin"] == "*"
            events = [record for record in caplog.records if record.levelno >= logging.WARNING]
            assert [getattr(event, "request_id", None) for event in events] == ["trace-me"]
            assert events[0].exc_info
        problem = problem_of(await client.get("/v1/failing"), 500)
        assert "secret" not in json.dumps(problem)
        assert (await client.get("/v1/strains")).status_code == 200


async def test_an_unreadable_database_is_a_503_with_retry_after(
    database_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with service_of_its_own(database_path, cache_bytes=0) as (service, client):
        whole = (await client.get("/v1/strains?vein=red")).content
        with unreadable(service):
            for path in ("/v1/strains?vein=red", "/v1/strains/red-vein", "/v1/strains/no-such-strain", "/health/ready"):
                caplog.clear()
                response = await client.get(path)
                problem_of(response, 503)
                assert int(response.headers["Retry-After"]) > 0
                assert len([record for record in caplog.records if record.levelno >= logging.ERROR]) == 1
            # The process itself works: restarting it would not help.
            assert (await client.get("/health/live")).status_code == 200
        assert (await client.get("/v1/strains?vein=red")).content == whole
        assert (await client.get("/health/ready")).status_code == 200


async def test_cached_responses_are_still_served_while_the_database_fails(database_path: Path) -> None:
    async with service_of_its_own(database_path) as (service, client):
        whole = await client.get("/v1/strains")
        with unreadable(service):
            assert (await client.get("/v1/strains")).content == whole.content
            problem_of(await client.get("/v1/strains?limit=1"), 503)
        assert (await client.get("/v1/strains?limit=1")).status_code == 200


async def test_a_query_that_takes_too_long_is_interrupted(database_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with service_of_its_own(database_path, cache_bytes=0) as (_, client):
        monkeypatch.setattr(app.database, "QUERY_SECONDS", -1.0)
        monkeypatch.setattr(app.database, "QUERY_STEPS", 1)
        problem_of(await client.get("/v1/strains"), 503)
        monkeypatch.undo()
        assert (await client.get("/v1/strains")).status_code == 200
