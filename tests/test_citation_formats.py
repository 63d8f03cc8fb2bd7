"""Citations for reference managers, read back by the libraries that others read them with."""

import json
from datetime import date
from typing import Any

import httpx
import pytest
import rispy
from bibtexparser.entrypoint import parse_string
from bibtexparser.middlewares import LatexDecodingMiddleware, SeparateCoAuthors

from app.formats.citations import write_bibtex, write_csl, write_ris
from support import Ask, Object, each, fetch, refused, select

pytestmark = pytest.mark.anyio

CITATIONS = "/v1/citations"
CSL_TYPES = {
    *("article-journal", "article-newspaper", "bill", "dataset", "entry-encyclopedia", "legal_case", "legislation"),
    *("post", "post-weblog", "webpage"),
}
"""Of the types that csl-data.json 1.0.2 allows, those in use."""
CSL_FIELDS = {
    *("id", "type", "title", "author", "issued", "container-title", "volume", "issue", "page", "publisher"),
    *("DOI", "PMID", "URL", "note"),
}
"""Of the fields that csl-data.json 1.0.2 allows, those in use."""


@pytest.fixture(scope="module")
def awkward() -> Object:
    """A citation with every character that a format could take for its own."""
    return {
        "slug": "awkward-2020_a",
        "title": "[50% {of} R&D_costs] #1 \\ ~ ^ $5 “é” and THC",
        "type": "journal_article",
        "specificity": "homepage",
        "title_verified": False,
        "authors": ["Müller & Sons {Inc} and others", "O'Neil A", "et al."],
        "year": 2020,
        "published": "2020-03",
        "container": "J. of A & B",
        "volume_issue_pages": "7(4):55-58",
        "publisher": "P_Q",
        "doi": "10.1000/a_b(c)<d>",
        "pmid": "123",
        "url": "https://example.org/a_b?c=%20d&e={f}#g~h",
        "link_withheld": True,
        "evidence_level": "case_report",
        "key_findings": ["90% did."],
        "limitations": "A & B_C.",
        "missing_fields": ["full_author_list"],
        "last_reviewed": None,
        "review_due": "2027-01-01",
    }


def read_bibtex(text: str) -> dict[str, dict[str, Any]]:
    """The entries by key, with the commands of LaTeX decoded where they are not read as they are."""
    library = parse_string(text)
    assert not library.failed_blocks
    raw = {entry.key: {field.key: field.value for field in entry.fields} for entry in library.entries}
    decoded = parse_string(text, append_middleware=[SeparateCoAuthors(), LatexDecodingMiddleware()])
    found = {entry.key: {field.key: field.value for field in entry.fields} for entry in decoded.entries}
    for key, fields in raw.items():
        found[key] |= {name: value for name, value in fields.items() if name in {"url", "doi", "pmid"}}
        # The library takes the circumflex of LaTeX for an accent.
        found[key]["title"] = found[key]["title"].replace("\N{MODIFIER LETTER CIRCUMFLEX ACCENT}", "^")
    assert len(found) == len(library.entries)
    return found


def unbraced(value: str) -> str:
    """A value without the braces that keep its capitals, or that make a name one."""
    return value.removeprefix("{").removesuffix("}")


async def test_bibtex_is_read_back_by_bibtexparser(client: httpx.AsyncClient) -> None:
    records = await select(client, CITATIONS)
    entries = read_bibtex((await client.get(f"{CITATIONS}?format=bibtex")).text)
    assert list(entries) == [record["slug"] for record in records]
    for record in each(records):
        entry = entries[record["slug"]]
        assert unbraced(entry["title"]) == record["title"]
        assert entry.get("url") == record["url"]
        assert entry.get("doi") == record["doi"]
        assert entry.get("pmid") == record["pmid"]
        assert entry["publisher"] == record["publisher"]
        assert entry.get("year") == (str(record["year"] or "") or str(record["published"] or "")[:4] or None)
        assert entry.get("journal", entry.get("howpublished")) == record["container"]
        names = [unbraced(name) for name in entry.get("author", ())]
        assert names == [name.replace("et al.", "others") for name in record["authors"] or []]
        assert_note(entry["note"], record)


async def test_ris_is_read_back_by_rispy(client: httpx.AsyncClient) -> None:
    records = await select(client, CITATIONS)
    text = (await client.get(f"{CITATIONS}?format=ris")).text
    entries = rispy.loads(text)
    assert len(entries) == len(records)
    for record, entry in each(zip(records, entries, strict=True)):
        assert entry["id"] == record["slug"]
        assert entry["title"] == record["title"]
        assert entry.get("authors", []) == (record["authors"] or [])
        assert entry.get("doi") == record["doi"]
        assert entry.get("urls", [None])[0] == record["url"]
        assert entry["publisher"] == record["publisher"]
        assert_note(" ".join(entry["notes"]), record)
        assert "unknown_tag" not in entry


async def test_csl_has_the_fields_and_types_of_its_schema(client: httpx.AsyncClient) -> None:
    records = await select(client, CITATIONS)
    items = (await client.get(f"{CITATIONS}?format=csl")).json()
    for record, item in each(zip(records, items, strict=True)):
        assert item.keys() <= CSL_FIELDS
        assert item["type"] in CSL_TYPES
        assert item["id"] == record["slug"]
        assert item["title"] == record["title"]
        assert [author["literal"] for author in item.get("author", [])] == (record["authors"] or [])
        assert (item.get("DOI"), item.get("PMID"), item.get("URL")) == (record["doi"], record["pmid"], record["url"])
        known = str(record["published"] or record["year"] or "")
        (parts,) = item.get("issued", {"date-parts": [[]]})["date-parts"]
        assert parts == [int(part) for part in known.split("-") if part]
        assert len(parts) < 3 or date(*parts)
        assert_note(item["note"], record)


