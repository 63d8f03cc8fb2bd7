"""Routes of the brief view: one list a resource. The same page as with `view=summary`, with a type of its own."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from app.reading import list_page
from app.registry import TABLES
from app.routers.common import Data
from app.schemas.summaries import summary_page_of, summary_query_of
from app.tables import Resource

router = APIRouter()


def _add(table: type[Resource]) -> None:
    """Add the route of a resource."""
    resource = table.info
    model = summary_query_of(resource)
    words = resource.collection.replace("-", " ")

    @router.get(
        resource.summaries_path,
        tags=[resource.collection],
        operation_id=f"list{resource.model_name}Summaries",
        summary=f"List {words} in brief",
        description=f"The same page as `{resource.path}?view=summary`.",
        response_model=summary_page_of(resource),
    )
    async def list_summaries(query: Annotated[model, Query()], data: Data) -> Response:  # type: ignore[valid-type]  # mypy knows no class that is made at run time
        """Return a page of records in brief."""
        return list_page(data, table, query, resource.summaries_path)


for _table in TABLES.values():
    _add(_table)
