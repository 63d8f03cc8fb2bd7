"""The deployment in deploy/: nginx with its HTTP cache before two replicas. `make replicas` prints the figures."""

import asyncio
import getpass
import json
import os
import shutil
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from app.problems import Problem
from processes import wait_until
from releases import OTHER_VERSION, other_release, put, readiness
from support import DOCUMENTED, ROOT, START_SECONDS, Running, each, serving

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/bin")
CONFIGURATION = (ROOT / "deploy/nginx.conf").read_text(encoding="utf-8")
LOAD_SECONDS = float(os.environ.get("LOAD_SECONDS", "1.2"))
CLIENTS = 8
WRAPPER = """
user {user}; daemon off; worker_processes 2; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    {configuration}
}}
"""

pytestmark = [pytest.mark.skipif(NGINX is None, reason="needs nginx"), pytest.mark.slow]


@dataclass
class Site:
    """Two replicas and the cache before them."""

    origin: str
    replicas: list[Running]
    log: Path

    def cache_statuses(self) -> Counter[str]:
        """How often the cache had a response, from its log."""
        return Counter(json.loads(line)["cache"] for line in self.log.read_text(encoding="utf-8").splitlines())


def free_port() -> int:
    """A port that nobody uses."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def site(databases: Sequence[Path], folder: Path, cache_seconds: int = 300) -> Iterator[Site]:
    """The configuration of deploy/ on other ports and folders, in an nginx before two replicas, each with its file."""
    port = free_port()
    with ExitStack() as stack:
        seconds = str(cache_seconds)
        replicas = [stack.enter_context(serving(database, API_CACHE_SECONDS=seconds)) for database in databases]
        configuration = CONFIGURATION
        for before, after in (
            ("listen 8080", f"listen 127.0.0.1:{port}"),
            ("server api-1:8000", f"server 127.0.0.1:{replicas[0].port}"),
            ("server api-2:8000", f"server 127.0.0.1:{replicas[-1].port}"),
            ("/var/cache/nginx/api", str(folder / "cache")),
            ("/var/log/nginx/api.log", str(folder / "api.log")),
        ):
            assert configuration.count(before) == 1, before
            configuration = configuration.replace(before, after)
        path = folder / "nginx.conf"
        path.write_text(
            WRAPPER.format(user=getpass.getuser(), folder=folder, configuration=configuration), encoding="utf-8"
        )
        process = stack.enter_context(subprocess.Popen([str(NGINX), "-e", "stderr", "-c", str(path)]))
        stack.callback(process.terminate)
        origin = f"http://127.0.0.1:{port}"
        latest = time.monotonic() + START_SECONDS
        while True:
            with suppress(httpx.TransportError):
                if httpx.get(f"{origin}/health/ready").is_success:
                    break
            assert process.poll() is None
            assert time.monotonic() < latest
            time.sleep(0.05)
        yield Site(origin, replicas, folder / "api.log")


async def load(origin: str, addresses: tuple[str, ...], during: Callable[[], None]) -> Counter[int]:
    """The statuses of requests over some seconds; half-way through, something happens."""
    statuses: Counter[int] = Counter()
    end = time.monotonic() + LOAD_SECONDS

    async def client(number: int) -> None:
        async with httpx.AsyncClient(base_url=origin) as http:
            while time.monotonic() < end:
                for address in (*addresses[number:], *addresses[:number]):
                    statuses[(await http.get(address, headers={"Accept-Encoding": "br, gzip"})).status_code] += 1

    async def event() -> None:
        await asyncio.sleep(LOAD_SECONDS / 2)
        await asyncio.to_thread(during)

    await asyncio.gather(event(), *map(client, range(CLIENTS)))
    return statuses


def kill(replica: Running) -> None:
    """End a replica as a crash of its machine would."""
    replica.process.kill()
    replica.process.wait()


async def test_the_cache_serves_what_it_holds_and_no_killed_replica_is_noticed(
    database_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    addresses = tuple(address for address in DOCUMENTED if not address.startswith("/health"))
    # Responses go stale after a second, so that they are revalidated while the load goes on.
    with site([database_path] * 2, tmp_path, cache_seconds=1) as running:
        statuses = await load(running.origin, addresses, lambda: None)
        asked, cached = statuses.total(), running.cache_statuses()
        served = cached["HIT"] + cached["STALE"] + cached["UPDATING"] + cached["REVALIDATED"]
        report = [f"both replicas: {dict(statuses)}, from the cache {served / asked:.1%} ({dict(cached)})"]
        assert set(statuses) == {200}
        # However few requests a busy machine makes: each address has to be fetched once, or twice when two ask at once.
        assert asked - served <= 2 * len(addresses)

        statuses = await load(running.origin, addresses, lambda: kill(running.replicas[0]))
        report.append(f"one replica killed: {dict(statuses)}")
        assert set(statuses) == {200}

        statuses = await load(running.origin, addresses, lambda: kill(running.replicas[1]))
        report.append(f"both killed: {dict(statuses)}")
        assert set(statuses) == {200}

        await asyncio.sleep(1.1)  # everything is stale now
        async with httpx.AsyncClient(base_url=running.origin) as client:
            for address in each(addresses):
                response = await client.get(address, headers={"Accept-Encoding": "br, gzip"})
                assert response.status_code == 200, address
                assert response.headers["X-Cache"] in {"STALE", "UPDATING", "HIT"}, address
            # What was never requested can't be served.
            response = await client.get("/v1/strains?limit=7")
        assert (response.status_code, response.headers["Content-Type"]) == (503, "application/problem+json")
        assert response.headers["Retry-After"] == "5"
        assert Problem.model_validate(response.json()).status == 503
    with capsys.disabled():
        print(*report, sep="\n")  # noqa: T201  # for `make replicas`


def serves_the_other(replica: Running) -> bool:
    """Whether a replica serves the new release."""
    return bool(readiness(replica)["dataset_version"] == OTHER_VERSION)


async def test_a_release_replica_by_replica_fails_no_request(
    database_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = other_release(database_path, tmp_path / "other.db")
    files = [tmp_path / "first.db", tmp_path / "second.db"]
    for file in each(files):
        shutil.copy(database_path, file)

    with site(files, tmp_path, cache_seconds=1) as running:

        def release_one_after_the_other() -> None:
            for file, replica in each(zip(files, running.replicas, strict=True)):
                put(other, file)
                wait_until(partial(serves_the_other, replica))

        statuses = await load(running.origin, ("/v1/meta", "/v1/contacts", "/v1/faqs"), release_one_after_the_other)
        assert set(statuses) == {200}
        async with httpx.AsyncClient(base_url=running.origin) as client:
            await asyncio.sleep(1.1)
            await client.get("/v1/meta")  # stale, and renewed behind it
            await asyncio.sleep(0.5)
            assert (await client.get("/v1/meta")).json()["meta"]["dataset_version"] == OTHER_VERSION
    with capsys.disabled():
        print(f"released one replica after the other: {dict(statuses)}")  # noqa: T201  # for `make replicas`


@pytest.mark.parametrize(
    ("sent", "coding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("br;q=0, gzip", "gzip"),
        ("br;q=0.000, gzip;q=0", None),
        ("gzip;q=0.5", "gzip"),
        ("br;q=1.0", "br"),
        ("identity", None),
        ("brotli", None),
        ("*", "gzip"),
    ],
)
def test_the_cache_keeps_a_variant_for_each_coding_and_its_entity_tag(
    shared_site: Site, sent: str, coding: str | None
) -> None:
    for _ in range(2):
        response = httpx.get(f"{shared_site.origin}/v1/side-effects", headers={"Accept-Encoding": sent})
        assert response.headers.get("Content-Encoding") == coding
        assert response.json()["meta"]["total"] > 0

    conditional = {"Accept-Encoding": sent, "If-None-Match": response.headers["ETag"]}
    assert httpx.get(f"{shared_site.origin}/v1/side-effects", headers=conditional).status_code == 304


def test_the_cache_adds_no_identifier_of_another_request_and_never_keeps_an_error(shared_site: Site) -> None:
    identifiers = set()
    for address in ("/v1/strains", "/v1/strains", "/v1/strains/none", "/v1/strains/none"):
        response = httpx.get(shared_site.origin + address)
        (identifier,) = response.headers.get_list("X-Request-ID")
        identifiers.add(identifier)
        if response.is_error:
            assert response.json()["request_id"] == identifier
            assert response.headers["X-Cache"] == "MISS"
    assert len(identifiers) == 4


def test_a_client_of_http_1_0_needs_no_host(shared_site: Site) -> None:
    with socket.create_connection(("127.0.0.1", urlsplit(shared_site.origin).port or 0)) as client:
        client.sendall(b"GET /v1/claims?limit=1 HTTP/1.0\r\n\r\n")
        assert client.makefile("rb").readline() == b"HTTP/1.1 200 OK\r\n"


@pytest.fixture(scope="module")
def shared_site(database_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site that several tests look at."""
    # One replica in both places will do for these.
    with site([database_path], tmp_path_factory.mktemp("site")) as running:
        yield running
