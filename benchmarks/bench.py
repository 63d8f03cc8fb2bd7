"""Compares the service with other implementations, on one machine, in one run: make bench."""

import argparse
import getpass
import json
import os
import shutil
import sqlite3
import statistics
import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from questions import questions
from servers import (
    BIN,
    HERE,
    PEERS,
    Request,
    Sample,
    Server,
    build,
    fetched,
    machine,
    measured,
    ours,
    progress,
    require,
    running,
    steady_cpu,
    table,
    uvicorn,
)
from synthetic import write_seed

TRAFFIC: Final = "real traffic"
"""Every detail in turn, under fifty different heads, with a new connection every twenty requests."""
LIST: Final = "/v1/side-effects?limit=20"
FAST: Final = "ours, cached, fast path"
ASGI: Final = "ours, cached, ASGI"
UNCACHED: Final = "ours, uncached"
BARE: Final = "bare ASGI, same head"
FILES: Final = {"detail": "detail", "304": "304", "list": "list", "list, br": "list.br"}
"""The file name of the response to each kind of request."""
NGINX: Final = "nginx, static file"
IDIOM: Final = "FastAPI + SQLModel"
DATASETTE: Final = "Datasette"


@dataclass(frozen=True)
class Target:
    """How many times the requests a second of one row another one should have at least."""

    of: str
    to: str
    kinds: dict[str, float]


TARGETS: Final = (
    Target(FAST, NGINX, {"detail": 0.9, "list": 0.8}),
    Target(ASGI, BARE, {"detail": 0.9, "304": 0.9, "list": 0.8}),
    Target(FAST, IDIOM, {"list": 120, "detail": 50}),
    Target(FAST, DATASETTE, {"list": 60, "detail": 20}),
    Target(UNCACHED, IDIOM, {"list": 15, "detail": 10}),
)
Samples = dict[tuple[str, str], list[Sample]]


def main() -> None:
    """Build, measure in rounds, print the tables."""
    options = _options()
    require("wrk", "taskset")
    print(machine())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        seed, database = folder / "seed.json", folder / "content.db"
        write_seed(seed, options.records)
        build(seed, database)
        servers = list(compared(folder, database))
        if options.callgrind:
            print_instructions(folder, servers)
            return
        samples: Samples = defaultdict(list)
        starts: dict[str, list[float]] = defaultdict(list)
        for number in range(1, options.rounds + 1):
            for server in servers:
                progress(f"round {number} of {options.rounds}: {server.name}")
                with running(server) as at:
                    starts[server.name].append(at.first_response)
                    for kind, request in server.requests.items():
                        samples[server.name, kind].append(measured(at, request, options.seconds))
    progress("")
    print(f"{options.records} records, {options.rounds} rounds of {options.seconds} s a row\n")
    print(rows_table(samples), targets_table(samples), starts_table(starts, samples), sep="\n\n")


def compared(folder: Path, database: Path) -> Iterator[Server]:
    """The servers, those that are not installed left out by name."""
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        slugs = [slug for (slug,) in connection.execute("SELECT slug FROM side_effect ORDER BY slug")]
        # The longest of the first page.
        (slug,) = connection.execute(
            "SELECT slug FROM (SELECT slug, document FROM side_effect ORDER BY slug LIMIT 20) ORDER BY length(document) DESC"
        ).fetchone()
    detail = f"/v1/side-effects/{slug}"
    requests = {
        "detail": Request(detail),
        "304": Request(detail),
        "list": Request(LIST),
        "list, br": Request(LIST, {"Accept-Encoding": "br"}),
    }
    responses = folder / "responses"
    (responses / "v1/side-effects").mkdir(mode=0o755, parents=True)
    paths = folder / "paths"
    paths.write_text("\n".join(f"/v1/side-effects/{slug}" for slug in slugs) + "\n")
    requests[TRAFFIC] = Request(detail, paths=paths, mixed=True)
    requests |= questions(folder)
    with running(ours("ours", database, requests, fast_path=True, cached=True)) as at:
        requests["304"] = Request(detail, {"If-None-Match": fetched(at.port, requests["detail"])[1]["etag"]})
        for kind, name in FILES.items():
            status, headers, body = fetched(at.port, requests[kind])
            headers.pop("date")
            (responses / name).write_bytes(body)
            (responses / f"{name}.json").write_text(json.dumps([status, headers]))
        for slug in slugs:
            body = fetched(at.port, Request(f"/v1/side-effects/{slug}"))[2]
            (responses / "v1/side-effects" / slug).write_bytes(body)

    yield ours(FAST, database, requests, fast_path=True, cached=True)
    yield ours(ASGI, database, requests, fast_path=False, cached=True)
    yield ours(UNCACHED, database, requests, fast_path=True, cached=False)
    yield bare(responses)
    if shutil.which("nginx"):
        yield nginx(folder, responses, requests[TRAFFIC])
    else:
        print(f"left out: {NGINX} (apt-get install nginx-light)")
    yield idiom(folder, database, slug)
    if (PEERS / "datasette").exists():
        yield datasette(database, slug)
    else:
        print(f"left out: {DATASETTE} (make bench installs it into {PEERS.parent.name})")


