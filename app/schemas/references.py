"""References to other records and to parts of the source article."""

from enum import StrEnum, auto

from app.schemas.fields import Label, Path, Slug, Strict


class RecordType(StrEnum):
    """What kind of record a reference leads to."""

    article = auto()
    strain = auto()
    effect = auto()
    side_effect = auto()
    dosage_range = auto()
    faq = auto()
    citation = auto()
    claim = auto()
    interaction = auto()
    pharmacology = auto()
    product_form = auto()
    approach = auto()
    risk_group = auto()
    warning_sign = auto()
    jurisdiction = auto()
    quality_check = auto()
    contact = auto()


class Reference(Strict):
    """A pointer to another record; the same shape everywhere."""

    type: RecordType
    """The kind of record it leads to."""
    slug: Slug
    """The permanent slug of that record."""
    title: Label
    """What a front end can show as the text of the link."""
    url: Path
    """Path of the record in this API."""


class ArticlePart(Strict):
    """The part of the source article that a record restates."""

    article: Slug
    """Slug of the article."""
    section: Slug
    """Slug of the section within the article."""


class SourcePart(ArticlePart):
    """The part of the source article that a record restates, with where to read it."""

    heading: Label
    """Heading of that section."""
    url: Path
    """Path of the article in this API."""
