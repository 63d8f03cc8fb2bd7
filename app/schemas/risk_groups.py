"""Risk groups: fields, seed and public models, query parameters, and the descriptor of the resource."""

from typing import Annotated, Literal

import pydantic
from sqlmodel import JSON, Field

from app.schemas.envelopes import Detail, Page
from app.schemas.evidence import EvidenceBasis
from app.schemas.fields import Label, Text
from app.schemas.queries import CommaSeparated, Faceting, PageQuery, Sorting
from app.schemas.records import FactualFields, FactualRead, FactualSeed
from app.schemas.references import RecordType
from app.schemas.resources import ResourceInfo


class RiskGroupFields(FactualFields):
    """Fields of a group at risk."""

    name: Label
    """The group."""
    advice: Text
    """What people in the group should do."""
    reason: Text
    """Why the group is at risk."""
    evidence_basis: list[EvidenceBasis] = Field(sa_type=JSON, min_length=1, max_length=10)
    """The kinds of evidence for the risk."""


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

    evidence_basis: Annotated[list[EvidenceBasis], pydantic.Field(max_length=13), CommaSeparated] = []
    """Only groups with at least one of these kinds of evidence for the risk, comma-separated."""
    sort: Annotated[Literal["slug", "-slug", "name", "-name"], Sorting] = "slug"
    facet: Annotated[list[Literal["evidence_basis"]], Faceting, CommaSeparated] = []


RISK_GROUPS = ResourceInfo(
    collection="risk-groups",
    record_type=RecordType.risk_group,
    description="Who should not use kratom or is at particular risk, and why.",
    seed=RiskGroupSeed,
    read=RiskGroupRead,
    query=RiskGroupQuery,
    facets={"evidence_basis": "evidence_basis"},
)
