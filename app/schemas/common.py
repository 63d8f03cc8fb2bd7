"""The vocabulary that every resource shares."""

import re
from collections.abc import Callable
from datetime import date
from enum import StrEnum, auto
from typing import Annotated, Any, ClassVar

import pydantic
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict
from pydantic_core import PydanticCustomError
from sqlmodel import JSON, Field, SQLModel

SLUG_PATTERN = r"^[a-z0-9]+(?:[-_][a-z0-9]+)*$"

Slug = Annotated[str, pydantic.Field(pattern=SLUG_PATTERN, min_length=1, max_length=100)]
LINE_PATTERN = r"^\S(?:[^\n]*\S)?$"


def _without_markup(value: str) -> str:
    if re.search(r"</?[A-Za-z]|\]\(|\*\*|`", value):
        raise PydanticCustomError("markup", "Should be plain text without markup")
    return value


Label = Annotated[
    str,
    pydantic.Field(pattern=LINE_PATTERN, min_length=1, max_length=400),
    AfterValidator(_without_markup),
]
Text = Annotated[
    str,
    pydantic.Field(pattern=LINE_PATTERN, min_length=1, max_length=4000),
    AfterValidator(_without_markup),
]
Url = Annotated[str, pydantic.Field(pattern=r"^https?://\S+$", max_length=500)]
Path = Annotated[str, pydantic.Field(pattern=r"^/\S*$", max_length=200)]
PagePath = Annotated[str, pydantic.Field(pattern=r"^/\S*$", max_length=4200)]  # the longest query that is read
RecordPath = Annotated[
    str,
    pydantic.Field(pattern=r"^[a-z]+(?:-[a-z]+)*/[a-z0-9]+(?:[-_][a-z0-9]+)*$", max_length=140),
]


def _on_the_calendar(value: str) -> str:
    if len(value) == len("2026-11-23"):
        try:
            date.fromisoformat(value)
        except ValueError as error:
            raise PydanticCustomError("no_such_date", "Should be a date on the calendar") from error
    return value


PartialDate = Annotated[
    str,
    pydantic.Field(
        pattern=r"^[0-9]{4}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12][0-9]|3[01]))?)?$",
        min_length=4,
        max_length=10,
    ),
    AfterValidator(_on_the_calendar),
]
Position = Annotated[int, pydantic.Field(ge=1, le=10_000, json_schema_extra={"format": "int32"})]
Count = Annotated[int, pydantic.Field(ge=0, le=2_147_483_647, json_schema_extra={"format": "int32"})]
Year = Annotated[int, pydantic.Field(ge=1800, le=2100, json_schema_extra={"format": "int32"})]


class Strict(SQLModel):
    """Base of everything that is written in the seed or served: nothing unnamed, nothing coerced."""

    model_config = ConfigDict(use_attribute_docstrings=True, extra="forbid", defer_build=True)  # type: ignore[assignment]  # SQLModel narrows the type to its own config


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


class Verdict(StrEnum):
    """What the evidence does to a statement of the article.

    `supports`: it bears the statement out. `qualifies`: it holds in part, or under conditions.
    `contradicts`: it speaks against it. `not_addressed`: no evidence was found either way.
    """

    supports = auto()
    qualifies = auto()
    contradicts = auto()
    not_addressed = auto()


class SafetyFlag(StrEnum):
    """How carefully a statement must be shown.

    `none`: as it is. `caution`: only beside its note. `unsafe_as_written`: never without its
    verdict and its note, and framed as suggested where a framing is given.
    """

    none = auto()
    caution = auto()
    unsafe_as_written = auto()


class Support(StrEnum):
    """What a source does to the statement of the record that cites it.

    `background`: it only gives context. `not_linked`: the article lists it without tying it to
    any statement, so it supports none.
    """

    supports = auto()
    qualifies = auto()
    contradicts = auto()
    background = auto()
    not_linked = auto()


class Specificity(StrEnum):
    """What a citation points at: a work (paper, guideline, statute), a page, or a home page."""

    work = auto()
    page = auto()
    homepage = auto()


class EvidenceLevel(StrEnum):
    """The kind of evidence a source offers."""

    systematic_review = auto()
    guideline = auto()
    randomized_trial = auto()
    observational = auto()
    case_series = auto()
    case_report = auto()
    pharmacology = auto()
    narrative_review = auto()
    expert_opinion = auto()
    government_advisory = auto()
    website = auto()


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


class CitationLink(Strict):
    """A source, and what it does to the statement it is attached to."""

    citation: Slug
    """Slug of the citation; the whole record is at `/v1/citations/{citation}`."""
    title: Label
    """Title of the source; one in square brackets was supplied by a cataloguer."""
    year: Year | None
    """Year of publication; null when it is not known."""
    url: Url | None
    """Where the source can be read; null when no address is known or the link is withheld because it leads to a seller."""
    evidence_level: EvidenceLevel | None
    """The kind of evidence; null when none is stated, as for news and legal texts."""
    support: Support
    """What the source does to the statement it is attached to."""
    specificity: Specificity
    """Whether the source is a work, a page or only a home page."""
    note: Label | None
    """Through which claims the source bears on the record, when it was not named for the record alone."""


