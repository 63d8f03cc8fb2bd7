"""The guide to adding a resource: its steps, applied to a copy of the repository, produce a working resource and filter."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app.database import SCHEMA_REVISION
from support import each

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
GUIDE = (ROOT / "docs/adding-a-resource.md").read_text(encoding="utf-8")
STEP = re.compile(
    r"^(?:Create `(?P<new>[^`]+)`|In `(?P<file>[^`]+)`, after `(?P<line>[^`]+)`):\n\n```\w+\n(?P<code>.*?)```$",
    re.MULTILINE | re.DOTALL,
)
STEPS = [match.groupdict() for match in STEP.finditer(GUIDE)]
COPIED = ("app", "migrations", "data/seed.json", "alembic.ini", "README.md")
REQUESTS = """
import asyncio, json, httpx
from app.main import create_app
app = create_app()
async def main():
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        question = app.openapi()["components"]["parameters"]["TermsQ"]["example"]
        paths = ("/v1/terms", "/v1/terms/alkaloid", "/v1/terms?discipline=law", "/v1/terms?language=Arabic", "/v1", "/")
        paths += (f"/v1/terms?q={question}",)
        answers = [await client.get(path) for path in paths]
    print(json.dumps([[answer.status_code, answer.text] for answer in answers]))
asyncio.run(main())
"""


NAMES_IN_FILES = re.findall(r"^\| (`.+`) in `([^`]+)` \|", GUIDE, re.MULTILINE)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository in which every step of the guide was followed."""
    tree = tmp_path_factory.mktemp("tree")
    (tree / "data").mkdir()
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, tree / name)
    for step in STEPS:
        follow(step, tree)
    run(tree, "-m", "migrations.new", "Add terms")
    run(tree, "-m", "app.content", "format")
    run(tree, "-m", "app.content", "build", "--quick")
    run(tree, "-m", "app.openapi")
    return tree


def follow(step: dict[str, str], tree: Path) -> None:
    """Create the file of a step, or put its lines below the line that it names."""
    if step["new"]:
        path = tree / step["new"]
        assert not path.exists(), path
        path.write_text(step["code"], encoding="utf-8")
        return
    path = tree / step["file"]
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    places = [number for number, line in enumerate(lines) if line.strip() == step["line"]]
    assert len(places) == 1, f"{step['line']} stands {len(places)} times in {step['file']}"
    lines.insert(places[0] + 1, step["code"])
    path.write_text("".join(lines), encoding="utf-8")


def run(tree: Path, *arguments: str) -> str:
    other = ("API_", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(other)}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=tree, env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(("names", "path"), NAMES_IN_FILES)
def test_every_constant_that_the_guide_names_exists(names: str, path: str) -> None:
    source = (ROOT / path).read_text(encoding="utf-8")
    for name in each(re.findall(r"`(\w+)`", names)):
        assert re.search(rf"^{name}: ", source, re.MULTILINE), f"{path} has no {name}"


def test_a_resource_takes_seven_files_and_a_filter_at_most_three() -> None:
    resource, new_filter = (
        {match["new"] or match["file"] for match in STEP.finditer(part)} for part in GUIDE.split("# Adding a filter\n")
    )

    assert len(STEPS) == GUIDE.count("```python") + GUIDE.count("```json") == 15
    assert len(resource) == 7
    assert 0 < len(new_filter) <= 3


def test_the_list_and_the_detail_of_the_new_resource_are_served(tree: Path) -> None:
    answers = json.loads(run(tree, "-c", REQUESTS))
    listed, detail, by_discipline, by_language, index, landing, by_question = answers

    assert [answer[0] for answer in each(answers)] == [200] * 7
    assert [record["slug"] for record in json.loads(listed[1])["data"]] == ["alkaloid", "scheduling"]
    assert json.loads(detail[1])["data"]["name"] == "Alkaloid"
    assert [record["slug"] for record in json.loads(by_discipline[1])["data"]] == ["scheduling"]
    assert [record["slug"] for record in json.loads(by_language[1])["data"]] == ["alkaloid"]
    assert {"name": "terms", "url": "/v1/terms"} in json.loads(index[1])["data"]["resources"]
    assert 'href="v1/terms"' in landing[1]
    assert json.loads(by_question[1])["data"], "the example question of the document finds nothing"


def test_the_new_code_has_no_fault_of_style(tree: Path) -> None:
    written = sorted({step["new"] or step["file"] for step in STEPS} - {"data/seed.json"})
    for command in (["check"], ["format", "--check"]):
        run(tree, "-m", "ruff", *command, "--no-cache", "--config", str(ROOT / "pyproject.toml"), *written)


def test_the_contract_and_the_readme_pick_it_up(tree: Path) -> None:
    document = json.loads((tree / "openapi.json").read_bytes())
    listing = document["paths"]["/v1/terms"]["get"]

    text = "Terms that a reader may not know, with their definitions."
    assert {"name": "terms", "description": text} in document["tags"]
    assert listing["description"] == text
    filters = {f"#/components/parameters/Terms{name}" for name in ("Discipline", "Language")}
    assert filters <= {parameter["$ref"] for parameter in listing["parameters"]}
    assert "discipline" in document["components"]["schemas"]["TermSummary"]["required"]
    assert "/v1/summaries/terms" in document["paths"]
    assert "/v1/terms/{slug}" in document["paths"]
    assert "term" in document["components"]["schemas"]["RecordType"]["enum"]
    assert "| `/v1/terms` | `discipline`, `language` | `name` |" in (tree / "README.md").read_text(encoding="utf-8")


def test_the_migration_makes_the_table_and_nothing_is_left_to_migrate(tree: Path) -> None:
    revision = f"{int(SCHEMA_REVISION) + 1:04}"
    (migration,) = (tree / "migrations/versions").glob(f"{revision}_*.py")

    assert "create_table" in migration.read_text(encoding="utf-8")
    assert "drop_table" not in migration.read_text(encoding="utf-8").partition("def downgrade")[0]
    assert f'SCHEMA_REVISION = "{revision}"' in (tree / "app/database.py").read_text(encoding="utf-8")
    again = subprocess.run(
        [sys.executable, "-m", "migrations.new", "Nothing"], cwd=tree, capture_output=True, text=True, check=False
    )
    assert again.returncode == 1
    assert "nothing written" in again.stderr
