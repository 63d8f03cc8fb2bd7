"""Route of the search: results for a question."""

from functools import lru_cache
from typing import Annotated, Final

from fastapi import APIRouter, Query, Response

from app.database import Database
from app.reading import page_of
from app.routers.common import Data
from app.schemas.search import SearchPage, SearchQuery
from app.search.engine import Engine

router = APIRouter(tags=["search"])
HINT: Final = (
    "Nothing was found. Try fewer or other words, such as the name of a medicine, a symptom or a place, "
    "or look through the collections listed at /v1."
)


@router.get("/v1/search", operation_id="search", summary="Search everything", response_model=SearchPage)
async def search(query: Annotated[SearchQuery, Query()], data: Data) -> Response:
    """Return the records that answer a question, best first; for an emergency, what protects comes first."""
    engine = _engine(data)
    result = engine.search(query.q, query.type)
    hits = engine.hits(result, query.limit, query.offset)
    meta = {
        "total": len(result.numbers),
        "limit": query.limit,
        "offset": query.offset,
        "corrected_query": result.question.corrected,
        "truncated": result.truncated,
        "hint": None if result.numbers else HINT,
        "dataset_version": data.dataset_version,
        "disclaimer": engine.disclaimer,
    }
    return page_of(hits, meta, "/v1/search", query)


@lru_cache(maxsize=2)
def _engine(database: Database) -> Engine:
    return Engine(database)
