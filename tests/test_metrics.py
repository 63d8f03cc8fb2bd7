"""Metrics: what was served is counted by route, on an address of its own, and nothing tells who asked for what."""

import asyncio
import re
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from app.metrics import BUCKETS, Metrics, serve_metrics
from support import Running, serving

pytestmark = pytest.mark.slow

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def free_ports(count: int) -> int:
    """The first of several ports in a row that nobody uses."""
    while True:
        with ExitStack() as stack:
            port: int = stack.enter_context(socket.create_server(("127.0.0.1", 0))).getsockname()[1]
            try:
                for number in range(1, count):
                    stack.enter_context(socket.create_server(("127.0.0.1", port + number)))
            except OSError:
                continue
            return port


def scraped(port: int) -> Samples:
    """What Prometheus would read."""
    response = httpx.get(f"http://127.0.0.1:{port}/metrics")
    assert response.is_success
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }


def requests(samples: Samples, **labels: str) -> float:
    """How many responses have these labels."""
    wanted = labels.items()
    return sum(value for (name, has), value in samples.items() if name == "http_requests_total" and wanted <= has)


@pytest.fixture(scope="module")
def port() -> int:
    return free_ports(1)


@pytest.fixture(scope="module")
def running(database_path: Path, port: int) -> Iterator[Running]:
    with serving(database_path, API_METRICS_PORT=str(port)) as found:
        yield found


def test_responses_are_counted_by_route_method_and_status(running: Running, port: int) -> None:
    before = scraped(port)
    with httpx.Client(base_url=running.origin) as client:
        for _ in range(3):
            assert client.get("/v1/strains/red-vein").status_code in {200, 404}
            etag = client.get("/v1/strains?limit=2").headers["ETag"]
            client.get("/v1/strains?limit=2", headers={"If-None-Match": etag})
            client.head("/docs")
            client.get("/v1/strains/none")
            client.get("/nothing/here")
            client.request("BREW", "/v1/strains")
    after = scraped(port)

    def grown(**labels: str) -> float:
        return requests(after, **labels) - requests(before, **labels)

    assert grown(route="/v1/strains", method="GET", status="200") == 3
    assert grown(route="/v1/strains", method="GET", status="304") == 3
    assert grown(route="/docs", method="HEAD", status="200") == 3
    assert grown(route="/v1/strains/{slug}", method="GET", status="404") >= 3
    assert grown(route="other", method="GET", status="404") == 3
    assert grown(route="/v1/strains", method="other", status="405") == 3


def test_made_up_addresses_and_methods_add_no_labels(running: Running, port: int) -> None:
    with httpx.Client(base_url=running.origin) as client:
        client.request("A", "/x")
        client.options("/x", headers={"Origin": "https://a.example", "Access-Control-Request-Method": "GET"})
        client.get("/x/y?secret=1")
        labels = {labels for _, labels in scraped(port)}
        for number in range(20):
            client.request(f"M{number}", f"/a{number}")
            client.options(
                f"/b{number}", headers={"Origin": "https://a.example", "Access-Control-Request-Method": "GET"}
            )
            client.get(f"/c{number}/d?secret={number}")
    assert {labels for _, labels in scraped(port)} == labels


def test_durations_are_a_histogram_and_the_release_is_named(running: Running, port: int) -> None:
    version = httpx.get(f"{running.origin}/v1/meta").json()["data"]["dataset_version"]
    samples = scraped(port)
    assert samples["dataset_info", frozenset({("dataset_version", version)})] == 1
    counted = samples["http_request_duration_seconds_count", frozenset({("route", "/v1/meta")})]
    last = samples["http_request_duration_seconds_bucket", frozenset({("route", "/v1/meta"), ("le", "+Inf")})]
    assert counted == last >= 1
    assert samples["process_resident_memory_bytes", frozenset()] > 0


def test_the_service_itself_has_no_metrics_for_the_public(running: Running) -> None:
    assert httpx.get(f"{running.origin}/metrics").status_code == 404


def test_each_worker_has_metrics_of_its_own(database_path: Path) -> None:
    port = free_ports(2)
    with serving(database_path, API_METRICS_PORT=str(port), API_WORKERS="2") as running:
        latest = time.monotonic() + 30
        while True:
            try:
                both = scraped(port), scraped(port + 1)
                break
            except httpx.TransportError:
                assert time.monotonic() < latest
                time.sleep(0.1)
        asyncio.run(running.get_all(["/v1/strains"] * 20))
        both = scraped(port), scraped(port + 1)
    assert sum(requests(samples, route="/v1/strains", status="200") for samples in both) == 20


def test_a_port_that_is_in_use_is_named_in_one_line(database_path: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(AssertionError), serving(database_path, log, API_METRICS_PORT=str(port)):
            pass
    [line] = log.read_text().splitlines()
    assert line.startswith(f"can't serve metrics on 127.0.0.1:{port}: address already in use; choose another")


@pytest.mark.parametrize(
    ("host", "port", "workers", "message"),
    [
        ("192.0.2.1", 9100, 1, "192.0.2.1:9100: cannot assign requested address"),
        ("192.0.2.1", 65_535, 2, "192.0.2.1:65535: cannot assign requested address"),
        ("a..b", 9100, 2, "a..b:9100 to 9101: "),
    ],
)
def test_metrics_that_cannot_be_served_are_refused_with_the_reason(
    host: str, port: int, workers: int, message: str
) -> None:
    with pytest.raises(OSError, match=f"^can't serve metrics on {re.escape(message)}") as refused:
        serve_metrics(Metrics(lambda path: path, dict, lambda: "1"), host, port, workers)
    assert str(refused.value).endswith("; choose another with API_METRICS_HOST and API_METRICS_PORT")


def test_a_duration_falls_into_the_bucket_whose_bound_it_does_not_exceed() -> None:
    metrics = Metrics(lambda path: path, dict, lambda: "1")
    for seconds in (BUCKETS[0], BUCKETS[0] + 1e-6, 2.0):
        metrics.time("/v1", seconds)
    assert metrics.durations["/v1"][:2] == [1, 1]
    assert metrics.durations["/v1"][-2:] == [1, round((2 * BUCKETS[0] + 1e-6 + 2) * 1e6)]
