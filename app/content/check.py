"""Finds every fault of a seed at once, each with its place in the file, what was found and what was expected."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from app.content.seed import Seed, seed_key
from app.tables import RESOURCES

Place = tuple[str | int, ...]
Object = dict[str, Any]


@dataclass(frozen=True, order=True)
class Fault:
    """Something wrong in the seed."""

    place: str
    """JSON path of the faulty value."""
    found: str
    expected: str

    def __str__(self) -> str:
        return f"{self.place}: found {self.found}; expected {self.expected}"


class SeedFaultsError(Exception):
    """The seed can't be used; carries every fault found."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(f"{len(faults)} faults")
        self.faults = faults


def read_seed(path: Path) -> Seed:
    """The checked seed.

    Raises:
        SeedFaultsError: with every fault of the file.
        OSError: when the file can't be read.
    """
    return check_seed(path.read_bytes())


def check_seed(content: bytes) -> Seed:
    """The seed in `content`, once nothing is wrong with it.

    Raises:
        SeedFaultsError: with every fault found.
    """
    data, faults = _parse(content)
    if data is None:
        raise SeedFaultsError(faults)
    seed = None
    try:
        seed = Seed.model_validate_json(json.dumps(data), strict=True)
    except ValidationError as error:
        faults += _schema_faults(error, data)
    faults += _cross_faults(data)
    if faults or seed is None:
        raise SeedFaultsError(sorted(set(faults), key=lambda fault: _natural(fault.place)))
    return seed


def _parse(content: bytes) -> tuple[Object | None, list[Fault]]:
    faults: list[Fault] = []

    def unique_keys(pairs: list[tuple[str, Any]]) -> Object:
        for key, times in Counter(key for key, _ in pairs).items():
            if times > 1:
                slug = dict(pairs).get("slug")
                where = f"the object with slug {slug!r}" if slug else "an object"
                faults.append(Fault("$", f"the key {key!r} {times} times in {where}", "each key once"))
        return dict(pairs)

    def no_constant(name: str) -> None:
        faults.append(Fault("$", name, "a number that JSON allows"))

    try:
        data = json.loads(content.decode("utf-8"), object_pairs_hook=unique_keys, parse_constant=no_constant)
    except UnicodeDecodeError as error:
        return None, [Fault("$", f"a byte that is not UTF-8 at position {error.start}", "UTF-8 text")]
    except json.JSONDecodeError as error:
        place = f"line {error.lineno} column {error.colno}"
        return None, [Fault("$", f"invalid JSON at {place} ({error.msg})", "a JSON object")]
    except RecursionError:
        return None, [Fault("$", "JSON nested too deeply", "a JSON object as the schema describes")]
    if not isinstance(data, dict):
        return None, [Fault("$", _shown(data), "a JSON object")]
    return data, faults


def _schema_faults(error: ValidationError, data: Object) -> Iterator[Fault]:
    for problem in error.errors(include_url=False):
        place: Place = problem["loc"]
        kind, message = problem["type"], problem["msg"]
        expected = message[0].lower() + message[1:]
        expected = expected.removeprefix("input should be ").removeprefix("should be ")
        if kind == "missing":
            yield Fault(_path(place, data), "nothing", "this field")
        elif kind == "extra_forbidden":
            parent = _at(data, place[:-1])
            near = get_close_matches(str(place[-1]), _fields_beside(place), n=1)
            hint = f" (did you mean {near[0]!r}?)" if near else ""
            yield Fault(
                _path(place, data), f"a field nobody knows in {_kind_of(parent)}{hint}", "only fields of the schema"
            )
        elif kind == "string_pattern_mismatch":
            yield Fault(_path(place, data), _shown(problem["input"]), f"text of the form {problem['ctx']['pattern']}")
        else:
            yield Fault(_path(place, data), _shown(problem["input"]), expected)


