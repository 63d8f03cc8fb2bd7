"""The service works at any public address: one setting, or where it is mounted, decides what its addresses begin with."""

import asyncio
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from string import ascii_lowercase
from typing import Any
from urllib.parse import quote

import pytest
from fastapi import HTTPException, Response
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.routing import Mount

from app.http.pages import MAX_MOUNTED
from app.http.prefix import MAX_PREFIX, TOP_LEVEL
from app.http.request import MAX_QUERY_BYTES
from app.main import Service, create_app
from app.problems import ECHO_LIMIT, KINDS, Problem
from app.schemas.envelopes import MAX_LINK_BYTES
from app.settings import Settings
from crawl import strings
from support import COLLECTIONS, DOCUMENT, Object, each, run
from wire import ask, exchange, listening, request
from wire import run as run_on_loop

pytestmark = pytest.mark.anyio

PUBLIC_URL = "https://api.example.org/kratom"
PREFIX = "/kratom"


@pytest.fixture(scope="module")
def plain(database_path: Path) -> Iterator[Service]:
    """A service with no public address."""
    service = create_app(Settings(database_path=database_path))
    yield service
    service.state.database.close()


@pytest.fixture(scope="module")
def public(database_path: Path) -> Iterator[Service]:
    """A service that clients reach at the public URL."""
    service = create_app(Settings(database_path=database_path, public_url=PUBLIC_URL))
    yield service
    service.state.database.close()


def got(app: Any, address: str, root_path: str = "") -> Any:
    """The JSON at an address."""
    return json.loads(asyncio.run(ask(app, address, root_path=root_path))[2])


def prefixed(value: Any) -> Any:
    """A JSON value in which the prefix stands before every string that is a path."""
    match value:
        case dict():
            return {key: prefixed(item) for key, item in value.items()}
        case list():
            return [prefixed(item) for item in value]
        case str() if value.startswith("/"):
            return PREFIX + value
    return value


async def test_only_addresses_differ_in_a_response_and_none_is_left_out(
    public: Service, bodies: dict[str, Object]
) -> None:
    for address, body in each(bodies.items()):
        status, headers, content = await ask(public, address)
        assert (status, json.loads(content)) == (200, prefixed(body)), address
        assert len(content) == int(headers[b"content-length"])
    starts = {text.split("/")[1].split("?")[0] for text in strings(list(bodies.values())) if text.startswith("/")}
    assert starts <= set(TOP_LEVEL)


# HTML pages differ in one thing: their canonical address is whole, and only the setting knows it.
@pytest.mark.parametrize("path", ["/v1", "/v1/strains?limit=1", "/v1/strains/red-vein", "/.well-known/api-catalog"])
async def test_every_way_to_a_prefix_gives_the_same_response(plain: Service, public: Service, path: str) -> None:
    mounted = Starlette(routes=[Mount(PREFIX, plain)])
    responses = [
        await ask(public, path),
        await ask(mounted, PREFIX + path),
        await ask(plain, PREFIX + path, root_path=PREFIX),
        await ask(plain, path, root_path=PREFIX),  # as servers hand it over that remove the root path
        await ask(plain, path, root_path="kratom/"),
    ]
    first = responses[0]
    for status, headers, body in each(responses):
        assert status == 200
        assert f"<{PREFIX}/" in headers[b"link"].decode()
        assert headers[b"etag"] == first[1][b"etag"]
        assert body == first[2]


async def test_responses_with_and_without_a_prefix_are_cached_separately(plain: Service) -> None:
    bare, below = await ask(plain, "/v1"), await ask(plain, "/v1", root_path=PREFIX)
    assert bare[1][b"etag"] != below[1][b"etag"]
    assert (await ask(plain, "/v1"))[2] == bare[2]
    assert (await ask(plain, "/.well-known/api-catalog"))[2] != (
        await ask(plain, "/.well-known/api-catalog", root_path=PREFIX)
    )[2]


@pytest.mark.parametrize(("public_url", "shown"), [(PUBLIC_URL, PREFIX), ("https://api.example.org", "")])
def test_the_setting_has_precedence_over_the_root_path(database_path: Path, public_url: str, shown: str) -> None:
    service = create_app(Settings(database_path=database_path, public_url=public_url))
    for path in ("/v1", "/.well-known/api-catalog", "/v1/nothing"):
        texts = [text for text in strings(got(service, f"/inner{path}", root_path="/inner")) if text.startswith("/")]
        assert {text.partition("/v1")[0] for text in texts if "/v1" in text} == {shown}
    service.state.database.close()


