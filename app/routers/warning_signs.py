"""Signs that need help, how fast it is needed and what to do."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from app.reading import get_one, list_page
from app.routers.common import NOT_FOUND, Data, ReadRoute, Slug
from app.schemas.queries import NoQuery
from app.schemas.warning_signs import WarningSignDetail, WarningSignPage, WarningSignQuery
from app.tables import WarningSign

router = APIRouter(prefix="/v1/warning-signs", tags=["warning-signs"], route_class=ReadRoute)


@router.get("", operation_id="listWarningSigns", summary="List warning signs", response_model=WarningSignPage)
async def list_warning_signs(query: Annotated[WarningSignQuery, Query()], data: Data) -> Response:
    """Signs that need help, how fast it is needed and what to do."""
    return list_page(data, WarningSign, query)


@router.get(
    "/{slug}",
    operation_id="getWarningSign",
    summary="Get a warning sign",
    response_model=WarningSignDetail,
    responses=NOT_FOUND,
)
async def get_warning_sign(slug: Slug, _: Annotated[NoQuery, Query()], data: Data) -> Response:
    """One warning sign with its evidence and its sources."""
    return get_one(data, WarningSign, slug)
