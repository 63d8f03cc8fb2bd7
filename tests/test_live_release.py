"""A release, and its rollback, while the service runs: no request fails, and each response is of one data set."""

import asyncio
import gc
import json
import os
import shutil
import signal
import sqlite3
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from app import watching
from app.content.__main__ import main as content_command
from app.content.build import build, previous, roll_back
from app.content.check import read_seed
from app.database import Database, losses, open_database
from app.http.negotiation import CODINGS
from app.main import Service, create_app
from app.pages import data_pages
from app.settings import Settings
from app.watching import stamp_of
from processes import wait_until
from releases import (
    ADDRESSES,
    LOOKS_OFTEN,
    NEVER_LOOKS,
    OTHER_VERSION,
    WITHIN_SECONDS,
    ask_on,
    changed,
    other_release,
    put,
    readiness,
    smaller_release,
    version_of,
    write_checksum,
)
from support import Running, each, raw_response, serving

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


@pytest.fixture(scope="module")
def other(database_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return other_release(database_path, tmp_path_factory.mktemp("other") / "content.db")


@pytest.fixture
def path(database_path: Path, tmp_path: Path) -> Path:
    """The file that is served."""
    copy = tmp_path / "content.db"
    shutil.copy(database_path, copy)
    return copy


@pytest.fixture
def service(path: Path) -> Iterator[Service]:
    yield (fresh := create_app(Settings(database_path=path)))
    fresh.state.database.close()


@pytest.fixture
def version(database_path: Path) -> str:
    return open_database(database_path).dataset_version


def version_served(running: Running) -> str:
    found: str = readiness(running)["dataset_version"]
    return found


@pytest.mark.parametrize("workers", ["1", "2"])
async def test_a_release_under_load_and_the_way_back_lose_no_request_and_mix_no_data_sets(
    path: Path, database_path: Path, other: Path, version: str, workers: str
) -> None:
    told = asyncio.Event()

    async def served_by_all(wanted: str) -> None:
        async with asyncio.timeout(WITHIN_SECONDS):
            in_a_row = 0
            while in_a_row < 20:
                _, body = await running.get("/health/ready") or (0, b"{}")
                in_a_row = in_a_row + 1 if json.loads(body)["dataset_version"] == wanted else 0
                await asyncio.sleep(0.02)

    with serving(path, API_WORKERS=workers) as running:
        clients = [asyncio.create_task(ask_on(running.port, told, keep_alive=n % 2 == 0)) for n in range(12)]
        await served_by_all(version)
        await asyncio.to_thread(put, other, path)
        await served_by_all(OTHER_VERSION)
        await asyncio.sleep(0.3)
        await asyncio.to_thread(put, database_path, path)
        await served_by_all(version)
        told.set()
        answers = await asyncio.gather(*clients)
    tags: dict[tuple[str, str], set[str]] = {}
    for address, served, tag in each(answer for answers_of_one in answers for answer in answers_of_one):
        tags.setdefault((address, served), set()).add(tag)
    assert tags.keys() == {(address, served) for address in ADDRESSES for served in (version, OTHER_VERSION)}
    assert all(len(found) == 1 for found in each(tags.values()))
    # Each client that keeps its connection has seen one data set after the other, and none twice.
    for of_one in each(answers[::2]):
        versions = [served for _, served, _ in of_one]
        changes = [now for before, now in pairwise(versions) if before != now]
        assert changes == [OTHER_VERSION, version]


def test_a_running_service_serves_a_build_and_then_a_rollback(
    path: Path, seed: Path, tmp_path: Path, version: str
) -> None:
    edited = json.loads(seed.read_bytes())
    edited["release"]["release_date"] = "2027-01-01"
    seed_file = tmp_path / "seed.json"
    seed_file.write_text(json.dumps(edited), encoding="utf-8")
    with serving(path, program=("-c", LOOKS_OFTEN)) as running:
        assert content_command(["build", "--quick", "--seed", str(seed_file), "--database", str(path)]) == 0
        wait_until(lambda: version_served(running).startswith("2027-01-01+"))
        assert content_command(["rollback", "--database", str(path)]) == 0
        wait_until(lambda: version_served(running) == version)
        assert content_command(["rollback", "--database", str(path)]) == 0
        wait_until(lambda: version_served(running).startswith("2027-01-01+"))


def truncated(path: Path) -> None:
    os.truncate(path, 8192)


def scrambled(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1000] ^= 1
    path.write_bytes(content)


def with_half_a_record(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE faq SET document = '{}'")
        connection.commit()
    write_checksum(path)


def without_a_landing_page(path: Path) -> None:
    # The last record of a collection: only the first is read to prove the file.
    with closing(sqlite3.connect(path)) as connection:
        last = "SELECT max(rowid) FROM contact WHERE country = 'US'"
        connection.execute(f"UPDATE contact SET document = CAST('1' || document AS BLOB) WHERE rowid = ({last})")  # noqa: S608
        connection.commit()
    write_checksum(path)


BROKEN: dict[str, tuple[Callable[[Path], None], str]] = {
    "truncated": (truncated, "is truncated or damaged"),
    "one bit": (scrambled, "does not match its checksum: damaged, changed, or not of this service"),
    "half a record": (with_half_a_record, "contains a record of faqs that can't be read"),
    "no landing page": (without_a_landing_page, "can't be rendered as pages"),
    "missing": (Path.unlink, "no such file or directory"),
}


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_broken_file_is_refused_and_logged_once_and_the_next_good_one_is_served(
    path: Path, other: Path, version: str, tmp_path: Path, workers: str
) -> None:
    log = tmp_path / "log"
    with serving(path, log, ("-c", LOOKS_OFTEN), API_WORKERS=workers) as running:
        for harm, reason in each(BROKEN.values()):
            broken = tmp_path / "broken"
            shutil.copy(other, broken)
            harm(broken)
            if broken.exists():
                broken.rename(path)
            else:
                path.unlink()
            wait_until(lambda wanted=reason: readiness(running)["refused"] == wanted)  # type: ignore[misc]
            assert version_served(running) == version
        put(other, path)
        wait_until(lambda: version_served(running) == OTHER_VERSION)
        wait_until(lambda: readiness(running)["refused"] is None)
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    errors = [line["message"] for line in lines if line["level"] == "error"]
    assert len(errors) == len(BROKEN)
    for message, (_, reason) in each(zip(errors, BROKEN.values(), strict=True)):
        assert message.startswith(f"{path}: {reason}")
        assert message.endswith(f"; still serving {version}")


def test_on_sighup_a_release_that_lost_more_than_a_tenth_of_a_collection_is_refused_unless_it_was_confirmed(
    path: Path, database_path: Path, tmp_path: Path, version: str
) -> None:
    total = open_database(database_path).totals["contacts"]
    with serving(path, program=("-c", NEVER_LOOKS)) as running:

        def reload(file: Path) -> None:
            put(file, path)
            running.process.send_signal(signal.SIGHUP)

        reload(smaller_release(database_path, tmp_path / "smaller", keep=total * 9 // 10 - 1))
        wait_until(lambda: readiness(running)["refused"] == "has lost records")
        assert version_served(running) == version
        reload(smaller_release(database_path, tmp_path / "smaller", keep=1, confirmed=True))
        wait_until(lambda: version_served(running) == OTHER_VERSION)
        # The way back is a growth.
        reload(database_path)
        wait_until(lambda: version_served(running) == version)


# In this process


async def test_nothing_derived_from_the_data_set_before_is_served_or_kept_in_memory(
    service: Service, other: Path
) -> None:
    before = [await raw_response(service, address) for address in ADDRESSES]
    missed = await raw_response(service, "/v1/strains/red-vien")
    gone, driver = weakref.ref(service.state.database), service.state.database.driver
    new = open_database(other)

    service.serve(new, data_pages(service.title, new))

    gc.collect()
    assert gone() is None
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        driver.execute("SELECT 1")
    after = [await raw_response(service, address) for address in ADDRESSES]
    for address, answer in each(zip(ADDRESSES, after, strict=True)):
        assert version_of(address, answer.body) == OTHER_VERSION
    assert not {answer.headers["etag"] for answer in before} & {answer.headers["etag"] for answer in after}
    assert (await raw_response(service, "/v1/strains/red-vien")).problem["errors"] == missed.problem["errors"]


async def test_a_response_begun_before_a_release_is_of_the_data_set_before_and_is_not_cached(
    service: Service, other: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, encoding = "/v1/citations?limit=100", [("accept-encoding", "gzip")]
    begun = asyncio.Event()
    compress, loop = CODINGS[b"gzip"], asyncio.get_running_loop()
    served = asyncio.Event()

    def slowly(body: bytes) -> bytes:
        loop.call_soon_threadsafe(begun.set)
        asyncio.run_coroutine_threadsafe(served.wait(), loop).result(WITHIN_SECONDS)
        return compress(body)

    monkeypatch.setitem(CODINGS, b"gzip", slowly)
    asked = asyncio.create_task(raw_response(service, address, encoding))
    await begun.wait()
    new = open_database(other)
    service.serve(new, data_pages(service.title, new))
    served.set()
    await asked
    old, now = [await raw_response(service, address) for _ in range(2)]

    assert old.headers["etag"] == now.headers["etag"]
    assert json.loads(now.body)["meta"]["dataset_version"] == OTHER_VERSION
    assert (await asked).headers["etag"] != (await raw_response(service, address, encoding)).headers["etag"]


def test_an_unexpected_fault_of_a_file_is_logged_once_and_reported_in_readiness(
    path: Path, other: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_: Path) -> None:
        raise RuntimeError

    told: list[str | None] = []
    monkeypatch.setattr(watching, "POLL_SECONDS", 0.01)
    with closing(open_database(path)) as served:
        watcher = watching.Watcher(path, stamp_of(path), served, serve=lambda _: None, refuse=told.append)
        monkeypatch.setattr(watching, "open_beside", fail)
        put(other, path)
        watcher.start()
        wait_until(lambda: bool(told))
        time.sleep(0.1)
        watcher.stop()
        watcher.join(5)
    assert told == ["could not be checked"]
    assert [record.message for record in caplog.records] == ["the database file could not be checked"]


# The commands


def test_a_build_keeps_the_previous_file_and_a_rollback_counts_as_confirmed(
    database_path: Path, path: Path, seed: Path
) -> None:
    smaller_release(database_path, path, keep=1)
    small, large = path.read_bytes(), database_path.read_bytes()

    build(read_seed(seed), path)
    assert (path.read_bytes(), previous(path).read_bytes()) == (large, small)
    build(read_seed(seed), path)
    assert previous(path).read_bytes() == small, "the same data set again takes the place of none"

    before, now = roll_back(path)

    assert (before, now) == (open_database(database_path).dataset_version, OTHER_VERSION)
    database = open_database(path)
    assert database.dataset_version == OTHER_VERSION
    assert database.may_shrink
    assert previous(path).read_bytes() == large
    assert sorted(file.name for file in path.parent.iterdir()) == [path.name, previous(path).name]


def test_a_build_that_would_lose_more_than_a_tenth_is_refused_until_it_is_confirmed(
    database_path: Path, path: Path, seed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def grow(connection: sqlite3.Connection, release: dict[str, Any]) -> None:
        release["dataset_version"] = OTHER_VERSION
        columns = [row[1] for row in connection.execute("PRAGMA table_info(contact)") if row[1] != "slug"]
        names = ", ".join(columns)
        connection.execute(f"INSERT INTO contact (slug, {names}) SELECT slug || '-2', {names} FROM contact")  # noqa: S608
        for collection in each(release["collections"]):
            if collection["name"] == "contacts":
                collection["total"] *= 2

    changed(database_path, path, grow)
    before, total = path.read_bytes(), open_database(database_path).totals["contacts"]
    command = ["build", "--quick", "--seed", str(seed), "--database", str(path)]

    assert content_command(command) == 1

    lost = f"contacts has {total} records instead of {total * 2}"
    assert capsys.readouterr().err == f"{path} was left as it is: {lost}; confirm that with --allow-shrink\n"
    assert path.read_bytes() == before
    assert content_command([*command, "--allow-shrink"]) == 0
    assert open_database(path).may_shrink


@pytest.mark.parametrize("harm", [Path.unlink, truncated])
def test_a_rollback_without_a_usable_file_is_refused_in_one_line(
    path: Path, other: Path, harm: Callable[[Path], None], capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(other, previous(path))
    harm(previous(path))
    before = path.read_bytes()

    assert content_command(["rollback", "--database", str(path)]) == 1

    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"{previous(path)}")
    assert path.read_bytes() == before


def test_a_collection_may_lose_a_tenth_but_no_more(database_path: Path) -> None:
    database = open_database(database_path)

    def with_total(total: int) -> Database:
        return replace(database, totals={"things": total})

    assert losses(with_total(10), with_total(9)) == []
    assert losses(with_total(100), with_total(89)) == ["things has 89 records instead of 100"]
    assert losses(with_total(0), with_total(0)) == []
