"""Claims: fields, seed and public models, query parameters, and the descriptor of the resource."""

from typing import Annotated, Literal

import pydantic
from sqlmodel import Field

from app.schemas.envelopes import Detail, Page
from app.schemas.evidence import CitationLink, SafetyFlag, Verdict
from app.schemas.fields import RecordPath, Slug, Text
from app.schemas.queries import CommaSeparated, Faceting, PageQuery, Sorting
from app.schemas.records import CautionedRead, CautionedSeed, FactualFields
from app.schemas.references import RecordType, Reference, SourcePart
from app.schemas.resources import ResourceInfo


class ClaimFields(FactualFields):
    """Fields of a statement of the article."""

    section: Slug
    """Slug of the section of the article that makes the statement."""
    statement: Text
    """What the article says, in this service's words and attributed to it; not to be shown without its verdict."""
    verdict: Verdict
    """Whether the evidence supports, qualifies or contradicts the statement, or does not address it."""
    note: Text
    """Short summary of the evidence."""
    safety_flag: SafetyFlag
    """How carefully the statement must be shown."""
    suggested_framing: Text | None
    """What to show with the statement, or instead of it, so that nobody is misled; null when the note is enough."""


class ClaimSeed(CautionedSeed, ClaimFields):
    """A claim as it is written in the seed."""

    article: Slug
    """Slug of the article that makes the statement."""
    citations: list[Slug] = Field(max_length=50)
    """Slugs of the sources behind the verdict."""
    background_citations: list[Slug] = Field(default=[], max_length=50)
    """The subset of `citations` that is silent on the statement and only gives context."""
    bears_on: list[RecordPath] = Field(min_length=1, max_length=20)
    """The records that the statement is about, as `collection/slug`."""
    citations_for: dict[RecordPath, list[Slug]] = Field(default={}, max_length=20)
    """For a statement on several things: which of the citations are about each record. A record that is left out gets all."""


class ClaimRead(CautionedRead, ClaimFields):
    """A statement of the article with its verdict, its sources and the records that it is about."""

    article_section: SourcePart
    """The section of the article that makes the statement."""
    citations: list[CitationLink] = Field(max_length=50)
    """The sources behind the verdict; empty when none was found."""
    bears_on: list[Reference] = Field(max_length=20)
    """The records that the statement is about."""


class ClaimPage(Page):
    """A page of claims."""

    data: list[ClaimRead] = Field(max_length=100)
    """The claims on this page."""


class ClaimDetail(Detail):
    """One claim."""

    data: ClaimRead
    """The claim."""


class ClaimQuery(PageQuery):
    """Query parameters of the list of claims."""

    verdict: Annotated[list[Verdict], pydantic.Field(max_length=4), CommaSeparated] = []
    """Only statements with these verdicts, comma-separated."""
    section: Annotated[list[Slug], pydantic.Field(max_length=50), CommaSeparated] = []
    """Only statements of these sections of the article, comma-separated slugs."""
    safety_flag: Annotated[list[SafetyFlag], pydantic.Field(max_length=3), CommaSeparated] = []
    """Only statements with these safety flags, comma-separated."""
    sort: Annotated[Literal["slug", "-slug", "verdict", "-verdict"], Sorting] = "slug"
    facet: Annotated[list[Literal["verdict", "safety_flag"]], Faceting, CommaSeparated] = []


CLAIMS = ResourceInfo(
    collection="claims",
    record_type=RecordType.claim,
    description="Each statement of the article with a verdict: whether the evidence supports, qualifies or contradicts it.",
    seed=ClaimSeed,
    read=ClaimRead,
    query=ClaimQuery,
)
