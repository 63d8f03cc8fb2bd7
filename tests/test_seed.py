"""Validation of the seed: all faults at once, each in one line with its place, what was found and what was expected."""

import re
from copy import deepcopy
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from app.content.faults import at
from support import Place, each, faults_of

REMOVED = object()
ARTICLE = ("articles", "kratom-and-chronic-back-pain")
WITHDRAWAL = ("side_effects", "withdrawal-syndrome")


class Case(NamedTuple):
    """A fault: a change of the real seed, and the words of the one line that must report it."""

    name: str
    where: Place
    """Collection, slug of the record, then fields; the slug gives way to the record's index."""
    to: Any
    """The value to set there, or to remove it."""
    found: str
    expected: str
    told_at: Place | None = None
    """Where the fault is reported, if not at the change."""


class CopyOf(NamedTuple):
    """Stands for the value of a field of the first entry of the list that holds the changed one."""

    name: str


CASES = [
    # Fields.
    Case("unknown field of the file", ("strain",), [], "an unknown field (did you mean 'strains'?)", "only fields"),
    Case("unknown field of the release", ("release", "titel"), "x", "(did you mean 'title'?)", "only fields"),
    Case("unknown field", ("strains", "red-vein", "colour"), "red", "an unknown field", "only fields of the schema"),
    Case(
        "misspelt field",
        ("strains", "red-vein", "marketed_effect"),
        [],
        "(did you mean 'marketed_effects'?)",
        "only fields",
    ),
    Case("misspelt nested field", (*ARTICLE, "sections", 0, "titel"), "x", "an unknown field", "only fields"),
    Case(
        "misspelt field of a part", (*WITHDRAWAL, "withdrawal_context", "treatmnt"), "x", "'treatment'", "only fields"
    ),
    Case(
        "field named like a path", ("strains", "red-vein", "a.b\n"), 1, "an unknown field", "", ("strains", "red-vein")
    ),
    Case("missing collection", ("contacts",), REMOVED, "nothing", "this field"),
    Case("missing field", ("strains", "red-vein", "vein"), REMOVED, "nothing", "this field"),
    Case("missing slug", ("approaches", "physical-therapy", "slug"), REMOVED, "nothing", "this field"),
    Case("missing field of a part", (*ARTICLE, "sections", 0, "paragraphs"), REMOVED, "nothing", "this field"),
    # Types and values.
    Case("text for a number", ("dosage_ranges", "article-beginner", "min"), "1", '"1"', "a number or null"),
    Case("boolean for an integer", ("faqs", "onset", "position"), to=True, found="true", expected="a whole number"),
    Case("fraction for an integer", ("faqs", "onset", "position"), 1.5, "1.5", "a whole number"),
    Case("number for text", ("strains", "red-vein", "name"), 7, "7", "text"),
    Case("number for a date", ("claims", "claim-01", "last_reviewed"), 0, "0", "text or null"),
    Case("text for a boolean", ("contacts", "us-poison-help", "checked"), "yes", '"yes"', "true or false"),
    Case("object for a list", ("strains", "red-vein", "marketed_effects"), {}, "{}", "a list"),
    Case("list for a record", ("contacts", "us-poison-help"), [], "[]", "an object"),
    Case("null that is not allowed", ("strains", "red-vein", "name"), None, "null", "text"),
    Case("unknown word", ("strains", "red-vein", "vein"), "purple", '"purple"', "'red', 'green' or 'white'"),
    Case("words in another case", ("strains", "red-vein", "vein"), "Red", '"Red"', "'red', 'green' or 'white'"),
    Case("zero grams", ("dosage_ranges", "article-beginner", "min"), 0, "0", "greater than 0"),
    Case("more grams than a body", ("dosage_ranges", "article-beginner", "max"), 1e9, "1000000000.0", "1000"),
    Case(
        "endless number", ("dosage_ranges", "article-beginner", "max"), 1e999, "Infinity", "a number that JSON allows"
    ),
    Case(
        "slug of another form",
        ("contacts", "us-poison-help", "slug"),
        "Poison Help",
        '"Poison Help"',
        "text of the form",
    ),
    Case("no address", ("citations", "who-2023", "url"), "www.who.int", '"www.who.int"', "text of the form ^https?"),
    Case("no code", ("jurisdictions", "us", "code"), "usa", '"usa"', "text of the form"),
    Case("empty list", ("strains", "red-vein", "marketed_for"), [], "[]", "at least 1 item"),
    # Text.
    Case("empty text", ("strains", "red-vein", "name"), "", '""', "at least 1 character"),
    Case("padded text", ("strains", "red-vein", "name"), " Red vein", '" Red vein"', "text of the form"),
    Case("text padded behind", ("strains", "red-vein", "name"), "Red vein\u00a0", '"Red vein', "text of the form"),
    Case("long text", ("strains", "red-vein", "name"), "x" * 401, '"xxx', "at most 400 characters"),
    Case(
        "element", ("strains", "red-vein", "name"), "<b>Red</b> vein", '"<b>Red</b> vein"', "plain text without markup"
    ),
    Case("Markdown link", ("strains", "red-vein", "name"), "[Red](x)", '"[Red](x)"', "plain text without markup"),
    Case("Markdown bold", ("faqs", "onset", "answer"), "**At once**", '"**At once**"', "plain text without markup"),
    Case("Markdown code", ("faqs", "onset", "answer"), "`At once`", '"`At once`"', "plain text without markup"),
    Case("control character", ("faqs", "onset", "answer"), "At\x00once", "U+0000 in", "visible characters"),
    Case("tabulator", ("faqs", "onset", "answer"), "At\tonce", "U+0009 in", "visible characters"),
    Case("escape of a terminal", ("faqs", "onset", "answer"), "\x1b[2Jx", "U+001B in", "visible characters"),
    Case("character without width", ("faqs", "onset", "answer"), "At\u200bonce", "U+200B in", "visible characters"),
    Case("turned direction", ("faqs", "onset", "answer"), "At\u202eonce", "U+202E in", "visible characters"),
    Case("line separator", ("faqs", "onset", "answer"), "At\u2028once", "U+2028 in", "visible characters"),
    Case("half a character", ("faqs", "onset", "answer"), "At\ud800once", "U+D800 in", "visible characters"),
    Case("control character in an address", ("citations", "who-2023", "url"), "https://a\x07", "U+0007 in", "visible"),
    # Each thing once.
    Case("slug of a neighbour", ("contacts", -1, "slug"), "us-poison-help", '"us-poison-help" again', "each slug once"),
    Case("slug of a section", (*ARTICLE, "sections", 1, "slug"), CopyOf("slug"), "again", "each slug once"),
    Case("slug of an omission", (*ARTICLE, "omissions", 1, "slug"), CopyOf("slug"), "again", "each slug once"),
    Case(
        "slug of a symptom", (*WITHDRAWAL, "withdrawal_symptoms", 1, "slug"), CopyOf("slug"), "again", "each slug once"
    ),
    Case(
        "slug of a rule", ("jurisdictions", "us", "federal_rules", 1, "slug"), CopyOf("slug"), "again", "each slug once"
    ),
    Case("position", ("faqs", 1, "position"), CopyOf("position"), "again", "each position once"),
    Case("code", ("jurisdictions", -1, "code"), "GB", '"GB" again', "each code once"),
    Case(
        "citation", ("claims", "claim-01", "citations"), ["who-2023"] * 2, '"who-2023" again', "each entry once", (1,)
    ),
    Case("related", ("faqs", "onset", "related"), ["strains/red-vein"] * 2, "again", "each entry once", (1,)),
    Case(
        "effect",
        ("strains", "red-vein", "marketed_effects"),
        ["sedation"] * 2,
        '"sedation" again',
        "each entry once",
        (1,),
    ),
    Case("finding", ("citations", "who-2023", "key_findings"), ["x"] * 2, '"x" again', "each entry once", (1,)),
    # References.
    Case("citation nobody knows", ("claims", "claim-01", "citations"), ["who-2032"], '"who-2032"', "'who-2023'", (0,)),
    Case(
        "citation of a record", ("interactions", "opioids", "citations"), ["no"], '"no"', "the slug of a citation", (0,)
    ),
    Case("citation of an omission", (*ARTICLE, "omissions", 0, "citations"), ["no"], '"no"', "of a citation", (0,)),
    Case(
        "citation of a symptom",
        (*WITHDRAWAL, "withdrawal_symptoms", 0, "citations"),
        ["no"],
        '"no"',
        "a citation",
        (0,),
    ),
    Case("citation of a context", (*WITHDRAWAL, "withdrawal_context", "citations"), ["no"], '"no"', "a citation", (0,)),
    Case(
        "citation of a rule", ("jurisdictions", "us", "federal_rules", 0, "citations"), ["no"], '"no"', "citation", (0,)
    ),
    Case(
        "source of a frequency",
        ("side_effects", "nausea", "frequency_sources"),
        ["no"],
        '"no"',
        "the slug of a citation",
        (0,),
    ),
    Case("related record", ("faqs", "onset", "related"), ["strains/no"], '"strains/no"', "slug of a record", (0,)),
    Case("related to itself", ("faqs", "onset", "related"), ["faqs/onset"], '"faqs/onset"', "another record", (0,)),
    Case(
        "record of a section", (*ARTICLE, "sections", 0, "records"), ["strains/no"], '"strains/no"', "of a record", (0,)
    ),
    Case("bears on nothing", ("claims", "claim-01", "bears_on"), ["effects/no"], '"effects/no"', "of a record", (0,)),
    Case(
        "article of a source", ("faqs", "onset", "article_section", "article"), "no", '"no"', "the slug of an article"
    ),
    Case(
        "section of a source", ("faqs", "onset", "article_section", "section"), "faq", '"faq"', "(did you mean 'faqs'?)"
    ),
    Case("article of a claim", ("claims", "claim-01", "article"), "no", '"no"', "the slug of an article"),
    Case(
        "section of a claim", ("claims", "claim-01", "section"), "no", '"no"', "the slug of a section of that article"
    ),
    Case("section of an omission", (*ARTICLE, "omissions", 0, "section"), "no", '"no"', "a section of this article"),
    Case("parent", ("jurisdictions", "us-al", "parent_code"), "UX", '"UX"', "the code of a jurisdiction"),
    Case("its own parent", ("jurisdictions", "us", "parent_code"), "US", '"US"', "the code of another place"),
    # Evidence.
    Case(
        "uncited claim",
        ("claims", "claim-01", "citations"),
        [],
        "no citation",
        "at least one for the verdict 'supports'",
    ),
    Case(
        "home page for a claim",
        ("claims", "claim-01", "citations"),
        ["home-page-1"],
        "home-page-1",
        "a home page",
        (0,),
    ),
    Case("home page for a record", ("faqs", "onset", "citations"), ["home-page-1"], "home-page-1", "a home page", (0,)),
    Case(
        "home page for an omission", (*ARTICLE, "omissions", 0, "citations"), ["home-page-1"], "1", "a home page", (0,)
    ),
    Case(
        "home page for a share",
        ("side_effects", "nausea", "frequency_sources"),
        ["home-page-1"],
        "home",
        "a home page",
        (0,),
    ),
    Case(
        "frequency without denominator",
        ("side_effects", "nausea", "frequency_denominator"),
        None,
        "a frequency without frequency_denominator",
        "frequency, denominator and sources together",
        ("side_effects", "nausea"),
    ),
    # Amounts.
    Case(
        "min above max", ("dosage_ranges", "article-beginner", "min"), 3, "3, above the max of 2", "a min not above max"
    ),
    Case(
        "null that is not in not_stated",
        ("dosage_ranges", "article-beginner", "min"),
        None,
        "no 'min', which is null",
        "'min' exactly when it is null",
        ("dosage_ranges", "article-beginner", "not_stated"),
    ),
    Case(
        "number that is in not_stated",
        ("dosage_ranges", "article-beginner", "not_stated"),
        lambda stated: [*stated, "max"],
        "'max', which is not null",
        "'max' exactly when it is null",
        ("dosage_ranges", "article-beginner", "not_stated"),
    ),
    # Dates.
    Case(
        "date in words",
        ("strains", "red-vein", "last_reviewed"),
        "23 Nov 2026",
        '"23 Nov 2026"',
        "a date such as 2026-11-23",
    ),
    Case(
        "date with a time",
        ("strains", "red-vein", "last_reviewed"),
        "2026-01-01T00:00:00",
        "T00",
        "a date such as 2026-11-23",
    ),
    Case("day that is not", ("strains", "red-vein", "last_reviewed"), "2026-02-30", '"2026-02-30"', "a valid date"),
    Case("month that is not", ("strains", "red-vein", "last_reviewed"), "2026-13-01", '"2026-13-01"', "a valid date"),
    Case(
        "reviewed in future", ("strains", "red-vein", "last_reviewed"), "2999-01-01", '"2999', "not after the release"
    ),
    Case("partial date in words", ("jurisdictions", "us", "as_of"), "July 2026", '"July 2026"', "text of the form"),
    Case("partial day that is not", ("jurisdictions", "us", "as_of"), "2026-02-30", '"2026-02-30"', "on the calendar"),
    Case("partial month that is not", ("jurisdictions", "us", "as_of"), "2026-13", '"2026-13"', "text of the form"),
    Case("padded partial date", ("jurisdictions", "us", "as_of"), "2026-07-00", '"2026-07-00"', "text of the form"),
    Case("known in future", ("jurisdictions", "us", "as_of"), "2999", '"2999"', "a date not after the release date"),
    Case("rule in future", ("jurisdictions", "us", "federal_rules", 0, "as_of"), "2999", '"2999"', "not after the"),
    Case(
        "published in future", ("citations", "who-2023", "published"), "2999-01", '"2999-01"', "not after the release"
    ),
    Case("release date", ("release", "release_date"), "2026-02-30", '"2026-02-30"', "a valid date"),
    # Bibliography.
    Case(
        "author who is missing", ("citations", "home-page-1", "authors"), ["A"], '["A"]', "null, because missing_fields"
    ),
    Case("year that is missing", ("citations", "home-page-1", "year"), 2020, "2020", "null, because missing_fields"),
    Case(
        "title supplied but not named missing",
        ("citations", "pmc7001130", "missing_fields"),
        ["doi_or_pmid"],
        "[Case report",
        "square brackets exactly when missing_fields names 'title'",
        ("citations", "pmc7001130", "title"),
    ),
    Case(
        "title supplied but verified",
        ("citations", "pmc7001130", "title_verified"),
        to=True,
        found="true",
        expected="false for a title",
    ),
    Case(
        "title missing but not supplied", ("citations", "pmc7001130", "title"), "A case", '"A case"', "square brackets"
    ),
    Case(
        "list said to be whole",
        ("citations", "who-2023", "authors"),
        ["A", "et al."],
        '"et al."',
        "as last author",
        (1,),
    ),
    Case(
        "link to a seller", ("citations", "trk26", "url"), "https://x.test", '"https://x.test"', "the link is withheld"
    ),
    Case(
        "seller not withheld",
        ("citations", "trk26", "link_withheld"),
        to=False,
        found="false",
        expected="true for what sells",
    ),
    # The release.
    Case(
        "no coverage note",
        ("release", "coverage", "faqs"),
        REMOVED,
        "no note on 'faqs'",
        "every",
        ("release", "coverage"),
    ),
    Case("note on nothing", ("release", "coverage", "faq"), "x", 'a note on "faq"', "did you mean 'faqs'?"),
    # What can be written but not served.
    Case(
        "cautions that leave no room for the standing ones",
        ("side_effects", "headache", "cautions"),
        [f"Caution {number}." for number in range(20)],
        "served cautions",
        "at most 20 items",
        ("side_effects", "headache"),
    ),
]


