"""The view of a record on an HTML page: every field in a readable order, with labels instead of names."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from app.schemas.evidence import CitationLink
from app.schemas.fields import Strict
from app.schemas.references import Reference
from app.schemas.resources import ResourceInfo, model_in, vocabulary_in
from app.schemas.vocabularies import Vocabulary

Record = Mapping[str, Any]

APART: Final = frozenset(
    {
        *("slug", "title", "summary", "cautions", "disclaimer", "evidence_summary", "related", "article_section"),
        *("claims", "citations", "last_reviewed", "review_due", "position", "not_stated", "missing_fields", "cited_by"),
        *("name", "section"),
    }
)
"""Fields that every page shows elsewhere, or that are only for sorting."""
FIRST: Final[Mapping[str, tuple[str, ...]]] = {
    # The evidence comes before what the article says.
    "claims": ("verdict", "note", "suggested_framing", "safety_flag", "statement"),
    "faqs": ("short_answer", "answer", "evidence_note", "article_answer"),
    "warning-signs": ("urgency", "action", "sign", "possible_cause"),
    "interactions": ("severity", "action"),
    "side-effects": ("seriousness", "what_to_do"),
    "risk-groups": ("advice",),
    "contacts": ("value", "when_to_use"),
}
"""The fields with which a record of a collection begins."""
OF_THE_ARTICLE: Final = frozenset({"statement", "article_answer"})
"""Fields with statements of the article; they are shown as such, after the evidence."""
LABELS: Final[Mapping[str, str]] = {
    "action": "What to do",
    "also_known_as": "Also called",
    "amount": "Amount, not a recommendation",
    "as_of": "Newest source",
    "bears_on": "What it bears on",
    "checked": "Number checked",
    "citations": "Sources",
    "container": "Journal or collection",
    "doi": "DOI",
    "evidence_basis": "Known from",
    "evidence_note": "What the evidence says",
    "frequency_denominator": "Among whom",
    "frequency_sources": "Sources of this frequency",
    "form_as_reported": "Form, as reported",
    "in_article": "Named in the article",
    "in_text_citations": "Ties its statements to sources",
    "kcpa": "Kratom Consumer Protection Act in force",
    "level": "Kind of place",
    "link_withheld": "Link withheld",
    "max": "Upper bound",
    "min": "Lower bound",
    "parent": "Part of",
    "parent_code": "Part of (code)",
    "pmid": "PubMed number",
    "population_as_reported": "People, as reported",
    "q": "Words",
    "records": "Records it speaks of",
    "seven_oh_rule": "Rule on 7-hydroxymitragynine (7-OH)",
    "sign": "The sign",
    "slug": "Record",
    "sort": "Order",
    "statement": "What the article says",
    "article_answer": "What the article answers",
    "specificity": "What is cited",
    "suggested_framing": "Say it like this",
    "title_verified": "Title confirmed",
    "url": "Where to read it",
    "value": "Number",
    "volume_issue_pages": "Volume, issue, pages",
    "when_to_use": "When to call",
}
"""Labels of fields for which the name is not a good label."""
NESTED_HEADING: Final = ("heading", "name", "topic", "title")
NO_VALUE: Final = frozenset({"suggested_framing", "parent_code"})
"""Fields whose null means that there is none, not that it is unknown."""
NO_NEWS: Final = frozenset({"link_withheld"})
"""Flags that are shown only when they are true."""
AMOUNT: Final = frozenset({"min", "max", "unit", "bounds_inclusive"})
"""The fields that form one amount."""
QUALIFIED: Final = frozenset({"seriousness", "severity", "confidence"})
"""Fields whose badge includes their label, because the value alone is ambiguous."""
PROSE: Final = 1000
"""A field whose maximum length is at least this contains sentences rather than a label."""


@dataclass(frozen=True)
class Value:
    """A field as a page shows it."""

    name: str
    label: str
    kind: str
    """How it is shown: `fact`, `text`, `paragraphs`, `list`, `links`, `address`, `slugs` of sources, `sources`, `claims` or
    `objects`, or a telephone number as `phone`."""
    value: Any
    code: str = ""
    """The named value behind a label, for its look."""
    is_of_article: bool = False


@dataclass(frozen=True)
class View:
    """A record as a page shows it."""

    facts: list[Value]
    """Short values, for a list of terms."""
    parts: list[Value]
    """Everything longer, in order."""
    unknown: list[str]
    """Labels of what is not known or not stated."""


@dataclass(frozen=True)
class Nested:
    """An object inside a record."""

    heading: str
    slug: str
    view: View


def label_of(name: str) -> str:
    """The label of a field."""
    return LABELS.get(name) or name.replace("_", " ").capitalize()


def view_of(resource: ResourceInfo, record: Record) -> View:
    """The view of a record."""
    first = FIRST.get(resource.collection, ())
    names = [*first, *(name for name in resource.read.model_fields if name not in first)]
    return _view(resource.read, record, [name for name in names if name not in APART])


def badge_of(name: str, label: str) -> str:
    """The text of a badge for a value with this label."""
    return f"{label_of(name)}: {label.lower()}" if name in QUALIFIED else label


def label_of_value(kind: type[Vocabulary] | None, value: object) -> str:
    """The text of a value."""
    if kind is not None and isinstance(value, str):
        return kind[value].label
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _view(model: type[Strict], record: Record, names: list[str]) -> View:
    facts: list[Value] = []
    parts: list[Value] = []
    unknown = [label_of(name) for name in names if record[name] is None and _is_unknown_when_null(model, name)]
    if model.model_fields.keys() >= AMOUNT:
        record = {**record, "amount": _amount(model, record)}
        names = ["amount" if name == "min" else name for name in names if name not in AMOUNT - {"min"}]
    for name in names:
        for value in _values(model, name, record[name]):
            (facts if value.kind in {"fact", "phone"} else parts).append(value)
    for name in ("not_stated", "missing_fields"):
        if name in model.model_fields:
            kind = vocabulary_in(model.model_fields[name].annotation)
            unknown += [label_of_value(kind, value) for value in record[name]]
    return View(facts, parts, list(dict.fromkeys(unknown)))


def _values(model: type[Strict], name: str, value: Any) -> Iterator[Value]:
    """The field as a page shows it; nothing when it is empty."""
    if value is None or value == [] or (value is False and name in NO_NEWS):
        return
    if name == "amount":
        yield Value(name, label_of(name), "fact", value)
        return
    annotation = model.model_fields[name].annotation
    label, inner, kind = label_of(name), model_in(annotation), vocabulary_in(annotation)
    if inner is CitationLink:
        yield Value(name, label, "sources", value)
    elif inner is Reference:
        yield Value(name, label, "links", value if isinstance(value, list) else [value])
    elif name == "claims":
        yield Value(name, label, "claims", value)
    elif inner:
        objects = value if isinstance(value, list) else [value]
        yield Value(name, label, "objects", [_nested(inner, each) for each in objects])
    elif isinstance(value, list):
        if name == "frequency_sources":
            yield Value(name, label, "slugs", value)
        elif name == "also_known_as":
            yield Value(name, label, "fact", ", ".join(value))
        elif kind:
            yield Value(name, label, "fact", ", ".join(label_of_value(kind, each) for each in value))
        else:
            yield Value(name, label, "paragraphs" if name == "paragraphs" else "list", value)
    elif name == "value":
        yield Value(name, label, "phone", value)
    elif name == "url":
        yield Value(name, label, "address", value)
    elif isinstance(value, str) and not kind and name in _prose(model):
        yield Value(name, label, "text", value, is_of_article=name in OF_THE_ARTICLE)
    else:
        yield Value(name, label, "fact", label_of_value(kind, value), code=str(value) if kind else "")


def _amount(model: type[Strict], record: Record) -> str:
    """An amount in words, such as: 1 to 2 grams."""
    low, high = (None if record[name] is None else f"{record[name]:g}" for name in ("min", "max"))
    unit = f"{label_of_value(vocabulary_in(model.model_fields['unit'].annotation), record['unit'])}s"
    if low and high:
        amount = f"{low} {unit}" if low == high else f"{low} to {high} {unit}"
        return amount if record["bounds_inclusive"] else f"{amount}, without the bounds"
    if low:
        return f"{low} {unit} or more" if record["bounds_inclusive"] else f"more than {low} {unit}"
    if high:
        return f"up to {high} {unit}" if record["bounds_inclusive"] else f"less than {high} {unit}"
    return "not stated"


@cache
def _prose(model: type[Strict]) -> frozenset[str]:
    """The fields of a model that hold sentences."""
    properties = model.model_json_schema()["properties"]
    choices = {name: each.get("anyOf", [each]) for name, each in properties.items()}
    return frozenset(
        name for name, each in choices.items() if any(choice.get("maxLength", 0) >= PROSE for choice in each)
    )


def _is_unknown_when_null(model: type[Strict], name: str) -> bool:
    return name not in NO_VALUE and model_in(model.model_fields[name].annotation) is None


def _nested(model: type[Strict], record: Record) -> Nested:
    heading = next((name for name in NESTED_HEADING if name in model.model_fields), "")
    apart = {heading, "slug", "position", "section", "omissions", "article_section"}
    names = [name for name in model.model_fields if name not in apart]
    return Nested(str(record.get(heading, "")), str(record.get("slug", "")), _view(model, record, names))
