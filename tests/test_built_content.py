"""The same seed gives the same file, which contains exactly the seed's content."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter
from sqlalchemy import URL, create_engine

from app.content.build import build
from app.content.check import check_seed
from app.database import open_database
from app.registry import RESOURCES, TABLES
from app.schemas.resources import ResourceInfo
from app.schemas.summaries import summary_of
from app.tables import table_of
from support import build_command, each, run

pytestmark = pytest.mark.slow


def contents(database: Path) -> dict[str, list[Any]]:
    """All rows of all tables; those of the full-text index are in the tables behind it."""
    with closing(sqlite3.connect(database)) as connection:
        tables = connection.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL TABLE%'"
        ).fetchall()
        return {name: sorted(connection.execute(f"SELECT * FROM {name}"), key=repr) for (name,) in tables}  # noqa: S608  # the file's own names


# The same from the same seed.


@pytest.mark.parametrize("number", [0, 1])
def test_the_same_seed_gives_the_same_content(seed: Path, database_path: Path, tmp_path: Path, number: int) -> None:
    options = ["-O"] if number else []
    variables = {"PYTHONHASHSEED": str(number), "TZ": ["Asia/Tokyo", "America/Lima"][number], "LC_ALL": "C"}

    ran = run(*build_command(seed, tmp_path / "content.db", *options), environment=variables)

    assert (ran.returncode, ran.stderr) == (0, "")
    assert contents(tmp_path / "content.db") == contents(database_path)


def test_the_layout_of_the_seed_does_not_change_the_content(seed: Path, database_path: Path, tmp_path: Path) -> None:
    data = json.loads(seed.read_bytes())
    for records in each(data.values()):
        if isinstance(records, list):
            records.reverse()
    shuffled = dict(reversed(data.items()))

    build(check_seed(json.dumps(shuffled, indent=7).encode()), tmp_path / "content.db")

    assert contents(tmp_path / "content.db") == contents(database_path)


def change_a_finding(data: Any) -> None:
    data["citations"][-1]["publisher"] += " Press"


def change_a_coverage_note(data: Any) -> None:
    data["release"]["coverage"]["faqs"] += " More."


def change_a_gap(data: Any) -> None:
    data["release"]["known_gaps"][0] += " More."


def change_a_verdict(data: Any) -> None:
    claim = next(claim for claim in data["claims"] if claim["verdict"] == "supports")
    claim["verdict"] = "qualifies"


@pytest.mark.parametrize("change", [change_a_finding, change_a_coverage_note, change_a_gap, change_a_verdict])
def test_a_change_of_one_word_changes_the_version(
    seed: Path, database_path: Path, tmp_path: Path, change: Callable[[Any], None]
) -> None:
    before = json.loads(seed.read_bytes())
    after = deepcopy(before)
    change(after)
    database = open_database(database_path)

    version = build(check_seed(json.dumps(after).encode()), tmp_path / "content.db")

    assert version.partition("+")[0] == after["release"]["release_date"]
    assert version != database.dataset_version
    database.close()


# True to the seed.


@pytest.mark.parametrize("resource", RESOURCES, ids=[resource.collection for resource in RESOURCES])
def test_every_served_record_is_valid_and_equals_its_row(database_path: Path, resource: ResourceInfo) -> None:
    database = open_database(database_path)
    table = table_of(TABLES[resource.collection])
    columns = table.columns
    with create_engine(URL.create("sqlite", database=str(database_path))).connect() as connection:
        rows = connection.execute(table.select()).mappings().all()
    links: dict[str, list[tuple[str, str, str | None]]] = {}
    for link in each(
        database.read("SELECT record, citation, support, note FROM record_citation ORDER BY position", {})
    ):
        links.setdefault(link[0], []).append((link[1], link[2], link[3]))

    assert len(rows) == database.totals[resource.collection] > 0
    for row in each(rows):
        served = TypeAdapter(resource.read).validate_json(row["document"])
        assert json.loads(row["document"]) == json.loads(served.model_dump_json())
        brief = TypeAdapter(summary_of(resource)).validate_json(row["summary_document"])
        assert json.loads(row["summary_document"]) == json.loads(brief.model_dump_json())
        for column in each(set(columns.keys()) - {"document", "summary_document", "history"}):
            if column.endswith("_rank"):
                value = getattr(served, column.removesuffix("_rank"))
                assert row[column] == list(type(value).__members__).index(value)
            elif column == "cautions":
                # The build adds the standing cautions of the release behind the record's own.
                assert getattr(served, column)[: len(row[column])] == row[column], row["slug"]
            else:
                assert row[column] == getattr(served, column), (row["slug"], column)
        if "citations" in type(served).model_fields:
            shown = [(link.citation, link.support, link.note) for link in getattr(served, "citations", [])]
            assert shown == links.get(f"{resource.collection}/{row['slug']}", [])
    database.close()


def test_every_record_of_the_seed_is_in_the_file(seed: Path, database_path: Path) -> None:
    data = json.loads(seed.read_bytes())
    database = open_database(database_path)
    built = {row[0] for row in database.read("SELECT path FROM record", {})}
    database.close()

    assert built == {
        f"{resource.collection}/{record['slug']}"
        for resource in RESOURCES
        for record in data[resource.collection.replace("-", "_")]
    }
