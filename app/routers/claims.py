"""Routes of the claims: list and detail."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from app.reading import get_one, list_page
from app.routers.common import Data, Slug
from app.schemas.claims import CLAIMS, ClaimDetail, ClaimPage, ClaimQuery
from app.schemas.queries import NoQuery
from app.tables import Claim

router = APIRouter(prefix=CLAIMS.path, tags=[CLAIMS.collection])


@router.get(
    "", operation_id="listClaims", summary="List claims", description=CLAIMS.description, response_model=ClaimPage
)
async def list_claims(query: Annotated[ClaimQuery, Query()], data: Data) -> Response:
    """Return a page of claims."""
    return list_page(data, Claim, query)


@router.get("/{slug}", operation_id="getClaim", summary="Get a claim", response_model=ClaimDetail)
async def get_claim(slug: Slug, _: Annotated[NoQuery, Query()], data: Data) -> Response:
    """One statement of the article with its verdict, its sources and the records that it is about."""
    return get_one(data, Claim, slug)
