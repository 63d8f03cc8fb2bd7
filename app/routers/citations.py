"""Routes of the citations: list and detail."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from app.reading import get_one, list_page
from app.routers.common import Data, Slug
from app.schemas.citations import CITATIONS, CitationDetail, CitationDetailQuery, CitationPage, CitationQuery
from app.tables import Citation

router = APIRouter(prefix=CITATIONS.path, tags=[CITATIONS.collection])


@router.get(
    "",
    operation_id="listCitations",
    summary="List citations",
    description=CITATIONS.description,
    response_model=CitationPage,
)
async def list_citations(query: Annotated[CitationQuery, Query()], data: Data) -> Response:
    """Return a page of citations."""
    return list_page(data, Citation, query)


@router.get("/{slug}", operation_id="getCitation", summary="Get a citation", response_model=CitationDetail)
async def get_citation(slug: Slug, query: Annotated[CitationDetailQuery, Query()], data: Data) -> Response:
    """One source with its findings and every record that cites it."""
    return get_one(data, Citation, slug, query.format)
