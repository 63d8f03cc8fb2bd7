"""What the running program promises under load and when it is told to stop."""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
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
    def workers(self) -> set[int]:
        """The processes that it started to serve."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text(encoding="ascii")
        command = {int(child): Path(f"/proc/{child}/cmdline").read_bytes() for child in children.split()}
        return {child for child, line in command.items() if b"spawn_main" in line}

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
def serving(database_path: Path, log: Path = Path(os.devnull), **settings: str) -> Iterator[Running]:
    """The program on a free port, stopped at the end."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    environment = os.environ | {"API_PORT": str(port), "API_DATABASE_PATH": str(database_path), **settings}
    with (
        log.open("wb") as written,
        subprocess.Popen([sys.executable, "-m", "app"], env=environment, stderr=written) as process,
    ):
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


async def keep_asking(port: int, *, keep_alive: bool) -> str:
    """Ask again and again until nobody listens any more; then say how the last request ended."""
    close = "" if keep_alive else "Connection: close\r\n"
    asked = 0
    while True:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        except ConnectionRefusedError:
            return "not listening"
        try:
            kept = True
            while kept:
                address = ADDRESSES[asked % len(ADDRESSES)]
                asked += 1
                writer.write(f"GET {address} HTTP/1.1\r\nHost: localhost\r\n{close}\r\n".encode())
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
                await reader.readexactly(int(head.partition("content-length: ")[2].partition("\r")[0]))
                if not head.startswith("http/1.1 200"):
                    return head
                kept = "connection: close" not in head
        except (ConnectionError, asyncio.IncompleteReadError) as error:
            return f"lost: {error!r}"
        finally:
            writer.close()


@pytest.mark.parametrize("workers", ["1", "2"])
async def test_told_to_stop_it_answers_every_request_that_came_in_and_ends_in_time(
    database_path: Path, workers: str
) -> None:
    with serving(database_path, API_WORKERS=workers) as running:
        clients = [asyncio.create_task(keep_asking(running.port, keep_alive=n % 2 == 0)) for n in range(60)]
        await asyncio.sleep(1)
        running.process.send_signal(signal.SIGTERM)
        assert set(await asyncio.gather(*clients)) == {"not listening"}
        ended = await asyncio.to_thread(running.process.wait, 15)
        assert ended in {0, -signal.SIGTERM, 128 + signal.SIGTERM}


@needs_proc
async def test_a_killed_worker_is_replaced(database_path: Path) -> None:
    with serving(database_path, API_WORKERS="2") as running:
        before = running.workers
        assert len(before) == 2
        os.kill(min(before), signal.SIGKILL)
        for _ in range(200):
            if len(running.workers - before) == 1 and running.is_ready:
                break
            await asyncio.sleep(0.05)
        assert len(running.workers) == 2
        assert {answer and answer[0] for answer in await running.get_all(ADDRESSES * 10)} == {200}
        running.process.send_signal(signal.SIGTERM)
        await asyncio.to_thread(running.process.wait, 15)


@pytest.mark.parametrize(
    "harm",
    [
        lambda path: os.truncate(path, 4096),
        lambda path: path.write_bytes(bytes(path.stat().st_size)),
        lambda path: path.unlink(),
    ],
    ids=["truncated", "overwritten", "removed"],
)
async def test_what_happens_to_the_file_while_it_is_served_reaches_no_answer(
    database_path: Path, tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    path = tmp_path / "content.db"
    shutil.copy(database_path, path)
    with serving(path, API_CACHE_BYTES="0") as running:
        before = await running.get_all(ADDRESSES)
        harm(path)
        assert await running.get_all(ADDRESSES) == before


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
async def test_a_log_that_can_not_be_written_keeps_nobody_from_being_served(database_path: Path) -> None:
    with serving(database_path, log=Path("/dev/full")) as running:
        assert {answer and answer[0] for answer in await running.get_all([*ADDRESSES, "/v1/strains"])} == {200}
