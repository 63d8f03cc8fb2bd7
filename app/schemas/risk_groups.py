"""Risk groups: fields, seed and public models, query parameters, and the descriptor of the resource."""

from enum import StrEnum, auto
from typing import Annotated, Literal

import pydantic
from sqlmodel import Field

from app.schemas.envelopes import Detail, Page
from app.schemas.fields import Label, Text
from app.schemas.queries import CommaSeparated, PageQuery, Sorting
from app.schemas.records import FactualFields, FactualRead, FactualSeed
from app.schemas.references import RecordType
from app.schemas.resources import ResourceInfo


class RiskBasis(StrEnum):
    """What a risk is known from; `absence_of_data` means that nothing shows it to be safe."""

    observational = auto()
    clinical_pk = auto()
    case_series = auto()
    case_report = auto()
    outbreak = auto()
    laboratory = auto()
    absence_of_data = auto()


class RiskGroupFields(FactualFields):
    """Fields of a group at risk."""

    name: Label
    """The group."""
    advice: Text
    """What people in the group should do."""
    reason: Text
    """Why."""
    evidence_basis: RiskBasis
    """What the risk is known from."""


class RiskGroupSeed(FactualSeed, RiskGroupFields):
    """A group at risk as it is written in the seed."""


class RiskGroupRead(FactualRead, RiskGroupFields):
    """A group of people who should not use kratom or are at particular risk, and why."""


class RiskGroupPage(Page):
    """A page of risk groups."""

    data: list[RiskGroupRead] = Field(max_length=100)
    """The risk groups on this page."""


class RiskGroupDetail(Detail):
    """One risk group."""

    data: RiskGroupRead
    """The risk group."""


class RiskGroupQuery(PageQuery):
    """Query parameters of the list of risk groups."""

    evidence_basis: Annotated[list[RiskBasis], pydantic.Field(max_length=7), CommaSeparated] = []
    """Only groups whose risk is known from these kinds of evidence, comma-separated."""
    sort: Annotated[Literal["slug", "-slug", "name", "-name"], Sorting] = "slug"


RISK_GROUPS = ResourceInfo(
    collection="risk-groups",
    record_type=RecordType.risk_group,
    description="Who should not use kratom or is at particular risk, and why.",
    title_field="name",
    seed=RiskGroupSeed,
    read=RiskGroupRead,
    query=RiskGroupQuery,
)
