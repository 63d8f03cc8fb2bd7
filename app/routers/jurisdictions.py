"""Routes of the jurisdictions: list and detail."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from app.reading import get_one, list_page
from app.routers.common import Data, Slug
from app.schemas.jurisdictions import JURISDICTIONS, JurisdictionDetail, JurisdictionPage, JurisdictionQuery
from app.schemas.queries import NoQuery
from app.tables import Jurisdiction

router = APIRouter(prefix=JURISDICTIONS.path, tags=[JURISDICTIONS.collection])


@router.get(
    "",
    operation_id="listJurisdictions",
    summary="List jurisdictions",
    description=JURISDICTIONS.description,
    response_model=JurisdictionPage,
)
async def list_jurisdictions(query: Annotated[JurisdictionQuery, Query()], data: Data) -> Response:
    """Return a page of jurisdictions."""
    return list_page(data, Jurisdiction, query)


@router.get("/{slug}", operation_id="getJurisdiction", summary="Get a jurisdiction", response_model=JurisdictionDetail)
async def get_jurisdiction(slug: Slug, _: Annotated[NoQuery, Query()], data: Data) -> Response:
    """One jurisdiction with its evidence and its sources."""
    return get_one(data, Jurisdiction, slug)
