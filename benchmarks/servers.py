"""Starts a server alone on one core and measures it while wrk, on another core, sends requests."""

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).resolve().parent
ROOT: Final = HERE.parent
BIN: Final = ROOT / ".venv" / "bin"
PEERS: Final = ROOT / ".venv-bench" / "bin"
CORES: Final = sorted(os.sched_getaffinity(0))
SERVER_CORE, LOAD_CORE = CORES[0], CORES[-1]
PORTS: Final = range(8440, 8460)
CONNECTIONS: Final = 16
"""How many connections wrk keeps busy: fewer than the threads and sessions the peers have, so that none waits for one."""
WARMING: Final = 30
TICKS: Final = os.sysconf("SC_CLK_TCK")
START_SECONDS: Final = 600


@dataclass(frozen=True)
class Request:
    """A request that wrk sends."""

    path: str
    headers: dict[str, str] = field(default_factory=dict)
    paths: Path | None = None
    """File of paths to request in turn instead of `path`."""
    mixed: bool = False
    """Whether fifty different heads are sent, and a new connection is made every twenty requests."""


@dataclass(frozen=True)
class Server:
    """How a server is started, and the requests it gets."""

    name: str
    command: list[str]
    """`PORT` in it stands for the port."""
    requests: dict[str, Request]
    environment: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Running:
    """A running server."""

    process: subprocess.Popen[bytes]
    port: int
    first_response: float
    """Seconds from its start to its first response."""


@dataclass(frozen=True)
class Sample:
    """What was measured in one run of wrk."""

    rate: float
    """Requests a second."""
    p50: float
    """Milliseconds."""
    p99: float
    cpu: float
    """Microseconds of processor time a request, in the server and its children."""
    busy: float
    """Share of its core that the server used."""
    size: int
    """Bytes of the body."""
    rss: float
    """MiB of memory, shared pages included."""
    pss: float
    """MiB of memory, shared pages divided among those who share them."""


@dataclass(frozen=True)
class Building:
    """What a build took."""

    seconds: float
    cpu: float
    """Seconds of processor time."""
    memory: float
    """MiB at most."""


