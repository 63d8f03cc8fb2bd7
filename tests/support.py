"""Shared by the tests: the OpenAPI document and its paths, clients, the program in a process of its own, and `each`."""

import asyncio
import json
import os
import re
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar
from urllib.parse import quote, unquote

import httpx
import pytest

from app.content.check import check_seed
from app.content.faults import SeedFaultsError
from app.main import Service

Object = dict[str, Any]
Headers = Sequence[tuple[str, str]]
Place = tuple[str | int, ...]
T = TypeVar("T")

ROOT = Path(__file__).parents[1]
SEED = ROOT / "data/seed.json"


def earlier_database() -> bytes:
    """The smallest file that a build recognises as a database of this service."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE alembic_version (version_num)")
        connection.execute("CREATE TABLE release (dataset_version, content_hash, coverage)")
        return connection.serialize()


OLD = earlier_database()
NOBODY = 65534
CONNECTIONS = 200
START_SECONDS = 60
STOP_SECONDS = 15


def each(things: Iterable[T]) -> tuple[T, ...]:
    """The items to loop over, at least one: a loop over nothing would pass without a check."""
    found = tuple(things)
    assert found, "there is nothing here to loop over, so nothing would be checked"
    return found


# The OpenAPI document, which a test keeps equal to the one the application derives, and the addresses in it.

DOCUMENT: Object = json.loads((ROOT / "openapi.json").read_text(encoding="utf-8"))
PATHS: Object = DOCUMENT["paths"]
PAGING = ("view", "format", "limit", "offset", "sort", "facet", "q")
RESOURCE = "/v1/strains"
UNKNOWN_RECORD = "/v1/strains/no-such-strain"
UNKNOWN = ("/v1/nothing", UNKNOWN_RECORD, "/V1", "/v1/", "/health", "/docs/x")
PAGES = (
    *("/", "/docs", "/openapi.json", "/problems", "/problems/not-found"),
    *("/.well-known/api-catalog", "/robots.txt", "/favicon.ico"),
)


def resolved(value: Object) -> Object:
    """A schema or a parameter of the document, or what its reference leads to."""
    while "$ref" in value:
        *_, kind, name = value["$ref"].split("/")
        value = DOCUMENT["components"][kind][name]
    return value


def filled(path: str, value: str) -> str:
    """A path of the document with a value for its parameter."""
    return re.sub(r"\{\w+\}", lambda _: value, path)


def answered(path: str) -> str:
    """A path of the document with the slug and the query that it requires."""
    parameters = map(resolved, PATHS[path]["get"].get("parameters", []))
    required = {parameter["name"]: parameter for parameter in parameters if parameter.get("required")}
    in_path = next((required.pop(name)["example"] for name, p in list(required.items()) if p["in"] == "path"), "")
    query = "&".join(f"{name}={quote(parameter['example'])}" for name, parameter in required.items())
    return filled(path, in_path) + (f"?{query}" if query else "")


def extended(address: str, query: str) -> str:
    """An address with more of a query."""
    return f"{address}{'&' if '?' in address else '?'}{query}"


DOCUMENTED = tuple(map(answered, PATHS))
ADDRESSES = (*DOCUMENTED, *PAGES)


def query_parameters(path: str) -> dict[str, Object]:
    """The query parameters an address takes, by name."""
    parameters = map(resolved, PATHS[path]["get"].get("parameters", []))
    return {
        parameter["name"]: parameter | {"schema": parameter["schema"] | resolved(parameter["schema"])}
        for parameter in parameters
        if parameter["in"] == "query"
    }


COLLECTIONS = tuple(path for path in PATHS if f"{path}/{{slug}}" in PATHS and "offset" in query_parameters(path))
FILTERS = tuple((path, name) for path in COLLECTIONS for name in query_parameters(path) if name not in PAGING)

SUMMARIES = {path: f"/v1/summaries/{path.removeprefix('/v1/')}" for path in COLLECTIONS}
"""The path of the brief view of each collection."""

each_address = pytest.mark.parametrize("path", ADDRESSES)
each_collection = pytest.mark.parametrize("path", COLLECTIONS)
each_path = pytest.mark.parametrize("path", tuple(PATHS))


def record_schema(path: str) -> Object:
    """The schema of a record of a collection."""
    page = resolved(PATHS[path]["get"]["responses"]["200"]["content"]["application/json"]["schema"])
    return resolved(page["properties"]["data"]["items"])


def values_of(record: Object, name: str) -> list[Any]:
    """The values of a record that a filter looks at; a filter over a list may be named in the singular."""
    value = next(record[field] for field in (name, f"{name}s", f"{name}es") if field in record)
    return value if isinstance(value, list) else [value]


def filter_values(path: str, name: str, records: list[Object]) -> list[Any]:
    """The values to try: all that the document names, else all that occur."""
    schema = query_parameters(path)[name]["schema"]
    if schema["type"] == "boolean":
        return [True, False]
    listed: list[Any] | None = resolved(schema["items"]).get("enum")
    if name in PAGING:
        assert listed, f"{name} of {path} lists no values"
        return listed
    found = {value: None for record in records for value in values_of(record, name) if value is not None}
    if listed:
        assert found.keys() <= set(listed)
    return listed or list(found)


def written(value: Any) -> str:
    """A value as a query has it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def slugs(records: list[Object]) -> list[str]:
    """The slugs of records, in order."""
    return [record["slug"] for record in records]


