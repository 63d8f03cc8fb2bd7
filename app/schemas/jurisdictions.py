"""Jurisdictions: fields, seed and public models, query parameters, and the descriptor of the resource."""

from typing import Annotated, Literal

import pydantic
from sqlmodel import JSON, Field

from app.schemas.envelopes import Detail, Page
from app.schemas.evidence import CitationLink
from app.schemas.fields import Label, PartialDate, Slug, Strict, Text
from app.schemas.queries import (
    CommaSeparated,
    CommaSeparatedCodes,
    CommaSeparatedIntegers,
    Faceting,
    Flag,
    PageQuery,
    Sorting,
)
from app.schemas.records import FactualFields, FactualRead, FactualSeed
from app.schemas.references import RecordType, Reference
from app.schemas.resources import ResourceInfo
from app.schemas.vocabularies import Vocabulary


class JurisdictionLevel(Vocabulary):
    """What kind of place it is."""

    country = "country", "Country", "A country."
    state = "state", "State", "A state of a country."
    district = "district", "District", "A district that is no part of a state."
    local = "local", "Local place", "A county, a city or a tribal nation."


class LegalStatus(Vocabulary):
    """Legal status of kratom in a place. Legal does not mean approved or safe."""

    banned = "banned", "Banned", "Kratom, or trade in it, is banned."
    legal_age_restricted = (
        "legal_age_restricted",
        "Legal from a minimum age",
        "Kratom is legal from a minimum age. Legal does not mean approved or safe.",
    )
    legal_regulated = (
        "legal_regulated",
        "Legal and regulated",
        "Kratom is legal under rules for products or sellers. Legal does not mean approved or safe.",
    )
    legal_unregulated = (
        "legal_unregulated",
        "Legal, no rules of its own",
        "No rule on kratom was found. Legal does not mean approved or safe.",
    )
    pending_change = "pending_change", "Change pending", "A change of the law was under way."
    unclear = "unclear", "Unclear", "Sources conflict, or only sellers, advocates or encyclopedias report a status."


class Confidence(Vocabulary):
    """How sure a legal statement is."""

    high = "high", "High", "The sources leave little doubt."
    medium = "medium", "Medium", "The sources leave some doubt."
    low = "low", "Low", "The sources leave much doubt."


CODE_PATTERN = r"^[A-Z]{2}(?:-[A-Z]+)*$"
JurisdictionCode = Annotated[str, pydantic.Field(pattern=CODE_PATTERN, max_length=60)]
MinimumAge = Annotated[int, pydantic.Field(ge=0, le=130, json_schema_extra={"format": "int32"})]


class JurisdictionFields(FactualFields):
    """Fields of a place."""

    code: JurisdictionCode
    """ISO 3166 code of the place; for a place below a state, the code of the state followed by its name."""
    name: Label
    """Name of the place."""
    level: JurisdictionLevel
    """What kind of place it is."""
    parent_code: JurisdictionCode | None
    """Code of the place that it is part of; null when it is part of none."""
    status: LegalStatus
    """Legal status as far as it can be relied on; to be shown with its date and confidence."""
    last_reported_status: LegalStatus
    """What the newest sources reported, whether or not it can be relied on."""
    confidence: Confidence
    """How certain the status is."""
    as_of: PartialDate | None
    """Date of the newest source that a reader can open: year, month or day, as precise as known. Null when none of them is dated."""
    minimum_age: MinimumAge | None
    """Minimum age in years for buying kratom; null when there is none or it is not known."""
    statute: Text | None
    """The law or rule, as cited; null when none was found."""
    effective_date: PartialDate | None
    """When the law or rule took or takes effect: year, month or day, as precise as known; null when not known."""
    kcpa: bool | None
    """Whether a Kratom Consumer Protection Act is in force; null when that does not apply or is not known."""
    seven_oh_rule: Text | None
    """What the law says about 7-hydroxymitragynine; null when nothing was found."""
    local_exceptions: list[Label] = Field(sa_type=JSON, max_length=50)
    """Places within it that have other rules; the list is never complete."""
    note: Text
    """What is known beyond the status, and what is in doubt."""


