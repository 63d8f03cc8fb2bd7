"""Routes of the product forms: list and detail."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from app.reading import get_one, list_page
from app.routers.common import Data, Slug
from app.schemas.product_forms import PRODUCT_FORMS, ProductFormDetail, ProductFormPage, ProductFormQuery
from app.schemas.queries import NoQuery
from app.tables import ProductForm

router = APIRouter(prefix=PRODUCT_FORMS.path, tags=[PRODUCT_FORMS.collection])


@router.get(
    "",
    operation_id="listProductForms",
    summary="List product forms",
    description=PRODUCT_FORMS.description,
    response_model=ProductFormPage,
)
async def list_product_forms(query: Annotated[ProductFormQuery, Query()], data: Data) -> Response:
    """Return a page of product forms."""
    return list_page(data, ProductForm, query)


@router.get("/{slug}", operation_id="getProductForm", summary="Get a product form", response_model=ProductFormDetail)
async def get_product_form(slug: Slug, _: Annotated[NoQuery, Query()], data: Data) -> Response:
    """One product form with its evidence and its sources."""
    return get_one(data, ProductForm, slug)
