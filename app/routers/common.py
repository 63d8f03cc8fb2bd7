"""What the routers share: the data, the slug in the path, and the answer when there is nothing."""

from typing import Annotated, Any

from fastapi import Depends, Path, Request

from app.database import Database
from app.problems import Problem
from app.schemas.common import SLUG_PATTERN


async def _data(request: Request) -> Database:
    database: Database = request.app.state.database
    return database


Data = Annotated[Database, Depends(_data)]
# The form of a slug is told, not enforced: what is no slug is not found, like any other that names nothing.
Slug = Annotated[
    str,
    Path(
        description="Permanent slug of the record.",
        json_schema_extra={"pattern": SLUG_PATTERN, "minLength": 1, "maxLength": 100},
    ),
]
NOT_FOUND: dict[int | str, dict[str, Any]] = {404: {"model": Problem, "description": "No record has this slug."}}
