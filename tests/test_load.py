"""Under load no client starves, and slow readers cost little memory."""

import asyncio
import gzip
import os
import termios
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.database import Database
from app.http import progress, turns
from app.http.negotiation import CODINGS
from app.main import Service, create_app
from app.pages import problem_pages
from app.settings import Settings
from support import Running, serving
from wire import (
    BUNDLE,
    CLOSE,
    ask,
    connections,
    descriptors,
    exchange,
    listening,
    request,
    resident_bytes,
    run,
    silent_readers,
    statuses,
    until,
)

pytestmark = pytest.mark.slow

CHECK_SECONDS = 2
"""How often the connections of a service look for slow readers in these tests."""
IMPATIENT = f"""
from app.__main__ import main
from app.http import progress
progress.CHECK_SECONDS = {CHECK_SECONDS}
main()
"""


@pytest.fixture
def service(database_path: Path) -> Iterator[Service]:
    """A service whose cache is empty."""
    fresh = create_app(Settings(database_path=database_path))
    yield fresh
    fresh.state.database.close()


async def expensive(service: Service) -> list[str]:
    """A query for all slugs of the largest collection, each time in another order."""
    _, _, body = await ask(service, "/v1/citations?limit=100")
    slugs = [part.partition(b'"')[0].decode() for part in body.split(b'{"slug":"')[1:]]
    assert len(slugs) > 50
    return slugs


def test_a_new_connection_and_health_are_answered_while_sixty_clients_ask_for_expensive_responses(
    service: Service,
) -> None:
    order: list[str] = []

    async def promise() -> None:
        slugs = await expensive(service)

        async def client(port: int, number: int) -> None:
            for turn in range(3):
                start = (number * 3 + turn) % len(slugs)
                asked = ",".join(slugs[start:] + slugs[:start]).encode()
                target = b"/v1/citations?limit=%d&slug=%b" % (100 - turn - number % 40, asked)
                got = await exchange(port, request(target, CLOSE, b"Accept-Encoding: br"), patience=60)
                assert statuses(got) == [200]
                order.append("expensive")

        async def probe(port: int, target: bytes) -> None:
            await asyncio.sleep(0.05)
            started = time.perf_counter()
            assert statuses(await exchange(port, request(target, CLOSE), patience=20)) == [200]
            order.append("probe")
            assert time.perf_counter() - started < 2

        async with listening(service) as (port, _):
            clients = [client(port, number) for number in range(60)]
            probes = [probe(port, target) for target in (b"/health/live", b"/health/ready", b"/v1/meta", b"/docs")]
            await asyncio.gather(*clients, *probes)
        assert len(order) == 184
        # The last probe waits for at most one turn of each client.
        last_probe = max(place for place, name in enumerate(order) if name == "probe")
        assert last_probe < 100, order

    run(promise)


def test_the_event_loop_runs_between_two_expensive_endpoint_calls(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "TURN_SECONDS", 0.0)
    turn = 0
    calls: list[int] = []
    read = Database.read

    def noting(self: Database, sql: str, values: Any) -> list[Any]:
        calls.append(turn)
        return read(self, sql, values)

    monkeypatch.setattr(Database, "read", noting)

    async def count_turns() -> None:
        nonlocal turn
        while True:
            turn += 1
            await asyncio.sleep(0)

    async def promise() -> None:
        turning = asyncio.create_task(count_turns())
        got = await asyncio.gather(*(ask(service, f"/v1/strains?offset={n}") for n in range(40)))
        turning.cancel()
        assert [status for status, _, _ in got] == [200] * 40

    run(promise)
    assert len(set(calls)) == 40


def test_a_probe_does_not_queue_behind_expensive_calls(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "TURN_SECONDS", 0.0)
    order: list[str] = []

    async def noted(address: str) -> None:
        assert (await ask(service, address))[0] == 200
        order.append(address)

    async def promise() -> None:
        lists = [asyncio.create_task(noted(f"/v1/strains?offset={n}")) for n in range(40)]
        probes = [asyncio.create_task(noted(address)) for address in ("/health/live", "/health/ready")]
        await asyncio.gather(*lists, *probes)

    run(promise)
    assert {"/health/live", "/health/ready"} <= set(order[:5])


