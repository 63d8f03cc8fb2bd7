"""Rules between the records of a seed, which no schema of a single record can express: one function a rule."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any

from app.content.faults import Fault, Object, Place, at, shown, suggestion
from app.registry import RESOURCES
from app.schemas.fields import SLUG_PATTERN
from app.schemas.jurisdictions import CODE_PATTERN

UNKNOWN: dict[str, tuple[str, ...]] = {
    "authors": ("authors",),
    "year": ("year",),
    "year_unconfirmed": ("year",),
    "container": ("container",),
    "container_unconfirmed": ("container",),
    "doi_or_pmid": ("doi", "pmid"),
}
"""The fields of a citation that must be null for each value of `missing_fields`."""
SLUG = re.compile(SLUG_PATTERN)
CODE = re.compile(CODE_PATTERN)
MOST_SHOWN = 5
"""How many places of a cycle a message shows."""
SELLERS = ("vendor", "vendor_review")
"""Kinds of publication that sell or lead to sellers."""
NESTED = tuple(dict.fromkeys(name for resource in RESOURCES for name in resource.nested))
"""The fields of records that hold objects or lists of objects."""


@dataclass(frozen=True)
class Node:
    """An object of the seed and its place. Values of the wrong type are ignored: the schema check reports them."""

    place: Place
    fields: Object

    def text(self, name: str) -> str | None:
        """A field that holds text."""
        value = self.fields.get(name)
        return value if isinstance(value, str) else None

    def texts(self, name: str) -> list[tuple[Place, str]]:
        """The entries of a field that lists text, each with its place."""
        value = self.fields.get(name)
        entries = enumerate(value) if isinstance(value, list) else ()
        return [((*self.place, name, i), entry) for i, entry in entries if isinstance(entry, str)]

    def nodes(self, name: str) -> list["Node"]:
        """The objects of a field that holds an object or lists objects."""
        value, place = self.fields.get(name), (*self.place, name)
        if isinstance(value, dict):
            return [Node(place, value)]
        entries = enumerate(value) if isinstance(value, list) else ()
        return [Node((*place, i), entry) for i, entry in entries if isinstance(entry, dict)]

    def parts(self) -> list["Node"]:
        """The object itself and the objects inside it that cite or refer."""
        return [self, *(part for name in NESTED for part in self.nodes(name))]


class Draft:
    """A parsed, not yet validated seed, so that broken rules are reported together with schema errors."""

    def __init__(self, data: Object, served: Mapping[str, str] = MappingProxyType({})) -> None:
        self.data = data
        whole = Node((), data)
        self.records = {resource.collection: whole.nodes(resource.seed_key) for resource in RESOURCES}
        self.slugs = {
            name: {slug for record in records if (slug := record.text("slug"))}
            for name, records in self.records.items()
        }
        self.paths = {f"{name}/{slug}" for name, slugs in self.slugs.items() for slug in slugs}
        self.incomplete = {
            resource.collection for resource in RESOURCES if not _all_named(whole, resource.seed_key, "slug", SLUG)
        }
        """Collections with a record whose slug is missing, malformed or not unique. References into them are not reported,
        because they may refer to that record: the fault of the slug is the cause."""
        self.codes = {code for record in self.records["jurisdictions"] if (code := record.text("code"))}
        self.codes_incomplete = not _all_named(whole, "jurisdictions", "code", CODE)
        self.sections = {
            slug: {name for section in article.nodes("sections") if (name := section.text("slug"))}
            for article in self.records["articles"]
            if (slug := article.text("slug")) and _all_named(article, "sections", "slug", SLUG)
        }
        """The sections of each article, where the slugs of all of them are known."""
        self.home_pages = {
            slug
            for citation in self.records["citations"]
            if (slug := citation.text("slug")) and citation.text("specificity") == "homepage"
        }
        self.release = Node(("release",), release if isinstance(release := data.get("release"), dict) else {})
        self.former = whole.nodes("former_slugs")
        """The register of slugs that are no longer served."""
        self.served = served
        """Every `collection/slug` that a recorded release has served, with the version of one."""
        self.released = _day(self.release.text("release_date"))

    def dangling(self, place: Place, collection: str, slug: str, what: str) -> Iterator[Fault]:
        """The fault of a dangling reference by slug."""
        if collection not in self.incomplete:
            yield from _dangling(place, slug, self.slugs[collection], what)

    def dangling_path(self, place: Place, path: str) -> Iterator[Fault]:
        """The fault of a dangling reference by `collection/slug`."""
        if path.partition("/")[0] not in self.incomplete:
            yield from _dangling(place, path, self.paths, "the collection and slug of a record")

    def everything(self) -> Iterator[tuple[str, Node]]:
        """Every record with the name of its collection."""
        for name, records in self.records.items():
            for record in records:
                yield name, record


Rule = Callable[[Draft], Iterator[Fault]]


def _slugs_are_used_once(draft: Draft) -> Iterator[Fault]:
    for records in draft.records.values():
        yield from _repeated(records, "slug")
        for record in records:
            for name in NESTED:
                yield from _repeated(record.nodes(name), "slug")


def _entries_are_listed_once(draft: Draft) -> Iterator[Fault]:
    for _, record in draft.everything():
        for part in record.parts():
            # Two authors may share a name as it is printed.
            for name in part.fields.keys() - {"authors"}:
                seen: set[str] = set()
                for place, value in part.texts(name):
                    if value in seen:
                        yield Fault(place, f"{shown(value)} again", "each entry once")
                    seen.add(value)


def _the_search_leads_to_records(draft: Draft) -> Iterator[Fault]:
    search = Node(("search",), found if isinstance(found := draft.data.get("search"), dict) else {})
    for node in search.nodes("aliases"):
        for path in node.fields:
            yield from draft.dangling_path((*node.place, path), path)
    for topic in search.nodes("topics"):
        for place, path in topic.texts("records"):
            yield from draft.dangling_path(place, path)


def _references_lead_to_records(draft: Draft) -> Iterator[Fault]:
    for collection, record in draft.everything():
        itself = f"{collection}/{record.text('slug')}"
        for part in record.parts():
            for name in ("citations", "frequency_sources"):
                for place, slug in part.texts(name):
                    yield from draft.dangling(place, "citations", slug, "the slug of a citation")
            named = {slug for _, slug in part.texts("citations")}
            for name in ("background_citations", "contradicting_citations"):
                for place, slug in part.texts(name):
                    yield from _dangling(place, slug, named, "one of the citations of this record")
            background = {slug for _, slug in part.texts("background_citations")}
            for place, slug in part.texts("contradicting_citations"):
                if slug in background:
                    yield Fault(place, shown(slug), "a source that is not among the background_citations")
            for name in ("related", "bears_on", "records"):
                for place, path in part.texts(name):
                    yield from draft.dangling_path(place, path)
                    if path == itself:
                        yield Fault(place, shown(path), "another record than this one")


def _home_pages_support_no_statement(draft: Draft) -> Iterator[Fault]:
    for collection, record in draft.everything():
        for part in record.parts():
            cited = [] if collection == "articles" and part is record else part.texts("citations")
            cited += part.texts("frequency_sources")
            for place, slug in cited:
                if slug in draft.home_pages:
                    yield Fault(place, shown(slug), "a work or a page: a home page supports no statement")


def _sources_are_parts_of_articles(draft: Draft) -> Iterator[Fault]:
    for _, record in draft.everything():
        part = record.fields.get("article_section")
        if isinstance(part, dict):
            yield from _article_part(draft, Node((*record.place, "article_section"), part))
    for claim in draft.records["claims"]:
        yield from _article_part(draft, claim)
    for article in draft.records["articles"]:
        sections = draft.sections.get(article.text("slug") or "")
        if sections is not None:
            for omission in article.nodes("omissions"):
                yield from _dangling_field(omission, "section", sections, "the slug of a section of this article")


def _dates_are_not_after_the_release(draft: Draft) -> Iterator[Fault]:
    # The date on which a law takes effect may be later than the release; these dates may not.
    for _, record in draft.everything():
        for part in record.parts():
            for name in ("last_reviewed", "reviewed", "published", "as_of"):
                dated = part.text(name) or ""
                first_day = _day(dated + "-01-01"[len(dated) - len("2026") :])
                if first_day and draft.released and first_day > draft.released:
                    expected = f"a date not after the release date {draft.released}"
                    yield Fault((*part.place, name), shown(dated), expected)


def _verdicts_have_sources(draft: Draft) -> Iterator[Fault]:
    for claim in draft.records["claims"]:
        verdict = claim.text("verdict")
        if verdict in ("supports", "qualifies", "contradicts") and claim.fields.get("citations") == []:
            yield Fault((*claim.place, "citations"), "no citation", f"at least one for the verdict {verdict!r}")


def _frequencies_are_complete(draft: Draft) -> Iterator[Fault]:
    for record in draft.records["side-effects"]:
        names = ("reported_frequency", "frequency_denominator", "frequency_sources")
        unknown = [name for name in names if not record.fields.get(name)]
        if 0 < len(unknown) < len(names):
            expected = "frequency, denominator and sources together, or none of the three"
            yield Fault(record.place, f"a frequency without {', '.join(unknown)}", expected)


def _sources_of_a_claim_are_shared_out(draft: Draft) -> Iterator[Fault]:
    for claim in draft.records["claims"]:
        shares = claim.fields.get("citations_for")
        bears_on = {path for _, path in claim.texts("bears_on")}
        named = {slug for _, slug in claim.texts("citations")}
        if isinstance(shares, dict):
            share = Node((*claim.place, "citations_for"), shares)
            for path in shares:
                yield from _dangling((*share.place, path), path, bears_on, "a record that the claim bears on")
                for place, slug in share.texts(path):
                    yield from _dangling(place, slug, named, "one of the citations of this claim")


def _standing_cautions_are_known(draft: Draft) -> Iterator[Fault]:
    cautions = draft.release.nodes("standing_cautions")
    yield from _repeated(cautions, "slug")
    slugs = {slug for caution in cautions if (slug := caution.text("slug"))}
    for caution in cautions:
        for place, name in caution.texts("collections"):
            yield from _dangling(place, name, set(draft.records), "the name of a collection")
    for _, record in draft.everything():
        for place, slug in record.texts("standing_cautions"):
            yield from _dangling(place, slug, slugs, "the slug of a standing caution")


def _minimum_is_not_above_maximum(draft: Draft) -> Iterator[Fault]:
    for record in draft.records["dosage-ranges"]:
        low, high = record.fields.get("min"), record.fields.get("max")
        if isinstance(low, int | float) and isinstance(high, int | float) and low > high:
            yield Fault((*record.place, "min"), f"{shown(low)}, above the max of {shown(high)}", "a min not above max")


def _not_stated_names_what_is_null(draft: Draft) -> Iterator[Fault]:
    for record in draft.records["dosage-ranges"]:
        named = {value for _, value in record.texts("not_stated")}
        for name in ("min", "max", "basis", "form", "route", "frequency"):
            if name in record.fields and (record.fields[name] is None) != (name in named):
                found = f"{name!r}, which is not null" if name in named else f"no {name!r}, which is null"
                yield Fault((*record.place, "not_stated"), found, f"{name!r} exactly when it is null")


def _positions_are_used_once(draft: Draft) -> Iterator[Fault]:
    for collection in ("faqs", "dosage-ranges"):
        yield from _repeated(draft.records[collection], "position")


def _codes_name_places(draft: Draft) -> Iterator[Fault]:
    places = draft.records["jurisdictions"]
    yield from _repeated(places, "code")
    for place in places:
        if not draft.codes_incomplete:
            yield from _dangling_field(place, "parent_code", draft.codes, "the code of a jurisdiction")
        if (parent := place.text("parent_code")) and parent == place.text("code"):
            yield Fault((*place.place, "parent_code"), shown(parent), "the code of another place than this one")


def _places_do_not_contain_themselves(draft: Draft) -> Iterator[Fault]:
    places = {name: place for place in draft.records["jurisdictions"] if (name := place.text("code"))}
    seen: set[str] = set()
    for first in places:
        chain: list[str] = []
        code: str | None = first
        while code in places and code not in seen:
            seen.add(code)
            chain.append(code)
            code = places[code].text("parent_code")
        cycle = chain[chain.index(code) :] if code in chain else []
        if code and len(cycle) > 1:  # a place that is its own parent has a rule of its own
            found = " in ".join([*cycle[:MOST_SHOWN], *(["..."] if len(cycle) > MOST_SHOWN else []), code])
            yield Fault((*places[code].place, "parent_code"), shown(found), "a place that does not contain this one")


def _what_is_missing_is_null(draft: Draft) -> Iterator[Fault]:
    for citation in draft.records["citations"]:
        missing = {value for _, value in citation.texts("missing_fields")}
        for name in sorted(missing & UNKNOWN.keys()):
            for field in UNKNOWN[name]:
                if citation.fields.get(field) is not None:
                    found = shown(citation.fields[field])
                    yield Fault((*citation.place, field), found, f"null, because missing_fields names {name!r}")
        authors = citation.texts("authors")
        if authors and (authors[-1][1] == "et al.") != ("full_author_list" in missing):
            expected = "'et al.' as last author exactly when missing_fields names 'full_author_list'"
            yield Fault(authors[-1][0], shown(authors[-1][1]), expected)
        title = citation.text("title") or ""
        if title and title.startswith("[") != ("title" in missing):
            expected = "square brackets exactly when missing_fields names 'title'"
            yield Fault((*citation.place, "title"), shown(title), expected)
        verified = citation.fields.get("title_verified")
        if title.startswith("[") and verified is not False:
            yield Fault((*citation.place, "title_verified"), shown(verified), "false for a title in square brackets")


def _sellers_are_not_linked(draft: Draft) -> Iterator[Fault]:
    for citation in draft.records["citations"]:
        withheld, url = citation.fields.get("link_withheld"), citation.fields.get("url")
        if withheld is True and url is not None:
            yield Fault((*citation.place, "url"), shown(url), "null, because the link is withheld")
        if withheld is False and citation.text("type") in SELLERS:
            yield Fault((*citation.place, "link_withheld"), "false", "true for what sells or leads to sellers")


def _every_collection_tells_its_coverage(draft: Draft) -> Iterator[Fault]:
    notes = at(draft.data, ("release", "coverage"))
    if isinstance(notes, dict):
        for name in sorted(draft.records.keys() - notes.keys()):
            yield Fault(("release", "coverage"), f"no note on {name!r}", "a coverage note for every collection")
        for name in sorted(notes.keys() - draft.records.keys()):
            hint = suggestion(name, draft.records)
            yield Fault(("release", "coverage", name), f"a note on {shown(name)}", f"the name of a collection{hint}")


def _text_is_visible(draft: Draft) -> Iterator[Fault]:
    # Control, formatting, surrogate and private characters, and the separators of lines and paragraphs.
    for place, value in leaves((), draft.data):
        if isinstance(value, str) and not value.isprintable():
            for character in dict.fromkeys(value):
                if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp"):
                    yield Fault(place, f"U+{ord(character):04X} in {shown(value)}", "visible characters and spaces")


def _former_slugs_lead_on(draft: Draft) -> Iterator[Fault]:
    seen = set()
    for entry in draft.former:
        collection, slug = entry.text("collection"), entry.text("slug")
        if collection is None or slug is None:
            continue
        path = f"{collection}/{slug}"
        yield from _dangling((*entry.place, "collection"), collection, set(draft.records), "the name of a collection")
        if path in seen:
            yield Fault((*entry.place, "slug"), f"{shown(slug)} again", "each former slug once")
        seen.add(path)
        if path in draft.paths:
            yield Fault((*entry.place, "slug"), f"{shown(slug)}, which is the slug of a record", "a slug of no record")
        renamed_to, successor = entry.text("renamed_to"), entry.text("successor")
        if renamed_to is not None and collection in draft.records:
            yield from draft.dangling((*entry.place, "renamed_to"), collection, renamed_to, f"a slug of {collection}")
        if successor is not None:
            yield from draft.dangling_path((*entry.place, "successor"), successor)
        if renamed_to is not None and successor is not None:
            yield Fault((*entry.place, "successor"), shown(successor), "null where the record was renamed")
        since = _day(entry.text("since"))
        if since and draft.released and since > draft.released:
            expected = f"a date not after the release date {draft.released}"
            yield Fault((*entry.place, "since"), shown(since), expected)


EVER_SERVED = (
    "every slug that was ever served, unless a record has it "
    "(or run release --replace, if that release was never published)"
)


def _no_slug_disappears(draft: Draft) -> Iterator[Fault]:
    registered = {f"{entry.text('collection')}/{entry.text('slug')}" for entry in draft.former}
    for path in sorted(draft.served.keys() - draft.paths - registered):
        if path.partition("/")[0] not in draft.incomplete:
            found = f"no entry for {shown(path)}, which release {draft.served[path]} has"
            yield Fault(("former_slugs",), found, EVER_SERVED)


def _reviews_count_from_a_day_of_the_past(draft: Draft) -> Iterator[Fault]:
    day = _day(draft.release.text("reviews_count_from"))
    if day and draft.released and day > draft.released:
        expected = f"a date not after the release date {draft.released}"
        yield Fault((*draft.release.place, "reviews_count_from"), shown(day), expected)


RULES: tuple[Rule, ...] = (
    _slugs_are_used_once,
    _entries_are_listed_once,
    _references_lead_to_records,
    _the_search_leads_to_records,
    _home_pages_support_no_statement,
    _sources_are_parts_of_articles,
    _dates_are_not_after_the_release,
    _verdicts_have_sources,
    _frequencies_are_complete,
    _sources_of_a_claim_are_shared_out,
    _standing_cautions_are_known,
    _minimum_is_not_above_maximum,
    _not_stated_names_what_is_null,
    _positions_are_used_once,
    _codes_name_places,
    _places_do_not_contain_themselves,
    _what_is_missing_is_null,
    _sellers_are_not_linked,
    _every_collection_tells_its_coverage,
    _text_is_visible,
    _former_slugs_lead_on,
    _no_slug_disappears,
    _reviews_count_from_a_day_of_the_past,
)


def _all_named(node: Node, name: str, key: str, pattern: re.Pattern[str]) -> bool:
    """Whether a field lists objects, each with a well-formed name of its own under `key`."""
    entries = node.fields.get(name)
    if not isinstance(entries, list):
        return False
    names = {text for entry in node.nodes(name) if (text := entry.text(key)) and pattern.fullmatch(text)}
    return len(names) == len(entries)


def _repeated(nodes: Iterable[Node], name: str) -> Iterator[Fault]:
    seen: set[str | int] = set()
    for node in nodes:
        value = node.fields.get(name)
        if isinstance(value, str | int):
            if value in seen:
                yield Fault((*node.place, name), f"{shown(value)} again", f"each {name} once")
            seen.add(value)


def _dangling(place: Place, value: str, choices: set[str], what: str) -> Iterator[Fault]:
    if value not in choices:
        yield Fault(place, shown(value), f"{what}{suggestion(value, choices)}")


def _dangling_field(node: Node, name: str, choices: set[str], what: str) -> Iterator[Fault]:
    if value := node.text(name):
        yield from _dangling((*node.place, name), value, choices, what)


def _article_part(draft: Draft, node: Node) -> Iterator[Fault]:
    if article := node.text("article"):
        yield from draft.dangling((*node.place, "article"), "articles", article, "the slug of an article")
    sections = draft.sections.get(node.text("article") or "")
    if sections is not None:
        yield from _dangling_field(node, "section", sections, "the slug of a section of that article")


def leaves(place: Place, value: Any) -> Iterator[tuple[Place, Any]]:
    """The values inside a value that are no object and no list, each with its place."""
    if isinstance(value, dict):
        for key, entry in value.items():
            yield from leaves((*place, key), entry)
    elif isinstance(value, list):
        for index, entry in enumerate(value):
            yield from leaves((*place, index), entry)
    else:
        yield place, value


def _day(value: object) -> str | None:
    try:
        return date.fromisoformat(str(value)).isoformat()
    except ValueError:
        return None
