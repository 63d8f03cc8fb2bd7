"""The build draws the pictures; the service sends them as they were drawn."""

import csv
import io
import json
import re
import sqlite3
from collections import Counter
from contextlib import closing
from copy import deepcopy
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.content.build import BuildError, build
from app.content.check import check_seed, read_seed
from app.main import create_app
from app.pictures import PICTURES, Picture
from app.settings import Settings
from readers import Reader
from support import Object, each

Records = dict[str, list[Object]]
each_picture = pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.slug)


@each_picture
async def test_what_the_build_drew_is_what_is_sent(
    picture: Picture, database_path: Path, client: httpx.AsyncClient
) -> None:
    with closing(sqlite3.connect(database_path)) as connection:
        ((inline, file, rows),) = connection.execute(
            "SELECT inline, file, csv FROM drawn_picture WHERE slug = ?", [picture.slug]
        )
    assert inline in (await client.get(f"/{picture.collection}")).text
    assert (await client.get(f"/pictures/{picture.slug}.svg")).text == file
    assert (await client.get(f"/pictures/{picture.slug}.csv")).text == rows


def counted(records: Records) -> dict[str, Counter[tuple[Any, ...]]]:
    """The rows that each picture must have, counted from the records of the API."""
    states = [
        place for place in records["/v1/jurisdictions"] if place["parent_code"] == "US" and place["level"] != "local"
    ]
    return {
        "legal-status-us": Counter((place["name"], place["status"], place["confidence"]) for place in states),
        "evidence-by-claim": Counter(
            (claim["title"], source["evidence_level"] or "", source["support"])
            for claim in records["/v1/claims"]
            for source in claim["citations"]
        ),
        "side-effects-by-body-system": Counter(
            (effect["name"], effect["body_system"], effect["seriousness"]) for effect in records["/v1/side-effects"]
        ),
        "citations-by-year": Counter(
            (str(source["year"] or ""), source["type"]) for source in records["/v1/citations"]
        ),
    }


COLUMNS = {
    "legal-status-us": (("place", "status", "confidence"), ""),
    "evidence-by-claim": (("title", "evidence_level", "support"), "sources"),
    "side-effects-by-body-system": (("name", "body_system", "seriousness"), ""),
    "citations-by-year": (("year", "type"), "citations"),
}
"""The columns by which the rows of a picture are counted, and the one with the number, if there is one."""


@each_picture
async def test_the_rows_of_a_picture_are_the_records_counted(
    picture: Picture, client: httpx.AsyncClient, records: Records
) -> None:
    names, number = COLUMNS[picture.slug]
    text = (await client.get(f"/pictures/{picture.slug}.csv")).text
    found: Counter[tuple[Any, ...]] = Counter()
    for row in each(list(csv.DictReader(io.StringIO(text, newline="")))):
        found[tuple(row[name] for name in names)] += int(row[number]) if number else 1
    assert +found == counted(records)[picture.slug]


@each_picture
async def test_the_table_says_in_words_what_the_picture_shows(
    picture: Picture, client: httpx.AsyncClient, records: Records
) -> None:
    html = (await client.get(f"/{picture.collection}")).text
    table = html.partition("<table>")[2].partition("</table>")[0]
    assert f'<caption class="unseen">{picture.title}</caption>' in table
    assert "_" not in Reader(table).text
    links = list(Reader(table).values("href"))
    if picture.record:
        slugs = {record["slug"] for record in records[f"/v1/{picture.collection}"]}
        assert {link.removeprefix(f"{picture.collection}/") for link in links} <= slugs
        assert len(links) == table.count('<th scope="row">') == table.count("<tr>") - 1


@pytest.mark.parametrize("slug", [picture.slug for picture in PICTURES if picture.has_narrow_form])
async def test_a_phone_is_shown_the_same_as_a_wide_screen(slug: str, records: Records) -> None:
    picture = next(picture for picture in PICTURES if picture.slug == slug)
    inline = picture.inline(picture.rows(records[f"/v1/{picture.collection}"]))
    wide, narrow = (Reader(f"<svg{svg}") for svg in inline.split("<svg")[1:])
    assert sorted(wide.values("href")) == sorted(narrow.values("href"))
    assert sorted(narrow.values("aria-label")) == sorted(wide.values("aria-label"))
    numbers = [Counter(re.findall(r"(\d{4}|no year): (\d+)", page.text)) for page in (wide, narrow)]
    assert numbers[0] == numbers[1]
    ids = [*wide.values("id"), *narrow.values("id")]
    assert len(ids) == len(set(ids)) == 4


async def test_a_collection_without_records_has_no_picture(small_seed: Path, tmp_path: Path) -> None:
    build(read_seed(small_seed), tmp_path / "content.db")
    service = create_app(Settings(database_path=tmp_path / "content.db"))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=service), base_url="http://test") as client:
        for picture in each(PICTURES):
            page = await client.get(f"/{picture.collection}")
            assert (page.status_code, "<svg" in page.text) == (200, False)
            for suffix in ("svg", "csv"):
                response = await client.get(f"/pictures/{picture.slug}.{suffix}")
                assert (response.status_code, response.json()["detail"]) == (
                    404,
                    "There are no records for this picture to show.",
                )
    service.state.database.close()


def test_a_state_without_a_place_on_the_map_fails_the_build_and_is_named(content: Object, tmp_path: Path) -> None:
    data = deepcopy(content)
    place = next(place for place in data["jurisdictions"] if place["code"] == "US-WY")
    place["code"] = "US-ZZ"
    with pytest.raises(BuildError, match=r"the picture legal-status-us can't be drawn: the map has no tile for US-ZZ"):
        build(check_seed(json.dumps(data).encode()), tmp_path / "content.db")


async def test_sources_without_a_year_can_be_drawn() -> None:
    picture = next(picture for picture in PICTURES if picture.slug == "citations-by-year")
    assert "no year: 2" in picture.svg(picture.rows([{"year": None, "type": "news"}] * 2), "")
