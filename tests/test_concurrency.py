"""What the running program promises under load and when it is told to stop."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

pytestmark = pytest.mark.anyio

ADDRESSES = (
    "/v1/citations?limit=100",
    "/v1/jurisdictions?sort=-as_of&limit=50",
    "/v1/side-effects?seriousness=serious,life_threatening",
    "/v1/interactions?evidence_basis=case_report&sort=name",
    "/v1/articles",
    "/v1/strains/red-vein",
    "/v1/meta",
    "/health/ready",
)
CONNECTIONS = 200

needs_proc = pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="reads the memory of a process as Linux tells it"
)


@dataclass(frozen=True)
class Running:
    """The program while it serves."""

    port: int
    process: subprocess.Popen[bytes]

    @property
    def is_ready(self) -> bool:
        """Whether it answers."""
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/health/ready").is_success
        except httpx.TransportError:
            return False

    @property
    def resident_bytes(self) -> int:
        """The memory it holds."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmRSS:"))

    @property
    def descriptors(self) -> int:
        """How many files and connections it has open."""
        return len(list(Path(f"/proc/{self.process.pid}/fd").iterdir()))

    async def get(self, address: str) -> tuple[int, bytes] | None:
        """Status and whole body over a connection of its own; None when there was no answer at all."""
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
        """The answers to many requests at once, in order."""
        room = asyncio.Semaphore(CONNECTIONS)

        async def one(address: str) -> tuple[int, bytes] | None:
            async with room:
                return await self.get(address)

        return await asyncio.gather(*map(one, addresses))


@contextmanager
def serving(database_path: Path, **settings: str) -> Iterator[Running]:
    """The program on a free port, stopped at the end."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    environment = os.environ | {"API_PORT": str(port), "API_DATABASE_PATH": str(database_path), **settings}
    with subprocess.Popen([sys.executable, "-m", "app"], env=environment, stderr=subprocess.DEVNULL) as process:
        try:
            running = Running(port, process)
            while not running.is_ready:
                assert process.poll() is None, "the program ended before it served"
                time.sleep(0.05)
            yield running
        finally:
            process.kill()


async def test_hundreds_of_requests_at_once_are_all_answered_and_alike(database_path: Path) -> None:
    asked = [ADDRESSES[n % len(ADDRESSES)] for n in range(3 * CONNECTIONS)]
    with serving(database_path) as running:
        answers = await running.get_all(asked)
    assert {answer and answer[0] for answer in answers} == {200}
    for address in ADDRESSES:
        assert len({answer for answer, found in zip(answers, asked, strict=True) if found == address}) == 1, address


@needs_proc
async def test_a_flood_of_distinct_addresses_takes_no_more_memory_and_leaves_no_descriptor_open(
    database_path: Path,
) -> None:
    async def flood(limit: int) -> None:
        # Every address is another, and the answers to most are large.
        addresses = [f"/v1/citations?limit={limit}&offset={offset}" for offset in range(250)]
        addresses += [f"/v1/citations/no-such-{limit}-{n}" for n in range(50)]
        addresses += [f"/v1/citations?unknown-{limit}-{n}=1" for n in range(50)]
        answers = await running.get_all(addresses)
        assert [answer and answer[0] for answer in answers] == [200] * 250 + [404] * 50 + [422] * 50

    with serving(database_path, API_CACHE_BYTES=str(4 * 1024 * 1024)) as running:
        at_rest = running.descriptors
        for limit in (90, 91):
            await flood(limit)
        settled = running.resident_bytes
        for limit in (92, 93, 94):
            await flood(limit)
        assert running.resident_bytes - settled < 32 * 1024 * 1024
        for _ in range(100):
            if running.descriptors <= at_rest:
                break
            await asyncio.sleep(0.05)
        assert running.descriptors <= at_rest


async def test_told_to_stop_it_ends_in_time_and_breaks_off_no_answer(database_path: Path) -> None:
    with serving(database_path) as running:
        asked = [asyncio.create_task(running.get(ADDRESSES[n % len(ADDRESSES)])) for n in range(CONNECTIONS)]
        await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
        running.process.send_signal(signal.SIGTERM)
        # Who comes too late gets no answer; an answer that was begun is finished, which `get` asserts.
        answers = await asyncio.gather(*asked)
        assert {answer[0] for answer in answers if answer} == {200}
        ended = await asyncio.to_thread(running.process.wait, 15)
        assert ended in {0, -signal.SIGTERM, 128 + signal.SIGTERM}
        assert not running.is_ready
