"""The sources: what they found, what limits them, what is missing from the record and what relies on them."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from app.reading import get_one, list_page
from app.routers.common import NOT_FOUND, Data, ReadRoute, Slug
from app.schemas.citations import CitationDetail, CitationPage, CitationQuery
from app.schemas.queries import NoQuery
from app.tables import Citation

router = APIRouter(prefix="/v1/citations", tags=["citations"], route_class=ReadRoute)


@router.get("", operation_id="listCitations", summary="List citations", response_model=CitationPage)
async def list_citations(query: Annotated[CitationQuery, Query()], data: Data) -> Response:
    """The sources: what they found, what limits them, what is missing from the record and what relies on them."""
    return list_page(data, Citation, query)


@router.get(
    "/{slug}", operation_id="getCitation", summary="Get a citation", response_model=CitationDetail, responses=NOT_FOUND
)
async def get_citation(slug: Slug, _: Annotated[NoQuery, Query()], data: Data) -> Response:
    """One source with what it found and every record that relies on it."""
    return get_one(data, Citation, slug)
