"""The running program under load, on SIGTERM, and when its file is harmed."""

import asyncio
import os
import shutil
import signal
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from support import CONNECTIONS, Running, each, serving
from wire import silent_readers

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

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

STOPPED_WITHIN = 12
"""How many seconds after the signal the program has ended, whatever its clients do (decision 8)."""

SHORT_GRACE = """
from app import serving
serving.GRACE_SECONDS = 1
from app.__main__ import main
raise SystemExit(main())
"""

needs_proc = pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="reads the memory of a process from /proc"
)


def resident_bytes(running: Running) -> int:
    """The memory the program holds."""
    status = Path(f"/proc/{running.process.pid}/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmRSS:"))


def descriptors(running: Running) -> int:
    """How many files and connections the program has open."""
    return len(list(Path(f"/proc/{running.process.pid}/fd").iterdir()))


async def test_hundreds_of_concurrent_requests_all_get_the_same_response(database_path: Path) -> None:
    asked = [ADDRESSES[n % len(ADDRESSES)] for n in range(3 * CONNECTIONS)]
    with serving(database_path) as running:
        responses = await running.get_all(asked)
    assert {response and response[0] for response in responses} == {200}
    for address in each(ADDRESSES):
        assert len({response for response, found in zip(responses, asked, strict=True) if found == address}) == 1, (
            address
        )


@needs_proc
async def test_a_flood_of_distinct_addresses_takes_no_more_memory_and_leaves_no_descriptor_open(
    database_path: Path,
) -> None:
    async def flood(limit: int) -> None:
        # All addresses differ, and most responses are large.
        addresses = [f"/v1/citations?limit={limit}&offset={offset}" for offset in range(250)]
        addresses += [f"/v1/citations/no-such-{limit}-{n}" for n in range(50)]
        addresses += [f"/v1/citations?unknown-{limit}-{n}=1" for n in range(50)]
        responses = await running.get_all(addresses)
        assert [response and response[0] for response in responses] == [200] * 250 + [404] * 50 + [422] * 50

    with serving(database_path, API_CACHE_BYTES=str(4 * 1024 * 1024)) as running:
        at_rest = descriptors(running)
        for limit in (90, 91):
            await flood(limit)
        settled = resident_bytes(running)
        for limit in (92, 93, 94):
            await flood(limit)
        assert resident_bytes(running) - settled < 32 * 1024 * 1024
        for _ in range(100):
            if descriptors(running) <= at_rest:
                break
            await asyncio.sleep(0.05)
        assert descriptors(running) <= at_rest


async def keep_asking(port: int, *, keep_alive: bool) -> str:
    """Send requests until the server no longer listens; return how the last one ended."""
    close = "" if keep_alive else "Connection: close\r\n"
    asked = 0
    while True:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        except (ConnectionRefusedError, ConnectionResetError):
            # The listening socket may be closed between the two halves of the handshake: no request was sent yet.
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
async def test_on_sigterm_it_responds_to_every_received_request_and_exits_in_time(
    database_path: Path, workers: str
) -> None:
    with serving(database_path, API_WORKERS=workers) as running:
        clients = [asyncio.create_task(keep_asking(running.port, keep_alive=n % 2 == 0)) for n in range(60)]
        await asyncio.sleep(1)
        running.process.send_signal(signal.SIGTERM)
        assert set(await asyncio.gather(*clients)) == {"not listening"}
        ended = await asyncio.to_thread(running.process.wait, STOPPED_WITHIN)
        assert ended in {0, -signal.SIGTERM, 128 + signal.SIGTERM}


@pytest.mark.parametrize(("program", "workers"), [(("-c", SHORT_GRACE), "1"), (("-m", "app"), "2")])
async def test_on_sigterm_it_exits_in_time_whatever_its_clients_do(
    database_path: Path, program: tuple[str, str], workers: str
) -> None:
    large, idle = b"GET /pages/swagger-ui-bundle.js HTTP/1.1\r\nHost: a\r\n\r\n", b"GET /v1 HTTP/1.1\r\nHost: a\r\n\r\n"
    last = b"GET /v1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    with serving(database_path, program=program, API_WORKERS=workers) as running:
        async with AsyncExitStack() as clients:
            for sent in each([large * 5, idle, last, b"GET / HTT", b""]):
                await clients.enter_async_context(silent_readers(running.port, 3, sent))
            await asyncio.sleep(0.5)
            signalled = asyncio.get_running_loop().time()
            running.process.send_signal(signal.SIGTERM)
            await asyncio.to_thread(running.process.wait, STOPPED_WITHIN)
            assert asyncio.get_running_loop().time() - signalled < STOPPED_WITHIN


async def test_a_change_of_the_file_while_it_is_served_changes_no_response(database_path: Path, tmp_path: Path) -> None:
    path = tmp_path / "content.db"
    shutil.copy(database_path, path)
    with serving(path, API_CACHE_BYTES="0") as running:
        before = await running.get_all(ADDRESSES)
        for harm in (
            lambda: os.truncate(path, 4096),
            lambda: path.write_bytes(bytes(database_path.stat().st_size)),
            path.unlink,
        ):
            harm()
            assert await running.get_all(ADDRESSES) == before
