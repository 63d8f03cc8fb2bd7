"""Legal status by place, each with its date and how sure it is. Not legal advice."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from app.reading import get_one, list_page
from app.routers.common import NOT_FOUND, Data, ReadRoute, Slug
from app.schemas.jurisdictions import JurisdictionDetail, JurisdictionPage, JurisdictionQuery
from app.schemas.queries import NoQuery
from app.tables import Jurisdiction

router = APIRouter(prefix="/v1/jurisdictions", tags=["jurisdictions"], route_class=ReadRoute)


@router.get("", operation_id="listJurisdictions", summary="List jurisdictions", response_model=JurisdictionPage)
async def list_jurisdictions(query: Annotated[JurisdictionQuery, Query()], data: Data) -> Response:
    """Legal status by place, each with its date and how sure it is. Not legal advice."""
    return list_page(data, Jurisdiction, query)


@router.get(
    "/{slug}",
    operation_id="getJurisdiction",
    summary="Get a jurisdiction",
    response_model=JurisdictionDetail,
    responses=NOT_FOUND,
)
async def get_jurisdiction(slug: Slug, _: Annotated[NoQuery, Query()], data: Data) -> Response:
    """One jurisdiction with its evidence and its sources."""
    return get_one(data, Jurisdiction, slug)