@pytest.mark.parametrize(
    "field", [b"host", b"x-forwarded-host", b"x-forwarded-prefix", b"x-forwarded-path", b"forwarded"]
)
@pytest.mark.parametrize("path", ["/", "/v1", "/openapi.json", "/v1/nothing"])
async def test_nothing_that_a_client_sends_changes_an_address(plain: Service, field: bytes, path: str) -> None:
    named, sent = (b"x-request-id", b"mine"), (field, b"evil.example")
    assert (await ask(plain, path, named, sent))[2] == (await ask(plain, path, named))[2]


@pytest.mark.parametrize("root_path", ["//evil.example", '/a"b', "/a b", "/<b>", "/café", "/a\r\nb", "/\\evil.example"])
def test_a_root_path_is_normalized_wherever_it_is_repeated(plain: Service, root_path: str) -> None:
    status, headers, body = asyncio.run(ask(plain, "/v1", root_path=root_path))
    expected = "/" + quote(root_path.strip("/"), safe="/")
    assert status == 200
    assert json.loads(body)["links"]["self"] == f"{expected}/v1"
    assert headers[b"link"].startswith(f"<{expected}/v1>".encode())
    assert got(plain, "/v1/nothing", root_path=root_path)["instance"] == f"{expected}/v1/nothing"


def test_a_page_that_is_replaced_is_replaced_under_every_root_path(database_path: Path) -> None:
    service = create_app(Settings(database_path=database_path))
    asyncio.run(ask(service, "/", root_path=PREFIX))
    service.pipeline.pages.add("/", Response("see /v1/new", media_type="text/html"), {})
    assert asyncio.run(ask(service, "/", root_path=PREFIX))[2] == b"see /kratom/v1/new"
    service.state.database.close()


def test_any_number_of_root_paths_takes_bounded_memory(plain: Service) -> None:
    for number in range(1, 300):
        assert f"/m{number}/v1" in asyncio.run(ask(plain, "/problems/not-found", root_path=f"/m{number}"))[2].decode()
    assert len(plain.pipeline.pages.mounted) <= MAX_MOUNTED


@pytest.mark.parametrize("path", ["/", "/docs", "/v1/strains?limit=1&vein=red", "/health/ready", "/problems/not-found"])
def test_a_proxy_may_pass_the_prefix_on(public: Service, path: str) -> None:
    removed, left = [asyncio.run(ask(public, address)) for address in (path, PREFIX + path)]
    assert left[0] == removed[0] == 200
    assert left[2] == removed[2]
    assert asyncio.run(ask(public, PREFIX + path, method="DELETE"))[0] == 405


def test_a_prefix_with_escapes_may_be_passed_on(database_path: Path) -> None:
    service = create_app(Settings(database_path=database_path, public_url="https://api.example.org/kr%C3%A4uter"))
    path, raw_path = "/kräuter/v1/strains", b"/kr%C3%A4uter/v1/strains"
    status, _, body = asyncio.run(ask(service, path, path=path, raw_path=raw_path))
    assert (status, json.loads(body)["links"]["self"]) == (200, "/kr%C3%A4uter/v1/strains")
    service.state.database.close()


def test_a_prefix_that_is_passed_on_is_removed_once(public: Service) -> None:
    problem = got(public, f"{PREFIX}{PREFIX}/v1")
    assert (problem["status"], problem["instance"]) == (404, f"{PREFIX}{PREFIX}/v1")
    assert got(public, f"{PREFIX}/v1/strains/nothing")["instance"] == f"{PREFIX}/v1/strains/nothing"


def test_a_path_of_the_service_has_precedence_over_an_equal_prefix(database_path: Path) -> None:
    service = create_app(Settings(database_path=database_path, public_url="https://api.example.org/v1"))
    for address in ("/v1", "/v1/v1"):
        assert got(service, address)["links"]["self"] == "/v1/v1"
    for address in ("/v1/strains", "/v1/v1/strains"):
        assert got(service, address)["links"]["self"] == "/v1/v1/strains"
    service.state.database.close()


def test_the_prefix_without_its_slash_is_a_404_that_names_it_with_the_slash(plain: Service, public: Service) -> None:
    # The relative links of the page would lead elsewhere.
    for problem in (got(public, PREFIX), got(plain, PREFIX, root_path=PREFIX)):
        assert (problem["status"], problem["errors"][0]["did_you_mean"]) == (404, f"{PREFIX}/")


# Problems