def bare(responses: Path) -> Server:
    """A function that sends the same bytes."""
    requests = {kind: Request(f"/{file}") for kind, file in FILES.items()}
    command = [*uvicorn(), "--app-dir", str(HERE), "bare:app"]
    return Server(BARE, command, requests, {"BENCH_RESPONSES": str(responses)})


def nginx(folder: Path, responses: Path, traffic: Request) -> Server:
    """The same bytes as files."""
    folder.chmod(0o755)
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    # Its best settings: connections are not closed after 1000 requests, and open files are cached.
    (folder / "nginx.conf").write_text(
        f"""
        daemon off; user {getpass.getuser()}; worker_processes 1; error_log stderr crit; pid {folder}/nginx.pid;
        events {{ worker_connections 1024; }}
        http {{
            {"".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)}
            access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000000;
            open_file_cache max=5000; open_file_cache_valid 600s; default_type application/json;
            server {{
                listen 127.0.0.1:THE_ONE; root {responses}; add_header Cache-Control "public, max-age=300";
                location = /list.br {{ add_header Content-Encoding br; add_header Cache-Control "public, max-age=300"; }}
            }}
        }}"""
    )
    put_in = f"sed s/THE_ONE/PORT/ {folder}/nginx.conf > {folder}/listening.conf"
    start = f"exec nginx -e stderr -p {folder} -c {folder}/listening.conf"
    status = (responses / "detail").stat()
    etag = f'"{int(status.st_mtime):x}-{status.st_size:x}"'
    requests = {
        "detail": Request("/detail"),
        "304": Request("/detail", {"If-None-Match": etag}),
        "list": Request("/list"),
        "list, br": Request("/list.br"),
        TRAFFIC: traffic,
    }
    return Server(NGINX, ["sh", "-c", f"{put_in}; {start}"], requests)


def idiom(folder: Path, database: Path, slug: str) -> Server:
    """The same records in tables of its own."""
    file = folder / "idiom.db"
    environment = {"IDIOM_DATABASE": str(file)}
    fill = [str(BIN / "python"), str(HERE / "idiom.py"), str(database)]
    subprocess.run(fill, env=os.environ | environment, check=True)
    requests = {"detail": Request(f"/side-effects/{slug}"), "list": Request("/side-effects?limit=20")}
    return Server(IDIOM, [*uvicorn(), "--app-dir", str(HERE), "idiom:app"], requests, environment)


def datasette(database: Path, slug: str) -> Server:
    """The same file, opened as immutable."""
    requests = {
        "detail": Request(f"/content/side_effect/{slug}.json"),
        "list": Request("/content/side_effect.json?_size=20"),
    }
    return Server(DATASETTE, [str(PEERS / "datasette"), "serve", "-i", str(database), "-p", "PORT"], requests)


