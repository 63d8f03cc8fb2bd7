"""Where memory, open files, disks and readers are short, the service serves, or ends with one line that says why."""

import asyncio
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from app.database import Database
from app.http.limits import RESERVED_DESCRIPTORS, max_connections
from processes import full_pipe, needs_proc, wait_until
from releases import OTHER_VERSION, WITHIN_SECONDS, other_release, put, readiness
from support import ADDRESSES, ROOT, START_SECONDS, STOP_SECONDS, Ask, Running, each, serving
from wire import CLOSE, exchange, request

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

MEGABYTE = 1024 * 1024
TOO_LITTLE_MEMORY = (
    *((resource.RLIMIT_AS, 48 * MEGABYTE), (resource.RLIMIT_AS, 128 * MEGABYTE)),
    *((resource.RLIMIT_DATA, 48 * MEGABYTE), (resource.RLIMIT_DATA, 110 * MEGABYTE)),
)
ENOUGH_MEMORY = 224 * MEGABYTE
FILES = 128


def limited(kind: int, amount: int) -> str:
    """The program under a limit."""
    return (
        f"import resource, sys; resource.setrlimit({kind}, ({amount}, {amount}));"
        "from app.__main__ import main; sys.exit(main())"
    )


def ended(database_path: Path, program: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """The result of a start that fails."""
    environment = os.environ | {"API_PORT": "0", "API_DATABASE_PATH": str(database_path), **settings}
    command = [sys.executable, "-c", program]
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=START_SECONDS
    )


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize(("kind", "amount"), TOO_LITTLE_MEMORY)
def test_with_too_little_memory_it_ends_with_one_line(
    database_path: Path, kind: int, amount: int, workers: str
) -> None:
    result = ended(database_path, limited(kind, amount), API_WORKERS=workers)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == "The service can't run: there is not enough memory\n"


async def test_with_little_memory_it_serves_every_response_and_survives_a_release(
    database_path: Path, tmp_path: Path
) -> None:
    path = tmp_path / "content.db"
    shutil.copy(database_path, path)
    with serving(path, program=("-c", limited(resource.RLIMIT_AS, ENOUGH_MEMORY))) as running:
        addresses = [f"/v1/citations?limit=100&offset={n}" for n in range(100)]
        responses = await running.get_all([*addresses, "/openapi.json", "/docs", "/"])
        assert {response and response[0] for response in responses} == {200}
        async with httpx.AsyncClient() as client:
            # A body that is compressed in a thread.
            compressed = await client.get(f"{running.origin}/openapi.json", headers={"Accept-Encoding": "gzip"})
        assert compressed.is_success
        put(other_release(database_path, tmp_path / "other"), path)
        running.process.send_signal(signal.SIGHUP)
        await asyncio.to_thread(
            wait_until,
            lambda: (
                readiness(running)["refused"] == "takes more memory than there is"
                or readiness(running)["dataset_version"] == OTHER_VERSION
            ),
            WITHIN_SECONDS,
        )


