"""Citations for reference managers: CSL-JSON, BibTeX and RIS. docs/formats.md has the mapping of fields."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from app.schemas.citations import CitationType, MissingField
from app.schemas.evidence import EvidenceLevel, Specificity

Record = dict[str, Any]

ET_AL: Final = "et al."
"""The last of the authors when the record does not have them all."""
VOLUME_ISSUE_PAGES = re.compile(r"(\d+)(?:\((\d+)\))?(?::([A-Za-z0-9.]+(?:-[A-Za-z0-9.]+)?))?")
"""Matches `30(4):252`; any other form is not parsed but copied to the note."""
KINDS: Final = {
    CitationType.journal_article: ("article-journal", "article", "JOUR"),
    CitationType.review: ("article-journal", "article", "JOUR"),
    CitationType.guideline: ("article-journal", "article", "JOUR"),
    CitationType.database: ("dataset", "misc", "DBASE"),
    CitationType.statute: ("legislation", "misc", "STAT"),
    CitationType.bill: ("bill", "misc", "BILL"),
    CitationType.court: ("legal_case", "misc", "CASE"),
    CitationType.news: ("article-newspaper", "misc", "NEWS"),
    CitationType.encyclopedia: ("entry-encyclopedia", "misc", "ENCYC"),
    CitationType.blog: ("post-weblog", "misc", "BLOG"),
    CitationType.forum: ("post", "misc", "ELEC"),
}
"""The type of a source in CSL, in BibTeX and in RIS."""
WEB_PAGE: Final = ("webpage", "misc", "ELEC")
"""The type of all other sources, and of journal articles whose journal is not known."""
SPECIAL: Final = {
    **{character: f"\\{character}" for character in "{}#$%&_"},
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}
"""The special characters of LaTeX, escaped."""


def write_csl(documents: Iterable[bytes], dataset_version: str) -> Iterator[bytes]:
    """The citations as CSL-JSON, one by one."""
    before = "["
    for document in documents:
        item = json.dumps(_csl(json.loads(document), dataset_version), ensure_ascii=False, separators=(",", ":"))
        yield (before + item).encode()
        before = ","
    yield b"[]" if before == "[" else b"]"


def write_bibtex(documents: Iterable[bytes], dataset_version: str) -> Iterator[bytes]:
    """The citations as BibTeX in UTF-8, one by one."""
    return _apart("\n", (_bibtex(json.loads(document), dataset_version) for document in documents))


def write_ris(documents: Iterable[bytes], dataset_version: str) -> Iterator[bytes]:
    """The citations as RIS, one by one."""
    return _apart("\r\n", (_ris(json.loads(document), dataset_version) for document in documents))


def _apart(line_end: str, entries: Iterable[str]) -> Iterator[bytes]:
    """The entries with an empty line between them."""
    for number, entry in enumerate(entries):
        yield (line_end * (number > 0) + entry).encode()


def _csl(record: Record, dataset_version: str) -> Record:
    volume, issue, pages = _parts(record)
    item = {
        "id": record["slug"],
        "type": _kind(record)[0],
        "title": record["title"],
        # Which part of a name is the family name is not recorded.
        "author": [{"literal": author} for author in record["authors"] or ()],
        "issued": {"date-parts": [[int(part) for part in _date(record)]]} if _date(record) else None,
        "container-title": record["container"],
        "volume": volume,
        "issue": issue,
        "page": pages,
        "publisher": record["publisher"],
        "DOI": record["doi"],
        "PMID": record["pmid"],
        "URL": record["url"],
        "note": " ".join(_notes(record, dataset_version)),
    }
    return {name: value for name, value in item.items() if value}


def _bibtex(record: Record, dataset_version: str) -> str:
    volume, issue, pages = _parts(record)
    year, month, day = (*_date(record), None, None, None)[:3]
    authors = ["others" if author == ET_AL else f"{{{_escaped(author)}}}" for author in record["authors"] or ()]
    fields = {
        # The second braces keep the capitals of the title.
        "title": f"{{{_escaped(record['title'])}}}",
        "author": " and ".join(authors),
        "year": year,
        "month": month and str(int(month)),
        "day": day and str(int(day)),
        "journal" if _kind(record)[1] == "article" else "howpublished": _escaped(record["container"]),
        "volume": volume,
        "number": issue,
        "pages": pages and pages.replace("-", "--"),
        "publisher": _escaped(record["publisher"]),
        # Addresses and identifiers are read as they are.
        "doi": record["doi"],
        "pmid": record["pmid"],
        "url": (record["url"] or "").replace("{", "%7B").replace("}", "%7D"),
        "note": _escaped(" ".join(_notes(record, dataset_version))),
    }
    lines = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items() if value)
    return f"@{_kind(record)[1]}{{{record['slug']},\n{lines}}}\n"


def _ris(record: Record, dataset_version: str) -> str:
    volume, issue, pages = _parts(record)
    date = _date(record)
    start, _, end = (pages or "").partition("-")
    tags = [
        ("TY", _kind(record)[2]),
        ("ID", record["slug"]),
        ("TI", record["title"]),
        *(("AU", author) for author in record["authors"] or ()),
        ("PY", next(iter(date), None)),
        ("DA", "/".join((*date, "", "", "")[:3]) + "/" if date else None),
        ("T2", record["container"]),
        ("VL", volume),
        ("IS", issue),
        ("SP", start),
        ("EP", end),
        ("PB", record["publisher"]),
        ("DO", record["doi"]),
        ("AN", record["pmid"] and f"PMID: {record['pmid']}"),
        ("UR", record["url"]),
        *(("N1", note) for note in _notes(record, dataset_version)),
    ]
    return "".join(f"{tag}  - {value}\r\n" for tag, value in tags if value) + "ER  - \r\n"


def _kind(record: Record) -> tuple[str, str, str]:
    kind = KINDS.get(CitationType[record["type"]], WEB_PAGE)
    return WEB_PAGE if kind[1] == "article" and not record["container"] else kind


def _date(record: Record) -> Sequence[str]:
    """Year, month and day of publication, as far as they are known."""
    known = record["published"] or record["year"]
    return str(known).split("-") if known else ()


def _parts(record: Record) -> tuple[str | None, str | None, str | None]:
    """Volume, issue and pages, where they can be parsed."""
    found = VOLUME_ISSUE_PAGES.fullmatch(record["volume_issue_pages"] or "")
    # A single number may be that of an article or of a volume.
    return (found[1], found[2], found[3]) if found and (found[2] or found[3]) else (None, None, None)


def _notes(record: Record, dataset_version: str) -> Iterator[str]:
    """The information about a source that reference managers have no field for."""
    level = record["evidence_level"]
    yield f"Kind of evidence: {EvidenceLevel[level].label if level else 'none stated'}."
    if record["limitations"]:
        yield f"Limitations: {record['limitations']}"
    for finding in record["key_findings"]:
        yield f"Finding, in the words of the data set: {finding}"
    if record["specificity"] == Specificity.homepage:
        yield "The source is only a home page."
    if record["title_verified"] is not True:
        yield "The title was not checked against the source."
    if record["missing_fields"]:
        missing = "; ".join(MissingField[name].label for name in record["missing_fields"])
        yield f"Missing or not confirmed in this record: {missing}."
    if record["link_withheld"]:
        yield "The link is withheld because it leads to a seller."
    if record["volume_issue_pages"] and not any(_parts(record)):
        yield f"Volume, issue and pages, or number: {record['volume_issue_pages']}."
    if record["last_reviewed"]:
        yield f"A clinician last reviewed this record on {record['last_reviewed']}."
    else:
        yield "No clinician has reviewed this record."
    yield f"Review due: {record['review_due']}. Data set: {dataset_version}."


def _escaped(text: str | None) -> str:
    return "".join(SPECIAL.get(character, character) for character in text or "")