class FederalRuleFields(Strict):
    """Fields of a federal rule."""

    slug: Slug
    """Identifier of the rule within this record."""
    topic: Label
    """What the rule is about."""
    status: Label
    """Status of the rule."""
    date: PartialDate
    """Date of the rule or of the latest step: year, month or day, as precise as known."""
    detail: Text
    """What the rule says or the action did."""
    as_of: PartialDate
    """Date of the newest source for it."""
    confidence: Confidence
    """How certain it is."""


class FederalRuleSeed(FederalRuleFields):
    """A federal rule as it is written in the seed."""

    citations: list[Slug] = Field(min_length=1, max_length=20)
    """Slugs of the sources for it."""


class FederalRuleRead(FederalRuleFields):
    """A federal rule or action, with its sources."""

    citations: list[CitationLink] = Field(max_length=20)
    """The sources for it."""


class JurisdictionSeed(FactualSeed, JurisdictionFields):
    """A place as it is written in the seed."""

    federal_rules: list[FederalRuleSeed] = Field(default=[], max_length=50)
    """Federal rules and actions; only on a federal state."""


class JurisdictionRead(FactualRead, JurisdictionFields):
    """The legal status of kratom in a place, with its date, its certainty and what was last reported. Not legal advice."""

    parent: Reference | None
    """The place that it is part of; null when it is part of none or that place has no record."""
    federal_rules: list[FederalRuleRead] = Field(max_length=50)
    """Federal rules and actions; empty except on a federal state."""


class JurisdictionPage(Page):
    """A page of jurisdictions."""

    data: list[JurisdictionRead] = Field(max_length=100)
    """The jurisdictions on this page."""


class JurisdictionDetail(Detail):
    """One jurisdiction."""

    data: JurisdictionRead
    """The jurisdiction."""


class JurisdictionQuery(PageQuery):
    """Query parameters of the list of jurisdictions."""

    code: Annotated[list[JurisdictionCode], pydantic.Field(max_length=100), CommaSeparatedCodes] = []
    """Only the places with these codes, comma-separated."""
    level: Annotated[list[JurisdictionLevel], pydantic.Field(max_length=4), CommaSeparated] = []
    """Only places of these kinds, comma-separated."""
    parent_code: Annotated[list[JurisdictionCode], pydantic.Field(max_length=100), CommaSeparatedCodes] = []
    """Only places that are part of these, comma-separated codes."""
    status: Annotated[list[LegalStatus], pydantic.Field(max_length=6), CommaSeparated] = []
    """Only places with these statuses, comma-separated."""
    confidence: Annotated[list[Confidence], pydantic.Field(max_length=3), CommaSeparated] = []
    """Only places with these degrees of certainty, comma-separated."""
    minimum_age: Annotated[list[MinimumAge], pydantic.Field(max_length=10), CommaSeparatedIntegers] = []
    """Only places with these minimum ages, comma-separated."""
    kcpa: Flag | None = None
    """Only places where a Kratom Consumer Protection Act is (`true`) or is not (`false`) in force."""
    sort: Annotated[
        Literal["slug", "-slug", "name", "-name", "code", "-code", "status", "-status", "as_of", "-as_of"], Sorting
    ] = "slug"
    facet: Annotated[list[Literal["level", "status", "confidence", "kcpa"]], Faceting, CommaSeparated] = []


JURISDICTIONS = ResourceInfo(
    collection="jurisdictions",
    record_type=RecordType.jurisdiction,
    description="Legal status by place, each with its date and how certain it is. Not legal advice.",
    seed=JurisdictionSeed,
    read=JurisdictionRead,
    query=JurisdictionQuery,
    review_months=3,
)