class ClaimInContext(Strict):
    """A statement of the article together with what the evidence does to it."""

    slug: Slug
    """Slug of the claim; the whole record is at `/v1/claims/{slug}`."""
    url: Path
    """Path of the claim in this API."""
    statement: Text
    """What the article says, in this service's words."""
    verdict: Verdict
    """What the evidence does to the statement."""
    note: Text
    """The evidence in short."""
    safety_flag: SafetyFlag
    """How carefully the statement must be shown."""
    suggested_framing: Text | None
    """How a front end should frame the statement; null when it needs no particular framing."""
    citations: list[CitationLink] = Field(max_length=50)
    """The sources behind the verdict."""


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


# The envelope of every answer.

PageSize = pydantic.Field(ge=1, le=100, json_schema_extra={"format": "int32"})
PageOffset = pydantic.Field(ge=0, le=10_000, json_schema_extra={"format": "int32"})


class PageMeta(Strict):
    """What is said about a page."""

    total: Count
    """How many records match the filters, over all pages."""
    limit: Annotated[int, PageSize]
    """The largest number of records a page may hold, as asked for."""
    offset: Annotated[int, PageOffset]
    """How many matching records stand before this page."""
    dataset_version: Annotated[str, pydantic.Field(pattern=r"^\d{4}-\d{2}-\d{2}\+[0-9a-f]{8}$", max_length=19)]
    """Release date of the data set and a short hash of its content. The same version always gives the same answer."""
    coverage: Text
    """Where this collection is thin, and what the absence of a record does not mean."""


class PageLinks(Strict):
    """Where to go from a page; a link that does not apply is null."""

    self: PagePath
    """This page."""
    first: PagePath
    """The first page."""
    prev: PagePath | None
    """The page before this one."""
    next: PagePath | None
    """The page after this one."""
    last: PagePath
    """The last page that can be reached by offset."""


class DetailMeta(Strict):
    """What is said about a single record."""

    dataset_version: Annotated[str, pydantic.Field(pattern=r"^\d{4}-\d{2}-\d{2}\+[0-9a-f]{8}$", max_length=19)]
    """Release date of the data set and a short hash of its content."""


class DetailLinks(Strict):
    """Where to go from a single record."""

    self: Path
    """This record."""
    collection: Path
    """The collection it belongs to."""


class Page(Strict):
    """The envelope of a list: the records, what is said about the page, and its neighbours."""

    meta: PageMeta
    """What is said about the page."""
    links: PageLinks
    """Neighbouring pages; the same links are in the `Link` header."""


class Detail(Strict):
    """The envelope of a single record."""

    meta: DetailMeta
    """What is said about the answer."""
    links: DetailLinks
    """Where to go from here."""


# What a client may ask for.


def _canonical_integer(value: object) -> object:
    text = str(value)
    if re.fullmatch(r"0|-?[1-9][0-9]{0,9}", text):
        return int(text)
    raise PydanticCustomError("integer_canonical", "Should be a whole number in at most ten plain digits, such as 20")


def _canonical_boolean(value: object) -> object:
    if value in ("true", "false"):
        return value == "true"
    raise PydanticCustomError("boolean_canonical", "Should be true or false")


def _comma_separated(convert: Callable[[object], object] | None = None) -> BeforeValidator:
    def split(value: Any) -> list[object]:
        # A repeated parameter never gets here: the query string is checked before routing.
        parts = value[0].split(",")
        if "" in parts:
            raise PydanticCustomError(
                "empty_item", "Should be values with single commas between them, none of them empty"
            )
        return [convert(part) for part in parts] if convert else parts

    return BeforeValidator(split)


Integer = BeforeValidator(_canonical_integer)
Flag = Annotated[bool, BeforeValidator(_canonical_boolean)]
CommaSeparated = _comma_separated()
CommaSeparatedIntegers = _comma_separated(_canonical_integer)


Sorting = pydantic.Field(
    description="Order of the records; a leading `-` reverses it. Named values sort in the order they are listed, "
    "text by code point, unknown values first, and records that compare equal by their slug."
)


class NoQuery(BaseModel):
    """The query of an address that takes no parameters."""

    model_config = ConfigDict(extra="forbid")


class PageQuery(BaseModel):
    """What every list can be asked for."""

    model_config = ConfigDict(use_attribute_docstrings=True, extra="forbid")

    PAGING: ClassVar = frozenset({"limit", "offset", "sort"})

    limit: Annotated[int, PageSize, Integer] = 20
    """How many records a page holds at most."""
    offset: Annotated[int, PageOffset, Integer] = 0
    """How many matching records to skip; beyond the end the page is empty."""
    slug: Annotated[list[Slug], pydantic.Field(max_length=100), CommaSeparated] = []
    """Only the records with these slugs, comma-separated: fetches a batch in one request."""
    sort: Annotated[str, Sorting]

    def filters(self) -> dict[str, list[Any]]:
        """The filters the client set: column or facet by name, with the values that match."""
        asked = self.model_fields_set - self.PAGING
        return {
            name: value if isinstance(value, list) else [value]
            for name in type(self).model_fields
            if name in asked and (value := getattr(self, name)) is not None
        }
