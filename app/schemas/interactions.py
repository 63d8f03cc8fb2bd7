"""Interactions: fields, seed and public models, query parameters, and the descriptor of the resource."""

from enum import StrEnum, auto
from typing import Annotated, Literal

import pydantic
from sqlmodel import JSON, Field

from app.schemas.envelopes import Detail, Page
from app.schemas.fields import Label, Text
from app.schemas.queries import CommaSeparated, PageQuery, Sorting
from app.schemas.records import CautionedFields, CautionedRead, CautionedSeed
from app.schemas.references import RecordType
from app.schemas.resources import ResourceInfo


class SubstanceClass(StrEnum):
    """The class of substance kratom meets."""

    opioid = auto()
    sedative = auto()
    depressant = auto()
    antipsychotic = auto()
    antidepressant = auto()
    antidepressant_serotonergic = auto()
    cyp3a_substrate = auto()
    cyp2d6_substrate = auto()
    cyp3a_modulator = auto()
    cardiac = auto()
    stimulant = auto()
    seizure_threshold = auto()
    hepatotoxic = auto()
    transporter = auto()
    peri_operative = auto()


class InteractionSeverity(StrEnum):
    """How grave the interaction is: `avoid` the combination, `major`, or `moderate`. An interaction that is not listed is not a safe one."""

    avoid = auto()
    major = auto()
    moderate = auto()


class InteractionBasis(StrEnum):
    """What an interaction is known from."""

    observational = auto()
    clinical_pharmacokinetics = auto()
    negative_clinical_study = auto()
    case_series = auto()
    case_report = auto()
    laboratory = auto()
    in_vitro = auto()
    animal = auto()
    regulatory = auto()
    inference = auto()
    theoretical = auto()


class InteractionFields(CautionedFields):
    """Fields of an interaction."""

    name: Label
    """What kratom meets: a medicine, a class of medicines or another substance."""
    substance_class: SubstanceClass
    """The class it belongs to."""
    mechanism: Text
    """How the interaction comes about, as far as that is known."""
    severity: InteractionSeverity
    """How grave it is."""
    evidence_basis: list[InteractionBasis] = Field(sa_type=JSON, min_length=1, max_length=10)
    """What it is known from."""
    note: Text
    """What was seen, and what limits it."""


class InteractionSeed(CautionedSeed, InteractionFields):
    """An interaction as it is written in the seed."""


class InteractionRead(CautionedRead, InteractionFields):
    """What kratom does together with another substance, how grave that is and how it is known."""


class InteractionPage(Page):
    """A page of interactions."""

    data: list[InteractionRead] = Field(max_length=100)
    """The interactions on this page."""


class InteractionDetail(Detail):
    """One interaction."""

    data: InteractionRead
    """The interaction."""


class InteractionQuery(PageQuery):
    """Query parameters of the list of interactions."""

    substance_class: Annotated[list[SubstanceClass], pydantic.Field(max_length=15), CommaSeparated] = []
    """Only interactions with these classes of substance, comma-separated."""
    severity: Annotated[list[InteractionSeverity], pydantic.Field(max_length=3), CommaSeparated] = []
    """Only interactions as grave as this, comma-separated."""
    evidence_basis: Annotated[list[InteractionBasis], pydantic.Field(max_length=11), CommaSeparated] = []
    """Only interactions known from at least one of these kinds of evidence, comma-separated."""
    sort: Annotated[Literal["slug", "-slug", "name", "-name", "severity", "-severity"], Sorting] = "slug"


INTERACTIONS = ResourceInfo(
    collection="interactions",
    record_type=RecordType.interaction,
    description="Substances that should not be combined with kratom, how severe each interaction is and how it is known. A substance that is not listed is not thereby safe.",
    title_field="name",
    seed=InteractionSeed,
    read=InteractionRead,
    query=InteractionQuery,
    facets={"evidence_basis": "evidence_basis"},
)
