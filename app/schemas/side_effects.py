"""Side effects: fields, seed and public models, query parameters, and the descriptor of the resource."""

from typing import Annotated, Literal

import pydantic
from sqlmodel import JSON, Field

from app.schemas.envelopes import Detail, Page
from app.schemas.evidence import CitationLink
from app.schemas.fields import Label, Slug, Strict, Text
from app.schemas.queries import CommaSeparated, Faceting, Flag, PageQuery, Sorting
from app.schemas.records import FactualFields, FactualRead, FactualSeed
from app.schemas.references import RecordType
from app.schemas.resources import ResourceInfo
from app.schemas.vocabularies import Vocabulary


class SideEffectCategory(Vocabulary):
    """What kind of harm it is: an effect of kratom, a form of dependence, something a product was contaminated with, or an outcome."""

    adverse_effect = "adverse_effect", "Unwanted effect", "An effect of kratom."
    dependence = "dependence", "Dependence", "A form of dependence."
    contaminant = "contaminant", "Contaminant", "Something that a product was contaminated with."
    outcome = "outcome", "Outcome", "What a harm led to."


class BodySystem(Vocabulary):
    """The part of the body that is affected."""

    cardiovascular = "cardiovascular", "Heart and circulation", "The heart and the blood vessels."
    dermatological = "dermatological", "Skin", "The skin."
    endocrine = "endocrine", "Hormones", "The hormones."
    gastrointestinal = "gastrointestinal", "Stomach and bowel", "The stomach and the bowel."
    general = "general", "Whole body", "The body as a whole."
    hepatic = "hepatic", "Liver", "The liver."
    infectious = "infectious", "Infection", "An infection."
    metabolic = "metabolic", "Metabolism", "The metabolism."
    musculoskeletal = "musculoskeletal", "Muscles and joints", "The muscles, the bones and the joints."
    neonatal = "neonatal", "Newborn", "The newborn."
    neurological = "neurological", "Brain and nerves", "The brain and the nerves."
    ocular = "ocular", "Eyes", "The eyes."
    psychiatric = "psychiatric", "Mind", "Mood, thinking and behaviour."
    respiratory = "respiratory", "Breathing", "The lungs and the breathing."
    toxicological = "toxicological", "Poisoning", "A poisoning."


class Seriousness(Vocabulary):
    """How serious it is, most serious first."""

    life_threatening = "life_threatening", "Life-threatening", "It can end in death."
    serious = "serious", "Serious", "It can do lasting harm or need hospital care."
    moderate = "moderate", "Moderate", "It can need medical care."
    mild = "mild", "Mild", "It mostly passes, but can trouble a person."


class SymptomKind(Vocabulary):
    """Whether a symptom is felt in the body or in the mind."""

    physical = "physical", "In the body", "It is felt in the body."
    psychological = "psychological", "In the mind", "It is felt in the mind."


class SideEffectFields(FactualFields):
    """Fields of a side effect."""

    name: Label
    """Name of the side effect."""
    also_known_as: list[Label] = Field(sa_type=JSON, max_length=20)
    """Other names for it."""
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
    """The group or total of which the reported frequency is a share; null when there is no frequency."""
    frequency_sources: list[Slug] = Field(sa_type=JSON, max_length=10)
    """Slugs of the citations the frequency comes from; empty when there is no frequency."""
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
    """What else is known about it; null when there is nothing to add."""


class SymptomSeed(SymptomFields):
    """A withdrawal symptom as it is written in the seed."""

    citations: list[Slug] = Field(min_length=1, max_length=20)
    """Slugs of the sources named for it."""
    background_citations: list[Slug] = Field(default=[], max_length=20)
    """The subset of `citations` that only gives context and does not report the symptom."""


class SymptomRead(SymptomFields):
    """A symptom of withdrawal, with the sources that report it."""

    citations: list[CitationLink] = Field(max_length=20)
    """The sources that report it."""


class WithdrawalContextFields(Strict):
    """The course of withdrawal."""

    severity: Text
    """How severe it is."""
    predictors: Text
    """What is associated with more severe withdrawal."""
    time_course: Text
    """What is known about when it begins and ends."""
    treatment: Text
    """What is known about its treatment."""


class WithdrawalContextSeed(WithdrawalContextFields):
    """The context of withdrawal as it is written in the seed."""

    citations: list[Slug] = Field(min_length=1, max_length=20)
    """Slugs of the sources for it."""


class WithdrawalContextRead(WithdrawalContextFields):
    """The course of withdrawal, with the sources for it."""

    citations: list[CitationLink] = Field(max_length=20)
    """The sources for it."""


class SideEffectSeed(FactualSeed, SideEffectFields):
    """A side effect as it is written in the seed."""

    withdrawal_symptoms: list[SymptomSeed] = Field(default=[], max_length=50)
    """Symptoms of withdrawal; only on the withdrawal syndrome."""
    withdrawal_context: WithdrawalContextSeed | None = None
    """The course of withdrawal; only on the withdrawal syndrome."""


class SideEffectRead(FactualRead, SideEffectFields):
    """A harm reported in connection with kratom: how it was observed, how often and among whom, and what to do."""

    withdrawal_symptoms: list[SymptomRead] = Field(max_length=50)
    """Symptoms of withdrawal; empty except on the withdrawal syndrome."""
    withdrawal_context: WithdrawalContextRead | None
    """The course of withdrawal; null except on the withdrawal syndrome."""


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
    """Only harms of these degrees of seriousness, comma-separated."""
    in_article: Flag | None = None
    """Only those the source article names (`true`) or leaves out (`false`)."""
    sort: Annotated[Literal["slug", "-slug", "name", "-name", "seriousness", "-seriousness"], Sorting] = "slug"
    facet: Annotated[
        list[Literal["category", "body_system", "seriousness", "in_article"]], Faceting, CommaSeparated
    ] = []


SIDE_EFFECTS = ResourceInfo(
    collection="side-effects",
    record_type=RecordType.side_effect,
    description="Harms reported in connection with kratom: how they were observed, how often and among whom, and what to do about them.",
    seed=SideEffectSeed,
    read=SideEffectRead,
    query=SideEffectQuery,
)