@pytest.mark.parametrize(
    ("path", "status"),
    [("/v1/nothing", 404), ("/v1/strains/", 404), ("/v1/strains/x", 404), ("/v1/strains?limit=0", 422), ("/V1", 404)],
)
def test_the_addresses_of_a_problem_begin_with_the_prefix(public: Service, path: str, status: int) -> None:
    problem = got(public, path)
    Problem.model_validate(problem)
    assert problem["status"] == status
    assert problem["type"].startswith(f"{PREFIX}/problems/")
    assert problem["instance"] == PREFIX + path.partition("?")[0]


@pytest.mark.parametrize("path", ["/v1/strains/", "/V1", "//v1//strains/red-vein"])
def test_a_suggested_address_has_the_prefix(public: Service, path: str) -> None:
    problem = got(public, path)
    (error,) = problem["errors"]
    assert asyncio.run(ask(public, error["did_you_mean"].removeprefix(PREFIX)))[0] == 200
    assert error["did_you_mean"].startswith(f"{PREFIX}/v1")
    assert f"did you mean {error['did_you_mean']}?" in problem["detail"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/citations/pq_mdpi", 410),
        ("/v1/citations?slug=pq_mdpi", 422),
        ("/v1/releases/nothing", 404),
        ("/v1/releases/nothing/bundle", 404),
        ("/v1/releases/2020-01-01+deadbeef/bundle", 410),
        ("/v1/changes?since=2020-01-01%2Bdeadbeef", 410),
        ("/v1/feeds/nothing", 404),
    ],
)
def test_an_address_that_a_problem_names_has_the_prefix(public: Service, path: str, status: int) -> None:
    found, headers, body = asyncio.run(ask(public, path))
    problem = json.loads(body)
    Problem.model_validate(problem)
    assert found == status
    assert f"{PREFIX}/v1/" in problem["detail"]
    texts = [headers.get(b"link", b"").decode(), *strings([problem["detail"], problem["errors"]])]
    assert not [text for text in texts if re.search(r"(?<!/kratom)/v1", text)]


def test_a_problem_repeats_what_a_client_sent_as_it_is(public: Service) -> None:
    (error,) = got(public, "/v1/strains?vein=/v1/docs")["errors"]
    assert "'/v1/docs'" in error["detail"]


@pytest.mark.parametrize(
    "sent", [b"GET /v1 HTTP/9\r\n\r\n", request(b"/v1/nothing"), b"GET /v1 HTTP/1.1\r\nbroken\r\n\r\n"]
)
def test_the_problem_of_a_malformed_request_has_the_prefix_too(plain: Service, sent: bytes) -> None:
    async def promise() -> None:
        async with listening(plain, root_path=PREFIX) as (port, _):
            head, _, body = (await exchange(port, sent, patience=1)).partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 40")
            problem = json.JSONDecoder().raw_decode(body.decode())[0]
            assert problem["type"].startswith(f"{PREFIX}/problems/")
            assert problem["instance"].startswith(f"{PREFIX}/v1")

    run_on_loop(promise)


async def test_suggestions_take_at_most_a_kilobyte_with_the_prefix(plain: Service, public: Service) -> None:
    mounted = "/" + "x" * (MAX_PREFIX - 1)
    for letter in each(ascii_lowercase):
        found = (await ask(public, f"/v1/suggest?q={letter}"))[2]
        below = (await ask(plain, f"/v1/suggest?q={letter}", root_path=mounted))[2]
        assert max(len(found), len(below)) <= 1024
        assert f'{{"self":"{PREFIX}/v1/suggest'.encode() in found
        assert f'{{"self":"{mounted}/v1/suggest'.encode() in below


# Headers and documents


def test_the_location_of_a_redirect_has_the_prefix(database_path: Path) -> None:
    service = create_app(Settings(database_path=database_path, public_url=PUBLIC_URL))

    @service.get("/moved")
    async def moved() -> None:
        raise HTTPException(307, headers={"Location": "/v1/strains"})

    status, headers, _ = asyncio.run(ask(service, "/moved"))
    assert (status, headers[b"location"]) == (307, f"{PREFIX}/v1/strains".encode())
    service.state.database.close()


async def test_a_link_header_that_only_the_prefix_makes_too_long_is_left_out(plain: Service, public: Service) -> None:
    for count in range(1, 60):
        address = "/v1/strains?slug=" + ",".join(f"some-slug-{n:03}" for n in range(count))
        short, long = [(await ask(service, address))[1].get(b"link", b"") for service in (plain, public)]
        assert len(long) <= MAX_LINK_BYTES
        if short and not long:
            break
    else:
        pytest.fail("no header was made too long")


