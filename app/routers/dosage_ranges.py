"""Amounts that were told, surveyed or studied, with the harms seen at such amounts. None of them is a recommendation."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from app.reading import get_one, list_page
from app.routers.common import NOT_FOUND, Data, ReadRoute, Slug
from app.schemas.dosage_ranges import DosageRangeDetail, DosageRangePage, DosageRangeQuery
from app.schemas.queries import NoQuery
from app.tables import DosageRange

router = APIRouter(prefix="/v1/dosage-ranges", tags=["dosage-ranges"], route_class=ReadRoute)


@router.get("", operation_id="listDosageRanges", summary="List dosage ranges", response_model=DosageRangePage)
async def list_dosage_ranges(query: Annotated[DosageRangeQuery, Query()], data: Data) -> Response:
    """Amounts that were told, surveyed or studied, with the harms seen at such amounts. None of them is a recommendation."""
    return list_page(data, DosageRange, query)


@router.get(
    "/{slug}",
    operation_id="getDosageRange",
    summary="Get a dosage range",
    response_model=DosageRangeDetail,
    responses=NOT_FOUND,
)
async def get_dosage_range(slug: Slug, _: Annotated[NoQuery, Query()], data: Data) -> Response:
    """One dosage range with its evidence and its sources."""
    return get_one(data, DosageRange, slug)
