"""Pictures show the records of their collection, all of them and nothing else, in a form that screen readers can read."""

import csv
import io
import re
from collections import Counter
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from app.content.phrases import AMOUNT
from app.pictures import PICTURES, Picture, as_csv
from app.pictures.legal_status import FILLS, TILES, WORDS
from app.schemas.evidence import Support, Verdict
from app.schemas.jurisdictions import Confidence, LegalStatus
from app.schemas.side_effects import BodySystem, Seriousness
from support import Object, each

SVG = "{http://www.w3.org/2000/svg}"
Records = dict[str, list[Object]]

each_picture = pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.slug)


def drawn(picture: Picture, records: Records, **options: Any) -> ET.Element:
    """The picture of all records, parsed."""
    svg = picture.svg(picture.rows(records[f"/v1/{picture.collection}"]), "", **options)
    return ET.fromstring(svg)  # noqa: S314  # it is our own


def picture_of(slug: str) -> Picture:
    """The picture with a slug."""
    return next(picture for picture in PICTURES if picture.slug == slug)


@each_picture
async def test_a_picture_has_a_name_its_notice_and_nothing_that_a_strict_policy_forbids(
    picture: Picture, records: Records
) -> None:
    svg = drawn(picture, records)
    named = {element.get("id"): element.text for element in svg.iter() if element.get("id")}
    assert [named[name] for name in svg.attrib["aria-labelledby"].split()] == [picture.title, picture.notice]
    for element in each(svg.iter()):
        assert element.tag.removeprefix(SVG) not in {"style", "script", "foreignObject", "image"}
        assert "style" not in element.keys()  # noqa: SIM118  # an element is no mapping


@each_picture
async def test_a_file_of_its_own_begins_with_title_and_notice(picture: Picture, records: Records) -> None:
    words = [element.text for element in drawn(picture, records, is_file=True).iter(f"{SVG}text")]
    assert words[:2] == [picture.title, picture.notice]


@each_picture
async def test_every_link_of_a_picture_leads_to_a_record(picture: Picture, records: Records) -> None:
    addresses = {f"{picture.collection}/{record['slug']}" for record in records[f"/v1/{picture.collection}"]}
    assert {element.attrib["href"] for element in drawn(picture, records).iter(f"{SVG}a")} <= addresses


@each_picture
async def test_the_data_behind_a_picture_reads_back_from_csv(picture: Picture, records: Records) -> None:
    rows = picture.rows(records[f"/v1/{picture.collection}"])
    assert rows
    read = list(csv.DictReader(io.StringIO(as_csv(rows), newline="")))
    assert read == [{name: str(value) for name, value in row.items()} for row in rows]


@each_picture
async def test_no_picture_shows_an_amount(picture: Picture, records: Records) -> None:
    assert not AMOUNT.search("\n".join(drawn(picture, records).itertext()))


async def test_every_state_has_one_tile_with_its_status_confidence_and_date(records: Records) -> None:
    states = [
        place for place in records["/v1/jurisdictions"] if place["parent_code"] == "US" and place["level"] != "local"
    ]
    assert {place["code"] for place in states} == {f"US-{code}" for code in TILES}
    tiles = {
        element.attrib["href"].removeprefix("jurisdictions/"): element
        for element in drawn(picture_of("legal-status-us"), records).iter(f"{SVG}a")
    }
    assert len(tiles) == len(states)
    for place in each(states):
        label = str(tiles[place["slug"]][0].text)
        status, confidence = LegalStatus[place["status"]], Confidence[place["confidence"]]
        assert label.startswith(f"{place['name']}: {status.label}, confidence {confidence.label.lower()}, ")
        assert (f"as of {place['as_of']}" if place["as_of"] else "no source is dated") in label
        shown = [text.text for text in tiles[place["slug"]].iter(f"{SVG}text")]
        within = [local for local in records["/v1/jurisdictions"] if local["parent_code"] == place["code"]]
        assert shown[0] == place["code"].removeprefix("US-") + ("*" if within else "")
        assert shown[3] == (place["as_of"] or "undated")[:7].split("-")[0]


def test_no_two_states_share_a_tile() -> None:
    assert len(set(TILES.values())) == len(TILES)


def test_every_status_has_a_look_and_a_word_of_its_own() -> None:
    assert set(FILLS) == set(WORDS) == set(LegalStatus)
    assert len({ground for ground, _ in FILLS.values()}) == len(set(WORDS.values())) == len(LegalStatus)


async def test_every_source_of_a_statement_is_one_mark_in_its_line(records: Records) -> None:
    marks = Counter(
        element.attrib["aria-label"]
        for element in drawn(picture_of("evidence-by-claim"), records).iter(f"{SVG}g")
        if element.get("role") == "img"
    )
    sources = [source for claim in records["/v1/claims"] for source in claim["citations"]]
    assert marks.total() == len(sources)
    for support in each(Support):
        shown = sum(count for label, count in marks.items() if label.endswith(f": {support.label.lower()}"))
        assert shown == sum(source["support"] == support for source in sources)


async def test_every_statement_stands_under_its_verdict(records: Records) -> None:
    verdicts = {verdict.label: verdict for verdict in Verdict}
    svg = drawn(picture_of("evidence-by-claim"), records)
    found, current = {}, None
    for element in each(svg.iter()):
        if element.tag == f"{SVG}text" and element.get("font-weight") == "700":
            current = verdicts[str(element.text)]
        elif element.tag == f"{SVG}a":
            found[element.attrib["href"].removeprefix("claims/")] = current
    assert found == {claim["slug"]: claim["verdict"] for claim in records["/v1/claims"]}


async def test_a_side_effect_stands_in_the_line_of_its_body_system_and_the_column_of_its_seriousness(
    records: Records,
) -> None:
    svg = drawn(picture_of("side-effects-by-body-system"), records)
    columns = {
        "".join(text.itertext()): float(text[0].attrib["x"])
        for text in svg.iter(f"{SVG}text")
        if text.get("font-weight") == "600"
    }
    tops = [
        (float(text.attrib["y"]), "".join(text.itertext()))
        for text in svg.iter(f"{SVG}text")
        if len(text) and text[0].get("x") == "0"
    ]
    places = {link.attrib["href"].removeprefix("side-effects/"): link[1] for link in svg.iter(f"{SVG}a")}
    for record in each(records["/v1/side-effects"]):
        text = places.pop(record["slug"])
        assert "".join(text.itertext()) == record["name"]
        assert float(text[0].attrib["x"]) == columns[Seriousness[record["seriousness"]].label]
        line = max((top, label) for top, label in tops if top <= float(text.attrib["y"]))[1]
        assert line == BodySystem[record["body_system"]].label
    assert not places


async def test_every_source_is_counted_once(records: Records) -> None:
    titles = [title.text for title in drawn(picture_of("citations-by-year"), records).iter(f"{SVG}title")]
    counts = [
        int(found[1]) for title in titles if title and (found := re.search(r", (?:\d{4}|no year): (\d+)$", title))
    ]
    assert sum(counts) == len(records["/v1/citations"])
