"""What the routers share: the data, and the slug in the path."""

from typing import Annotated

from fastapi import Depends, Path
from starlette.requests import HTTPConnection

from app.database import Database
from app.schemas.fields import SLUG_PATTERN


def get_database(connection: HTTPConnection) -> Database:
    """The data that the application serves."""
    database: Database = connection.app.state.database
    return database


def get_refusal(connection: HTTPConnection) -> str | None:
    """The reason why the newest database file is refused; None when it is served."""
    refusal: str | None = connection.app.state.refusal
    return refusal


Data = Annotated[Database, Depends(get_database)]
# The pattern is documented but not enforced: a malformed slug is a 404, like any unknown one.
Slug = Annotated[
    str,
    Path(
        description="Permanent slug of the record.",
        json_schema_extra={"pattern": SLUG_PATTERN, "minLength": 1, "maxLength": 100},
    ),
]
