"""Effects: fields, seed and public models, query parameters, and the descriptor of the resource."""

from typing import Annotated, Literal

from sqlmodel import Field

from app.schemas.envelopes import Detail, Page
from app.schemas.fields import Label, Text
from app.schemas.queries import PageQuery, Sorting
from app.schemas.records import FactualFields, FactualRead, FactualSeed
from app.schemas.references import RecordType
from app.schemas.resources import ResourceInfo


class EffectFields(FactualFields):
    """Fields of a reported effect."""

    name: Label
    """Name of the effect."""
    description: Text
    """What the article reports, and what the evidence says about that."""


class EffectSeed(FactualSeed, EffectFields):
    """An effect as it is written in the seed."""


class EffectRead(FactualRead, EffectFields):
    """A benefit that users or the article report, with the evidence for and against it."""


class EffectPage(Page):
    """A page of effects."""

    data: list[EffectRead] = Field(max_length=100)
    """The effects on this page."""


class EffectDetail(Detail):
    """One effect."""

    data: EffectRead
    """The effect."""


class EffectQuery(PageQuery):
    """Query parameters of the list of effects."""

    sort: Annotated[Literal["slug", "-slug", "name", "-name"], Sorting] = "slug"


EFFECTS = ResourceInfo(
    collection="effects",
    record_type=RecordType.effect,
    description="Benefits that the article reports, each with the evidence for and against it.",
    seed=EffectSeed,
    read=EffectRead,
    query=EffectQuery,
    restates_article=True,
)