def _cross_faults(data: Object) -> Iterator[Fault]:
    """Faults between records; reads the raw data, so that they show beside faults of form."""
    slugs = {
        resource.collection: {
            slug for _, record in _records(data, resource.collection) if (slug := _text(record, "slug"))
        }
        for resource in RESOURCES
    }
    citations = {slug: record for _, record in _records(data, "citations") if (slug := _text(record, "slug"))}
    sections = {
        article: {slug for _, part in _objects(record, "sections") if (slug := _text(part, "slug"))}
        for _, record in _records(data, "articles")
        if (article := _text(record, "slug"))
    }
    known = {f"{collection}/{slug}" for collection, names in slugs.items() for slug in names}
    codes = {code for _, record in _records(data, "jurisdictions") if (code := _text(record, "code"))}
    released = _release_date(data)

    def dangling(place: Place, value: str, choices: set[str], what: str) -> Iterator[Fault]:
        if value not in choices:
            near = get_close_matches(value, choices, n=1)
            hint = f" (did you mean {near[0]!r}?)" if near else ""
            yield Fault(_path(place, data), repr(value), f"{what}{hint}")

    def article_part(place: Place, article: str | None, section: str | None, key: str) -> Iterator[Fault]:
        if article:
            yield from dangling((*place, "article"), article, slugs["articles"], "the slug of an article")
        if section and article in sections:
            yield from dangling((*place, key), section, sections[article], "the slug of a section of that article")

    for resource in RESOURCES:
        collection, key = resource.collection, seed_key(resource.collection)
        yield from _repeated(
            data, (key,), [(i, _text(r, "slug")) for i, r in _records(data, collection)], "a slug used once", ("slug",)
        )
        for index, record in _records(data, collection):
            place: Place = (key, index)
            for where, holder in _holders(place, record):
                for field in ("citations", "related", "bears_on", "records", "not_stated", "also_known_as"):
                    listed = _strings(holder, field)
                    yield from _repeated(data, (*where, field), listed, "each entry once")
                    for position, value in listed:
                        spot = (*where, field, position)
                        if field == "citations":
                            yield from dangling(spot, value, slugs["citations"], "the slug of a citation")
                            if (
                                collection != "articles"
                                and _text(citations.get(value, {}), "specificity") == "homepage"
                            ):
                                yield Fault(
                                    _path(spot, data),
                                    repr(value),
                                    "a work or a page: a home page supports no statement",
                                )
                        elif field in ("related", "bears_on", "records"):
                            yield from dangling(spot, value, known, "the collection and slug of a record")
                            if value == f"{collection}/{_text(record, 'slug')}":
                                yield Fault(_path(spot, data), repr(value), "another record than this one")
            source = record.get("source")
            if isinstance(source, dict):
                yield from article_part(
                    (*place, "source"), _text(source, "article"), _text(source, "section"), "section"
                )
            for field in ("last_reviewed", "as_of"):
                dated = _text(record, field)
                if dated and released and dated > released:
                    yield Fault(
                        _path((*place, field), data), repr(dated), f"a date not after the release date {released}"
                    )

    for index, record in _records(data, "articles"):
        place = ("articles", index)
        names = sections.get(_text(record, "slug") or "", set())
        for field in ("sections", "omissions"):
            nested = _objects(record, field)
            yield from _repeated(
                data, (*place, field), [(i, _text(part, "slug")) for i, part in nested], "a slug used once", ("slug",)
            )
        for i, omission in _objects(record, "omissions"):
            if section := _text(omission, "section"):
                yield from dangling(
                    (*place, "omissions", i, "section"), section, names, "the slug of a section of this article"
                )

    for index, record in _records(data, "claims"):
        place = ("claims", index)
        yield from article_part(place, _text(record, "article"), _text(record, "section"), "section")
        if _text(record, "verdict") in ("supports", "qualifies", "contradicts") and record.get("citations") == []:
            yield Fault(
                _path((*place, "citations"), data), "no citation", f"at least one for the verdict {record['verdict']!r}"
            )

    for index, record in _records(data, "side_effects"):
        place = ("side_effects", index)
        if frequency_source := _text(record, "frequency_source"):
            yield from dangling(
                (*place, "frequency_source"), frequency_source, slugs["citations"], "the slug of a citation"
            )
        parts = [record.get(f) is None for f in ("reported_frequency", "frequency_denominator", "frequency_source")]
        if any(parts) and not all(parts):
            yield Fault(
                _path(place, data),
                "a frequency without its denominator or source",
                "frequency, denominator and source together, or null for all three",
            )
        symptoms = _objects(record, "withdrawal_symptoms")
        yield from _repeated(
            data,
            (*place, "withdrawal_symptoms"),
            [(i, _text(s, "slug")) for i, s in symptoms],
            "a slug used once",
            ("slug",),
        )

    for index, record in _records(data, "dosage_ranges"):
        place = ("dosage_ranges", index)
        low, high = record.get("min"), record.get("max")
        if isinstance(low, int | float) and isinstance(high, int | float) and low > high:
            yield Fault(
                _path((*place, "min"), data), f"{low:g}, above the max of {high:g}", "a min that is not above max"
            )
        named = {value for _, value in _strings(record, "not_stated")}
        for field in ("min", "max", "basis", "form", "route", "frequency"):
            if field in record and (record[field] is None) != (field in named):
                found = f"{field!r} {'missing from' if record[field] is None else 'in'} not_stated"
                yield Fault(_path((*place, "not_stated"), data), found, f"{field!r} there exactly when it is null")

    yield from _repeated(
        data,
        ("faqs",),
        [(i, r.get("position")) for i, r in _records(data, "faqs")],
        "a position used once",
        ("position",),
    )

    for index, record in _records(data, "jurisdictions"):
        place = ("jurisdictions", index)
        if parent := _text(record, "parent_code"):
            yield from dangling((*place, "parent_code"), parent, codes, "the code of a jurisdiction")
    yield from _repeated(
        data,
        ("jurisdictions",),
        [(i, _text(r, "code")) for i, r in _records(data, "jurisdictions")],
        "a code used once",
        ("code",),
    )

    for index, record in _records(data, "citations"):
        place = ("citations", index)
        missing = {value for _, value in _strings(record, "missing_fields")}
        unknown = {
            "authors": ["authors"],
            "year": ["year"],
            "year_unconfirmed": ["year"],
            "container": ["container"],
            "container_unconfirmed": ["container"],
            "doi_or_pmid": ["doi", "pmid"],
        }
        for name in sorted(missing & unknown.keys()):
            for field in unknown[name]:
                if record.get(field) is not None:
                    yield Fault(
                        _path((*place, field), data),
                        _shown(record[field]),
                        f"null, because missing_fields names {name!r}",
                    )
        title = _text(record, "title")
        if title and title.startswith("[") != ("title" in missing):
            yield Fault(
                _path((*place, "title"), data),
                _shown(title),
                "square brackets exactly when missing_fields names 'title'",
            )
        if title and title.startswith("[") and record.get("title_verified") is not False:
            yield Fault(
                _path((*place, "title_verified"), data),
                _shown(record.get("title_verified")),
                "false for a title in square brackets",
            )
        if record.get("link_withheld") is True and record.get("url") is not None:
            yield Fault(_path((*place, "url"), data), _shown(record["url"]), "null, because the link is withheld")

    coverage = _at(data, ("release", "coverage"))
    if isinstance(coverage, dict):
        wanted = {resource.collection for resource in RESOURCES}
        for name in sorted(wanted - coverage.keys()):
            yield Fault(
                _path(("release", "coverage"), data), f"no note on {name!r}", "a coverage note for every collection"
            )
        for name in sorted(coverage.keys() - wanted):
            yield Fault(_path(("release", "coverage", name), data), f"a note on {name!r}", "the name of a collection")


