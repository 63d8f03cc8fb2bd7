"""Routes of the dosage ranges: list and detail."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from app.reading import get_one, list_page
from app.routers.common import Data, Slug
from app.schemas.dosage_ranges import DOSAGE_RANGES, DosageRangeDetail, DosageRangePage, DosageRangeQuery
from app.schemas.queries import NoQuery
from app.tables import DosageRange

router = APIRouter(prefix=DOSAGE_RANGES.path, tags=[DOSAGE_RANGES.collection])


@router.get(
    "",
    operation_id="listDosageRanges",
    summary="List dosage ranges",
    description=DOSAGE_RANGES.description,
    response_model=DosageRangePage,
)
async def list_dosage_ranges(query: Annotated[DosageRangeQuery, Query()], data: Data) -> Response:
    """Return a page of dosage ranges."""
    return list_page(data, DosageRange, query)


@router.get("/{slug}", operation_id="getDosageRange", summary="Get a dosage range", response_model=DosageRangeDetail)
async def get_dosage_range(slug: Slug, _: Annotated[NoQuery, Query()], data: Data) -> Response:
    """One dosage range with its evidence and its sources."""
    return get_one(data, DosageRange, slug)
