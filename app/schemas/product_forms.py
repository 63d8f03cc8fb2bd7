"""Product forms: fields, seed and public models, query parameters, and the descriptor of the resource."""

from typing import Annotated, Literal

from sqlmodel import Field

from app.schemas.envelopes import Detail, Page
from app.schemas.fields import Label, Text
from app.schemas.queries import PageQuery, Sorting
from app.schemas.records import FactualFields, FactualRead, FactualSeed
from app.schemas.references import RecordType
from app.schemas.resources import ResourceInfo


class ProductFormFields(FactualFields):
    """Fields of a product form."""

    name: Label
    """Name of the form."""
    description: Text
    """What the article or the evidence says about it."""
    differences: Text
    """How it differs from other forms, as far as that is known."""


class ProductFormSeed(FactualSeed, ProductFormFields):
    """A product form as it is written in the seed."""


class ProductFormRead(FactualRead, ProductFormFields):
    """A form in which kratom is sold or taken, and how it differs from others."""


class ProductFormPage(Page):
    """A page of product forms."""

    data: list[ProductFormRead] = Field(max_length=100)
    """The product forms on this page."""


class ProductFormDetail(Detail):
    """One product form."""

    data: ProductFormRead
    """The product form."""


class ProductFormQuery(PageQuery):
    """Query parameters of the list of product forms."""

    sort: Annotated[Literal["slug", "-slug", "name", "-name"], Sorting] = "slug"


PRODUCT_FORMS = ResourceInfo(
    collection="product-forms",
    record_type=RecordType.product_form,
    description="Forms in which kratom is sold or taken, and how they differ as far as that is known.",
    seed=ProductFormSeed,
    read=ProductFormRead,
    query=ProductFormQuery,
    restates_article=True,
)