def _holders(place: Place, record: Object) -> Iterator[tuple[Place, Object]]:
    """The record itself and the objects inside it that cite or refer."""
    yield place, record
    for field in ("sections", "omissions", "withdrawal_symptoms", "federal_rules"):
        for index, part in _objects(record, field):
            yield (*place, field, index), part
    context = record.get("withdrawal_context")
    if isinstance(context, dict):
        yield (*place, "withdrawal_context"), context


def _repeated(
    data: Object, place: Place, values: list[tuple[int, Any]], expected: str, tail: Place = ()
) -> Iterator[Fault]:
    seen: set[Any] = set()
    for index, value in values:
        if value is not None and value in seen:
            yield Fault(_path((*place, index, *tail), data), f"{value!r} again", expected)
        if value is not None:
            seen.add(value)


def _records(data: Object, collection: str) -> list[tuple[int, Object]]:
    return _objects(data, seed_key(collection))


def _objects(holder: Object, field: str) -> list[tuple[int, Object]]:
    value = holder.get(field)
    return [(i, v) for i, v in enumerate(value) if isinstance(v, dict)] if isinstance(value, list) else []


def _strings(holder: Object, field: str) -> list[tuple[int, str]]:
    value = holder.get(field)
    return [(i, v) for i, v in enumerate(value) if isinstance(v, str)] if isinstance(value, list) else []


def _text(holder: Object, field: str) -> str | None:
    value = holder.get(field)
    return value if isinstance(value, str) else None


def _release_date(data: Object) -> str | None:
    value = _at(data, ("release", "release_date"))
    try:
        return date.fromisoformat(value).isoformat()
    except (TypeError, ValueError):
        return None


def _at(data: Any, place: Place) -> Any:
    for key in place:
        try:
            data = data[key]
        except (KeyError, IndexError, TypeError):
            return None
    return data


def _path(place: Place, data: Object) -> str:
    """JSON path of a place, with the slug of the record it lies in."""
    path = "$" + "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in place)
    record = _at(data, place[:2]) if len(place) > 2 else None  # noqa: PLR2004  # collection and index
    slug = record.get("slug") if isinstance(record, dict) else None
    return f"{path} ({slug})" if isinstance(slug, str) else path


def _natural(path: str) -> list[tuple[int, str]]:
    """Sort key that puts [10] after [9]."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", path)]


def _shown(value: object) -> str:
    """A value as it may stand in a message: short, on one line."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 80 else text[:77] + "..."  # noqa: PLR2004  # the width of a line


def _kind_of(value: object) -> str:
    return f"the record {value['slug']!r}" if isinstance(value, dict) and "slug" in value else "this object"


def _fields_beside(place: Place) -> list[str]:
    """The fields the schema knows where an unknown one stands."""
    if len(place) == 1:
        return [field.alias or name for name, field in Seed.model_fields.items()]
    for resource in RESOURCES:
        if place[0] == seed_key(resource.collection) and len(place) == 3:  # noqa: PLR2004  # collection, index, field
            return list(resource.seed.model_fields)
    return []
