"""The log says what was slow and what failed, in one line of JSON each, and nothing that tells who asked for what."""

import asyncio
import json
import logging
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.database import Database
from app.http import connection, pipeline
from app.logs import JsonLines
from app.main import Service, create_app
from app.settings import Settings
from support import each, raw_response

PERSONAL = "zebrafish"
"""A word that no part of the program has."""
HEADERS = [
    *(("User-Agent", f"{PERSONAL}/1"), ("Cookie", PERSONAL), ("Authorization", f"Bearer {PERSONAL}")),
    *(("Referer", f"https://{PERSONAL}.example/"), ("X-Forwarded-For", "192.0.2.77"), ("Accept", "text/html")),
]


@pytest.fixture
def service(database_path: Path) -> Iterator[Service]:
    yield (fresh := create_app(Settings(database_path=database_path, access_log=True, cache_bytes=0)))
    fresh.state.database.close()


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [JsonLines().format(record) for record in caplog.records]


def test_an_endpoint_that_takes_longer_than_the_threshold_is_logged_with_its_route(
    service: Service, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ask() -> None:
        asyncio.run(raw_response(service, "/v1/strains/red-vein", [("X-Request-ID", "trace-me")]))

    monkeypatch.setattr(pipeline, "SLOW_SECONDS", 60.0)
    ask()
    assert "slow endpoint" not in caplog.text
    monkeypatch.setattr(pipeline, "SLOW_SECONDS", 0.0)
    ask()
    [event] = [json.loads(line) for line in lines(caplog) if "slow endpoint" in line]
    assert (event["level"], event["path"], event["request_id"]) == ("warning", "/v1/strains/{slug}", "trace-me")
    assert event["milliseconds"] > 0


def fail_with(error: Callable[[str], BaseException]) -> Callable[..., None]:
    """A query of the database that fails with a message that repeats its values."""

    def fail(_: Database, __: str, values: object) -> None:
        raise error(str(values))

    return fail


@pytest.mark.parametrize("error", [KeyError, MemoryError, sqlite3.OperationalError, ValueError])
def test_no_line_of_the_log_repeats_a_query_or_tells_of_the_client_though_the_exception_does(
    service: Service,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    error: Callable[[str], BaseException],
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(pipeline, "SLOW_SECONDS", 0.0)
    monkeypatch.setattr(Database, "read", fail_with(error))
    monkeypatch.setattr(Database, "rows", fail_with(error))
    statuses = [
        asyncio.run(raw_response(service, address, HEADERS, client="192.0.2.77")).status
        for address in each(
            (f"/v1/strains?q={PERSONAL}", f"/v1/search?q={PERSONAL}", f"/v1/strains?{PERSONAL}=1", "/v1/suggest?q=zebr")
        )
    ]
    assert statuses.count(422) < len(statuses)
    found = lines(caplog)
    assert sum("request failed" in line for line in found) == sum(status >= 500 for status in statuses) > 0
    for line in each(found):
        assert "zebr" not in line
        assert "192.0.2" not in line


def test_an_exception_in_the_log_has_its_type_its_place_and_its_cause(caplog: pytest.LogCaptureFixture) -> None:
    log = logging.getLogger(connection.log.name)
    try:
        try:
            Path(f"/nowhere/{PERSONAL}").stat()
        except OSError as error:
            raise KeyError(PERSONAL) from error
    except KeyError:
        log.exception("failed")
    [line] = lines(caplog)
    told = json.loads(line)["exception"].splitlines()
    assert told[-1] == "builtins.KeyError"
    assert "builtins.FileNotFoundError: No such file or directory" in told
    assert [place.count(f'File "{__file__}", line ') for place in told].count(1) == 2
    # What has nothing to do with requests is told in full.
    logging.getLogger("app.release").error("failed", exc_info=ValueError("the file"))
    assert json.loads(lines(caplog)[-1])["exception"].endswith("ValueError: the file")