def build(seed: Path, database: Path) -> Building:
    """Build a seed as the real one is built."""
    command = [str(BIN / "python"), "-m", "app.content", "build", "--seed", str(seed), "--database", str(database)]
    begun = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"the build failed: {' '.join(command)}")
    return Building(time.perf_counter() - begun, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def ours(name: str, database: Path, requests: dict[str, Request], *, fast_path: bool, cached: bool) -> Server:
    """The service: with its own connections, as `python -m app` starts it, or as any ASGI server would call it."""
    python = str(BIN / "python")
    command = [python, "-m", "app"] if fast_path else [*uvicorn(), "app.main:create_app", "--factory"]
    environment = {"API_DATABASE_PATH": str(database), "API_CACHE_BYTES": str(2**26 if cached else 0)}
    return Server(name, command, requests, environment)


def uvicorn() -> list[str]:
    """The settings of uvicorn that every Python server but Datasette has in common."""
    options = "--http httptools --loop uvloop --lifespan off --no-access-log --log-level warning"
    return [str(BIN / "uvicorn"), *options.split(), "--port", "PORT"]


@contextmanager
def running(server: Server, wrapper: tuple[str, ...] = ()) -> Iterator[Running]:
    """The server on a core of its own, from its first response on."""
    port = free_port()
    command = [word.replace("PORT", str(port)) for word in server.command]
    environment = os.environ | server.environment | {"API_PORT": str(port)}
    begun = time.perf_counter()
    with subprocess.Popen(
        ["taskset", "-c", str(SERVER_CORE), *wrapper, *command],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            _wait_for_response(server, process, port)
            yield Running(process, port, time.perf_counter() - begun)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(120)


def measured(at: Running, request: Request, seconds: int) -> Sample:
    """One run of wrk."""
    size = len(fetched(at.port, request, times=WARMING)[2])
    before = _cpu_seconds(at.process.pid)
    begun = time.perf_counter()
    headers = [word for name, value in request.headers.items() for word in ("-H", f"{name}: {value}")]
    wrk = [
        "taskset",
        "-c",
        str(LOAD_CORE),
        "wrk",
        "-t1",
        f"-c{CONNECTIONS}",
        f"-d{seconds}s",
        "-s",
        str(HERE / "wrk.lua"),
    ]
    paths = ["--", str(request.paths), "mixed" if request.mixed else "plain"] if request.paths else []
    done = subprocess.run(
        [*wrk, *headers, f"http://127.0.0.1:{at.port}{request.path}", *paths],
        capture_output=True,
        text=True,
        check=True,
    )
    elapsed = time.perf_counter() - begun
    used = _cpu_seconds(at.process.pid) - before
    result = next(line for line in done.stdout.splitlines() if line.startswith("RESULT"))
    completed, microseconds, p50, p99, failed = map(int, result.split()[1:])
    if failed or not completed:
        sys.exit(f"{request}: {failed} of {completed} requests failed\n{done.stdout}")
    return Sample(
        rate=completed / microseconds * 1e6,
        p50=p50 / 1000,
        p99=p99 / 1000,
        cpu=used / completed * 1e6,
        busy=used / elapsed,
        size=size,
        rss=_memory(at.process.pid, "Rss"),
        pss=_memory(at.process.pid, "Pss"),
    )


def fetched(port: int, request: Request, times: int = 1) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of the last of so many responses, all over one connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        for _ in range(times):
            connection.request("GET", request.path, headers=request.headers)
            response = connection.getresponse()
            body = response.read()
    finally:
        connection.close()
    if response.status not in (200, 304):
        sys.exit(f"{request.path} returned {response.status}: {body[:500].decode(errors='replace')}")
    return response.status, {name.lower(): value for name, value in response.getheaders()}, body


def steady_cpu(taken: list[Sample]) -> float:
    """Processor time of a request in a round that little disturbed: the 20th percentile."""
    return sorted(sample.cpu for sample in taken)[round(0.2 * (len(taken) - 1))]


def progress(words: str) -> None:
    """Show on a terminal what is going on."""
    if sys.stderr.isatty():
        print(f"\r{words:70}", end="" if words else "\r", file=sys.stderr, flush=True)


def machine() -> str:
    """What this ran on."""
    cpu = next(line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name"))
    memory = int(next(_lines("/proc/meminfo")).split()[1]) / 2**20
    load = " ".join(f"{value:.2f}" for value in os.getloadavg())
    system = os.uname()
    return (
        f"{cpu}, {len(CORES)} cores, {memory:.0f} GiB; {system.sysname} {system.release}; "
        f"Python {sys.version.split()[0]}; load average {load}"
    )


def require(*programs: str) -> None:
    """End with what to install when a program is missing."""
    if missing := [program for program in programs if not shutil.which(program)]:
        sys.exit(
            f"not installed: {', '.join(missing)}; on Debian and Ubuntu: apt-get install wrk nginx-light util-linux"
        )


def table(head: list[str], rows: list[list[str]]) -> str:
    """A Markdown table with its columns aligned: the first to the left, the others to the right."""
    widths = [max(len(row[n]) for row in [head, *rows]) for n in range(len(head))]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    lines = [
        [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        for row in [head, rule, *rows]
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def free_port() -> int:
    """A port that nobody uses."""
    for port in PORTS:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    sys.exit(f"no free port from {PORTS[0]} to {PORTS[-1]}")


def _wait_for_response(server: Server, process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    request = next(iter(server.requests.values()))
    while True:
        try:
            fetched(port, request)
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"{server.name} does not respond: {' '.join(server.command)}")
            time.sleep(0.005)
        else:
            return


def _family(pid: int) -> Iterator[int]:
    yield pid
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield from _family(int(child))


def _cpu_seconds(pid: int) -> float:
    # After the name in brackets; utime and stime are the 12th and 13th field from there.
    fields = [Path(f"/proc/{member}/stat").read_text().rpartition(")")[2].split() for member in _family(pid)]
    return sum(int(field[11]) + int(field[12]) for field in fields) / TICKS


def _memory(pid: int, kind: str) -> float:
    lines = (line.split() for member in _family(pid) for line in _lines(f"/proc/{member}/smaps_rollup"))
    return sum(int(words[1]) for words in lines if words[0] == f"{kind}:") / 1024


def _lines(path: str) -> Iterator[str]:
    return iter(Path(path).read_text().splitlines())
