"""Emergency and help lines by country."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from app.reading import get_one, list_page
from app.routers.common import NOT_FOUND, Data, ReadRoute, Slug
from app.schemas.contacts import ContactDetail, ContactPage, ContactQuery
from app.schemas.queries import NoQuery
from app.tables import Contact

router = APIRouter(prefix="/v1/contacts", tags=["contacts"], route_class=ReadRoute)


@router.get("", operation_id="listContacts", summary="List contacts", response_model=ContactPage)
async def list_contacts(query: Annotated[ContactQuery, Query()], data: Data) -> Response:
    """Emergency and help lines by country."""
    return list_page(data, Contact, query)


@router.get(
    "/{slug}", operation_id="getContact", summary="Get a contact", response_model=ContactDetail, responses=NOT_FOUND
)
async def get_contact(slug: Slug, _: Annotated[NoQuery, Query()], data: Data) -> Response:
    """One emergency or help line."""
    return get_one(data, Contact, slug)
