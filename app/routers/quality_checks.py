"""Routes of the quality checks: list and detail."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from app.reading import get_one, list_page
from app.routers.common import Data, Slug
from app.schemas.quality_checks import QUALITY_CHECKS, QualityCheckDetail, QualityCheckPage, QualityCheckQuery
from app.schemas.queries import NoQuery
from app.tables import QualityCheck

router = APIRouter(prefix=QUALITY_CHECKS.path, tags=[QUALITY_CHECKS.collection])


@router.get(
    "",
    operation_id="listQualityChecks",
    summary="List quality checks",
    description=QUALITY_CHECKS.description,
    response_model=QualityCheckPage,
)
async def list_quality_checks(query: Annotated[QualityCheckQuery, Query()], data: Data) -> Response:
    """Return a page of quality checks."""
    return list_page(data, QualityCheck, query)


@router.get("/{slug}", operation_id="getQualityCheck", summary="Get a quality check", response_model=QualityCheckDetail)
async def get_quality_check(slug: Slug, _: Annotated[NoQuery, Query()], data: Data) -> Response:
    """One quality check with its evidence and its sources."""
    return get_one(data, QualityCheck, slug)
