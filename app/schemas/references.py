"""References to other records and to parts of the source article."""

from app.schemas.fields import Label, Path, Slug, Strict
from app.schemas.vocabularies import Vocabulary


class RecordType(Vocabulary):
    """What kind of record a reference leads to."""

    article = "article", "Article", "The source article, paraphrased."
    strain = "strain", "Strain", "A vein colour."
    effect = "effect", "Effect", "A benefit that the article reports."
    side_effect = "side_effect", "Side effect", "A reported harm."
    dosage_range = "dosage_range", "Amount", "An amount that was stated, surveyed or studied."
    faq = "faq", "Question", "A question with its answer."
    citation = "citation", "Source", "A source."
    claim = "claim", "Claim", "A statement of the article with its verdict."
    interaction = "interaction", "Interaction", "Kratom together with another substance."
    pharmacology = "pharmacology", "Pharmacology", "How kratom acts in the body."
    product_form = "product_form", "Product form", "A form in which kratom is sold."
    approach = "approach", "Approach", "Care for back pain other than kratom."
    risk_group = "risk_group", "Group at risk", "People for whom kratom is a particular risk."
    warning_sign = "warning_sign", "Warning sign", "A sign that needs help."
    jurisdiction = "jurisdiction", "Place", "The law of a place."
    quality_check = "quality_check", "Quality check", "What is known of testing, labels and sellers."
    contact = "contact", "Help line", "A help line."


class Reference(Strict):
    """A reference to another record; it has the same fields everywhere."""

    type: RecordType
    """The type of the record."""
    slug: Slug
    """The permanent slug of that record."""
    title: Label
    """Title of the record, for the text of a link."""
    url: Path
    """Path of the record in this API."""


class ArticlePart(Strict):
    """The part of the source article that a record restates."""

    article: Slug
    """Slug of the article."""
    section: Slug
    """Slug of the section within the article."""


class SourcePart(ArticlePart):
    """The part of the source article that a record restates, with its heading and its path."""

    heading: Label
    """Heading of that section."""
    url: Path
    """Path of the article in this API."""
