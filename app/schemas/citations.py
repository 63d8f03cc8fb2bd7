"""Citations: fields, seed and public models, query parameters, and the descriptor of the resource."""

from enum import StrEnum, auto
from typing import Annotated, Literal

import pydantic
from sqlmodel import JSON, Field

from app.schemas.envelopes import Detail, Page
from app.schemas.evidence import EvidenceLevel, Specificity
from app.schemas.fields import Label, PartialDate, Text, Url, Year
from app.schemas.queries import CommaSeparated, CommaSeparatedIntegers, Flag, PageQuery, Sorting
from app.schemas.records import RecordFields, RecordRead
from app.schemas.references import RecordType, Reference
from app.schemas.resources import ResourceInfo


class CitationType(StrEnum):
    """What kind of publication a source is."""

    journal_article = auto()
    review = auto()
    guideline = auto()
    government = auto()
    database = auto()
    website = auto()
    home_page = auto()
    statute = auto()
    bill = auto()
    court = auto()
    official = auto()
    official_record = auto()
    official_copy = auto()
    legal_analysis = auto()
    legal_explainer = auto()
    policy_analysis = auto()
    tracker = auto()
    news = auto()
    advocacy = auto()
    trade_association = auto()
    laboratory = auto()
    encyclopedia = auto()
    blog = auto()
    forum = auto()
    vendor = auto()
    vendor_review = auto()


class MissingField(StrEnum):
    """A part of the bibliographic record that is not known or not confirmed."""

    title = auto()  # type: ignore[assignment]  # str has a method of this name, which nobody calls on a member
    authors = auto()
    full_author_list = auto()
    year = auto()
    year_unconfirmed = auto()
    container = auto()
    container_unconfirmed = auto()
    doi_or_pmid = auto()


Doi = Annotated[str, pydantic.Field(pattern=r"^10\.\d{4,9}/\S+$", max_length=200)]
Pmid = Annotated[str, pydantic.Field(pattern=r"^[1-9]\d{0,8}$", max_length=9)]


class CitationFields(RecordFields):
    """Fields of a source."""

    type: CitationType
    """What kind of publication it is."""
    specificity: Specificity
    """Whether the citation points at a work, a page or only a home page."""
    title: Label
    """Title; one in square brackets was supplied by a cataloguer because the original was not seen."""
    title_verified: bool | None
    """Whether the title was checked against the source; null when that is not known."""
    authors: list[Label] | None = Field(sa_type=JSON, max_length=100)
    """Authors as printed; a last entry `et al.` stands for those not recorded. Null when not known."""
    year: Year | None
    """Year of publication; null when not known or not confirmed."""
    published: PartialDate | None
    """Date of publication as far as it is known, never padded; null when no date beyond the year is known."""
    container: Label | None
    """Journal or collection it stands in; null when not known or not confirmed."""
    volume_issue_pages: Label | None
    """Volume, issue and pages, or the number that stands for them; null when there is none or it is not known."""
    publisher: Label
    """Who published it."""
    doi: Doi | None
    """Digital object identifier; null when there is none or it is not known."""
    pmid: Pmid | None
    """PubMed identifier; null when there is none or it is not known."""
    url: Url | None
    """Where it can be read; null when no address is known or the link is withheld."""
    link_withheld: bool
    """True when the source is named without its link because it leads to a seller."""
    evidence_level: EvidenceLevel | None
    """The kind of evidence it offers; null when none is stated, as for news and legal texts."""
    key_findings: list[Text] = Field(sa_type=JSON, max_length=30)
    """What it found, in this service's words; empty for sources that are cited for a single legal or product statement."""
    limitations: Text | None
    """What limits its findings; null when none were recorded."""
    missing_fields: list[MissingField] = Field(sa_type=JSON, max_length=10)
    """What is missing from this bibliographic record; such a field is null, never a guess."""


class CitationSeed(CitationFields):
    """A source as it is written in the seed."""


class CitationRead(RecordRead, CitationFields):
    """A source: its bibliographic record, what it found, what limits it, and everything here that relies on it."""

    cited_by: list[Reference] = Field(max_length=500)
    """Every record that cites it, the claims included."""


class CitationPage(Page):
    """A page of citations."""

    data: list[CitationRead] = Field(max_length=100)
    """The citations on this page."""


class CitationDetail(Detail):
    """One citation."""

    data: CitationRead
    """The citation."""


class CitationQuery(PageQuery):
    """Query parameters of the list of citations."""

    type: Annotated[list[CitationType], pydantic.Field(max_length=26), CommaSeparated] = []
    """Only these kinds of publication, comma-separated."""
    evidence_level: Annotated[list[EvidenceLevel], pydantic.Field(max_length=11), CommaSeparated] = []
    """Only sources that offer these kinds of evidence, comma-separated."""
    year: Annotated[list[Year], pydantic.Field(max_length=100), CommaSeparatedIntegers] = []
    """Only sources published in these years, comma-separated."""
    specificity: Annotated[list[Specificity], pydantic.Field(max_length=3), CommaSeparated] = []
    """Only works, pages or home pages, comma-separated."""
    title_verified: Flag | None = None
    """Only sources whose title was (`true`) or was not (`false`) checked."""
    link_withheld: Flag | None = None
    """Only sources whose link is (`true`) or is not (`false`) withheld."""
    sort: Annotated[Literal["slug", "-slug", "title", "-title", "year", "-year"], Sorting] = "slug"


CITATIONS = ResourceInfo(
    collection="citations",
    record_type=RecordType.citation,
    description="The sources: what they found, what limits them, what is missing from the record and what relies on them.",
    title_field="title",
    seed=CitationSeed,
    read=CitationRead,
    query=CitationQuery,
)
