"""Warning signs: fields, seed and public models, query parameters, and the descriptor of the resource."""

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


class Urgency(Vocabulary):
    """How fast help is needed."""

    emergency_now = (
        "emergency_now",
        "Emergency: call now",
        "Call emergency services or go to an emergency department now.",
    )
    same_day = "same_day", "See a doctor today", "Get medical care on the same day."


class WarningSignFields(FactualFields):
    """Fields of a warning sign."""

    sign: Label
    """What is seen or felt."""
    possible_cause: Label
    """What may cause it."""
    action: Text
    """What to do."""
    urgency: Urgency
    """How fast help is needed."""


class WarningSignSeed(FactualSeed, WarningSignFields):
    """A warning sign as it is written in the seed."""

    recognized_by: list[Label] = Field(default=[], max_length=20)
    """Phrases that name the sign in other records. An instruction that contains one must state the same urgency."""


class WarningSignRead(FactualRead, WarningSignFields):
    """A sign that needs help, its possible cause and what to do."""


class WarningSignPage(Page):
    """A page of warning signs."""

    data: list[WarningSignRead] = Field(max_length=100)
    """The warning signs on this page."""


class WarningSignDetail(Detail):
    """One warning sign."""

    data: WarningSignRead
    """The warning sign."""


class WarningSignQuery(PageQuery):
    """Query parameters of the list of warning signs."""

    urgency: Annotated[list[Urgency], pydantic.Field(max_length=2), CommaSeparated] = []
    """Only signs of these degrees of urgency, comma-separated."""
    sort: Annotated[Literal["urgency", "-urgency", "slug", "-slug"], Sorting] = "urgency"
    facet: Annotated[list[Literal["urgency"]], Faceting, CommaSeparated] = []


WARNING_SIGNS = ResourceInfo(
    collection="warning-signs",
    record_type=RecordType.warning_sign,
    description="Signs that need help, how fast it is needed and what to do.",
    seed=WarningSignSeed,
    read=WarningSignRead,
    query=WarningSignQuery,
)
