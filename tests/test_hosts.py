"""The application under other servers: it relies only on what ASGI guarantees."""

import asyncio
import base64
import contextlib
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import uvicorn
from mangum import Mangum
from starlette.applications import Starlette
from starlette.routing import Mount

from app.main import Service, create_app
from app.pages.assets import ASSETS
from app.problems import KINDS
from app.settings import Settings
from crawl import crawl
from wire import ask

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]


def check(get: Callable[..., Any], prefix: str = "", root_path: str = "") -> None:
    """Request one response of each kind; its addresses begin with the prefix, or with the root path of the server."""
    assert get(f"{prefix}/health/live").json() == {"status": "ok"}
    assert get(f"{prefix}/docs").headers["content-type"].startswith("text/html")
    first, second = get(f"{prefix}/v1/strains?limit=1").json(), get(f"{prefix}/v1/strains?limit=2").json()
    assert (len(first["data"]), len(second["data"])) == (1, 2)
    assert get(f"{prefix}/v1/strains?limit=1").json() == first
    slug = first["data"][0]["slug"]
    detail = get(f"{prefix}/v1/strains/{slug}")
    assert detail.json()["data"]["slug"] == slug
    again = get(f"{prefix}/v1/strains/{slug}", headers={"If-None-Match": detail.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert get(f"{prefix}/v1/strains?nope=1").status_code == 422
    missing = get(f"{prefix}/v1/strains/no-such")
    assert (missing.status_code, missing.json()["instance"]) == (404, f"{root_path or prefix}/v1/strains/no-such")
    assert get(missing.json()["type"].removeprefix(root_path)).status_code == 200
    assert missing.headers["x-request-id"] == missing.json()["request_id"]


def proxied(address: str, prefix: str) -> str:
    """An address as a proxy passes it on that removes the prefix."""
    assert address.startswith(f"{prefix}/"), f"{address} is not behind the proxy"
    return address.removeprefix(prefix)


def assert_complete(found: dict[str, httpx.Response], prefix: str) -> None:
    """Assert that links have led to every record and every page, and that the OpenAPI document leads there too."""
    document = found[f"{prefix}/openapi.json"].json()
    server = urlsplit(document["servers"][0]["url"]).path
    assert {server + path for path in document["paths"] if "{" not in path} <= {
        urlsplit(address).path for address in found
    }
    assert {f"{prefix}/{asset.address}" for asset in ASSETS.values()} <= found.keys()
    assert {f"{prefix}/problems/{kind.slug}" for kind in KINDS} <= found.keys()
    assert len(found) > 300


def free_port() -> int:
    """A free port."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def wait_for(port: int, ended: Callable[[], bool], path: str = "/health/live") -> None:
    """Wait until a server responds."""
    latest = time.monotonic() + 30
    while True:
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"http://127.0.0.1:{port}{path}").is_success:
                return
        assert not ended(), "the server ended before it served"
        assert time.monotonic() < latest, "the server did not serve in time"
        time.sleep(0.1)


@pytest.fixture
def service(database_path: Path) -> Iterator[Service]:
    """A service whose cache is empty."""
    fresh = create_app(Settings(database_path=database_path))
    yield fresh
    fresh.state.database.close()


@contextmanager
def uvicorn_serving(app: Any, **options: Any) -> Iterator[int]:
    """An application under uvicorn with its own protocol."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, **options))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        latest = time.monotonic() + 20
        while not server.started:
            assert thread.is_alive()
            assert time.monotonic() < latest
            time.sleep(0.02)
        yield port
    finally:
        server.should_exit = True
        thread.join(20)


@pytest.mark.parametrize("options", [{}, {"lifespan": "on"}, {"http": "h11"}, {"http": "httptools", "lifespan": "off"}])
def test_it_responds_under_uvicorn_with_its_own_protocols(service: Service, options: dict[str, Any]) -> None:
    with uvicorn_serving(service, **options) as port, httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
        check(client.get)


def test_it_responds_under_uvicorn_with_a_root_path(service: Service) -> None:
    with (
        uvicorn_serving(service, root_path="/api") as port,
        httpx.Client(base_url=f"http://127.0.0.1:{port}") as client,
    ):
        check(client.get, root_path="/api")


def test_every_link_holds_under_uvicorn_behind_a_proxy_that_removes_the_root_path(service: Service) -> None:
    with (
        uvicorn_serving(service, root_path="/api") as port,
        httpx.Client(base_url=f"http://127.0.0.1:{port}") as client,
    ):
        found = crawl(lambda address: client.get(proxied(address, "/api")), "/api/", "/api/v1")
    assert_complete(found, "/api")


@pytest.mark.parametrize("prefix", ["/kratom", "/deep/er"])
def test_it_responds_when_mounted_in_another_application(service: Service, prefix: str) -> None:
    outer = Starlette(routes=[Mount(prefix, service)])
    with uvicorn_serving(outer) as port, httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
        check(client.get, prefix)
        assert client.get("/v1/strains").status_code == 404


def test_every_link_holds_when_mounted_in_another_application(service: Service) -> None:
    outer = Starlette(routes=[Mount("/deep/er", service)])
    with uvicorn_serving(outer) as port, httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
        assert_complete(crawl(client.get, "/deep/er/", "/deep/er/v1"), "/deep/er")


def test_it_responds_under_the_test_client_with_its_lifespan(service: Service) -> None:
    begun: list[str] = []

    @asynccontextmanager
    async def lifespan(_: object) -> AsyncIterator[dict[str, str]]:
        begun.append("begun")
        yield {"key": "value"}
        begun.append("ended")

    service.router.lifespan_context = lifespan
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*httpx", category=Warning)
        from starlette.testclient import TestClient  # noqa: PLC0415  # it warns when it is imported

        with TestClient(service) as client:
            assert begun == ["begun"]
            check(client.get)
    assert begun == ["begun", "ended"]


@pytest.mark.parametrize("left_out", [["raw_path"], ["root_path"], ["raw_path", "root_path", "client", "server"]])
def test_optional_keys_of_an_asgi_scope_may_be_missing(service: Service, left_out: list[str]) -> None:
    scope: dict[str, Any] = dict.fromkeys(left_out)
    assert asyncio.run(ask(service, "/v1/strains?limit=2", **scope))[0] == 200
    assert asyncio.run(ask(service, "/v1/strains/red-vein", **scope))[0] == 200
    assert asyncio.run(ask(service, "/v1/nothing", **scope))[0] == 404
    assert asyncio.run(ask(service, "/docs", **scope))[0] == 200


@pytest.mark.parametrize(("version", "status"), [("1.0", 200), ("1", 200), ("1.1", 400), ("2", 400)])
def test_only_http_1_0_needs_no_host_however_a_server_writes_the_version(
    service: Service, version: str, status: int
) -> None:
    assert asyncio.run(ask(service, "/v1", http_version=version, headers=[]))[0] == status


@pytest.mark.parametrize("path", ["/\ud800", "/strains/\udfff", "/v1/strains/red-vein\ud83d"])
def test_a_lone_surrogate_in_a_path_is_a_404(service: Service, path: str) -> None:
    for accepted in (b"text/html", b"application/json"):
        assert asyncio.run(ask(service, "/", (b"accept", accepted), path=path, raw_path=None))[0] == 404


@pytest.mark.parametrize(("path", "status"), [("/v1/suggest", 422), ("/v1", 200), ("/nothing", 404)])
def test_half_a_character_in_a_root_path_causes_no_failure(service: Service, path: str, status: int) -> None:
    mounted = "/\ud800"
    assert asyncio.run(ask(service, "/", path=mounted + path, raw_path=None, root_path=mounted))[0] == status


@contextmanager
def process_serving(database_path: Path, port: int, *command: str, public_url: str = "") -> Iterator[None]:
    """A server started by a command; SIGTERM ends it."""
    settings = {"API_DATABASE_PATH": str(database_path), "API_PORT": str(port), "API_PUBLIC_URL": public_url}
    environment = os.environ | settings
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            wait_for(port, lambda: process.poll() is not None)
            yield
        finally:
            process.terminate()
            process.wait(20)


HOSTS = {
    "hypercorn": ("app.main:create_app()", "--bind", "127.0.0.1:{port}"),
    "granian": ("app.main:create_app", "--factory", "--interface", "asgi", "--port", "{port}"),
    "uvicorn": ("app.main:create_app", "--factory", "--port", "{port}"),
}


@pytest.mark.parametrize("host", HOSTS)
def test_it_responds_under_other_servers(database_path: Path, host: str) -> None:
    port = free_port()
    arguments = [argument.replace("{port}", str(port)) for argument in HOSTS[host]]
    with (
        process_serving(database_path, port, sys.executable, "-m", host, *arguments),
        httpx.Client(base_url=f"http://127.0.0.1:{port}") as client,
    ):
        check(client.get)


def test_it_responds_under_mangum(service: Service) -> None:
    # It makes a loop, and leaves it open, unless there is one.
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    handler: Any = Mangum(service, lifespan="off")

    def get(address: str, headers: dict[str, str] | None = None) -> httpx.Response:
        path, _, query = address.partition("?")
        event = {
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": path,
            "rawQueryString": query,
            "headers": {"host": "example.org", **(headers or {})},
            "requestContext": {
                "http": {"method": "GET", "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1"},
                "domainName": "example.org",
            },
            "isBase64Encoded": False,
        }
        got = handler(event, None)
        body = base64.b64decode(got["body"]) if got["isBase64Encoded"] else got["body"].encode()
        kept = {name: value for name, value in got["headers"].items() if name != "content-encoding"}
        return httpx.Response(got["statusCode"], headers=kept, content=body)

    try:
        check(get)
    finally:
        asyncio.set_event_loop(None)
        loop.close()


NGINX = """
daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
    uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
    upstream service {{ server 127.0.0.1:{upstream}; keepalive 4; }}
    server {{
        listen 127.0.0.1:{port};
        location /kratom/ {{
            proxy_pass http://service{removed}; proxy_http_version 1.1; proxy_set_header Connection "";
            proxy_set_header Host $host;
        }}
    }}
}}
"""


@pytest.mark.skipif(shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/bin") is None, reason="needs nginx")
@pytest.mark.parametrize("removed", ["/", ""], ids=["which removes it", "which leaves it in place"])
def test_it_responds_behind_nginx_with_a_sub_path(database_path: Path, tmp_path: Path, removed: str) -> None:
    nginx = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/bin")
    upstream, port = free_port(), free_port()
    configuration = tmp_path / "nginx.conf"
    configuration.write_text(NGINX.format(folder=tmp_path, upstream=upstream, port=port, removed=removed))
    public_url = f"http://127.0.0.1:{port}/kratom"
    with (
        process_serving(database_path, upstream, sys.executable, "-m", "app", public_url=public_url),
        subprocess.Popen([str(nginx), "-c", str(configuration)], stderr=subprocess.DEVNULL) as process,
    ):
        try:
            wait_for(port, lambda: process.poll() is not None, "/kratom/health/live")
            with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
                check(client.get, "/kratom")
                found = crawl(client.get, "/kratom/", "/kratom/v1")
                assert_complete(found, "/kratom")
                assert found["/kratom/openapi.json"].json()["servers"][0]["url"] == public_url
                # Refused requests, and bodies that hold one, mark no upstream as dead.
                body = b"GET / RTSP/1.0\r\n\r\n"
                got = [
                    (client.request("GET", "/kratom/v1/meta", content=body), client.post("/kratom/v1", content=body))
                    for _ in range(10)
                ]
                assert [(first.status_code, second.status_code) for first, second in got] == [(200, 405)] * 10
                check(client.get, "/kratom")
        finally:
            process.terminate()
