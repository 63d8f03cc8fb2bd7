"""Quality checks: fields, seed and public models, query parameters, and the descriptor of the resource."""

from typing import Annotated, Literal

from sqlmodel import Field

from app.schemas.envelopes import Detail, Page
from app.schemas.fields import Label, Text
from app.schemas.queries import PageQuery, Sorting
from app.schemas.records import FactualFields, FactualRead, FactualSeed
from app.schemas.references import RecordType
from app.schemas.resources import ResourceInfo


class QualityCheckFields(FactualFields):
    """Fields of a quality check."""

    topic: Label
    """What the check is about."""
    guidance: Text
    """What to look for, and what it can show."""


class QualityCheckSeed(FactualSeed, QualityCheckFields):
    """A quality check as it is written in the seed."""


class QualityCheckRead(FactualRead, QualityCheckFields):
    """A quality check of a product: what to look for and what it can show. No check makes a product safe."""


class QualityCheckPage(Page):
    """A page of quality checks."""

    data: list[QualityCheckRead] = Field(max_length=100)
    """The quality checks on this page."""


class QualityCheckDetail(Detail):
    """One quality check."""

    data: QualityCheckRead
    """The quality check."""


class QualityCheckQuery(PageQuery):
    """Query parameters of the list of quality checks."""

    sort: Annotated[Literal["slug", "-slug", "topic", "-topic"], Sorting] = "slug"


QUALITY_CHECKS = ResourceInfo(
    collection="quality-checks",
    record_type=RecordType.quality_check,
    description="What to look for in a product, and what labels and reports can and cannot show.",
    seed=QualityCheckSeed,
    read=QualityCheckRead,
    query=QualityCheckQuery,
)
