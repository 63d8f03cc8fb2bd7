"""Routes of the strains: list and detail."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from app.reading import get_one, list_page
from app.routers.common import Data, Slug
from app.schemas.queries import NoQuery
from app.schemas.strains import STRAINS, StrainDetail, StrainPage, StrainQuery
from app.tables import Strain

router = APIRouter(prefix=STRAINS.path, tags=[STRAINS.collection])


@router.get(
    "", operation_id="listStrains", summary="List strains", description=STRAINS.description, response_model=StrainPage
)
async def list_strains(query: Annotated[StrainQuery, Query()], data: Data) -> Response:
    """Return a page of strains."""
    return list_page(data, Strain, query)


@router.get("/{slug}", operation_id="getStrain", summary="Get a strain", response_model=StrainDetail)
async def get_strain(slug: Slug, _: Annotated[NoQuery, Query()], data: Data) -> Response:
    """One strain with its evidence and its sources."""
    return get_one(data, Strain, slug)
