"""Pharmacology: fields, seed and public models, query parameters, and the descriptor of the resource."""

from typing import Annotated, Literal

import pydantic
from sqlmodel import Field

from app.schemas.envelopes import Detail, Page
from app.schemas.fields import Label, Text
from app.schemas.queries import CommaSeparated, Faceting, PageQuery, Sorting
from app.schemas.records import FactualFields, FactualRead, FactualSeed
from app.schemas.references import RecordType
from app.schemas.resources import ResourceInfo
from app.schemas.vocabularies import Vocabulary


class Certainty(Vocabulary):
    """How certain a fact is: in general, or low for people or for what it means in practice."""

    high = "high", "High", "The fact is well established."
    moderate = "moderate", "Moderate", "The fact is likely."
    low = "low", "Low", "The fact is uncertain."
    low_in_humans = "low_in_humans", "Low in people", "The fact is uncertain for people."
    low_for_clinical_relevance = (
        "low_for_clinical_relevance",
        "Low for practice",
        "What the fact means in practice is uncertain.",
    )


class PharmacologyFields(FactualFields):
    """Fields of a pharmacological fact."""

    topic: Label
    """What the fact is about."""
    fact: Text
    """The fact."""
    certainty: Certainty
    """How certain it is."""


class PharmacologySeed(FactualSeed, PharmacologyFields):
    """A pharmacological fact as it is written in the seed."""


class PharmacologyRead(FactualRead, PharmacologyFields):
    """A fact about the alkaloids of kratom, with how certain it is."""


class PharmacologyPage(Page):
    """A page of pharmacological facts."""

    data: list[PharmacologyRead] = Field(max_length=100)
    """The facts on this page."""


class PharmacologyDetail(Detail):
    """One pharmacological fact."""

    data: PharmacologyRead
    """The fact."""


class PharmacologyQuery(PageQuery):
    """Query parameters of the list of pharmacological facts."""

    certainty: Annotated[list[Certainty], pydantic.Field(max_length=5), CommaSeparated] = []
    """Only facts with these degrees of certainty, comma-separated."""
    sort: Annotated[Literal["slug", "-slug", "topic", "-topic", "certainty", "-certainty"], Sorting] = "slug"
    facet: Annotated[list[Literal["certainty"]], Faceting, CommaSeparated] = []


PHARMACOLOGY = ResourceInfo(
    collection="pharmacology",
    record_type=RecordType.pharmacology,
    description="The alkaloids and how they act, are absorbed, measured and detected, each fact with its certainty.",
    seed=PharmacologySeed,
    read=PharmacologyRead,
    query=PharmacologyQuery,
)
