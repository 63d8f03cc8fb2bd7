"""Base models of every record: as stored, as written in the seed, and as served."""

from datetime import date

from sqlmodel import JSON, Field

from app.schemas.evidence import CitationLink, ClaimInContext
from app.schemas.fields import RecordPath, Slug, Strict, Text
from app.schemas.references import ArticlePart, Reference, SourcePart

# What every record is made of. `…Fields` are written in the seed and stored as columns, `…Seed`
# adds what only the seed says (references by slug), `…Read` adds what the build resolves.


class RecordFields(Strict):
    """What every record of every resource has."""

    slug: Slug
    """Permanent identifier of the record within its resource."""
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
    """What kinds of source stand behind the record and what their limits are; says so when none was found."""


class FactualSeed(FactualFields):
    """A factual record as it is written in the seed."""

    source: ArticlePart | None = None
    """The part of the article the record restates; null when the article does not speak of it."""
    citations: list[Slug] = Field(default=[], max_length=50)
    """Slugs of the sources named for this record itself. Those of the claims that bear on it are added by the build."""
    related: list[RecordPath] = Field(default=[], max_length=50)
    """Records a reader of this one would want next, as `collection/slug`."""


class FactualRead(RecordRead, FactualFields):
    """A factual record as it is served."""

    source: SourcePart | None
    """The part of the article the record restates; null when the article does not speak of it."""
    claims: list[ClaimInContext] = Field(max_length=100)
    """The article's statements that bear on this record, each with its verdict."""
    citations: list[CitationLink] = Field(max_length=200)
    """The sources of the record: those named for it and those of the claims that bear on it. Empty when none was found."""
    related: list[Reference] = Field(max_length=50)
    """Records a reader of this one would want next."""


class CautionedFields(FactualFields):
    """What a record has that nobody should act on without its cautions."""

    cautions: list[Text] = Field(sa_type=JSON, min_length=1, max_length=10)
    """What must be shown beside the record, most important first."""


class CautionedSeed(FactualSeed, CautionedFields):
    """A record with cautions as it is written in the seed."""


class CautionedRead(FactualRead, CautionedFields):
    """A record with cautions as it is served."""

    disclaimer: Text
    """The service's notice on what this content is not; always to be shown beside it."""
