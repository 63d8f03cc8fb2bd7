"""Routes of the interactions: list and detail."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from app.reading import get_one, list_page
from app.routers.common import Data, Slug
from app.schemas.interactions import INTERACTIONS, InteractionDetail, InteractionPage, InteractionQuery
from app.schemas.queries import NoQuery
from app.tables import Interaction

router = APIRouter(prefix=INTERACTIONS.path, tags=[INTERACTIONS.collection])


@router.get(
    "",
    operation_id="listInteractions",
    summary="List interactions",
    description=INTERACTIONS.description,
    response_model=InteractionPage,
)
async def list_interactions(query: Annotated[InteractionQuery, Query()], data: Data) -> Response:
    """Return a page of interactions."""
    return list_page(data, Interaction, query)


@router.get("/{slug}", operation_id="getInteraction", summary="Get an interaction", response_model=InteractionDetail)
async def get_interaction(slug: Slug, _: Annotated[NoQuery, Query()], data: Data) -> Response:
    """One interaction with its evidence and its sources."""
    return get_one(data, Interaction, slug)