def rows_table(samples: Samples) -> str:
    """A row for every server and request."""
    head = [
        "",
        "body, bytes",
        "req/s",
        "(min to max)",
        "p50, ms",
        "p99, ms",
        "CPU/req, µs",
        "core used",
        "RSS, MiB",
        "PSS, MiB",
    ]
    rows = []
    for (name, kind), taken in samples.items():
        rates = [sample.rate for sample in taken]
        rows.append(
            [
                f"{name}: {kind}",
                f"{taken[0].size:,}",
                f"{statistics.median(rates):,.0f}",
                f"{min(rates):,.0f} to {max(rates):,.0f}",
                f"{statistics.median(sample.p50 for sample in taken):.2f}",
                f"{statistics.median(sample.p99 for sample in taken):.2f}",
                f"{steady_cpu(taken):,.1f}",
                f"{statistics.median(sample.busy for sample in taken):.0%}",
                f"{max(sample.rss for sample in taken):.0f}",
                f"{max(sample.pss for sample in taken):.0f}",
            ]
        )
    return table(head, rows)


def targets_table(samples: Samples) -> str:
    """The ratios that are aimed at, within each round and by processor time."""
    rows = []
    for target in TARGETS:
        for kind, aim in target.kinds.items():
            mine, theirs = samples.get((target.of, kind)), samples.get((target.to, kind))
            if not mine or not theirs:
                continue
            ratios = [a.rate / b.rate for a, b in zip(mine, theirs, strict=True)]
            by_rate, by_cpu = statistics.median(ratios), steady_cpu(theirs) / steady_cpu(mine)
            met = {2: "met", 1: "by CPU" if by_cpu >= aim else "by req/s", 0: "missed"}[
                (by_rate >= aim) + (by_cpu >= aim)
            ]
            spread = f"{min(ratios):.2f} to {max(ratios):.2f}"
            rows.append(
                [f"{target.of} / {target.to}: {kind}", f"{by_rate:.2f}", spread, f"{by_cpu:.2f}", f"{aim:g}", met]
            )
    return table(["how many times", "by req/s", "(min to max)", "by CPU/req", "at least", ""], rows)


def starts_table(starts: dict[str, list[float]], samples: Samples) -> str:
    """How long each server takes to its first response, and the most memory it had."""
    rows = []
    for name, seconds in starts.items():
        most = max(sample.rss for (server, _), taken in samples.items() if server == name for sample in taken)
        rows.append(
            [name, f"{statistics.median(seconds):.2f}", f"{min(seconds):.2f} to {max(seconds):.2f}", f"{most:.0f}"]
        )
    return table(["start", "first response, s", "(min to max)", "RSS, MiB"], rows)


def print_instructions(folder: Path, servers: list[Server]) -> None:
    """Instructions of a request: two runs under callgrind with more and fewer requests, the difference divided."""
    require("valgrind")
    fewer, more = 200, 1200
    rows = []
    for server in servers:
        if server.name not in (FAST, ASGI, BARE):
            continue
        counts = {}
        for kind in ("detail", "list"):
            for times in (fewer, more):
                progress(f"callgrind: {server.name}, {kind}, {times} requests")
                file = folder / "callgrind.out"
                wrapper = ("valgrind", "--tool=callgrind", f"--callgrind-out-file={file}")
                with running(server, wrapper) as at:
                    fetched(at.port, server.requests[kind], times=times)
                counts[kind, times] = int(
                    next(
                        line for line in file.read_text().splitlines() if line.startswith(("summary:", "totals:"))
                    ).split()[1]
                )
        rows.append(
            [
                server.name,
                *(f"{(counts[kind, more] - counts[kind, fewer]) / (more - fewer):,.0f}" for kind in ("detail", "list")),
            ]
        )
    progress("")
    print(table(["instructions of a request", "detail", "list"], rows))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=1000, help="about how many records (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=7, help="how often every row is measured (default: %(default)s)")
    parser.add_argument("--seconds", type=int, default=2, help="how long each time (default: %(default)s)")
    parser.add_argument("--callgrind", action="store_true", help="count instructions instead")
    return parser.parse_args()


if __name__ == "__main__":
    main()
