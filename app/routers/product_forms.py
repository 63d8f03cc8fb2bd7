"""Forms in which kratom is sold or taken, and how they differ as far as that is known."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from app.reading import get_one, list_page
from app.routers.common import NOT_FOUND, Data, ReadRoute, Slug
from app.schemas.product_forms import ProductFormDetail, ProductFormPage, ProductFormQuery
from app.schemas.queries import NoQuery
from app.tables import ProductForm

router = APIRouter(prefix="/v1/product-forms", tags=["product-forms"], route_class=ReadRoute)


@router.get("", operation_id="listProductForms", summary="List product forms", response_model=ProductFormPage)
async def list_product_forms(query: Annotated[ProductFormQuery, Query()], data: Data) -> Response:
    """Forms in which kratom is sold or taken, and how they differ as far as that is known."""
    return list_page(data, ProductForm, query)


@router.get(
    "/{slug}",
    operation_id="getProductForm",
    summary="Get a product form",
    response_model=ProductFormDetail,
    responses=NOT_FOUND,
)
async def get_product_form(slug: Slug, _: Annotated[NoQuery, Query()], data: Data) -> Response:
    """One product form with its evidence and its sources."""
    return get_one(data, ProductForm, slug)
