"""What kratom should not meet, how grave that is and how it is known. A substance that is not listed is not a safe one."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from app.reading import get_one, list_page
from app.routers.common import NOT_FOUND, Data, ReadRoute, Slug
from app.schemas.interactions import InteractionDetail, InteractionPage, InteractionQuery
from app.schemas.queries import NoQuery
from app.tables import Interaction

router = APIRouter(prefix="/v1/interactions", tags=["interactions"], route_class=ReadRoute)


@router.get("", operation_id="listInteractions", summary="List interactions", response_model=InteractionPage)
async def list_interactions(query: Annotated[InteractionQuery, Query()], data: Data) -> Response:
    """What kratom should not meet, how grave that is and how it is known. A substance that is not listed is not a safe one."""
    return list_page(data, Interaction, query)


@router.get(
    "/{slug}",
    operation_id="getInteraction",
    summary="Get an interaction",
    response_model=InteractionDetail,
    responses=NOT_FOUND,
)
async def get_interaction(slug: Slug, _: Annotated[NoQuery, Query()], data: Data) -> Response:
    """One interaction with its evidence and its sources."""
    return get_one(data, Interaction, slug)
