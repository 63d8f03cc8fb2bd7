"""Query parameters of lists, and the types of their values."""

import re
from collections.abc import Callable
from typing import Annotated, Any, ClassVar

import pydantic
from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic_core import PydanticCustomError

from app.schemas.envelopes import PageOffset, PageSize
from app.schemas.fields import Slug


def _canonical_integer(value: object) -> object:
    text = str(value)
    if re.fullmatch(r"0|-?[1-9][0-9]{0,9}", text):
        return int(text)
    raise PydanticCustomError("integer_canonical", "Should be a whole number in at most ten plain digits, such as 20")


def _canonical_boolean(value: object) -> object:
    if value in ("true", "false"):
        return value == "true"
    raise PydanticCustomError("boolean_canonical", "Should be true or false")


def _comma_separated(convert: Callable[[object], object] | None = None) -> BeforeValidator:
    def split(value: Any) -> list[object]:
        parts: list[object] = [*",".join(value).split(",")]
        if "" in parts:
            raise PydanticCustomError(
                "empty_item", "Should be values with single commas between them, none of them empty"
            )
        return [convert(part) for part in parts] if convert else parts

    return BeforeValidator(split)


Integer = BeforeValidator(_canonical_integer)
Flag = Annotated[bool, BeforeValidator(_canonical_boolean)]
CommaSeparated = _comma_separated()
CommaSeparatedIntegers = _comma_separated(_canonical_integer)
Sorting = pydantic.Field(description="Order of the records; a leading `-` reverses it.")


class NoQuery(BaseModel):
    """The query of an address that takes no parameters."""

    model_config = ConfigDict(extra="forbid")


class PageQuery(BaseModel):
    """Query parameters of every list."""

    model_config = ConfigDict(use_attribute_docstrings=True, extra="forbid")

    PAGING: ClassVar = frozenset({"limit", "offset", "sort"})

    limit: Annotated[int, PageSize, Integer] = 20
    """How many records a page holds at most."""
    offset: Annotated[int, PageOffset, Integer] = 0
    """How many matching records to skip; beyond the end the page is empty."""
    slug: Annotated[list[Slug], pydantic.Field(max_length=100), CommaSeparated] = []
    """Only the records with these slugs, comma-separated: fetches a batch in one request."""
    sort: Annotated[str, Sorting]

    def filters(self) -> dict[str, list[Any]]:
        """The filters the client set: column or facet by name, with the values that match."""
        asked = self.model_fields_set - self.PAGING
        return {
            name: value if isinstance(value, list) else [value]
            for name in type(self).model_fields
            if name in asked and (value := getattr(self, name)) is not None
        }