def test_the_openapi_document_has_the_public_address_and_paths_below_it(plain: Service, public: Service) -> None:
    served = got(public, "/openapi.json")
    assert [server["url"] for server in served["servers"]] == [PUBLIC_URL]
    assert served["paths"].keys() == DOCUMENT["paths"].keys()
    assert got(plain, "/openapi.json")["servers"] == [{"url": "/", "description": "This server."}]
    below = got(plain, "/openapi.json", root_path=PREFIX)
    assert [server["url"] for server in below["servers"]] == [PREFIX]
    assert below | {"servers": served["servers"]} == served
    for path in each(COLLECTIONS):
        example = served["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["example"]
        assert example["links"]["self"].startswith(f"{PREFIX}/v1/")


# The setting


@pytest.mark.parametrize(
    ("given", "kept", "path"),
    [
        ("", "", None),
        ("https://api.example.org", "https://api.example.org", ""),
        ("https://api.example.org/", "https://api.example.org", ""),
        ("https://api.example.org/kratom/", "https://api.example.org/kratom", "/kratom"),
        ("HTTPS://api.example.org/a/b_c", "https://api.example.org/a/b_c", "/a/b_c"),
        ("http://localhost:8000/kr%C3%A4tom", "http://localhost:8000/kr%C3%A4tom", "/kr%C3%A4tom"),
        ("http://[::1]:65535/x", "http://[::1]:65535/x", "/x"),
        ("http://192.0.2.1", "http://192.0.2.1", ""),
    ],
)
def test_a_public_address_may_end_with_a_slash(given: str, kept: str, path: str | None) -> None:
    settings = Settings(public_url=given)
    assert (settings.public_url, settings.public_path) == (kept, path)


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ("api.example.org", "begin with http"),
        ("/kratom", "begin with http"),
        ("ftp://a.org", "begin with http"),
        ("https:/a.org", "begin with http"),
        ("https:a.org", "begin with http"),
        ("javascript:alert(1)", "begin with http"),
        ("https://", "host name"),
        ("https:///kratom", "host name"),
        ("https://a.org:65536", "port"),
        ("https://a.org:99999/x", "port"),
        ("https://a.org:0", "port"),
        ("https://a.org:", "port"),
        ("https://a.org:port", "port"),
        ("https://[::1", "IPv6"),
        ("https://[::zz]", "IPv6"),
        ("https://[1::2::3]", "IPv6"),
        ("https://::1", "IPv6"),
        ("https://a..org", "host name"),
        ("https://a.org?q", "query"),
        ("https://a.org/x?", "query"),
        ("https://a.org/#f", "fragment"),
        ("https://me@a.org", "user name"),
        ("https://me:secret@a.org/", "password"),
        ("https://käse.example", "ASCII"),
        ("https://a.org/a b", "ASCII"),
        ("https://a.org/a\n", "ASCII"),
        ("https://a.org//", "single slashes"),
        ("https://a.org/a//b", "single slashes"),
        ("https://a.org/../b", "path of letters"),
        ("https://a.org/.", "path of letters"),
        ('https://a.org/"x', "path of letters"),
        ("https://a.org/%zz", "path of letters"),
        ("https://a.org/" + "x" * 100, "at most 60"),
    ],
)
def test_an_invalid_public_address_is_refused(given: str, fault: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Settings(public_url=given)
    (error,) = refused.value.errors()
    assert fault in error["msg"]
    assert error["msg"].startswith("Should ")


@pytest.mark.parametrize("given", ["https://a.org:70000", "https://me:secret@a.org/x", "ftp://a.org"])
def test_the_program_says_in_one_line_why_it_does_not_start(database_path: Path, given: str) -> None:
    environment = {"API_PUBLIC_URL": given, "API_DATABASE_PATH": str(database_path), "API_PORT": "0"}
    done = run(sys.executable, "-m", "app", environment=environment)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("API_PUBLIC_URL=")
    assert ": Should " in line
    assert "secret" not in line


def test_the_longest_prefix_leaves_room_for_the_longest_addresses() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    room = {
        "a record": (schemas["Reference"]["properties"]["url"], max(map(len, COLLECTIONS)) + len("/") + 100),
        "a query": (
            schemas["PageLinks"]["properties"]["self"],
            max(map(len, COLLECTIONS)) + len("?") + MAX_QUERY_BYTES,
        ),
        "a problem": (schemas["Problem"]["properties"]["type"], max(len(kind.type) for kind in KINDS)),
        "a request": (schemas["Problem"]["properties"]["instance"], ECHO_LIMIT),
    }
    for name, (schema, longest) in each(room.items()):
        assert schema["maxLength"] >= MAX_PREFIX + longest, name
