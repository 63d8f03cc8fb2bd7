"""Route of the search over all resources."""

from typing import Annotated, Final

from fastapi import APIRouter, Query, Response

from app.database import Database
from app.reading import page
from app.routers.common import Data
from app.schemas.search import SearchPage, SearchQuery
from app.search.engine import hits, search

router = APIRouter(tags=["search"])
SUGGESTION: Final = (
    "Nothing was found. Try fewer or other words, such as the name of a medicine, a symptom or a place, "
    "or leave out the type. All collections are listed at /v1."
)


@router.get("/v1/search", operation_id="searchRecords", summary="Search all records", response_model=SearchPage)
async def search_all(query: Annotated[SearchQuery, Query()], data: Data) -> Response:
    """Return the records that answer a question, best first; where there is a danger, first what protects from it."""
    return results(data, query)


def results(data: Database, query: SearchQuery) -> Response:
    """A page of what a question finds."""
    result = search(data, query.q, query.type)
    meta = {
        "total": len(result.numbers),
        "limit": query.limit,
        "offset": query.offset,
        "corrected_query": result.question.corrected,
        "truncated": result.truncated,
        "suggestion": None if result.numbers else SUGGESTION,
        "dataset_version": data.dataset_version,
        "disclaimer": data.disclaimer,
    }
    return page(hits(data, result, query.limit, query.offset), meta, "/v1/search", query)
