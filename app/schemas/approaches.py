"""Approaches: fields, seed and public models, query parameters, and the descriptor of the resource."""

from typing import Annotated, Literal

from sqlmodel import Field

from app.schemas.envelopes import Detail, Page
from app.schemas.fields import Label, Text
from app.schemas.queries import PageQuery, Sorting
from app.schemas.records import FactualFields, FactualRead, FactualSeed
from app.schemas.references import RecordType
from app.schemas.resources import ResourceInfo


class ApproachFields(FactualFields):
    """Fields of an approach."""

    name: Label
    """Name of the approach."""
    description: Text
    """What the article says about it, and what the evidence says about that."""


class ApproachSeed(FactualSeed, ApproachFields):
    """An approach as it is written in the seed."""


class ApproachRead(FactualRead, ApproachFields):
    """Care for back pain other than kratom, with the evidence for it. None of its benefit comes from kratom."""


class ApproachPage(Page):
    """A page of approaches."""

    data: list[ApproachRead] = Field(max_length=100)
    """The approaches on this page."""


class ApproachDetail(Detail):
    """One approach."""

    data: ApproachRead
    """The approach."""


class ApproachQuery(PageQuery):
    """Query parameters of the list of approaches."""

    sort: Annotated[Literal["slug", "-slug", "name", "-name"], Sorting] = "slug"


APPROACHES = ResourceInfo(
    collection="approaches",
    record_type=RecordType.approach,
    description="Care for back pain other than kratom, with the evidence for it.",
    seed=ApproachSeed,
    read=ApproachRead,
    query=ApproachQuery,
    restates_article=True,
)
