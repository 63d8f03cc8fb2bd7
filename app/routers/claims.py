"""Each statement of the article with a verdict: what the evidence does to it."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from app.reading import get_one, list_page
from app.routers.common import NOT_FOUND, Data, ReadRoute, Slug
from app.schemas.claims import ClaimDetail, ClaimPage, ClaimQuery
from app.schemas.queries import NoQuery
from app.tables import Claim

router = APIRouter(prefix="/v1/claims", tags=["claims"], route_class=ReadRoute)


@router.get("", operation_id="listClaims", summary="List claims", response_model=ClaimPage)
async def list_claims(query: Annotated[ClaimQuery, Query()], data: Data) -> Response:
    """Each statement of the article with a verdict: what the evidence does to it."""
    return list_page(data, Claim, query)


@router.get("/{slug}", operation_id="getClaim", summary="Get a claim", response_model=ClaimDetail, responses=NOT_FOUND)
async def get_claim(slug: Slug, _: Annotated[NoQuery, Query()], data: Data) -> Response:
    """One statement of the article with its verdict, its sources and the records it bears on."""
    return get_one(data, Claim, slug)
