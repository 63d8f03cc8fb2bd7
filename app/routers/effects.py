"""Routes of the effects: list and detail."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from app.reading import get_one, list_page
from app.routers.common import Data, Slug
from app.schemas.effects import EFFECTS, EffectDetail, EffectPage, EffectQuery
from app.schemas.queries import NoQuery
from app.tables import Effect

router = APIRouter(prefix=EFFECTS.path, tags=[EFFECTS.collection])


@router.get(
    "", operation_id="listEffects", summary="List effects", description=EFFECTS.description, response_model=EffectPage
)
async def list_effects(query: Annotated[EffectQuery, Query()], data: Data) -> Response:
    """Return a page of effects."""
    return list_page(data, Effect, query)


@router.get("/{slug}", operation_id="getEffect", summary="Get an effect", response_model=EffectDetail)
async def get_effect(slug: Slug, _: Annotated[NoQuery, Query()], data: Data) -> Response:
    """One effect with its evidence and its sources."""
    return get_one(data, Effect, slug)
