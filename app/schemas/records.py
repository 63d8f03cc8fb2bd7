"""Base models of every record: as stored, as written in the seed, and as served."""

from datetime import date

from sqlmodel import JSON, Field

from app.schemas.evidence import CitationLink, ClaimInContext
from app.schemas.fields import Label, RecordPath, Slug, Strict, Text
from app.schemas.references import ArticlePart, Reference, SourcePart

# What every record is made of. `…Fields` are written in the seed and stored as columns, `…Seed`
# adds what only the seed says (references by slug), `…Read` adds what the build resolves.


class RecordFields(Strict):
    """Fields of every record."""

    slug: Slug
    """Permanent identifier of the record within its resource."""
    title: Label
    """Title that identifies the record on its own, such as on a card or as link text. Plain text without amounts."""
    summary: Text
    """The record in one or two plain sentences that are safe to show alone: no amounts, and no claim without its verdict."""
    last_reviewed: date | None = None
    """Day on which a clinician last reviewed the record; null means that nobody has."""


class RecordRead(RecordFields):
    """What every served record has."""

    last_reviewed: date | None
    """Day on which a clinician last reviewed the record; null means that nobody has."""
    review_due: date
    """Day by which the record is to be reviewed."""


class FactualFields(RecordFields):
    """Fields of every factual record, which is any record but a citation."""

    evidence_summary: Text
    """The kinds of source for the record and their limits; says so when none was found."""
    cautions: list[Text] = Field(sa_type=JSON, max_length=20)
    """What must be shown beside the record, most important first; empty when there is nothing to add to the disclaimer."""


class CautionedSeed(FactualFields):
    """Fields that every factual record has in the seed."""

    standing_cautions: list[Slug] = Field(default=[], max_length=10)
    """Slugs of the release's standing cautions that the build adds to the cautions of this record."""
    related: list[RecordPath] = Field(default=[], max_length=50)
    """Records a reader of this one would want next, as `collection/slug`."""


class CautionedRead(RecordRead, FactualFields):
    """Fields that the build adds to every factual record."""

    disclaimer: Text
    """The disclaimer of the service; always to be shown beside the content."""
    related: list[Reference] = Field(max_length=50)
    """Records a reader of this one would want next."""


class FactualSeed(CautionedSeed):
    """A factual record as it is written in the seed."""

    article_section: ArticlePart | None = None
    """The section of the article that the record restates; null when the article does not mention it."""
    citations: list[Slug] = Field(default=[], max_length=50)
    """Slugs of the sources of this record itself. The build adds those of the claims about it."""
    background_citations: list[Slug] = Field(default=[], max_length=50)
    """The subset of `citations` that only gives context and does not support what the record states."""
    contradicting_citations: list[Slug] = Field(default=[], max_length=50)
    """The subset of `citations` that says otherwise than the record states."""


class FactualRead(CautionedRead):
    """A factual record as it is served."""

    article_section: SourcePart | None
    """The section of the article that the record restates; null when the article does not mention it."""
    claims: list[ClaimInContext] = Field(max_length=100)
    """The article's statements about this record, each with its verdict."""
    citations: list[CitationLink] = Field(max_length=200)
    """The sources of the record: its own and those of the claims about it. Empty when none was found."""
