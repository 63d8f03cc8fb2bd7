"""Harms reported in connection with kratom: how they were seen, how often among whom, and what to do about them."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from app.reading import get_one, list_page
from app.routers.common import NOT_FOUND, Data, ReadRoute, Slug
from app.schemas.queries import NoQuery
from app.schemas.side_effects import SideEffectDetail, SideEffectPage, SideEffectQuery
from app.tables import SideEffect

router = APIRouter(prefix="/v1/side-effects", tags=["side-effects"], route_class=ReadRoute)


@router.get("", operation_id="listSideEffects", summary="List side effects", response_model=SideEffectPage)
async def list_side_effects(query: Annotated[SideEffectQuery, Query()], data: Data) -> Response:
    """Harms reported in connection with kratom: how they were seen, how often among whom, and what to do about them."""
    return list_page(data, SideEffect, query)


@router.get(
    "/{slug}",
    operation_id="getSideEffect",
    summary="Get a side effect",
    response_model=SideEffectDetail,
    responses=NOT_FOUND,
)
async def get_side_effect(slug: Slug, _: Annotated[NoQuery, Query()], data: Data) -> Response:
    """One side effect with its evidence and its sources."""
    return get_one(data, SideEffect, slug)
