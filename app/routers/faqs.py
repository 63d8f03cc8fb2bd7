"""Questions people ask, in the article's order, each with its answer and what the evidence does to it."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from app.reading import get_one, list_page
from app.routers.common import NOT_FOUND, Data, ReadRoute, Slug
from app.schemas.faqs import FaqDetail, FaqPage, FaqQuery
from app.schemas.queries import NoQuery
from app.tables import Faq

router = APIRouter(prefix="/v1/faqs", tags=["faqs"], route_class=ReadRoute)


@router.get("", operation_id="listFaqs", summary="List questions", response_model=FaqPage)
async def list_faqs(query: Annotated[FaqQuery, Query()], data: Data) -> Response:
    """Questions people ask, in the article's order, each with its answer and what the evidence does to it."""
    return list_page(data, Faq, query)


@router.get("/{slug}", operation_id="getFaq", summary="Get a question", response_model=FaqDetail, responses=NOT_FOUND)
async def get_faq(slug: Slug, _: Annotated[NoQuery, Query()], data: Data) -> Response:
    """One question with its answer, its cautions and its sources."""
    return get_one(data, Faq, slug)
