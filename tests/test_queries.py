"""Every query that a client can cause uses an index and is bounded in time."""

import sqlite3
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import httpx
import pytest

from app import database as database_module
from app.database import open_database
from app.main import create_app
from app.reading import TALLIES_SQL, TALLY_SQL, count_sql, detail_sql, facet_sql, page_sql
from app.registry import TABLES
from app.schemas.queries import View
from app.settings import Settings
from app.tables import Resource
from support import each

RESPONSE_SECONDS = 2
"""How long a response may take (docs/promises.md)."""


@pytest.fixture(scope="module")
def driver(database_path: Path) -> Iterator[sqlite3.Connection]:
    database = open_database(database_path)
    yield database.driver
    database.close()


def plan(driver: sqlite3.Connection, sql: str, values: dict[str, object]) -> list[str]:
    return [row[3] for row in driver.execute(f"EXPLAIN QUERY PLAN {sql}", values)]


def filters_of(resource: type[Resource]) -> list[str]:
    return ["slug", *resource.info.column_filters, *resource.info.facets]


CASES = [
    (resource, name, prefix + sort)
    for resource in TABLES.values()
    for name, sort, prefix in product([None, *filters_of(resource)], resource.info.sorts, ["", "-"])
]


@pytest.mark.parametrize(("resource", "name", "sort"), CASES, ids=lambda v: getattr(v, "__name__", str(v)))
def test_every_sort_and_filter_runs_along_an_index(
    driver: sqlite3.Connection, resource: type[Resource], name: str | None, sort: str
) -> None:
    shape = ((name, 1),) if name else ()
    values: dict[str, object] = {"limit": 20, "offset": 0} | ({f"{name}_0": "x"} if name else {})
    for view in each(View):
        steps = plan(driver, page_sql(resource, shape, sort, view), values)
        for step in each(steps):
            assert "TEMP B-TREE" not in step, steps
            assert not step.startswith("SCAN") or " USING " in step, steps


@pytest.mark.parametrize("resource", TABLES.values(), ids=TABLES)
def test_a_detail_is_one_look_up_by_key(driver: sqlite3.Connection, resource: type[Resource]) -> None:
    assert [step.split()[0] for step in plan(driver, detail_sql(resource), {"slug": "x"})] == ["SEARCH"]


@pytest.mark.parametrize("resource", TABLES.values(), ids=TABLES)
def test_counting_the_matches_of_several_filters_uses_an_index(
    driver: sqlite3.Connection, resource: type[Resource]
) -> None:
    names = filters_of(resource)
    for first, second in each(product(names, names)):
        if first < second:
            values: dict[str, object] = {f"{first}_0": "x", f"{second}_0": "x", f"{second}_1": "y"}
            steps = plan(driver, count_sql(resource, ((first, 1), (second, 2))), values)
            assert not any(step.startswith("SCAN") and " USING " not in step for step in steps), steps


@pytest.mark.parametrize("resource", TABLES.values(), ids=TABLES)
def test_counting_the_values_of_a_filter_reads_an_index_and_no_rows(
    driver: sqlite3.Connection, resource: type[Resource]
) -> None:
    info = resource.info
    for name, other in each(product([*info.query.facet_names(), None], filters_of(resource))):
        if name and name != other:
            steps = plan(driver, facet_sql(resource, name, ((other, 2),)), {f"{other}_0": "x", f"{other}_1": "y"})
            assert not any(step.startswith("SCAN") and " USING " not in step for step in steps), (name, other, steps)
            if {name, other} <= set(info.column_filters):
                assert "COVERING INDEX" in steps[0], (name, other, steps)


def test_the_counts_without_a_filter_are_looked_up(driver: sqlite3.Connection) -> None:
    steps = plan(driver, TALLIES_SQL, {"collection": "x", "filter": "x"})
    assert [step.split()[0] for step in steps] == ["SEARCH"]


def test_a_total_for_one_value_is_looked_up(driver: sqlite3.Connection) -> None:
    values: dict[str, object] = {"collection": "x", "filter": "x", "value": "x"}
    assert [step.split()[0] for step in plan(driver, TALLY_SQL, values)] == ["SEARCH"]


async def test_a_query_that_takes_too_long_is_interrupted(database_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = create_app(Settings(database_path=database_path, cache_bytes=0))
    monkeypatch.setattr(database_module, "QUERY_SECONDS", -1.0)
    monkeypatch.setattr(database_module, "QUERY_STEPS", 1)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        answer = await client.get("/v1/citations")
        assert answer.status_code == 503
        assert answer.headers["retry-after"]
        assert answer.json()["type"] == "/problems/unavailable"
        monkeypatch.setattr(database_module, "QUERY_SECONDS", 1.0)
        assert (await client.get("/v1/citations")).status_code == 200
    app.state.database.close()


def test_a_runaway_query_is_stopped(database_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = open_database(database_path)
    assert database_module.QUERY_SECONDS < RESPONSE_SECONDS
    monkeypatch.setattr(database_module, "QUERY_SECONDS", 0.05)
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    with pytest.raises(sqlite3.OperationalError, match="interrupted"):
        database.read(endless, {})
    database.close()