async def test_a_request_that_lacks_memory_gets_a_503(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    def short(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(Database, "read", short)
    response = await ask("/v1/strains?limit=7&offset=3&sort=-name")
    assert response.problem["detail"] == "The service is short of memory right now."
    assert (response.status, response.headers["retry-after"]) == (503, "5")


def test_a_file_that_several_workers_may_not_write_to_memory_ends_it_with_one_line(database_path: Path) -> None:
    result = ended(database_path, limited(resource.RLIMIT_FSIZE, MEGABYTE), API_WORKERS="2")
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == (
        f"can't hold {database_path} in memory for several workers: raise the limit of file sizes, or set API_WORKERS=1\n"
    )


def test_with_hardly_any_open_files_it_ends_with_one_line(database_path: Path) -> None:
    result = ended(database_path, limited(resource.RLIMIT_NOFILE, 20))
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == "The service needs 24 open files, and 20 are allowed\n"


@needs_proc
async def test_connections_above_the_limit_of_open_files_are_shed_and_logged_and_the_service_recovers(
    database_path: Path, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    many = 3 * FILES

    async def ask(port: int, slots: list[asyncio.StreamWriter]) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        slots.append(writer)
        try:
            writer.write(b"GET /v1/strains HTTP/1.1\r\nHost: a\r\n\r\n")
            return (await asyncio.wait_for(reader.readline(), STOP_SECONDS)).strip()
        except ConnectionError:
            return b""

    with serving(database_path, log, ("-c", limited(resource.RLIMIT_NOFILE, FILES))) as running:
        slots: list[asyncio.StreamWriter] = []
        responses = Counter(await asyncio.gather(*(ask(running.port, slots) for _ in range(many))))
        busy = cpu_seconds(running)
        await asyncio.sleep(1)
        assert cpu_seconds(running) - busy < 0.5, "it is busy with connections that it can't accept"
        for writer in each(slots):
            writer.close()
        await asyncio.to_thread(wait_until, lambda: running.is_ready)
        assert {response and response[0] for response in await running.get_all(["/v1/strains"] * 10)} == {200}
    # A connection of the probe before may still have been open.
    assert responses[b"HTTP/1.1 200 OK"] >= FILES - RESERVED_DESCRIPTORS - 1
    assert responses[b"HTTP/1.1 503 Service Unavailable"] > 0
    assert responses.keys() <= {b"HTTP/1.1 200 OK", b"HTTP/1.1 503 Service Unavailable", b""}
    warnings = [line for line in log.read_text().splitlines() if '"warning"' in line]
    assert len(warnings) == 1
    assert json.loads(warnings[0])["message"].startswith(f"{FILES - RESERVED_DESCRIPTORS} connections are open")


def cpu_seconds(running: Running) -> float:
    """The processor time that the program has used."""
    fields = Path(f"/proc/{running.process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_the_number_of_connections_is_bounded_and_leaves_room_for_other_files(monkeypatch: pytest.MonkeyPatch) -> None:
    for files, connections in ((40, 10), (1000, 936), (1_000_000, 8192), (resource.RLIM_INFINITY, 8192)):
        monkeypatch.setattr(resource, "getrlimit", lambda _, files=files: (files, files))
        max_connections.cache_clear()
        assert max_connections() == connections
    monkeypatch.undo()
    max_connections.cache_clear()


async def test_it_starts_serves_and_stops_though_nobody_reads_its_log(database_path: Path) -> None:
    reader, writer = full_pipe()
    try:
        with serving(database_path, Path(f"/dev/fd/{writer}"), API_WORKERS="2", API_ACCESS_LOG="true") as running:
            # More events than may wait to be written.
            for _ in range(11):
                got = await exchange(
                    running.port, request(b"/v1/meta") * 1000 + request(b"/v1/meta", CLOSE), patience=20
                )
                assert got.count(b"HTTP/1.1 200 OK\r\n") == 1001
            running.process.terminate()
            await asyncio.to_thread(running.process.wait, STOP_SECONDS)
    finally:
        os.close(reader)
        os.close(writer)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
async def test_it_serves_and_follows_its_file_though_its_log_is_on_a_full_disk(
    database_path: Path, tmp_path: Path
) -> None:
    path = tmp_path / "content.db"
    shutil.copy(database_path, path)
    with serving(path, Path("/dev/full"), API_WORKERS="2", API_ACCESS_LOG="true") as running:
        assert {response and response[0] for response in await running.get_all(ADDRESSES)} == {200}
        path.unlink()
        await asyncio.to_thread(
            wait_until, lambda: httpx.get(f"{running.origin}/health/ready").json()["refused"] is not None
        )


def mounted_read_only(folder: Path) -> Callable[[], object] | None:
    """Make a folder read-only; what undoes it, or None when this user may not."""
    mount, unmount = shutil.which("mount"), shutil.which("umount")
    if not mount or not unmount:
        return None
    if subprocess.run([mount, "--bind", folder, folder], capture_output=True, check=False).returncode:
        return None
    subprocess.run([mount, "-o", "remount,bind,ro", folder], capture_output=True, check=True)
    return lambda: subprocess.run([unmount, folder], check=True)


def test_it_serves_from_read_only_media(database_path: Path, tmp_path: Path) -> None:
    folder = tmp_path / "media"
    folder.mkdir()
    shutil.copy(database_path, folder / "content.db")
    unmount = mounted_read_only(folder)
    if unmount is None:
        pytest.skip("this user may not mount")
    try:
        with pytest.raises(OSError, match="Read-only"):
            (folder / "new").touch()
        with serving(folder / "content.db") as running:
            assert httpx.get(f"{running.origin}/v1/strains").is_success
    finally:
        unmount()
