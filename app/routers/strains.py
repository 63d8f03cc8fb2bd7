"""Vein colours as they are marketed, and what laboratory testing says of that. Nothing here recommends one."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from app.reading import get_one, list_page
from app.routers.common import NOT_FOUND, Data, ReadRoute, Slug
from app.schemas.queries import NoQuery
from app.schemas.strains import StrainDetail, StrainPage, StrainQuery
from app.tables import Strain

router = APIRouter(prefix="/v1/strains", tags=["strains"], route_class=ReadRoute)


@router.get("", operation_id="listStrains", summary="List strains", response_model=StrainPage)
async def list_strains(query: Annotated[StrainQuery, Query()], data: Data) -> Response:
    """Vein colours as they are marketed, and what laboratory testing says of that. Nothing here recommends one."""
    return list_page(data, Strain, query)


@router.get(
    "/{slug}", operation_id="getStrain", summary="Get a strain", response_model=StrainDetail, responses=NOT_FOUND
)
async def get_strain(slug: Slug, _: Annotated[NoQuery, Query()], data: Data) -> Response:
    """One strain with its evidence and its sources."""
    return get_one(data, Strain, slug)