def assert_note(note: str, record: Object) -> None:
    """Nothing that qualifies a source is left out."""
    for text in (record["limitations"], *record["key_findings"]):
        assert (text or "") in note
    assert ("The link is withheld" in note) == record["link_withheld"]
    assert ("only a home page" in note) == (record["specificity"] == "homepage")
    assert ("title was not checked" in note) == (record["title_verified"] is not True)
    assert record["review_due"] in note
    assert "No clinician has reviewed" in note


def test_characters_with_a_meaning_of_their_own_are_read_back(awkward: Object) -> None:
    documents = [json.dumps(awkward).encode()]
    (entry,) = read_bibtex(b"".join(write_bibtex(documents, "v")).decode()).values()
    assert unbraced(entry["title"]) == awkward["title"]
    assert [unbraced(name).replace("\\", "") for name in entry["author"]] == [*awkward["authors"][:-1], "others"]
    assert entry["journal"] == awkward["container"]
    assert entry["doi"] == awkward["doi"]
    assert entry["url"] == "https://example.org/a_b?c=%20d&e=%7Bf%7D#g~h"
    assert (entry["volume"], entry["number"], entry["pages"], entry["month"]) == ("7", "4", "55\N{EN DASH}58", "3")
    (ris,) = rispy.loads(b"".join(write_ris(documents, "v")).decode())
    assert (ris["title"], ris["authors"]) == (awkward["title"], awkward["authors"])
    assert (ris["volume"], ris["number"], ris["start_page"], ris["end_page"]) == ("7", "4", "55", "58")
    (item,) = json.loads(b"".join(write_csl(documents, "v")))
    assert (item["title"], item["volume"], item["issue"], item["page"]) == (awkward["title"], "7", "4", "55-58")
    assert item["issued"] == {"date-parts": [[2020, 3]]}


@pytest.mark.parametrize("numbers", ["104726", "3.384", "NCT06072170; contract 75F40121C00199", "1315-1325"])
def test_numbers_of_an_unknown_form_stand_in_the_note(numbers: str, awkward: Object) -> None:
    (item,) = json.loads(b"".join(write_csl([json.dumps(awkward | {"volume_issue_pages": numbers}).encode()], "v")))
    assert {"volume", "issue", "page"}.isdisjoint(item)
    assert numbers in item["note"]


@pytest.mark.parametrize(
    ("form", "media_type", "extension"),
    [
        ("csl", "application/vnd.citationstyles.csl+json", "csl.json"),
        ("bibtex", "application/x-bibtex", "bib"),
        ("ris", "application/x-research-info-systems", "ris"),
    ],
)
async def test_the_list_and_each_citation_come_in_it_by_address_or_accept(
    form: str, media_type: str, extension: str, ask: Ask, client: httpx.AsyncClient
) -> None:
    slug = (await fetch(client, f"{CITATIONS}?limit=1"))["data"][0]["slug"]
    for address, name in each({CITATIONS: "citations", f"{CITATIONS}/{slug}": slug}.items()):
        asked = await ask(f"{address}?format={form.upper()}", [("accept", "text/html")])
        chosen = await ask(address, [("accept", f"{media_type}, */*;q=0.5")])
        again = await ask(address, [("accept", f"{media_type}, */*;q=0.5")])
        assert asked.body == chosen.body == again.body
        assert asked.headers["content-type"] == chosen.headers["content-type"] == media_type
        assert asked.headers["vary"] == "Accept-Encoding"
        assert chosen.headers["vary"] == again.headers["vary"] == "Accept, Accept-Encoding"
        assert name in asked.headers["content-disposition"]
        assert asked.headers["content-disposition"].endswith(f'.{extension}"')
        unchanged = await ask(address, [("accept", media_type), ("if-none-match", chosen.headers["etag"])])
        assert (unchanged.status, unchanged.body) == (304, b"")
        plain = await ask(address, [("accept", "application/vnd.api+json")])
        assert plain.headers["content-type"] == "application/json"


async def test_a_citation_refuses_the_formats_of_lists_and_other_records_refuse_formats(
    client: httpx.AsyncClient, ask: Ask
) -> None:
    slug = (await fetch(client, f"{CITATIONS}?limit=1"))["data"][0]["slug"]
    error = await refused(client, f"{CITATIONS}/{slug}?format=bibtx", "format")
    assert error["did_you_mean"] == "bibtex"
    await refused(client, f"{CITATIONS}/{slug}?format=csv", "format")
    await refused(client, "/v1/strains/red-vein?format=json", "format")
    await refused(client, "/v1/strains?format=bibtex", "format")
    for address in (f"{CITATIONS}/nothing", f"{CITATIONS}/nothing?format=ris"):
        assert (await ask(address, [("accept", "image/png")])).problem["status"] == 404


async def test_filters_narrow_citations_in_every_format(client: httpx.AsyncClient) -> None:
    wanted: list[Any] = await select(client, CITATIONS, type="bill", sort="-year")
    items = (await client.get(f"{CITATIONS}?type=bill&sort=-year&format=csl")).json()
    assert [item["id"] for item in items] == [record["slug"] for record in wanted]
