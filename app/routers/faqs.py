"""Routes of the faqs: list and detail."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from app.reading import get_one, list_page
from app.routers.common import Data, Slug
from app.schemas.faqs import FAQS, FaqDetail, FaqPage, FaqQuery
from app.schemas.queries import NoQuery
from app.tables import Faq

router = APIRouter(prefix=FAQS.path, tags=[FAQS.collection])


@router.get("", operation_id="listFaqs", summary="List questions", description=FAQS.description, response_model=FaqPage)
async def list_faqs(query: Annotated[FaqQuery, Query()], data: Data) -> Response:
    """Return a page of faqs."""
    return list_page(data, Faq, query)


@router.get("/{slug}", operation_id="getFaq", summary="Get a question", response_model=FaqDetail)
async def get_faq(slug: Slug, _: Annotated[NoQuery, Query()], data: Data) -> Response:
    """One question with its answer, its cautions and its sources."""
    return get_one(data, Faq, slug)
