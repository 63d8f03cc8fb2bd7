"""Dosage ranges: fields, seed and public models, query parameters, and the descriptor of the resource."""

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


class DosageKind(StrEnum):
    """Where an amount comes from: stated by the article, traditional use, a survey, direct observation, a study, poison-centre reports, quotation without evidence, or single cases."""

    article = auto()
    traditional = auto()
    survey = auto()
    observed = auto()
    study = auto()
    poison_centre = auto()
    quoted = auto()
    case = auto()


class DosageForm(StrEnum):
    """What the amount was measured in."""

    leaf = auto()
    leaf_powder = auto()
    encapsulated_leaf_powder = auto()
    tea = auto()
    juice = auto()


class Population(StrEnum):
    """Whom the amount was stated for or observed in."""

    article_readers = auto()
    healthy_adults = auto()
    adults_with_opioid_experience = auto()
    kratom_users = auto()
    poison_centre_cases = auto()
    patients = auto()
    readers_of_reviews_and_websites = auto()


class DoseUnit(StrEnum):
    """UCUM code of a unit: `g` is gram."""

    g = auto()


class Route(StrEnum):
    """How an amount was taken."""

    oral = auto()


class AmountBasis(StrEnum):
    """What span the amount covers."""

    per_dose = auto()
    per_day = auto()


class NotStated(StrEnum):
    """Something a reader would need to know about an amount that its source does not state."""

    min = auto()
    max = auto()
    basis = auto()
    form = auto()
    product_form = auto()
    route = auto()
    frequency = auto()
    alkaloid_strength = auto()
    daily_maximum = auto()
    body_weight = auto()
    duration_of_use = auto()


Grams = Annotated[float, pydantic.Field(gt=0, le=1000, json_schema_extra={"format": "double"})]


class DosageRangeFields(CautionedFields):
    """Fields of an amount."""

    context: Label
    """Where the amount comes from, in a few words."""
    kind: DosageKind
    """What kind of source the amount comes from; none of them makes it a recommendation."""
    min: Grams | None
    """Lower bound in the given unit; null when not stated."""
    max: Grams | None
    """Upper bound in the given unit; null when not stated."""
    bounds_inclusive: bool
    """Whether the bounds belong to the range."""
    unit: DoseUnit
    """Unit of the bounds, as a UCUM code."""
    basis: AmountBasis | None
    """Whether the amount is per dose or per day; null when not stated."""
    form: DosageForm | None
    """What the amount was measured in, as one of a few kinds; null when not stated."""
    form_as_reported: Label
    """What the amount was measured in, as the source has it."""
    route: Route | None
    """How it was taken; null when not stated."""
    frequency: Label | None
    """How often it was taken, as the source has it; null when not stated."""
    population: Population
    """Whom the amount was stated for or observed in, as one of a few kinds."""
    population_as_reported: Label
    """Whom the amount was stated for or observed in, as the source has it."""
    not_stated: list[NotStated] = Field(sa_type=JSON, max_length=20)
    """What a reader would need to know about this amount and its source does not state."""
    note: Text
    """What the evidence says of the amount."""
    reported_harms: list[Text] = Field(sa_type=JSON, max_length=10)
    """Harms that were reported at such amounts; empty when the sources give none, which does not mean that there are none."""


class DosageRangeSeed(CautionedSeed, DosageRangeFields):
    """An amount as it is written in the seed."""


class DosageRangeRead(CautionedRead, DosageRangeFields):
    """An amount that was stated, surveyed or studied, with the harms seen at such amounts. Never a recommendation."""


class DosageRangePage(Page):
    """A page of dosage ranges."""

    data: list[DosageRangeRead] = Field(max_length=100)
    """The dosage ranges on this page."""


class DosageRangeDetail(Detail):
    """One dosage range."""

    data: DosageRangeRead
    """The dosage range."""


class DosageRangeQuery(PageQuery):
    """Query parameters of the list of dosage ranges."""

    kind: Annotated[list[DosageKind], pydantic.Field(max_length=8), CommaSeparated] = []
    """Only amounts from these kinds of source, comma-separated."""
    form: Annotated[list[DosageForm], pydantic.Field(max_length=5), CommaSeparated] = []
    """Only amounts measured in these forms, comma-separated."""
    population: Annotated[list[Population], pydantic.Field(max_length=7), CommaSeparated] = []
    """Only amounts stated for or observed in these groups, comma-separated."""
    sort: Annotated[Literal["slug", "-slug", "kind", "-kind"], Sorting] = "slug"


DOSAGE_RANGES = ResourceInfo(
    collection="dosage-ranges",
    record_type=RecordType.dosage_range,
    description="Amounts that were reported, surveyed or studied, with the harms seen at such amounts. None of them is a recommendation.",
    title_field="context",
    seed=DosageRangeSeed,
    read=DosageRangeRead,
    query=DosageRangeQuery,
    restates_article=True,
)
