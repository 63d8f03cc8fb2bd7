"""Strains: fields, seed and public models, query parameters, and the descriptor of the resource."""

from typing import Annotated, Literal

import pydantic
from sqlmodel import JSON, Field

from app.schemas.envelopes import Detail, Page
from app.schemas.fields import Label, Text
from app.schemas.queries import CommaSeparated, Faceting, PageQuery, Sorting
from app.schemas.records import FactualFields, FactualRead, FactualSeed
from app.schemas.references import RecordType
from app.schemas.resources import ResourceInfo
from app.schemas.vocabularies import Vocabulary


class Vein(Vocabulary):
    """Vein colour under which kratom is sold."""

    red = "red", "Red", "Sold as red vein."
    green = "green", "Green", "Sold as green vein."
    white = "white", "White", "Sold as white vein."


class StrainEffect(Vocabulary):
    """An effect a strain is said to have; none was borne out by testing."""

    sedation = "sedation", "Sedation (as marketed)", "It is said to sedate; testing does not support this."
    pain_relief = (
        "pain_relief",
        "Pain relief (as marketed)",
        "It is said to relieve pain; testing does not support this.",
    )
    balanced = (
        "balanced",
        "Balanced (as marketed)",
        "It is said to have a balanced effect; testing does not support this.",
    )
    energising = "energising", "Energising (as marketed)", "It is said to give energy; testing does not support this."
    mood_enhancement = (
        "mood_enhancement",
        "Better mood (as marketed)",
        "It is said to lift the mood; testing does not support this.",
    )


class MarketedUse(Vocabulary):
    """What a strain is sold for."""

    chronic_pain = "chronic_pain", "Chronic pain (as marketed)", "It is sold for chronic pain; no trial supports this."
    insomnia = "insomnia", "Insomnia (as marketed)", "It is sold for insomnia; no trial supports this."
    moderate_pain = (
        "moderate_pain",
        "Moderate pain (as marketed)",
        "It is sold for moderate pain; no trial supports this.",
    )
    energy = "energy", "Energy (as marketed)", "It is sold for energy; no trial supports this."
    low_energy = "low_energy", "Low energy (as marketed)", "It is sold for low energy; no trial supports this."
    motivation = "motivation", "Motivation (as marketed)", "It is sold for motivation; no trial supports this."


class StrainFields(FactualFields):
    """Fields of a strain."""

    name: Label
    """Name under which it is sold."""
    vein: Vein
    """Vein colour."""
    marketed_effects: list[StrainEffect] = Field(sa_type=JSON, min_length=1, max_length=10)
    """Effects that the article attributes to it: a marketing description that testing does not support."""
    marketed_for: list[MarketedUse] = Field(sa_type=JSON, min_length=1, max_length=10)
    """What the article says it is sold for."""
    description: Text
    """What the article says about it, and what the evidence says about that."""
    testing: Text
    """What laboratory testing says about the vein colour."""


class StrainSeed(FactualSeed, StrainFields):
    """A strain as it is written in the seed."""


class StrainRead(FactualRead, StrainFields):
    """A vein colour as it is marketed, and what testing says about that. Nothing here recommends one."""


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
    marketed_effect: Annotated[list[StrainEffect], pydantic.Field(max_length=5), CommaSeparated] = []
    """Only strains said to have at least one of these effects, comma-separated."""
    marketed_for: Annotated[list[MarketedUse], pydantic.Field(max_length=6), CommaSeparated] = []
    """Only strains sold for at least one of these uses, comma-separated."""
    sort: Annotated[Literal["slug", "-slug", "name", "-name"], Sorting] = "slug"
    facet: Annotated[list[Literal["vein", "marketed_effect", "marketed_for"]], Faceting, CommaSeparated] = []


STRAINS = ResourceInfo(
    collection="strains",
    record_type=RecordType.strain,
    description="Vein colours as they are marketed, and what laboratory testing says about that. Nothing here recommends one.",
    seed=StrainSeed,
    read=StrainRead,
    query=StrainQuery,
    restates_article=True,
    facets={"marketed_effect": "marketed_effects", "marketed_for": "marketed_for"},
)
