"""The search finds what rated questions should find, on the half it was tuned on and on the other."""

from pathlib import Path

import pytest

from app.content.__main__ import main
from app.content.search_report import Judgement, misspellings, read_judgements, scored
from app.database import Database, open_database
from support import ROOT, each

JUDGEMENTS = ROOT / "data/search-judgements.json"


@pytest.fixture(scope="module")
def judgements() -> list[Judgement]:
    return read_judgements(JUDGEMENTS)


@pytest.fixture(scope="module")
def data(database_path: Path) -> Database:
    return open_database(database_path)


def test_there_are_enough_rated_questions_and_every_record_they_name_is_there(
    judgements: list[Judgement], data: Database
) -> None:
    questions = [judgement.q for judgement in judgements]
    assert len(set(questions)) == len(questions) >= 80
    paths = {path for (path,) in data.read("SELECT path FROM record", {})}
    for judgement in each(judgements):
        assert {*judgement.best, *judgement.good} <= paths, judgement.q


@pytest.mark.parametrize("half", ["tune", "report"])
def test_the_search_is_as_good_as_promised(half: str, judgements: list[Judgement], data: Database) -> None:
    score = scored(data, [judgement for judgement in judgements if judgement.half == half])
    assert score.questions >= 40
    assert score.recall >= 0.9, score.missed
    assert score.ndcg >= 0.85
    assert score.misspellings >= 0.9
    assert score.without_result <= 0.05


def test_a_misspelling_is_one_edit_in_a_word_that_says_something() -> None:
    assert list(misspellings("is kratom ok", frozenset({"is"}))) == [
        "is kraom ok",
        "is krattom ok",
        "is kraxom ok",
        "is krtaom ok",
    ]


def test_a_search_that_finds_the_wrong_records_scores_badly(judgements: list[Judgement], data: Database) -> None:
    wrong = [judgement.model_copy(update={"best": ["faqs/storage"], "good": []}) for judgement in judgements[:20]]
    score = scored(data, wrong)
    assert score.recall < 0.2
    assert score.ndcg < 0.2
    assert score.missed


def test_the_report_is_printed(database_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["search-report", "--database", str(database_path), "--judgements", str(JUDGEMENTS)]) == 0
    printed = capsys.readouterr().out
    assert "recall@3" in printed
    assert "nDCG@10" in printed
