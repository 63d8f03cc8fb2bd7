"""Contacts: fields, seed and public models, query parameters, and the descriptor of the resource."""

from typing import Annotated, Literal

import pydantic
from sqlmodel import Field

from app.schemas.envelopes import Detail, Page
from app.schemas.fields import Label, Text
from app.schemas.queries import CommaSeparatedCodes, PageQuery, Sorting
from app.schemas.records import FactualFields, FactualRead, FactualSeed
from app.schemas.references import RecordType
from app.schemas.resources import ResourceInfo

CountryCode = Annotated[str, pydantic.Field(pattern=r"^[A-Z]{2}$", max_length=2)]


class ContactFields(FactualFields):
    """Fields of a help line."""

    name: Label
    """Name of the line."""
    value: Label
    """Number to call, as dialled within the country."""
    country: CountryCode
    """ISO 3166 code of the country in which the number works; other countries have their own."""
    checked: bool
    """Whether the number was checked."""
    when_to_use: Text
    """What the line is for."""
    note: Text
    """Where the number works and what to do elsewhere."""


class ContactSeed(FactualSeed, ContactFields):
    """A help line as it is written in the seed."""


class ContactRead(FactualRead, ContactFields):
    """An emergency number or help line; it works in its own country only."""


class ContactPage(Page):
    """A page of contacts."""

    data: list[ContactRead] = Field(max_length=100)
    """The contacts on this page."""


class ContactDetail(Detail):
    """One contact."""

    data: ContactRead
    """The contact."""


class ContactQuery(PageQuery):
    """Query parameters of the list of contacts."""

    country: Annotated[list[CountryCode], pydantic.Field(max_length=50), CommaSeparatedCodes] = []
    """Only lines of these countries, comma-separated ISO 3166 codes."""
    sort: Annotated[Literal["slug", "-slug", "name", "-name"], Sorting] = "slug"


CONTACTS = ResourceInfo(
    collection="contacts",
    record_type=RecordType.contact,
    description="Emergency and help lines by country.",
    seed=ContactSeed,
    read=ContactRead,
    query=ContactQuery,
)
