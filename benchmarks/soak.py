"""Serves for some minutes under mixed traffic while things go wrong at random, and compares every response: make soak.

Things that go wrong: workers ended by SIGKILL and SIGTERM, releases and rollbacks, damaged files in place of the database, SIGHUP,
slow readers, floods of distinct addresses, hostile bytes. Clients use GET and HEAD, every content coding and preconditions, on
lists, records, searches, feeds, bundles, HTML pages and mistakes. A response is right when its status, entity tag, length and
decoded body are together what the data set before or after a release gives for the request. Exit status 1 when one is wrong,
when a request fails or times out that had nothing to do with a kill, when a process takes too much memory, when the log has a line that the faults do not explain, or when the service does not end in time.
"""

import argparse
import asyncio
import gzip
import hashlib
import json
import logging
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import quote

import brotli
import zstandard
from servers import ROOT, free_port

from app.content.build import build
from app.content.check import check_seed
from app.content.releases import Releases, bundle_of
from app.http.cache import Reply
from app.http.pipeline import whole_response
from app.main import Service, create_app
from app.registry import RESOURCES
from app.settings import Settings

OK: Final = 200
NOT_MODIFIED: Final = 304
MOST_MEBIBYTES: Final = 256
"""How much memory each process may take: the limit in deploy/kubernetes."""
STOP_SECONDS: Final = 15
CLIENTS: Final = 8
FAULT_SECONDS: Final = 2.0
"""The time between two faults."""
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
DECODERS: Final[dict[str, Callable[[bytes], bytes]]] = {
    "identity": bytes,
    "gzip": gzip.decompress,
    "br": brotli.decompress,
    "zstd": lambda body: zstandard.ZstdDecompressor().decompress(body),
}
EXPLAINED: Final = tuple(
    map(
        re.compile,
        (
            r"worker \d+ ended with status (-9|0) and is replaced",
            r"worker \d+ ended with status (-9|0) before it served; the next try is in \d+ s",
            r".*served\.db: .*; still serving .*",
            r"slow endpoint",
        ),
    )
)
"""The warnings and errors that the faults may cause in the log."""
QUESTIONS: Final = ("antidepressants", "is it legal in texas", "how much", "overdse", "stopping", "back pain", "liver")


class Right(NamedTuple):
    """The response of a data set to an address, without a content coding. The body of a problem differs each time."""

    status: int
    tag: str
    length: int
    digest: str

    def tag_in(self, coding: str) -> str:
        """The entity tag of the response in a content coding."""
        return f'{self.tag[:-1]}-{coding}"' if self.tag and coding != "identity" else self.tag


class Asked(NamedTuple):
    """A request."""

    address: str
    method: str
    coding: str
    tag: str
    """The value of `If-None-Match`, if it is sent."""


@dataclass
class Soak:
    """The service under test, the right responses and the results."""

    pid: int
    port: int
    seed: int
    files: list[Path]
    """The two data sets."""
    served: Path
    """The file that the service serves."""
    services: list[Service]
    """The same program with each data set, in this process: it gives the right responses."""
    end: float
    addresses: list[str] = field(default_factory=list)
    known: dict[str, list[Right]] = field(default_factory=dict)
    """The right responses by address."""

    statuses: Counter[int] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    lost_after_kill: int = 0
    lost: list[str] = field(default_factory=list)
    supervisor: list[int] = field(default_factory=list)
    """Its memory in MiB, over time."""
    workers: list[int] = field(default_factory=list)
    """The memory of the largest worker."""
    killed_at: float = 0.0

    def random(self, name: str) -> random.Random:
        """A random generator whose choices do not depend on those of other tasks."""
        return random.Random(f"{self.seed} {name}")  # noqa: S311  # a soak can be repeated


