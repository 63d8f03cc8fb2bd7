"""Dosage ranges: fields, seed and public models, query parameters, and the descriptor of the resource."""

from typing import Annotated, Literal

import pydantic
from sqlmodel import JSON, Field

from app.schemas.envelopes import Detail, Page
from app.schemas.fields import Label, Position, Text
from app.schemas.queries import CommaSeparated, Faceting, PageQuery, Sorting
from app.schemas.records import FactualFields, FactualRead, FactualSeed
from app.schemas.references import RecordType
from app.schemas.resources import ResourceInfo
from app.schemas.vocabularies import Vocabulary


class DosageKind(Vocabulary):
    """Where an amount comes from."""

    article = "article", "Stated by the article", "The article states the amount; it is not a recommendation."
    traditional = "traditional", "Traditional use", "The amount was reported for traditional use."
    survey = "survey", "Survey", "Users stated the amount in a survey."
    observed = "observed", "Observed", "The amount was seen when users took their own product under observation."
    study = "study", "Study", "The amount was given to people in a study."
    poison_centre = (
        "poison_centre",
        "Poison centre",
        "The amount was reported by people whose case reached a poison centre.",
    )
    quoted = "quoted", "Quoted without evidence", "The amount is often quoted, but no study establishes it."
    case = "case", "Single cases", "The amount was reported for single patients."


class DosageForm(Vocabulary):
    """What the amount was measured in."""

    leaf = "leaf", "Leaf", "Leaf of the plant."
    leaf_powder = "leaf_powder", "Leaf powder", "Dried leaf, ground to powder."
    encapsulated_leaf_powder = "encapsulated_leaf_powder", "Leaf powder in capsules", "Ground leaf in capsules."
    tea = "tea", "Tea", "Leaf brewed as tea."
    juice = "juice", "Juice", "Leaf brewed to a drink called juice."


class Population(Vocabulary):
    """Whom the amount was stated for or observed in."""

    article_readers = "article_readers", "Readers of the article", "The article states the amount for its readers."
    healthy_adults = "healthy_adults", "Healthy adults", "Healthy adults in a study."
    adults_with_opioid_experience = (
        "adults_with_opioid_experience",
        "Adults with opioid experience",
        "Adults in a study who had used opioids before.",
    )
    kratom_users = "kratom_users", "Kratom users", "People who already use kratom."
    poison_centre_cases = (
        "poison_centre_cases",
        "Poison-centre cases",
        "People whose case was reported to a poison centre.",
    )
    patients = "patients", "Patients", "People in medical care."
    readers_of_reviews_and_websites = (
        "readers_of_reviews_and_websites",
        "Readers of reviews and websites",
        "The amount is quoted in reviews or on websites for whoever reads them.",
    )


class DoseUnit(Vocabulary):
    """Unit of an amount, as a UCUM code."""

    g = "g", "gram", "Grams of the product."
    mg = "mg", "milligram", "Milligrams of the alkaloid that the record names."


class Route(Vocabulary):
    """How an amount was taken."""

    oral = "oral", "By mouth", "It was swallowed."


class AmountBasis(Vocabulary):
    """What span the amount covers."""

    per_dose = "per_dose", "Per dose", "The amount was taken at one time."
    per_day = "per_day", "Per day", "The amount was taken over a day."


class NotStated(Vocabulary):
    """Something a reader would need to know about an amount that its source does not state."""

    min = "min", "Lower bound", "The smallest amount."
    max = "max", "Upper bound", "The largest amount."
    basis = "basis", "Per dose or per day", "Whether the amount is for one dose or for a day."
    form = "form", "Form", "What the amount was measured in."
    product_form = "product_form", "Product", "Which product it was."
    route = "route", "How it was taken", "How the amount was taken."
    frequency = "frequency", "How often", "How often it was taken."
    alkaloid_strength = "alkaloid_strength", "Strength", "How much of its active compounds the product held."
    daily_maximum = "daily_maximum", "Daily maximum", "How much was taken in a day at most."
    body_weight = "body_weight", "Body weight", "The weight of the people."
    duration_of_use = "duration_of_use", "How long", "For how long it was taken."


Amount = Annotated[float, pydantic.Field(gt=0, le=1000, json_schema_extra={"format": "double"})]


class DosageRangeFields(FactualFields):
    """Fields of an amount."""

    position: Position
    """Position of the amount in reading order, from 1."""
    context: Label
    """Short description of where the amount comes from."""
    kind: DosageKind
    """What kind of source the amount comes from; none of them makes it a recommendation."""
    min: Amount | None
    """Lower bound in the given unit; null when not stated."""
    max: Amount | None
    """Upper bound in the given unit; null when not stated."""
    bounds_inclusive: bool
    """Whether the bounds belong to the range."""
    unit: DoseUnit
    """Unit of the bounds, as a UCUM code."""
    basis: AmountBasis | None
    """Whether the amount is per dose or per day; null when not stated."""
    form: DosageForm | None
    """What the amount was measured in, as a named value; null when not stated."""
    form_as_reported: Label
    """What the amount was measured in, in the words of the source."""
    route: Route | None
    """How it was taken; null when not stated."""
    frequency: Label | None
    """How often it was taken, in the words of the source; null when not stated."""
    population: Population
    """The group for whom the amount was stated, or in whom it was observed, as a named value."""
    population_as_reported: Label
    """The group for whom the amount was stated, or in whom it was observed, in the words of the source."""
    not_stated: list[NotStated] = Field(sa_type=JSON, max_length=20)
    """What a reader would need to know about this amount but its source does not state."""
    note: Text
    """What the evidence says about the amount."""
    reported_harms: list[Text] = Field(sa_type=JSON, max_length=10)
    """Harms that were reported at such amounts; empty when the sources give none, which does not mean that there are none."""


class DosageRangeSeed(FactualSeed, DosageRangeFields):
    """An amount as it is written in the seed."""


class DosageRangeRead(FactualRead, DosageRangeFields):
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
    sort: Annotated[Literal["position", "-position", "slug", "-slug", "kind", "-kind"], Sorting] = "position"
    facet: Annotated[list[Literal["kind", "form", "population"]], Faceting, CommaSeparated] = []


DOSAGE_RANGES = ResourceInfo(
    collection="dosage-ranges",
    record_type=RecordType.dosage_range,
    description="Amounts that were reported, surveyed or studied, with the harms seen at such amounts. None of them is a recommendation.",
    seed=DosageRangeSeed,
    read=DosageRangeRead,
    query=DosageRangeQuery,
    restates_article=True,
)