def test_the_event_loop_runs_between_two_html_pages_of_problems(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "TURN_SECONDS", 0.0)
    made: list[int] = []
    turn = 0
    as_usual = problem_pages.problem_html

    def noting(*arguments: Any, **named: Any) -> str:
        made.append(turn)
        return as_usual(*arguments, **named)

    monkeypatch.setattr(problem_pages, "problem_html", noting)

    async def count_turns() -> None:
        nonlocal turn
        while True:
            turn += 1
            await asyncio.sleep(0)

    async def promise() -> None:
        turning = asyncio.create_task(count_turns())
        reader = (b"accept", b"text/html")
        got = await asyncio.gather(*(ask(service, f"/nothing/{n}", reader) for n in range(20)))
        turning.cancel()
        assert [status for status, _, _ in got] == [404] * 20

    run(promise)
    assert len(set(made)) == 20


def test_a_large_body_is_compressed_in_a_thread_and_once_for_all_who_wait(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[int] = []

    def slowly(body: bytes) -> bytes:
        time.sleep(0.3)
        done.append(len(body))
        return gzip.compress(body, 1)

    monkeypatch.setitem(CODINGS, b"gzip", slowly)
    large = "/openapi.json"
    encoding = (b"accept-encoding", b"gzip")

    async def promise() -> None:
        order: list[str] = []

        async def noted(name: str, address: str, *headers: tuple[bytes, bytes]) -> int:
            status, _, _ = await ask(service, address, *headers)
            order.append(name)
            return status

        waiting = [asyncio.create_task(noted("large", large, encoding)) for _ in range(20)]
        await asyncio.sleep(0)
        assert await noted("health", "/health/live") == 200
        assert await asyncio.gather(*waiting) == [200] * 20
        assert order == ["health"] + ["large"] * 20
        assert len(done) == 1

    run(promise)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads /proc")
def test_slow_readers_of_a_large_body_take_little_memory_and_are_disconnected(database_path: Path) -> None:
    readers = 100
    size = (Path(turns.__file__).parents[1] / "pages/swagger-ui/swagger-ui-bundle.js").stat().st_size

    async def promise(running: Running) -> None:
        await running.get(BUNDLE.decode())
        at_rest = resident_bytes(running.process.pid)
        async with silent_readers(running.port, readers, request(BUNDLE) * 5):
            await asyncio.sleep(1)
            assert await running.get("/health/live")
            assert descriptors(running.process.pid) > readers
            grown = resident_bytes(running.process.pid) - at_rest
            assert grown < readers * size / 8, f"{grown} bytes more"
            async with asyncio.timeout(3 * CHECK_SECONDS + 15):
                while descriptors(running.process.pid) > readers / 2:  # noqa: ASYNC110  # another process has no event
                    await asyncio.sleep(0.2)

    with serving(database_path, program=("-c", IMPATIENT)) as running:
        run(lambda: promise(running))


@pytest.mark.skipif(not hasattr(termios, "TIOCOUTQ"), reason="the system does not tell what it holds for a client")
def test_a_client_that_reads_steadily_is_not_taken_for_a_slow_one(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system takes much of a body at once, and then nothing for long."""
    monkeypatch.setattr(progress, "CHECK_SECONDS", 0.1)

    async def promise() -> None:
        # The receiver acknowledges at once, as its buffer is small; what the server's side holds takes many checks.
        async with listening(service, send_buffer=300_000) as (port, state), silent_readers(port, 1, b"") as [client]:
            read = client.get_extra_info("socket")
            client.write(request(BUNDLE))
            await until(lambda: any(one.transport.get_write_buffer_size() for one in connections(state)))
            for _ in range(30):
                await asyncio.sleep(0.05)
                os.read(read.fileno(), 1500)
                assert state.connections, "a client that reads thirty times the least rate was disconnected"
            await until(lambda: not state.connections)

    run(promise)
