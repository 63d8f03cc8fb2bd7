"""The inventory: the seed contains exactly the records, identifiers, dates and links of its sources."""

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from support import ROOT, each

INVENTORY = json.loads((ROOT / "data/inventory.json").read_bytes())
COLLECTIONS = sorted(INVENTORY.keys() - {"about"})
UNLESS_SAID: dict[str, dict[str, Any]] = {
    "citations": {"link_withheld": False, "findings": 0}
    | dict.fromkeys(("authors", "year", "published", "container", "volume_issue_pages", "doi", "pmid", "url"))
    | dict.fromkeys(("evidence_level",)),
    "claims": {"article": "kratom-and-chronic-back-pain", "framed": False},
    "dosage_ranges": {"unit": "g", "frequency": None},
    "jurisdictions": dict.fromkeys(("parent_code", "minimum_age", "effective_date", "kcpa", "statute")),
    "side_effects": {"reported_frequency": None, "frequency_sources": []},
}
"""What records must hold where the inventory, to stay short, says nothing."""
REFERENCES = (
    "slug",
    "citations",
    "background_citations",
    "contradicting_citations",
    "citations_for",
    "frequency_sources",
    "related",
    "records",
    "bears_on",
)
"""Fields whose numbers are parts of slugs."""
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


def differences(place: str, wanted: dict[str, Any], found: dict[str, Any]) -> Iterator[str]:
    """What the inventory has of a record and the seed has not, or otherwise."""
    for name, value in wanted.items():
        if name == "numbers":
            if lost := set(value) - set(numbers_in(found)):
                yield f"{place}: lost the numbers {sorted(lost)}"
        elif name == "findings":
            if len(found["key_findings"]) != value:
                yield f"{place}: {len(found['key_findings'])} key findings, not {value}"
        elif name == "framed":
            if (found["suggested_framing"] is not None) != value:
                yield f"{place}: suggested framing {'lost' if value else 'added'}"
        elif isinstance(value, dict) and isinstance(found.get(name), list):
            yield from differences_of_lists(f"{place}/{name}", value, found[name])
        elif isinstance(value, dict):
            yield from differences(f"{place}/{name}", value, found[name])
        elif name not in found or found[name] != value:
            yield f"{place}: {name} is {found.get(name)!r}, not {value!r}"


def differences_of_lists(place: str, wanted: dict[str, Any], found: list[dict[str, Any]]) -> Iterator[str]:
    records = {record["slug"]: record for record in found}
    for slug in wanted.keys() ^ records.keys():
        yield f"{place}/{slug}: {'missing' if slug in wanted else 'not in the inventory'}"
    for slug in wanted.keys() & records.keys():
        yield from differences(f"{place}/{slug}", UNLESS_SAID.get(place, {}) | wanted[slug], records[slug])


def numbers_in(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, entry in value.items():
            if name not in REFERENCES:
                yield from numbers_in(entry)
    elif isinstance(value, list):
        for entry in value:
            yield from numbers_in(entry)
    elif not isinstance(value, bool):
        yield from NUMBER.findall(str(value))


def test_the_inventory_knows_every_collection(content: Any) -> None:
    lists = [name for name, records in content.items() if isinstance(records, list)]
    assert sorted(lists) == sorted([*COLLECTIONS, "former_slugs"])


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_the_seed_has_exactly_the_values_of_its_sources(content: Any, collection: str) -> None:
    assert list(differences_of_lists(collection, INVENTORY[collection], content[collection])) == []


def test_parts_of_an_article_keep_the_order_of_the_article(content: Any) -> None:
    for article in each(content["articles"]):
        assert [section["slug"] for section in article["sections"]] == list(
            INVENTORY["articles"][article["slug"]]["sections"]
        )


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("citations/huestis-2024/doi", "10.3390/molecules29050985", "doi is '10.3390/molecules29050985', not"),
        ("citations/vicknasingam-2020/pmid", None, "pmid is None, not '32607084'"),
        ("citations/vicknasingam-2020/doi", "10.1000/1", "doi is '10.1000/1', not None"),
        ("citations/vicknasingam-2020/key_findings", ["x"], "1 key findings, not 5"),
        ("jurisdictions/us/federal_rules", [], "jurisdictions/us/federal_rules/2016-scheduling-attempt: missing"),
        ("dosage_ranges/article-beginner/max", 3, "max is 3, not 2"),
        (
            "dosage_ranges/article-beginner/note",
            "Not based on evidence.",
            "lost the numbers ['124'",
        ),
        ("claims/claim-01/slug", "claim-99", "claims/claim-99: not in the inventory"),
        ("claims/claim-01/suggested_framing", "x", "suggested framing added"),
        ("claims/claim-01/bears_on", [], "bears_on is [], not ['articles/"),
    ],
)
def test_a_difference_from_the_inventory_is_reported(content: Any, path: str, value: Any, words: str) -> None:
    collection, slug, field = path.split("/")
    records = deepcopy(content[collection])
    next(record for record in records if record["slug"] == slug)[field] = value

    assert words in "\n".join(differences_of_lists(collection, INVENTORY[collection], records))
