"""Routes of the contacts: list and detail."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from app.reading import get_one, list_page
from app.routers.common import Data, Slug
from app.schemas.contacts import CONTACTS, ContactDetail, ContactPage, ContactQuery
from app.schemas.queries import NoQuery
from app.tables import Contact

router = APIRouter(prefix=CONTACTS.path, tags=[CONTACTS.collection])


@router.get(
    "",
    operation_id="listContacts",
    summary="List contacts",
    description=CONTACTS.description,
    response_model=ContactPage,
)
async def list_contacts(query: Annotated[ContactQuery, Query()], data: Data) -> Response:
    """Return a page of contacts."""
    return list_page(data, Contact, query)


@router.get("/{slug}", operation_id="getContact", summary="Get a contact", response_model=ContactDetail)
async def get_contact(slug: Slug, _: Annotated[NoQuery, Query()], data: Data) -> Response:
    """One emergency or help line."""
    return get_one(data, Contact, slug)