def walk(value: Any) -> Iterator[Object]:
    """Every object in a JSON value, at any depth."""
    if isinstance(value, dict):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from walk(item)


def example_of(path: str, records: dict[str, list[Object]]) -> str:
    """A path of the document with a true slug in it."""
    if "{slug}" in path:
        return filled(path, records[path.removesuffix("/{slug}")][0]["slug"])
    return answered(path).partition("?")[0]


async def fetch(client: httpx.AsyncClient, address: str) -> Object:
    """The body of a successful response."""
    response = await client.get(address)
    assert response.status_code == 200, f"{address}: {response.text}"
    body: Object = response.json()
    return body


async def select(client: httpx.AsyncClient, path: str, **query: str) -> list[Object]:
    """Every record that matches a query, over all pages."""
    records: list[Object] = []
    asked = "&".join(f"{name}={quote(value, safe=',')}" for name, value in query.items())
    address: str | None = f"{path}?limit=100&{asked}".rstrip("&")
    while address:
        page = await fetch(client, address)
        records += page["data"]
        address = page["links"]["next"]
    assert len(records) == page["meta"]["total"]
    return records


async def refused(client: httpx.AsyncClient, address: str, name: str) -> Object:
    """The error of a request that is refused because of one parameter."""
    response = await client.get(address)
    assert response.status_code == 422, f"{address}: {response.text[:300]}"
    assert response.headers["Content-Type"] == "application/problem+json"
    errors = [error for error in response.json()["errors"] if error["pointer"] == f"/query/{name}"]
    assert errors, response.text
    error: Object = errors[0]
    return error


def link_header(response: httpx.Response) -> dict[str, str]:
    """The links of the `Link` header to other responses of the API, by relation."""
    found = re.findall(r'<([^>]*)>; rel="([^"]*)"(?!;)', response.headers["Link"])
    return {relation: url for url, relation in found}


@dataclass(frozen=True)
class RawResponse:
    """A response."""

    status: int
    lines: list[tuple[str, str]]
    body: bytes

    @property
    def headers(self) -> dict[str, str]:
        """The header fields, each of which may occur once."""
        names = [name for name, _ in self.lines]
        assert len(names) == len(set(names)), f"a header is there twice: {names}"
        return dict(self.lines)

    @property
    def problem(self) -> dict[str, Any]:
        """The problem in the body."""
        assert self.headers["content-type"] == "application/problem+json"
        found: dict[str, Any] = json.loads(self.body)
        assert found["status"] == self.status
        return found


Ask = Callable[..., Awaitable[RawResponse]]


