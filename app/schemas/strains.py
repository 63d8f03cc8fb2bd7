"""Strains: fields, seed and public models, query parameters, and the descriptor of the resource."""

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


class Vein(StrEnum):
    """Vein colour under which kratom is sold."""

    red = auto()
    green = auto()
    white = auto()


class StrainEffect(StrEnum):
    """An effect a strain is said to have; none was borne out by testing."""

    sedation = auto()
    pain_relief = auto()
    balanced = auto()
    energising = auto()
    mood_enhancement = auto()


class MarketedUse(StrEnum):
    """What a strain is sold for."""

    chronic_pain = auto()
    insomnia = auto()
    moderate_pain = auto()
    energy = auto()
    low_energy = auto()
    motivation = auto()


class StrainFields(CautionedFields):
    """Fields of a strain."""

    name: Label
    """Name under which it is sold."""
    vein: Vein
    """Vein colour."""
    effects: list[StrainEffect] = Field(sa_type=JSON, min_length=1, max_length=10)
    """Effects the article gives it: a marketing description, not supported by testing."""
    marketed_for: list[MarketedUse] = Field(sa_type=JSON, min_length=1, max_length=10)
    """What the article says it is sold for."""
    description: Text
    """What the article says of it, with what the evidence does to that."""
    testing: Text
    """What laboratory testing says of the vein colour."""


class StrainSeed(CautionedSeed, StrainFields):
    """A strain as it is written in the seed."""


class StrainRead(CautionedRead, StrainFields):
    """A vein colour as it is marketed, and what testing says of that. Nothing here recommends one."""


class StrainPage(Page):
    """A page of strains."""

    data: list[StrainRead] = Field(max_length=100)
    """The strains on this page."""


class StrainDetail(Detail):
    """One strain."""

    data: StrainRead
    """The strain."""


class StrainQuery(PageQuery):
    """Query parameters of the list of strains."""

    vein: Annotated[list[Vein], pydantic.Field(max_length=3), CommaSeparated] = []
    """Only strains of these vein colours, comma-separated."""
    effect: Annotated[list[StrainEffect], pydantic.Field(max_length=5), CommaSeparated] = []
    """Only strains said to have at least one of these effects, comma-separated."""
    marketed_for: Annotated[list[MarketedUse], pydantic.Field(max_length=6), CommaSeparated] = []
    """Only strains sold for at least one of these uses, comma-separated."""
    sort: Annotated[Literal["slug", "-slug", "name", "-name"], Sorting] = "slug"


STRAINS = ResourceInfo(
    collection="strains",
    record_type=RecordType.strain,
    description="Vein colours as they are marketed, and what laboratory testing says of that. Nothing here recommends one.",
    title_field="name",
    seed=StrainSeed,
    read=StrainRead,
    query=StrainQuery,
    restates_article=True,
    facets={"effect": "effects", "marketed_for": "marketed_for"},
)
