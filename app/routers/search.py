"""Route of the search over all resources."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Response
from starlette.requests import HTTPConnection

from app.database import Database
from app.reading import encoded, page, unpaged
from app.routers.common import Data
from app.schemas.search import SearchPage, SearchQuery, SuggestPage, SuggestQuery
from app.search.engine import hits, search
from app.search.suggest import suggest

router = APIRouter(tags=["search"])
MAX_SUGGESTIONS_BYTES: Final = 1024
SUGGESTION: Final = (
    "Nothing was found, which does not mean that something is safe with kratom. Try fewer or other words, such as the name of "
    "a medicine, a symptom or a place, or leave out the type. All collections are listed at /v1."
)


def get_prefix(connection: HTTPConnection) -> str:
    """The prefix of addresses in the response."""
    prefix: str = connection.app.pipeline.prefix_under(connection.scope.get("root_path", ""))
    return prefix


@router.get("/v1/search", operation_id="searchRecords", summary="Search all records", response_model=SearchPage)
async def search_all(query: Annotated[SearchQuery, Query()], data: Data) -> Response:
    """Return the records that answer a question, best first. When it is about a danger, records that protect from it come first."""
    return results(data, query)


@router.get(
    "/v1/suggest", operation_id="suggestRecords", summary="Suggest records while typing", response_model=SuggestPage
)
async def suggest_records(
    query: Annotated[SuggestQuery, Query()], data: Data, prefix: Annotated[str, Depends(get_prefix)]
) -> Response:
    """Return the records of which the title, an alias or one of their words begins as typed. The response has at most 1,024 bytes."""
    return suggestions(data, query, prefix)


def suggestions(data: Database, query: SuggestQuery, prefix: str = "") -> Response:
    """The records that may be meant, as many as fit into the response once addresses have the prefix."""
    meta = {"dataset_version": data.dataset_version}
    found = suggest(data, query.q)
    while True:
        response = unpaged(encoded(found), meta, "/v1/suggest", query)
        if len(response.body) + len(prefix) * (len(found) + 1) <= MAX_SUGGESTIONS_BYTES or not found:
            return response
        found.pop()


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
    return page(hits(data, result, query.limit, query.offset), meta, "/v1/search", query, "/search")