async def raw_response(
    app: Service,
    address: str,
    headers: Headers = (),
    *,
    method: str = "GET",
    host: str | None = "test",
    version: str = "1.1",
    scheme: str = "http",
    client: str = "192.0.2.1",
) -> RawResponse:
    """The response to an ASGI scope, which may contain requests that no client library would send."""
    path, _, query = address.partition("?")
    fields = [("host", host), *headers] if host is not None else list(headers)
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": version,
        "method": method,
        "scheme": scheme,
        "path": unquote(path),
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in fields],
        "client": (client, 5000),
        "server": ("192.0.2.2", 80),
    }
    start: dict[str, Any] = {}
    body = b""

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        nonlocal body
        if message["type"] == "http.response.start":
            start.update(message)
        else:
            body += message.get("body", b"")

    await app(scope, receive, send)
    return RawResponse(start["status"], [(name.decode(), value.decode()) for name, value in start["headers"]], body)


def run(
    *command: str | Path, cwd: Path = ROOT, environment: Mapping[str, str] = MappingProxyType({})
) -> subprocess.CompletedProcess[str]:
    """The result of a command that ends by itself."""
    variables = {**os.environ, **environment}
    return subprocess.run(list(map(str, command)), cwd=cwd, env=variables, capture_output=True, text=True, check=False)


@dataclass(frozen=True)
class Running:
    """The program while it serves."""

    port: int
    process: subprocess.Popen[bytes]

    @property
    def origin(self) -> str:
        """The beginning of its addresses."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def is_ready(self) -> bool:
        """Whether it is ready."""
        try:
            return httpx.get(f"{self.origin}/health/ready").is_success
        except httpx.TransportError:
            return False

    async def get(self, address: str) -> tuple[int, bytes] | None:
        """Status and whole body over a socket of its own; None without a response."""
        # A client library's pool takes longer over hundreds of connections than the service does.
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except ConnectionError:
            return None
        try:
            writer.write(f"GET {address} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
            received = await reader.read()
        except ConnectionError:
            return None
        finally:
            writer.close()
        if not received:
            return None
        head, _, body = received.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").lower().split("\r\n")
        fields = dict(line.split(": ", 1) for line in lines)
        assert len(body) == int(fields["content-length"]), f"{address} was broken off"
        return int(first.split()[1]), body

    async def get_all(self, addresses: Iterable[str]) -> list[tuple[int, bytes] | None]:
        """The responses to concurrent requests, in order."""
        slots = asyncio.Semaphore(CONNECTIONS)

        async def one(address: str) -> tuple[int, bytes] | None:
            async with slots:
                return await self.get(address)

        return await asyncio.gather(*map(one, addresses))


@contextmanager
def starting(
    database_path: Path, log: Path = Path(os.devnull), program: Sequence[str] = ("-m", "app"), **settings: str
) -> Iterator[Running]:
    """The program in a process of its own, on a free port and with these settings; stopped at the end."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    environment = os.environ | {"API_PORT": str(port), "API_DATABASE_PATH": str(database_path), **settings}
    with (
        log.open("ab") as written_log,
        subprocess.Popen([sys.executable, *program], cwd=ROOT, env=environment, stderr=written_log) as process,
    ):
        try:
            yield Running(port, process)
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


@contextmanager
def serving(
    database_path: Path, log: Path = Path(os.devnull), program: Sequence[str] = ("-m", "app"), **settings: str
) -> Iterator[Running]:
    """The same, once it serves."""
    with starting(database_path, log, program, **settings) as running:
        latest = time.monotonic() + START_SECONDS
        while not running.is_ready:
            assert running.process.poll() is None, "the program ended before it served"
            assert time.monotonic() < latest, f"the program did not serve within {START_SECONDS} s"
            time.sleep(0.05)
        yield running


# The seed and the file


def build_command(seed: Path, database: Path, *options: str) -> list[str]:
    """The command that builds a file, with options of Python itself."""
    arguments = ["--quick", "--seed", str(seed), "--database", str(database)]
    return [sys.executable, *options, "-m", "app.content", "build", *arguments]


def faults_of(data: Any) -> list[str]:
    """The faults of a seed, given as bytes or as parsed JSON."""
    try:
        check_seed(data if isinstance(data, bytes) else json.dumps(data).encode())
    except SeedFaultsError as error:
        return error.faults
    return []
