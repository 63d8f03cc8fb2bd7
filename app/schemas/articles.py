"""Articles: fields, seed and public models, query parameters, and the descriptor of the resource."""

from typing import Annotated, Literal

from sqlmodel import JSON, Field

from app.schemas.envelopes import Detail, Page
from app.schemas.evidence import CitationLink, ClaimInContext
from app.schemas.fields import Label, PartialDate, Position, RecordPath, Slug, Strict, Text
from app.schemas.queries import PageQuery, Sorting
from app.schemas.records import FactualFields, FactualRead, FactualSeed
from app.schemas.references import RecordType, Reference
from app.schemas.resources import ResourceInfo


class ArticleFields(FactualFields):
    """Fields of an article, without its sections."""

    publisher_kind: Label
    """What kind of publisher the article comes from."""
    conflict_of_interest: Text
    """What the publisher stands to gain. Its advertising is not part of this API."""
    in_text_citations: bool
    """Whether the article links its statements to sources."""
    published: PartialDate | None
    """When the article was published; null when it does not say."""
    reviewed: PartialDate | None
    """When the article was last reviewed by its publisher; null when it does not say."""


class SectionFields(Strict):
    """Fields of a section."""

    slug: Slug
    """Identifier of the section within its article."""
    heading: Label
    """Heading of the section, in this service's words."""
    paragraphs: list[Text] = Field(min_length=1, max_length=50)
    """The section paraphrased in short paragraphs, each statement with what the evidence says about it."""


class SectionSeed(SectionFields):
    """A section as it is written in the seed. Claims name the section that they belong to."""

    records: list[RecordPath] = Field(default=[], max_length=50)
    """Records that the section mentions, as `collection/slug`."""


class OmissionFields(Strict):
    """Something a reader should know that the article leaves out."""

    slug: Slug
    """Identifier of the omission within its article."""
    topic: Label
    """What the article leaves out."""
    why_it_matters: Text
    """Why a reader should know it."""
    section: Slug
    """The section of the article in which it would belong."""


class OmissionSeed(OmissionFields):
    """An omission as it is written in the seed."""

    citations: list[Slug] = Field(min_length=1, max_length=50)
    """Slugs of the sources for it."""


class ArticleSeed(FactualSeed, ArticleFields):
    """An article as it is written in the seed."""

    sections: list[SectionSeed] = Field(min_length=1, max_length=50)
    """The sections in the order of the article."""
    omissions: list[OmissionSeed] = Field(default=[], max_length=50)
    """What the article leaves out."""


class OmissionRead(OmissionFields):
    """Something a reader should know that the article leaves out, with the sources for it."""

    citations: list[CitationLink] = Field(max_length=50)
    """The sources for it."""


class SectionRead(SectionFields):
    """A section of the article with its claims, its omissions and the records that it mentions."""

    position: Position
    """Place of the section in the article, from 1."""
    records: list[Reference] = Field(max_length=50)
    """Records that the section mentions."""
    claims: list[ClaimInContext] = Field(max_length=100)
    """The statements the section makes, each with its verdict."""
    omissions: list[Slug] = Field(max_length=50)
    """Slugs of the article's omissions that would belong in this section."""


class ArticleRead(FactualRead, ArticleFields):
    """The source article, paraphrased section by section, with the records that each section mentions and the claims that it makes."""

    sections: list[SectionRead] = Field(sa_type=JSON, max_length=50)
    """The sections in the order of the article."""
    omissions: list[OmissionRead] = Field(sa_type=JSON, max_length=50)
    """What the article leaves out and a reader should know."""


class ArticlePage(Page):
    """A page of articles."""

    data: list[ArticleRead] = Field(max_length=100)
    """The articles on this page."""


class ArticleDetail(Detail):
    """One article."""

    data: ArticleRead
    """The article."""


class ArticleQuery(PageQuery):
    """Query parameters of the list of articles."""

    sort: Annotated[Literal["slug", "-slug", "title", "-title"], Sorting] = "slug"


ARTICLES = ResourceInfo(
    collection="articles",
    record_type=RecordType.article,
    description="The source article, paraphrased section by section. Each section has the records that it mentions, the claims that it makes and what it leaves out.",
    seed=ArticleSeed,
    read=ArticleRead,
    query=ArticleQuery,
    restates_article=True,
)