def indexed(place: Place, data: Any) -> Place:
    """The place with the slug of its record turned into the record's index."""
    if len(place) > 1 and place[0] != "release" and place[1] != "coverage":
        records = data[place[0]]
        index = place[1] if isinstance(place[1], int) else [record["slug"] for record in records].index(place[1])
        return (place[0], index % len(records), *place[2:])
    return place


def path_of(place: Place) -> str:
    return "$" + "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in place)


def change(data: Any, place: Place, to: Any) -> None:
    *way, last = place
    holder = at(data, tuple(way))
    if to is REMOVED:
        del holder[last]
    elif isinstance(to, CopyOf):
        holder[last] = at(data, (*way[:-1], 0, to.name))
    else:
        holder[last] = to(holder[last]) if callable(to) else to


def test_the_seed_of_the_release_has_no_faults(seed: Path) -> None:
    assert faults_of(seed.read_bytes()) == []


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_fault_is_reported_with_its_place_what_was_found_and_what_was_expected(case: Case, content: Any) -> None:
    data = deepcopy(content)
    place = indexed(case.where, data)
    told_at = place
    if case.told_at and isinstance(case.told_at[0], int):
        told_at = (*place, *case.told_at)
    elif case.told_at:
        told_at = indexed(case.told_at, data)
    change(data, place, case.to)

    faults = [re.fullmatch(r"(\$\S*)(?: \(.+?\))?: found (.*); expected (.*)", fault) for fault in faults_of(data)]

    assert all(each(faults)), "each fault is one line of one form"
    told = [fault for fault in faults if fault and fault[1].startswith(path_of(told_at))]
    assert [(case.found in fault[2], case.expected in fault[3]) for fault in told] == [(True, True)], faults_of(data)


def test_all_faults_of_a_file_are_reported_at_once(content: Any) -> None:
    data = deepcopy(content)
    together = ["unknown field", "misspelt nested field", "text for a number", "unknown word", "turned direction"]
    together += ["slug of a rule", "related to itself", "uncited claim", "known in future", "no coverage note"]
    for case in each(CASES):
        if case.name in together:
            change(data, indexed(case.where, data), case.to)

    assert len(faults_of(data)) == len(together) == 10


def test_faults_are_reported_in_the_order_of_the_lists(content: Any) -> None:
    data = deepcopy(content)
    for index in (10, 9, 100, 2):
        data["citations"][index]["publisher"] = ""

    assert [fault.partition(".pub")[0] for fault in faults_of(data)] == [f"$.citations[{i}]" for i in (2, 9, 10, 100)]
