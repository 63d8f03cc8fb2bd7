"""An app asks once a day: nothing is new, then a release is, and its changes reach the copy, the history and the feeds."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx
import pytest

from app.content.__main__ import main as content_command
from app.content.releases import Releases, release_summary
from app.database import open_database
from app.main import create_app
from app.pages import data_pages
from app.settings import Settings
from support import ROOT, each
from wire import ask

sys.path.insert(0, str(ROOT / "clients" / "python"))
from kratom_client import State, sha256, sync  # type: ignore[import-not-found]  # it is a package of its own

pytestmark = pytest.mark.slow

TITLE = "Red vein: only a marketing name"


def released(folder: Path, content: Any) -> str:
    """Record the content as a release and build it, as an editor does; what the command says."""
    (folder / "seed.json").write_text(json.dumps(content), encoding="utf-8")
    for command in each(["release", "build --quick"]):
        database = ["--database", str(folder / "content.db")] if "build" in command else []
        assert content_command([*command.split(), "--seed", str(folder / "seed.json"), *database]) == 0
    return str(folder / "content.db")


def test_two_releases_reach_an_app_that_asks_once_a_day(
    content: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    released(tmp_path, content)
    service = create_app(Settings(database_path=tmp_path / "content.db"))

    def get(address: str, *headers: tuple[bytes, bytes]) -> tuple[int, dict[bytes, bytes], bytes]:
        return asyncio.run(ask(service, address, *headers))

    def answer(request: httpx.Request) -> httpx.Response:
        path, mark, query = request.url.raw_path.decode().partition("?")
        status, headers, body = get(unquote(path) + mark + query)
        return httpx.Response(status, headers=list(headers.items()), content=body)

    client = httpx.Client(transport=httpx.MockTransport(answer))
    shipped = sync("http://api", client=client)
    assert shipped.state is State.replaced
    etag = get("/v1/releases/latest")[1][b"etag"]
    assert get("/v1/releases/latest", (b"if-none-match", etag))[0] == 304
    assert sync("http://api", shipped.bundle, client=client).state is State.current

    edited = json.loads(json.dumps(content))
    edited["release"]["release_date"] = "2026-12-01"
    (strain,) = (record for record in edited["strains"] if record["slug"] == "red-vein")
    strain["title"] = TITLE
    capsys.readouterr()
    path = released(tmp_path, edited)
    said = capsys.readouterr().out
    assert "  updated strains/red-vein: title\n" in said
    assert "relevant to safety: 0\n" in said
    assert "release_date of the release before" not in said
    database = open_database(Path(path))
    service.serve(database, data_pages(service.title, database))

    status, _, body = get("/v1/releases/latest", (b"if-none-match", etag))
    assert status == 200
    synced = sync("http://api", shipped.bundle, client=client)
    assert synced.state is State.updated
    assert sha256(synced.bundle) == json.loads(body)["data"]["sha256"]
    assert [record["title"] for record in synced.bundle["records"]["strains"] if record["slug"] == "red-vein"] == [
        TITLE
    ]
    assert "red-vein" in {change["slug"] for change in synced.changes}
    history = json.loads(get("/v1/strains/red-vein")[2])["meta"]["history"]
    assert [(entry["kind"], entry["fields"]) for entry in history] == [("updated", ["title"]), ("created", [])]
    items = json.loads(get("/v1/feeds/strains.json")[2])["items"]
    assert f"Updated: {TITLE}" in [item["title"] for item in items]
    service.state.database.close()


def test_an_editor_is_told_when_a_release_has_the_date_of_the_one_before() -> None:
    def entry(day: str, changes: int) -> Any:
        change = {"collection": "claims", "slug": "a", "kind": "created", "safety_relevant": True}
        return {"dataset_version": f"{day}+00000000", "release_date": day, "changes": [change] * changes}

    first = release_summary(Releases([entry("2026-12-01", 60)]))
    assert first[0] == "in the first release: 60 created; relevant to safety: 60"
    assert first[-1] == "  and 10 more"
    later = release_summary(Releases([entry("2026-12-02", 1), entry("2026-12-01", 60)]))
    assert later[1:] == ["  created claims/a (relevant to safety)"]
    same_day = release_summary(Releases([entry("2026-12-01", 0), entry("2026-12-01", 60)]))
    assert same_day[0] == "since 2026-12-01+00000000: no record changed; relevant to safety: 0"
    assert "set another in the seed and run this again with --replace" in same_day[-1]
