"""Snippets: whatever is asked, none names an amount, and none repeats a claim without what qualifies it."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from app.content.phrases import AMOUNT
from app.content.search_index import QUALIFIED, RETELLING, standing_alone
from app.database import Database, open_database
from support import COLLECTIONS, Object, each


@pytest.fixture(scope="module")
def data(database_path: Path) -> Iterator[Database]:
    with closing(open_database(database_path)) as database:
        yield database


def sentences(data: Database) -> list[tuple[str, str]]:
    """Every sentence that can be a snippet, with the path of its record."""
    stored = data.read("SELECT path, sentences FROM search_document", {})
    return [(path, sentence) for path, some in stored for sentence, _ in json.loads(some)]


def test_every_record_has_a_snippet_and_none_names_an_amount(data: Database) -> None:
    found = sentences(data)
    assert {path for path, _ in found} == {path for (path,) in data.read("SELECT path FROM record", {})}
    assert not [(path, sentence) for path, sentence in found if AMOUNT.search(sentence)]


def test_what_is_retold_stands_with_what_qualifies_it(data: Database) -> None:
    retold = [(path, sentence) for path, sentence in sentences(data) if RETELLING.match(sentence)]
    for path, sentence in each(retold):
        assert QUALIFIED.search(sentence), path


@pytest.mark.anyio
async def test_every_hit_has_the_cautions_of_its_record(data: Database, records: dict[str, list[Object]]) -> None:
    hits = {
        path: json.loads(document) for path, document in data.read("SELECT path, document FROM search_document", {})
    }
    shown = {f"{path[4:]}/{record['slug']}": record for path in COLLECTIONS for record in records[path]}
    assert hits.keys() == shown.keys()
    for path, hit in each(hits.items()):
        assert hit["cautions"] == shown[path].get("cautions", []), path


def test_a_claim_that_nothing_qualifies_is_no_snippet() -> None:
    text = "The article says that it helps. It also says that all do. But no trial has tested it. A fit? Call for help."
    assert list(standing_alone(text)) == [
        "It also says that all do. But no trial has tested it.",
        "But no trial has tested it.",
        "A fit? Call for help.",
    ]
