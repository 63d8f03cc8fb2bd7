"""Citations: fields, seed and public models, query parameters, and the descriptor of the resource."""

from typing import Annotated, Literal

import pydantic
from sqlmodel import JSON, Field

from app.schemas.envelopes import Detail, Page
from app.schemas.evidence import EvidenceLevel, Specificity
from app.schemas.fields import Label, PartialDate, Text, Url, Year
from app.schemas.formats import CitationFormat, CitationListFormat
from app.schemas.queries import (
    AnyCase,
    CommaSeparated,
    CommaSeparatedIntegers,
    Faceting,
    Flag,
    Formatting,
    PageQuery,
    QueryParameters,
    Sorting,
)
from app.schemas.records import RecordFields, RecordRead
from app.schemas.references import RecordType, Reference
from app.schemas.resources import ResourceInfo
from app.schemas.vocabularies import Vocabulary


class CitationType(Vocabulary):
    """What kind of publication a source is."""

    journal_article = "journal_article", "Journal article", "An article in a scientific journal."
    review = "review", "Review", "An article that reviews other studies."
    guideline = "guideline", "Guideline", "Recommendations for care by a professional or health body."
    government = "government", "Government page", "A page or notice of a government agency."
    database = "database", "Database entry", "An entry of a register or a database."
    website = "website", "Website", "A page of a website of no other kind."
    home_page = "home_page", "Home page", "The front page of a site; it supports no statement in particular."
    statute = "statute", "Statute or rule", "The text of a law or a rule."
    bill = "bill", "Bill", "A proposed law."
    court = "court", "Court document", "A decision or a paper of a court."
    official = "official", "Official source", "A text published by a public office."
    official_record = "official_record", "Official record", "A record kept by a public office."
    official_copy = "official_copy", "Copy of an official text", "A copy of an official text, kept by somebody else."
    legal_analysis = "legal_analysis", "Legal analysis", "A lawyer's or a scholar's analysis of the law."
    legal_explainer = "legal_explainer", "Legal explainer", "A page that explains the law to the public."
    policy_analysis = "policy_analysis", "Policy analysis", "An analysis of public policy."
    tracker = "tracker", "Law tracker", "A page that follows changes of the law."
    news = "news", "News report", "A report by a news outlet."
    advocacy = "advocacy", "Advocacy", "A page of a group that takes a side."
    trade_association = "trade_association", "Trade association", "A page of an association of sellers or makers."
    laboratory = "laboratory", "Laboratory page", "A page of a laboratory."
    encyclopedia = "encyclopedia", "Encyclopedia", "An entry of an encyclopedia."
    blog = "blog", "Blog", "A post on a blog."
    forum = "forum", "Forum", "A post in a forum."
    vendor = "vendor", "Seller", "A page of a seller; it is named without a link."
    vendor_review = (
        "vendor_review",
        "Review of sellers",
        "A page that reviews or leads to sellers; it is named without a link.",
    )


class MissingField(Vocabulary):
    """A part of the bibliographic record that is not known or not confirmed."""

    title = "title", "Title", "The original title was not seen."  # type: ignore[assignment]  # str has a method of this name, which nobody calls on a member
    authors = "authors", "Authors", "The authors are not known."
    full_author_list = "full_author_list", "Full list of authors", "Only some of the authors are recorded."
    year = "year", "Year", "The year is not known."
    year_unconfirmed = "year_unconfirmed", "Year not confirmed", "A year was found but not confirmed, so none is given."
    container = "container", "Journal or collection", "The journal or collection is not known."
    container_unconfirmed = (
        "container_unconfirmed",
        "Journal not confirmed",
        "A journal was found but not confirmed, so none is given.",
    )
    doi_or_pmid = "doi_or_pmid", "DOI or PubMed number", "No DOI or PubMed identifier was found."


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
    """Date of publication: year, month or day, as precise as known; null when no date beyond the year is known."""
    container: Label | None
    """Journal or collection in which it was published; null when not known or not confirmed."""
    volume_issue_pages: Label | None
    """Volume, issue and pages, or the article number that replaces them; null when there is none or it is not known."""
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
    """Its findings, in this service's words; empty for sources that are cited for a single legal or product statement."""
    limitations: Text | None
    """What limits its findings; null when none were recorded."""
    missing_fields: list[MissingField] = Field(sa_type=JSON, max_length=10)
    """What is missing from this bibliographic record; such a field is null, never a guess."""


class CitationSeed(CitationFields):
    """A source as it is written in the seed."""


class CitationRead(RecordRead, CitationFields):
    """A source: its bibliographic record, its findings and their limits, and every record that cites it."""

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

    format: Annotated[CitationListFormat, Formatting, AnyCase] = CitationListFormat.json  # type: ignore[assignment]  # more than other lists
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
    facet: Annotated[
        list[Literal["type", "evidence_level", "specificity", "title_verified", "link_withheld"]],
        Faceting,
        CommaSeparated,
    ] = []


class CitationDetailQuery(QueryParameters):
    """Query parameters of a citation."""

    format: Annotated[CitationFormat, AnyCase] = CitationFormat.json
    """Format of the response; it overrides `Accept`."""


CITATIONS = ResourceInfo(
    collection="citations",
    record_type=RecordType.citation,
    description="The sources: their findings and limits, what is missing from the bibliographic record, and which records cite them.",
    seed=CitationSeed,
    read=CitationRead,
    query=CitationQuery,
)
