"""Routes of the side effects: list and detail."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from app.reading import get_one, list_page
from app.routers.common import Data, Slug
from app.schemas.queries import NoQuery
from app.schemas.side_effects import SIDE_EFFECTS, SideEffectDetail, SideEffectPage, SideEffectQuery
from app.tables import SideEffect

router = APIRouter(prefix=SIDE_EFFECTS.path, tags=[SIDE_EFFECTS.collection])


@router.get(
    "",
    operation_id="listSideEffects",
    summary="List side effects",
    description=SIDE_EFFECTS.description,
    response_model=SideEffectPage,
)
async def list_side_effects(query: Annotated[SideEffectQuery, Query()], data: Data) -> Response:
    """Return a page of side effects."""
    return list_page(data, SideEffect, query)


@router.get("/{slug}", operation_id="getSideEffect", summary="Get a side effect", response_model=SideEffectDetail)
async def get_side_effect(slug: Slug, _: Annotated[NoQuery, Query()], data: Data) -> Response:
    """One side effect with its evidence and its sources."""
    return get_one(data, SideEffect, slug)
