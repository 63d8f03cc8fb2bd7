"""Routes of the risk groups: list and detail."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from app.reading import get_one, list_page
from app.routers.common import Data, Slug
from app.schemas.queries import NoQuery
from app.schemas.risk_groups import RISK_GROUPS, RiskGroupDetail, RiskGroupPage, RiskGroupQuery
from app.tables import RiskGroup

router = APIRouter(prefix=RISK_GROUPS.path, tags=[RISK_GROUPS.collection])


@router.get(
    "",
    operation_id="listRiskGroups",
    summary="List risk groups",
    description=RISK_GROUPS.description,
    response_model=RiskGroupPage,
)
async def list_risk_groups(query: Annotated[RiskGroupQuery, Query()], data: Data) -> Response:
    """Return a page of risk groups."""
    return list_page(data, RiskGroup, query)


@router.get("/{slug}", operation_id="getRiskGroup", summary="Get a risk group", response_model=RiskGroupDetail)
async def get_risk_group(slug: Slug, _: Annotated[NoQuery, Query()], data: Data) -> Response:
    """One risk group with its evidence and its sources."""
    return get_one(data, RiskGroup, slug)