def main() -> int:
    """Run the soak and print the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=180)
    parser.add_argument("--seed", type=int, default=1, help="of the random choices")
    options = parser.parse_args()
    # The services in this process log nothing.
    logging.getLogger("app").setLevel(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = data_sets(folder)
        served, log = folder / "served.db", folder / "log"
        shutil.copy(files[0], served)
        services = [create_app(Settings(database_path=file, cache_bytes=0)) for file in files]
        port = free_port()
        environment = os.environ | {"API_PORT": str(port), "API_WORKERS": "2", "API_DATABASE_PATH": str(served)}
        with (
            log.open("wb") as written,
            subprocess.Popen([sys.executable, "-m", "app"], cwd=ROOT, env=environment, stderr=written) as process,
        ):
            try:
                at = Soak(process.pid, port, options.seed, files, served, services, time.monotonic() + options.seconds)
                asyncio.run(soak(at))
            finally:
                process.terminate()
                asked = time.monotonic()
                status = process.wait(60)
                stopping = time.monotonic() - asked
        unexplained = unexplained_lines(log)
    print_report(at, options.seconds)
    print(
        f"ended with status {status} in {stopping:.1f} s; unexplained lines in the log: {len(unexplained)} {unexplained[:3]}"
    )
    is_large = max(*at.workers, *at.supervisor) > MOST_MEBIBYTES
    return 1 if at.wrong or at.lost or is_large or unexplained or status or stopping > STOP_SECONDS else 0


def unexplained_lines(log: Path) -> list[str]:
    """The lines of the log that the faults do not explain."""
    found = []
    for line in log.read_text(encoding="utf-8").splitlines()[1:]:  # the first says where it serves
        try:
            event = json.loads(line)
        except ValueError:
            found.append(line)
            continue
        is_bad = event["level"] != "info" and not any(known.fullmatch(event["message"]) for known in EXPLAINED)
        if is_bad or "exception" in event:
            found.append(line)
    return found


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


async def soak(at: Soak) -> None:
    """Run the clients and the faults until the end."""
    await until_ready(at.port)
    look_at_memory(at)
    at.addresses = await all_addresses(at.services)
    clients = [asyncio.create_task(client(at, at.random(f"client {number}"))) for number in range(CLIENTS)]
    choose = at.random("faults")
    faults = {
        "worker killed": lambda: kill(at, choose),
        "worker ended by SIGTERM": lambda: terminate(at, choose),
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
        look_at_memory(at)
    await asyncio.gather(*clients)


async def all_addresses(services: list[Service]) -> list[str]:
    """Addresses of every kind."""
    bundles = [f"/v1/releases/{service.state.database.dataset_version}/bundle" for service in services]
    found = [
        *bundles,
        *("/v1/strains/no-such-strain", "/v1/strains?limit=0", "/v1/strains?color=red", "/V1", "/v1/releases/1", "/x"),
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
        page = json.loads((await response_of(services[0], f"{resource.summaries_path}?limit=500")).body)
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
    """Send one request after the other, over connections that are reused for a while."""
    while time.monotonic() < at.end:
        writer, address, begun = None, "", time.monotonic()
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", at.port)
            for _ in range(choose.randrange(1, 30)):
                address, coding = choose.choice(at.addresses), choose.choice(tuple(DECODERS))
                right = await right_responses(at, address)
                tags = ("", "", '"x"', right[0].tag, right[0].tag_in(coding))
                asked = Asked(address, choose.choice(("GET", "GET", "GET", "HEAD")), coding, choose.choice(tags))
                begun = time.monotonic()
                writer.write(request(*asked))
                async with asyncio.timeout(15):
                    status, fields, body = await read_response(reader, is_head=asked.method == "HEAD")
                at.statuses[status] += 1
                at.kinds[f"{asked.method} {coding}{' If-None-Match' if asked.tag else ''}"] += 1
                if not is_right(right, asked, status, fields, body):
                    at.wrong.append(f"{status} {asked}")
                if fields.get("connection") == "close":
                    break
        except (OSError, EOFError, TimeoutError) as error:
            if begun - AFTER_KILL_SECONDS < at.killed_at and not isinstance(error, TimeoutError):
                at.lost_after_kill += 1
            else:
                at.lost.append(f"{address}: {error!r}")
        finally:
            if writer:
                writer.close()


def is_right(right: list[Right], asked: Asked, status: int, fields: dict[str, str], body: bytes) -> bool:
    """Whether a response is, as a whole, one of the right ones."""
    coding = fields.get("content-encoding", "identity")
    if status == NOT_MODIFIED:
        # It confirms what one of the data sets has.
        tags = {tag for one in right for tag in (one.tag, one.tag_in(asked.coding))}
        return not body and fields["etag"] == asked.tag and asked.tag in tags
    if coding not in {"identity", asked.coding}:
        return False
    length = int(fields["content-length"])
    digest = digest_of(status, coding, body) if asked.method == "GET" else ""
    return any(
        (status, fields.get("etag", "")) == (one.status, one.tag_in(coding))
        and (status != OK or one.tag_in(coding) != asked.tag)
        and (status != OK or coding != "identity" or length == one.length)
        and (asked.method == "HEAD" or digest == one.digest)
        for one in right
    )


def digest_of(status: int, coding: str, body: bytes) -> str:
    """A digest of the decoded body; of a problem only that it is one, as each has an identifier of its own."""
    if status != OK:
        return str(json.loads(body)["status"])
    return hashlib.sha256(DECODERS[coding](body)).hexdigest()


def request(address: str, method: str = "GET", coding: str = "identity", tag: str = "") -> bytes:
    """The bytes of a request."""
    condition = f"If-None-Match: {tag}\r\n" if tag else ""
    return f"{method} {address} HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: {coding}\r\n{condition}\r\n".encode()


async def read_response(reader: asyncio.StreamReader, *, is_head: bool = False) -> tuple[int, dict[str, str], bytes]:
    """Status, header fields and body of a response."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.split("\r\n")[:-2]
    fields = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    length = 0 if is_head else int(fields.get("content-length", 0))
    return int(first.split()[1]), fields, await reader.readexactly(length)


