"""Serves for some minutes under mixed traffic while things go wrong at random, and compares every response: make soak.

Things that go wrong: killed workers, releases and the way back, damaged files in place of the database, SIGHUP, slow readers,
floods of distinct addresses, hostile bytes. A response is right when its body is what the data set before or after a release
gives for the address, byte for byte. Exit status 1 when one is wrong or no success, when a request fails or
times out that had nothing to do with a kill, or when memory grows by half.
"""

import argparse
import asyncio
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import quote

from servers import ROOT, free_port

from app.content.build import build
from app.content.check import check_seed
from app.content.releases import Releases, bundle_of
from app.http.pipeline import whole_response
from app.main import Service, create_app
from app.registry import RESOURCES
from app.settings import Settings

OK: Final = 200
MOST_GROWTH: Final = 1.5
"""How many times the memory at first all processes may take together."""
CLIENTS: Final = 8
FAULT_SECONDS: Final = 2.0
"""How long the service is left alone between two faults."""
AFTER_KILL_SECONDS: Final = 2.0
"""How long after a kill a lost connection counts as one of the killed worker."""
HOSTILE: Final = (
    b"\r\n" * 20_000,
    b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 70_000,
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"POST /v1/strains HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"GET /v1/strains HTTP/1.1\r\nHost: x\r\n\r\n" * 500,
    b"GET /v1/%00 HTTP/1.1\r\nHost: \x00\r\n\r\n",
)
QUESTIONS: Final = ("antidepressants", "is it legal in texas", "how much", "overdse", "stopping", "back pain", "liver")


@dataclass
class Soak:
    """The service under test, what it should say and what was seen."""

    pid: int
    port: int
    files: list[Path]
    """The two data sets."""
    served: Path
    """The file that the service serves."""
    services: list[Service]
    """The same program over each data set, here in this process: it gives the right responses."""
    end: float
    addresses: list[str] = field(default_factory=list)
    known: dict[str, list[bytes]] = field(default_factory=dict)
    """The right bodies by address."""

    statuses: Counter[int] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    lost_after_kill: int = 0
    lost: list[str] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)
    killed_at: float = 0.0


def main() -> int:
    """Run the soak and print what was seen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=180)
    parser.add_argument("--seed", type=int, default=1, help="of the random choices")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = data_sets(folder)
        served = folder / "served.db"
        shutil.copy(files[0], served)
        services = [create_app(Settings(database_path=file, cache_bytes=0)) for file in files]
        port = free_port()
        environment = os.environ | {"API_PORT": str(port), "API_WORKERS": "2", "API_DATABASE_PATH": str(served)}
        log = (folder / "log").open("wb")
        with subprocess.Popen([sys.executable, "-m", "app"], cwd=ROOT, env=environment, stderr=log) as process:
            try:
                at = Soak(process.pid, port, files, served, services, time.monotonic() + options.seconds)
                asyncio.run(soak(at, random.Random(options.seed)))  # noqa: S311  # a soak can be repeated
            finally:
                process.terminate()
                process.wait(20)
    print_report(at, options.seconds)
    return 1 if at.wrong or at.lost or max(at.memory, default=0) > MOST_GROWTH * at.memory[0] else 0


def data_sets(folder: Path) -> list[Path]:
    """Two files: the content as it is, and a later release of it."""
    content = json.loads((ROOT / "data/seed.json").read_bytes())
    files: list[Path] = []
    for name in ("first", "second"):
        if files:
            content["release"]["release_date"] = "2027-06-01"
            content["strains"][0]["description"] += " This release says so."
        seed = check_seed(json.dumps(content).encode())
        files.append(folder / f"{name}.db")
        build(seed, files[-1], Releases().with_newest(bundle_of(seed)), thorough=False)
    return files


async def soak(at: Soak, choose: random.Random) -> None:
    """Ask and harm until the end."""
    await until_ready(at.port)
    at.memory.append(resident(at.pid))
    at.addresses = await all_addresses(at.services[0])
    clients = [asyncio.create_task(client(at, choose)) for _ in range(CLIENTS)]
    faults = {
        "worker killed": lambda: kill(at, choose),
        "release": lambda: put(at.files[1], at.served),
        "way back": lambda: put(at.files[0], at.served),
        "damaged file": lambda: damage(at.files[0], at.served, choose),
        "SIGHUP": lambda: os.kill(at.pid, signal.SIGHUP),
    }
    while time.monotonic() < at.end:
        await asyncio.sleep(FAULT_SECONDS)
        name = choose.choice([*faults, "hostile bytes", "slow readers", "flood of addresses"])
        at.faults[name] += 1
        if name in faults:
            faults[name]()
        elif name == "hostile bytes":
            await asyncio.gather(*(send(at.port, packet) for packet in HOSTILE))
        elif name == "slow readers":
            clients.extend(asyncio.create_task(read_slowly(at.port)) for _ in range(20))
        else:
            flood = [request(f"/v1/strains?offset={choose.randrange(10_000)}") for _ in range(200)]
            await asyncio.gather(*(send(at.port, packet) for packet in flood))
        at.memory.append(resident(at.pid))
    await asyncio.gather(*clients)


async def all_addresses(service: Service) -> list[str]:
    """Addresses of every kind."""
    found = [
        "/v1",
        "/v1/meta",
        "/v1/vocabularies",
        "/v1/releases/latest",
        "/v1/changes",
        "/",
        "/openapi.json",
        "/v1/feeds/all.atom",
    ]
    for resource in RESOURCES:
        page = json.loads(await expected(service, f"{resource.summaries_path}?limit=500"))
        slugs = [record["slug"] for record in page["data"]]
        found += [f"{resource.path}/{slug}" for slug in slugs[:20]] + [
            f"/{resource.collection}/{slug}" for slug in slugs[:5]
        ]
        found += [
            resource.path,
            f"/{resource.collection}",
            f"{resource.path}?limit=3&offset=1",
            f"{resource.path}?format=csv",
        ]
        if names := resource.query.facet_names():
            found.append(f"{resource.path}?view=summary&facet={names[0]}")
    for question in QUESTIONS:
        found += [
            f"/v1/search?q={quote(question)}",
            f"/v1/suggest?q={quote(question[:6])}",
            f"/search?q={quote(question)}",
        ]
    return found


async def client(at: Soak, choose: random.Random) -> None:
    """Ask one address after the other, over connections that are kept for a while."""
    while time.monotonic() < at.end:
        writer, address, begun = None, "", time.monotonic()
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", at.port)
            for _ in range(choose.randrange(1, 30)):
                address, begun = choose.choice(at.addresses), time.monotonic()
                writer.write(request(address))
                async with asyncio.timeout(15):
                    status, body = await read_response(reader)
                at.statuses[status] += 1
                if address not in at.known:
                    at.known[address] = [await expected(service, address) for service in at.services]
                # A body names its data set, so that it can only be right as a whole.
                if status != OK or body not in at.known[address]:
                    at.wrong.append(f"{status} {address}")
        except (OSError, EOFError, TimeoutError) as error:
            if begun - AFTER_KILL_SECONDS < at.killed_at and not isinstance(error, TimeoutError):
                at.lost_after_kill += 1
            else:
                at.lost.append(f"{address}: {error!r}")
        finally:
            if writer:
                writer.close()


def request(address: str) -> bytes:
    """The bytes of a request."""
    return f"GET {address} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()


async def read_response(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """Status and body of a response."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    length = int(next(line for line in head.split("\r\n") if line.startswith("content-length:")).partition(":")[2])
    return int(head.split()[1]), await reader.readexactly(length)


