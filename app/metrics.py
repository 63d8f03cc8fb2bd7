"""Metrics for Prometheus, on an address of their own: counts by route, method and status, and how long endpoints take.

Requests increment plain numbers; Prometheus metrics are created from them on each scrape. They contain no client and no query.
"""

import logging
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from typing import Final

from prometheus_client import CollectorRegistry, ProcessCollector, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
BAD_REQUEST: Final = 400
BUCKETS: Final = (0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)
"""Upper bounds of the histogram of durations, in seconds."""
MAX_PORT: Final = 65_535
OTHER: Final = "other"
"""The label for unknown paths and methods, because clients can invent any number of them."""

log = logging.getLogger("app.metrics")


class Metrics(Collector):
    """The metrics of the process since it started."""

    def __init__(
        self, route_of: Callable[[str], str], gauges: Callable[[], dict[str, float]], version: Callable[[], str]
    ) -> None:
        self._route_of = route_of
        self._gauges = gauges
        self._version = version
        self.requests: defaultdict[tuple[str, str, int], list[int]] = defaultdict(lambda: [0])
        """Responses by method, path (the route where clients could make up paths) and status; each count is a list of one,
        so that the fast path can add to it without a look-up."""
        self.durations: dict[str, list[int]] = {}
        """Responses that were computed, by route: how many fell into each bucket, and the sum in microseconds."""

    def counter(self, method: str, path: str, status: int) -> list[int]:
        """The counter of such responses, in a list of one."""
        # Successful paths are limited in number; their routes are looked up when the metrics are read.
        if status >= BAD_REQUEST or method not in ("GET", "HEAD"):
            method, path = method if method in METHODS else OTHER, self._route_of(path) or OTHER
        return self.requests[method, path, status]

    def time(self, path: str, seconds: float) -> None:
        """Add the duration of a response that did not come from the fast path."""
        route = self._route_of(path) or OTHER
        buckets = self.durations.get(route)
        if buckets is None:
            buckets = self.durations[route] = [0] * (len(BUCKETS) + 2)
        buckets[bisect_left(BUCKETS, seconds)] += 1
        buckets[-1] += round(seconds * 1e6)

    def collect(self) -> Iterator[Metric]:
        """The metrics as they are now."""
        requests = CounterMetricFamily(
            "http_requests", "Responses by route, method and status.", labels=("route", "method", "status")
        )
        by_route: Counter[tuple[str, str, str]] = Counter()
        for (method, path, status), (count,) in self.requests.copy().items():
            by_route[self._route_of(path) or OTHER, method, str(status)] += count
        for labels, count in sorted(by_route.items()):
            requests.add_metric(labels, count)
        yield requests
        durations = HistogramMetricFamily(
            "http_request_duration_seconds",
            "Duration of responses that the fast path did not send.",
            labels=("route",),
        )
        for route, buckets in sorted(self.durations.copy().items()):
            total, cumulative = 0, []
            for bound, count in zip((*map(str, BUCKETS), "+Inf"), buckets[:-1], strict=True):
                total += count
                cumulative.append((bound, float(total)))
            durations.add_metric((route,), cumulative, buckets[-1] / 1e6)
        yield durations
        for name, value in self._gauges().items():
            yield GaugeMetricFamily(name, f"{name.replace('_', ' ').capitalize()}.", value)
        release = GaugeMetricFamily(
            "dataset_info", "The release that this process serves.", labels=("dataset_version",)
        )
        release.add_metric((self._version(),), 1)
        yield release


def serve_metrics(metrics: Metrics, host: str, port: int, workers: int) -> int:
    """Serve them on the first free port from `port` on, one for each worker; returns it.

    Raises:
        OSError: none of these ports is free.
    """
    registry = CollectorRegistry()
    registry.register(metrics)
    ProcessCollector(registry=registry)
    last, reason = min(port + workers - 1, MAX_PORT), ""
    for candidate in range(port, last + 1):
        try:
            start_http_server(candidate, host, registry)
        except (OSError, UnicodeError) as error:
            reason = (getattr(error, "strerror", None) or str(error)).lower()
        else:
            name = f"[{host}]" if ":" in host else host
            log.info("metrics", extra={"path": f"http://{name}:{candidate}/metrics"})
            return candidate
    tried = f"{port} to {last}" if last > port else str(port)
    raise OSError(
        f"can't serve metrics on {host}:{tried}: {reason}; choose another with API_METRICS_HOST and API_METRICS_PORT"
    )