async def right_responses(at: Soak, address: str) -> list[Right]:
    """The responses of both data sets to an address."""
    if address not in at.known:
        right = []
        for service in at.services:
            reply = await response_of(service, address)
            tag = dict(reply.headers).get(b"etag", b"").decode()
            right.append(Right(reply.status, tag, len(reply.body), digest_of(reply.status, "identity", reply.body)))
        at.known[address] = right
    return at.known[address]


async def response_of(service: Service, address: str) -> Reply:
    """The response of a data set to an address."""
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

    return await whole_response(service, scope, receive)


async def send(port: int, packet: bytes) -> None:
    """Send bytes, and read the response for a moment."""
    with suppress(OSError, TimeoutError):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            writer.write(packet)
            async with asyncio.timeout(1):
                await reader.read(65_536)
        finally:
            writer.close()


async def read_slowly(port: int) -> None:
    """Request a large response and read it very slowly."""
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


def terminate(at: Soak, choose: random.Random) -> None:
    """Stop a worker with SIGTERM: it loses no request, and is replaced."""
    if workers := children(at.pid):
        with suppress(ProcessLookupError):
            os.kill(choose.choice(workers), signal.SIGTERM)


def children(pid: int) -> list[int]:
    """The processes that a process has started."""
    path = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(number) for number in path.read_text().split()] if path.exists() else []


def look_at_memory(at: Soak) -> None:
    """Note the resident memory of each process, in MiB."""
    at.supervisor.append(resident(at.pid))
    at.workers.append(max((resident(worker) for worker in children(at.pid)), default=0))


def resident(pid: int) -> int:
    """Resident memory of a process, in MiB; nothing when it has ended."""
    with suppress(OSError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 2**20
    return 0


async def until_ready(port: int) -> None:
    """Wait until the service serves."""
    async with asyncio.timeout(60):
        while True:
            with suppress(OSError, EOFError, asyncio.IncompleteReadError):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(request("/health/ready"))
                status, _, _ = await read_response(reader)
                writer.close()
                if status == OK:
                    return
            await asyncio.sleep(0.1)


def print_report(at: Soak, seconds: int) -> None:
    """Print the results."""
    print(f"{seconds} s, {CLIENTS} clients, 2 workers")
    print(f"responses: {dict(sorted(at.statuses.items()))}")
    print(f"requests: {dict(sorted(at.kinds.items()))}")
    print(f"faults: {dict(sorted(at.faults.items()))}")
    print(f"wrong: {len(at.wrong)} {at.wrong[:3]}")
    print(f"lost with a killed worker: {at.lost_after_kill}")
    print(f"lost otherwise: {len(at.lost)} {at.lost[:3]}")
    for name, sizes in (("supervisor", at.supervisor), ("largest worker", at.workers)):
        print(f"resident memory of the {name}, MiB: {sizes[0]} at first, {max(sizes)} at most, {sizes[-1]} at last")


if __name__ == "__main__":
    sys.exit(main())