async def expected(service: Service, address: str) -> bytes:
    """The body that a data set gives for an address."""
    path, _, query = address.partition("?")
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(b"host", b"localhost")],
    }

    async def receive() -> dict[str, str]:
        return {"type": "http.disconnect"}

    return (await whole_response(service, scope, receive)).body


async def send(port: int, packet: bytes) -> None:
    """Send bytes and read for a moment what comes back."""
    with suppress(OSError, TimeoutError):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            writer.write(packet)
            async with asyncio.timeout(1):
                await reader.read(65_536)
        finally:
            writer.close()


async def read_slowly(port: int) -> None:
    """Ask for a large response and hardly read it."""
    with suppress(OSError):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request("/v1/citations?limit=100"))
        for _ in range(10):
            await asyncio.sleep(1)
            await reader.read(200)
        writer.close()


def put(source: Path, target: Path) -> None:
    """Put a copy in the place of a file in one step."""
    beside = target.with_name("beside")
    shutil.copy(source, beside)
    beside.rename(target)


def damage(source: Path, target: Path, choose: random.Random) -> None:
    """Put a damaged copy in the place of a file."""
    content = bytearray(source.read_bytes())
    content[choose.randrange(len(content))] ^= 0xFF
    beside = target.with_name("beside")
    beside.write_bytes(content[: choose.choice([len(content), len(content) // 2])])
    beside.rename(target)


def kill(at: Soak, choose: random.Random) -> None:
    """Kill a worker."""
    if workers := children(at.pid):
        at.killed_at = time.monotonic()
        with suppress(ProcessLookupError):
            os.kill(choose.choice(workers), signal.SIGKILL)


def children(pid: int) -> list[int]:
    """The processes that a process has started."""
    path = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(number) for number in path.read_text().split()] if path.exists() else []


def resident(pid: int) -> int:
    """Resident memory of the service and its workers, in MiB."""
    total = 0
    for each in [pid, *children(pid)]:
        with suppress(OSError):
            total += int(Path(f"/proc/{each}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return total // 2**20


async def until_ready(port: int) -> None:
    """Wait until the service serves."""
    async with asyncio.timeout(60):
        while True:
            with suppress(OSError, EOFError, asyncio.IncompleteReadError):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(request("/health/ready"))
                status, _ = await read_response(reader)
                writer.close()
                if status == OK:
                    return
            await asyncio.sleep(0.1)


def print_report(at: Soak, seconds: int) -> None:
    """Print what was seen."""
    print(f"{seconds} s, {CLIENTS} clients, 2 workers")
    print(f"responses: {dict(sorted(at.statuses.items()))}")
    print(f"faults: {dict(sorted(at.faults.items()))}")
    print(f"wrong: {len(at.wrong)} {at.wrong[:3]}")
    print(f"lost with a killed worker: {at.lost_after_kill}")
    print(f"lost otherwise: {len(at.lost)} {at.lost[:3]}")
    print(
        f"resident memory of all processes, MiB: {at.memory[0]} at first, {max(at.memory)} at most, {at.memory[-1]} at last"
    )


if __name__ == "__main__":
    sys.exit(main())
