"""Base models of every record: as stored, as written in the seed, and as served."""

from datetime import date

from sqlmodel import JSON, Field

from app.schemas.evidence import CitationLink, ClaimInContext
from app.schemas.fields import Label, RecordPath, Slug, Strict, Text
from app.schemas.references import ArticlePart, Reference, SourcePart

# What every record is made of. `…Fields` are written in the seed and stored as columns, `…Seed`
# adds what only the seed says (references by slug), `…Read` adds what the build resolves.


class RecordFields(Strict):
    """What every record of every resource has."""

    slug: Slug
    """Permanent identifier of the record within its resource."""
    title: Label
    """What names the record on its own, on a card or as the text of a link. Plain text without amounts."""
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
    """What every record that states something has."""

    evidence_summary: Text
    """What kinds of source there are for the record and what their limits are; says so when none was found."""
    cautions: list[Text] = Field(sa_type=JSON, max_length=20)
    """What must be shown beside the record, most important first; empty when there is nothing to add to the disclaimer."""


class CautionedSeed(FactualFields):
    """What the seed says of every record that states something."""

    standing_cautions: list[Slug] = Field(default=[], max_length=10)
    """Slugs of the release's standing cautions that the build adds to the cautions of this record."""
    related: list[RecordPath] = Field(default=[], max_length=50)
    """Records a reader of this one would want next, as `collection/slug`."""


class CautionedRead(RecordRead, FactualFields):
    """What the build adds to every record that states something."""

    disclaimer: Text
    """The service's notice on what this content is not; always to be shown beside it."""
    related: list[Reference] = Field(max_length=50)
    """Records a reader of this one would want next."""


class FactualSeed(CautionedSeed):
    """A factual record as it is written in the seed."""

    article_section: ArticlePart | None = None
    """The section of the article that the record restates; null when the article does not speak of it."""
    citations: list[Slug] = Field(default=[], max_length=50)
    """Slugs of the sources named for this record itself. Those of the claims that bear on it are added by the build."""
    background_citations: list[Slug] = Field(default=[], max_length=50)
    """Those of the named sources that only give context: they do not support what the record states."""


class FactualRead(CautionedRead):
    """A factual record as it is served."""

    article_section: SourcePart | None
    """The section of the article that the record restates; null when the article does not speak of it."""
    claims: list[ClaimInContext] = Field(max_length=100)
    """The article's statements that bear on this record, each with its verdict."""
    citations: list[CitationLink] = Field(max_length=200)
    """The sources of the record: those named for it and those of the claims that bear on it. Empty when none was found."""
