"""Side effects: fields, seed and public models, query parameters, and the descriptor of the resource."""

from enum import StrEnum, auto
from typing import Annotated, Literal

import pydantic
from sqlmodel import JSON, Field

from app.schemas.envelopes import Detail, Page
from app.schemas.evidence import CitationLink
from app.schemas.fields import Label, Slug, Strict, Text
from app.schemas.queries import CommaSeparated, Flag, PageQuery, Sorting
from app.schemas.records import FactualFields, FactualRead, FactualSeed
from app.schemas.references import RecordType
from app.schemas.resources import ResourceInfo


class SideEffectCategory(StrEnum):
    """What kind of harm it is: an effect of kratom, a form of dependence, something a product was contaminated with, or an outcome."""

    adverse_effect = auto()
    dependence = auto()
    contaminant = auto()
    outcome = auto()


class BodySystem(StrEnum):
    """The part of the body that is affected."""

    cardiovascular = auto()
    dermatological = auto()
    endocrine = auto()
    gastrointestinal = auto()
    general = auto()
    hepatic = auto()
    infectious = auto()
    metabolic = auto()
    musculoskeletal = auto()
    neonatal = auto()
    neurological = auto()
    ocular = auto()
    psychiatric = auto()
    respiratory = auto()
    toxicological = auto()


class Seriousness(StrEnum):
    """How serious it is, from the mildest to the gravest."""

    common_mild = auto()
    moderate = auto()
    serious = auto()
    life_threatening = auto()


class SymptomKind(StrEnum):
    """Whether a symptom is felt in the body or in the mind."""

    physical = auto()
    psychological = auto()


class SideEffectFields(FactualFields):
    """Fields of a side effect."""

    name: Label
    """Name of the side effect."""
    also_known_as: list[Label] = Field(sa_type=JSON, max_length=20)
    """Other names for it."""
    summary: Text
    """What it is in relation to kratom, and how it was seen."""
    category: SideEffectCategory
    """What kind of harm it is."""
    body_system: BodySystem
    """The part of the body that is affected."""
    seriousness: Seriousness
    """How serious it is."""
    in_article: bool
    """Whether the source article names it."""
    reported_frequency: Text | None
    """How often it was reported, as printed in the source; null when no figure was found. Never a rate among all users."""
    frequency_denominator: Text | None
    """Of whom or what the reported frequency is a share; null when there is no frequency."""
    frequency_source: Slug | None
    """Slug of the citation the frequency comes from; null when there is no frequency."""
    what_to_do: Text
    """What to do when it happens."""


class SymptomFields(Strict):
    """Fields of a withdrawal symptom."""

    slug: Slug
    """Identifier of the symptom within this record."""
    name: Label
    """Name of the symptom."""
    kind: SymptomKind
    """Whether it is felt in the body or in the mind."""
    note: Text | None
    """What else is known of it; null when there is nothing to add."""


class SymptomSeed(SymptomFields):
    """A withdrawal symptom as it is written in the seed."""

    citations: list[Slug] = Field(min_length=1, max_length=20)
    """Slugs of the sources that report it."""


class SymptomRead(SymptomFields):
    """A symptom of withdrawal, with the sources that report it."""

    citations: list[CitationLink] = Field(max_length=20)
    """The sources that report it."""


class WithdrawalContextFields(Strict):
    """How withdrawal goes."""

    severity: Text
    """How severe it is."""
    predictors: Text
    """What goes with more severe withdrawal."""
    time_course: Text
    """What is known of when it begins and ends."""
    treatment: Text
    """What is known of its treatment."""


class WithdrawalContextSeed(WithdrawalContextFields):
    """The context of withdrawal as it is written in the seed."""

    citations: list[Slug] = Field(min_length=1, max_length=20)
    """Slugs of the sources for it."""


class WithdrawalContextRead(WithdrawalContextFields):
    """How withdrawal goes, with the sources for it."""

    citations: list[CitationLink] = Field(max_length=20)
    """The sources for it."""


class SideEffectSeed(FactualSeed, SideEffectFields):
    """A side effect as it is written in the seed."""

    withdrawal_symptoms: list[SymptomSeed] = Field(default=[], max_length=50)
    """Symptoms of withdrawal; only on the withdrawal syndrome."""
    withdrawal_context: WithdrawalContextSeed | None = None
    """How withdrawal goes; only on the withdrawal syndrome."""


class SideEffectRead(FactualRead, SideEffectFields):
    """A harm that was reported in connection with kratom: how it was seen, how often among whom, and what to do."""

    withdrawal_symptoms: list[SymptomRead] = Field(max_length=50)
    """Symptoms of withdrawal; empty except on the withdrawal syndrome."""
    withdrawal_context: WithdrawalContextRead | None
    """How withdrawal goes; null except on the withdrawal syndrome."""


class SideEffectPage(Page):
    """A page of side effects."""

    data: list[SideEffectRead] = Field(max_length=100)
    """The side effects on this page."""


class SideEffectDetail(Detail):
    """One side effect."""

    data: SideEffectRead
    """The side effect."""


class SideEffectQuery(PageQuery):
    """Query parameters of the list of side effects."""

    category: Annotated[list[SideEffectCategory], pydantic.Field(max_length=4), CommaSeparated] = []
    """Only these kinds of harm, comma-separated."""
    body_system: Annotated[list[BodySystem], pydantic.Field(max_length=15), CommaSeparated] = []
    """Only harms to these parts of the body, comma-separated."""
    seriousness: Annotated[list[Seriousness], pydantic.Field(max_length=4), CommaSeparated] = []
    """Only harms as serious as this, comma-separated."""
    in_article: Flag | None = None
    """Only those the source article names (`true`) or leaves out (`false`)."""
    sort: Annotated[Literal["slug", "-slug", "name", "-name", "seriousness", "-seriousness"], Sorting] = "slug"


SIDE_EFFECTS = ResourceInfo(
    collection="side-effects",
    record_type=RecordType.side_effect,
    description="Harms reported in connection with kratom: how they were seen, how often and among whom, and what to do about them.",
    title_field="name",
    seed=SideEffectSeed,
    read=SideEffectRead,
    query=SideEffectQuery,
)
