"""What to look for in a product, and what labels and reports can and cannot tell."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from app.reading import get_one, list_page
from app.routers.common import NOT_FOUND, Data, ReadRoute, Slug
from app.schemas.quality_checks import QualityCheckDetail, QualityCheckPage, QualityCheckQuery
from app.schemas.queries import NoQuery
from app.tables import QualityCheck

router = APIRouter(prefix="/v1/quality-checks", tags=["quality-checks"], route_class=ReadRoute)


@router.get("", operation_id="listQualityChecks", summary="List quality checks", response_model=QualityCheckPage)
async def list_quality_checks(query: Annotated[QualityCheckQuery, Query()], data: Data) -> Response:
    """What to look for in a product, and what labels and reports can and cannot tell."""
    return list_page(data, QualityCheck, query)


@router.get(
    "/{slug}",
    operation_id="getQualityCheck",
    summary="Get a quality check",
    response_model=QualityCheckDetail,
    responses=NOT_FOUND,
)
async def get_quality_check(slug: Slug, _: Annotated[NoQuery, Query()], data: Data) -> Response:
    """One quality check with its evidence and its sources."""
    return get_one(data, QualityCheck, slug)
