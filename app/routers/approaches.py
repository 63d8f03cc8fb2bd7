"""Routes of the approaches: list and detail."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from app.reading import get_one, list_page
from app.routers.common import Data, Slug
from app.schemas.approaches import APPROACHES, ApproachDetail, ApproachPage, ApproachQuery
from app.schemas.queries import NoQuery
from app.tables import Approach

router = APIRouter(prefix=APPROACHES.path, tags=[APPROACHES.collection])


@router.get(
    "",
    operation_id="listApproaches",
    summary="List approaches",
    description=APPROACHES.description,
    response_model=ApproachPage,
)
async def list_approaches(query: Annotated[ApproachQuery, Query()], data: Data) -> Response:
    """Return a page of approaches."""
    return list_page(data, Approach, query)


@router.get("/{slug}", operation_id="getApproach", summary="Get an approach", response_model=ApproachDetail)
async def get_approach(slug: Slug, _: Annotated[NoQuery, Query()], data: Data) -> Response:
    """One approach with its evidence and its sources."""
    return get_one(data, Approach, slug)
