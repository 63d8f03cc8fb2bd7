"""Interactions: fields, seed and public models, query parameters, and the descriptor of the resource."""

from typing import Annotated, Literal

import pydantic
from sqlmodel import JSON, Field

from app.schemas.envelopes import Detail, Page
from app.schemas.evidence import EvidenceBasis
from app.schemas.fields import Label, Text
from app.schemas.queries import CommaSeparated, Faceting, PageQuery, Sorting
from app.schemas.records import FactualFields, FactualRead, FactualSeed
from app.schemas.references import RecordType
from app.schemas.resources import ResourceInfo
from app.schemas.vocabularies import Vocabulary


class SubstanceClass(Vocabulary):
    """The class of substance that kratom interacts with."""

    opioid = "opioid", "Opioids", "Medicines and drugs that act on opioid receptors."
    sedative = "sedative", "Sedatives", "Substances that calm or bring sleep."
    depressant = "depressant", "Depressants", "Substances that slow the brain, such as alcohol."
    antipsychotic = "antipsychotic", "Antipsychotics", "Medicines for psychosis."
    antidepressant = "antidepressant", "Antidepressants", "Medicines for depression."
    serotonergic = "serotonergic", "Serotonin medicines", "Medicines that act on serotonin."
    cyp3a_substrate = "cyp3a_substrate", "Cleared by CYP3A", "Medicines that the enzyme CYP3A clears."
    cyp2d6_substrate = "cyp2d6_substrate", "Cleared by CYP2D6", "Medicines that the enzyme CYP2D6 clears."
    cyp3a_modulator = "cyp3a_modulator", "Change CYP3A", "Substances that block or boost the enzyme CYP3A."
    cardiac = "cardiac", "Heart rhythm", "Medicines that affect the rhythm of the heart."
    stimulant = "stimulant", "Stimulants", "Substances that stimulate."
    seizure_threshold = "seizure_threshold", "Seizure risk", "Medicines that make a seizure more likely."
    hepatotoxic = "hepatotoxic", "Liver", "Medicines that can harm the liver."
    transporter = "transporter", "Transporters", "Medicines that a transport protein carries."
    peri_operative = "peri_operative", "Around surgery", "Medicines given around an operation."


class InteractionSeverity(Vocabulary):
    """How severe the interaction is, most severe first. An interaction that is not listed is not a safe one."""

    contraindicated = "contraindicated", "Do not combine", "The combination is to be avoided."
    major = "major", "Major", "The interaction can do serious harm."
    moderate = "moderate", "Moderate", "The interaction can do harm or change how a medicine works."


class InteractionFields(FactualFields):
    """Fields of an interaction."""

    name: Label
    """What kratom interacts with: a medicine, a class of medicines or another substance."""
    substance_classes: list[SubstanceClass] = Field(sa_type=JSON, min_length=1, max_length=5)
    """The classes it belongs to."""
    action: Text
    """What to do, and when to get help."""
    mechanism: Text
    """How the interaction works, as far as that is known."""
    severity: InteractionSeverity
    """How severe it is."""
    evidence_basis: list[EvidenceBasis] = Field(sa_type=JSON, min_length=1, max_length=10)
    """The kinds of evidence for the interaction."""
    note: Text
    """What was observed, and the limits of that evidence."""


class InteractionSeed(FactualSeed, InteractionFields):
    """An interaction as it is written in the seed."""


class InteractionRead(FactualRead, InteractionFields):
    """An interaction of kratom with another substance: how severe it is, the evidence for it and what to do."""


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
    """Only interactions of these severities, comma-separated."""
    evidence_basis: Annotated[list[EvidenceBasis], pydantic.Field(max_length=13), CommaSeparated] = []
    """Only interactions with at least one of these kinds of evidence, comma-separated."""
    sort: Annotated[Literal["slug", "-slug", "name", "-name", "severity", "-severity"], Sorting] = "slug"
    facet: Annotated[list[Literal["substance_class", "severity", "evidence_basis"]], Faceting, CommaSeparated] = []


INTERACTIONS = ResourceInfo(
    collection="interactions",
    record_type=RecordType.interaction,
    description="Substances that should not be combined with kratom, how severe each interaction is and what the evidence is. A substance that is not listed is not necessarily safe.",
    seed=InteractionSeed,
    read=InteractionRead,
    query=InteractionQuery,
    facets={"substance_class": "substance_classes", "evidence_basis": "evidence_basis"},
)
