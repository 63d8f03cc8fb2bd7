"""Routes of the warning signs: list and detail."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from app.reading import get_one, list_page
from app.routers.common import Data, Slug
from app.schemas.queries import NoQuery
from app.schemas.warning_signs import WARNING_SIGNS, WarningSignDetail, WarningSignPage, WarningSignQuery
from app.tables import WarningSign

router = APIRouter(prefix=WARNING_SIGNS.path, tags=[WARNING_SIGNS.collection])


@router.get(
    "",
    operation_id="listWarningSigns",
    summary="List warning signs",
    description=WARNING_SIGNS.description,
    response_model=WarningSignPage,
)
async def list_warning_signs(query: Annotated[WarningSignQuery, Query()], data: Data) -> Response:
    """Return a page of warning signs."""
    return list_page(data, WarningSign, query)


@router.get("/{slug}", operation_id="getWarningSign", summary="Get a warning sign", response_model=WarningSignDetail)
async def get_warning_sign(slug: Slug, _: Annotated[NoQuery, Query()], data: Data) -> Response:
    """One warning sign with its evidence and its sources."""
    return get_one(data, WarningSign, slug)
