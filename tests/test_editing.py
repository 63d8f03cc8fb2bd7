"""Editing the seed: one format, and a report of what needs work."""

import json
import sys
from pathlib import Path

import pytest

from app.content.__main__ import main
from app.content.layout import formatted_seed
from support import each, run


def test_the_seed_is_formatted(seed: Path) -> None:
    content = seed.read_text(encoding="utf-8")
    assert formatted_seed(content) == content, "run: python -m app.content format"


def test_the_editor_schema_is_the_one_the_models_give(tmp_path: Path, seed: Path) -> None:
    written = tmp_path / "schema.json"
    assert main(["schema", "--schema", str(written)]) == 0
    assert written.read_bytes() == (seed.parent / "seed.schema.json").read_bytes(), "run: make generate"


def test_format_puts_records_and_fields_in_order_and_changes_nothing_else(tmp_path: Path, seed: Path) -> None:
    data = json.loads(seed.read_bytes())
    data["strains"] = [dict(reversed(record.items())) for record in reversed(data["strains"])]
    shuffled = tmp_path / "seed.json"
    shuffled.write_text(json.dumps(data), encoding="utf-8")
    assert main(["format", "--check", "--seed", str(shuffled)]) == 1
    assert json.loads(shuffled.read_bytes()) == data
    assert main(["format", "--seed", str(shuffled)]) == 0
    assert shuffled.read_bytes() == seed.read_bytes()


@pytest.mark.parametrize("content", ["", "[]", '{"strains": 1}', '{"strains": [1]}', "nothing"])
def test_format_reports_the_faults_of_a_seed_that_it_cannot_format(
    tmp_path: Path, content: str, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "seed.json"
    broken.write_text(content, encoding="utf-8")
    assert main(["format", "--seed", str(broken)]) == 1
    assert "expected" in capsys.readouterr().err
    assert broken.read_text(encoding="utf-8") == content


def test_the_report_has_the_same_content_as_text_and_as_json(seed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["report", "--seed", str(seed), "--older-than", "2025-01-01"]
    assert main([*arguments, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert main(arguments) == 0
    text = capsys.readouterr().out
    data = json.loads(seed.read_bytes())
    assert report["records"]["side-effects"] == len(data["side_effects"])
    assert report["low_confidence"] == [p["slug"] for p in data["jurisdictions"] if p["confidence"] == "low"]
    old = {p["slug"]: p["as_of"] for p in data["jurisdictions"] if p["as_of"] and p["as_of"] < "2025-01-01"}
    assert report["statuses_older_than"] == {"date": "2025-01-01", "jurisdictions": old}
    assert set(report["citations_with_missing_fields"]) == {c["slug"] for c in data["citations"] if c["missing_fields"]}
    assert "interactions/mao-inhibitors" in report["without_primary_evidence"]
    assert "interactions/benzodiazepines" not in report["without_primary_evidence"]
    for slug in each([*old, *report["unused_citations"], *report["without_primary_evidence"]]):
        assert slug in text


def test_the_content_reads_easily(seed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "--json", "--seed", str(seed)]) == 0
    reading = json.loads(capsys.readouterr().out)["readability"]
    assert reading["median_grade"] <= 7
    assert reading["share_at_or_below_9"] >= 0.99
    assert reading["sentences_above_25_words"] == {}


@pytest.mark.parametrize(("collection", "field"), [("side_effects", "summary"), ("citations", "key_findings")])
def test_the_report_names_a_sentence_that_is_too_long(
    tmp_path: Path, seed: Path, capsys: pytest.CaptureFixture[str], collection: str, field: str
) -> None:
    data = json.loads(seed.read_bytes())
    record = data[collection][0]
    sentence = f"{'It is so and ' * 7}done."
    record[field] = [sentence] if isinstance(record[field], list) else sentence
    written = tmp_path / "seed.json"
    written.write_text(json.dumps(data), encoding="utf-8")
    assert main(["report", "--json", "--seed", str(written)]) == 0
    found = json.loads(capsys.readouterr().out)["readability"]["sentences_above_25_words"]
    assert found == {f"{collection.replace('_', '-')}/{record['slug']} {field}": 29}


def test_the_report_names_a_citation_nothing_relies_on(
    tmp_path: Path, seed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = json.loads(seed.read_bytes())
    data["citations"].append(data["citations"][0] | {"slug": "lonely"})
    written = tmp_path / "seed.json"
    written.write_text(json.dumps(data), encoding="utf-8")
    assert main(["report", "--json", "--seed", str(written)]) == 0
    assert json.loads(capsys.readouterr().out)["unused_citations"] == ["lonely"]


def test_a_wrong_date_for_the_report_is_a_wrong_call(seed: Path) -> None:
    command = [sys.executable, "-m", "app.content", "report", "--seed", str(seed), "--older-than", "soon"]
    done = run(*command)
    assert done.returncode == 2
    assert "--older-than" in done.stderr
    assert "Traceback" not in done.stderr
