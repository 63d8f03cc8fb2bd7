"""Query parameters of lists, the types of their values, and the one way in which a query is written in links."""

import re
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Annotated, Any, ClassVar
from urllib.parse import quote

import pydantic
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    TypeAdapter,
    ValidationError,
    field_validator,
)
from pydantic_core import PydanticCustomError

from app.schemas.envelopes import PageOffset, PageSize
from app.schemas.fields import Slug


def _canonical_integer(value: object) -> object:
    text = str(value)
    if re.fullmatch(r"0|-?[1-9][0-9]{0,9}", text):
        return int(text)
    raise PydanticCustomError("integer_canonical", "Should be a whole number in at most ten plain digits, such as 20")


_BOOLEAN = TypeAdapter(bool)


def _boolean(value: object) -> object:
    # Whatever Pydantic reads as a boolean: clients send True, 1 and on, and none of them can mean anything else.
    try:
        return _BOOLEAN.validate_python(value)
    except ValidationError:
        raise PydanticCustomError("boolean_canonical", "Should be true or false") from None


def _lower_case(value: object) -> object:
    # Beyond ASCII, folding would turn other letters into these: the Kelvin sign into a k.
    return value.lower() if isinstance(value, str) and value.isascii() else value


def _upper_case(value: object) -> object:
    return value.upper() if isinstance(value, str) and value.isascii() else value


def _comma_separated(convert: Callable[[object], object]) -> BeforeValidator:
    def split(value: Any) -> list[object]:
        parts: list[object] = [*",".join(value).split(",")]
        if "" in parts:
            raise PydanticCustomError(
                "empty_item", "Should be values with single commas between them, none of them empty"
            )
        return [convert(part) for part in parts]

    return BeforeValidator(split)


Integer = BeforeValidator(_canonical_integer)
Flag = Annotated[bool, BeforeValidator(_boolean)]
CommaSeparated = _comma_separated(_lower_case)
"""Named values and slugs, in any case."""
CommaSeparatedCodes = _comma_separated(_upper_case)
"""Codes such as `US-TX`, in any case."""
CommaSeparatedIntegers = _comma_separated(_canonical_integer)


def _plain(question: str) -> str:
    """A question without the spaces that say nothing."""
    if words := question.split():
        return " ".join(words)
    raise PydanticCustomError("blank", "Should be more than spaces")


# Control characters are refused in any query; the pattern tells clients so.
_PLAIN = {"pattern": r"^[^\x00-\x1F\x7F-\x9F]*[^\s\x00-\x1F\x7F-\x9F][^\x00-\x1F\x7F-\x9F]*$"}
Question = Annotated[
    str, pydantic.Field(min_length=1, max_length=200, json_schema_extra=_PLAIN), AfterValidator(_plain)
]
Typed = Annotated[str, pydantic.Field(min_length=1, max_length=50, json_schema_extra=_PLAIN), AfterValidator(_plain)]
"""The beginning of a question."""
Sorting = pydantic.Field(description="Order of the records; a leading `-` reverses it.")


class QueryParameters(BaseModel):
    """The query of an address: anything unknown is refused, and there is one way to write what was asked."""

    model_config = ConfigDict(use_attribute_docstrings=True, extra="forbid")

    def given(self) -> dict[str, Any]:
        """The parameters the client sent, in the order of the model; a list holds each value once."""
        sent = self.model_fields_set
        values = {name: getattr(self, name) for name in type(self).model_fields if name in sent}
        return {
            name: sorted(dict.fromkeys(value), key=_place) if isinstance(value, list) else value
            for name, value in values.items()
            if value is not None
        }

    def written(self) -> dict[str, str]:
        """What the client sent as a query has it, in one spelling whatever the client's was; the first page needs no offset."""
        written = {name: quote(_text(value), safe=",-_.~") for name, value in self.given().items()}
        return {name: value for name, value in written.items() if (name, value) != ("offset", "0")}


def query_string(parameters: Mapping[str, str]) -> str:
    """The query of a link, under which its response is cached too."""
    return "&".join(f"{name}={value}" for name, value in parameters.items())


def _place(value: object) -> int:
    """Where a value stands in a list: named values as documented, numbers by size, anything else as it was sent."""
    if isinstance(value, Enum):
        return list(type(value)).index(value)
    return value if isinstance(value, int) else 0


def _text(value: object) -> str:
    if isinstance(value, list):
        return ",".join(map(_text, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


class NoQuery(QueryParameters):
    """The query of an address that takes no parameters."""


class PageQuery(QueryParameters):
    """Query parameters of every list."""

    PAGING: ClassVar = frozenset({"limit", "offset", "sort", "q"})
    """The parameters that are no filters by a field."""

    limit: Annotated[int, PageSize, Integer] = 20
    """How many records a page holds at most."""
    offset: Annotated[int, PageOffset, Integer] = 0
    """How many matching records to skip; beyond the end the page is empty."""
    slug: Annotated[list[Slug], pydantic.Field(max_length=100), CommaSeparated] = []
    """Only the records with these slugs, comma-separated: fetches a batch in one request."""
    q: Question = ""
    """Only the records that answer this question, best first unless `sort` is given; the question is read as `/v1/search` reads it."""
    sort: Annotated[str, Sorting]

    @field_validator("sort", mode="before")
    @classmethod
    def _sort_in_any_case(cls, value: object) -> object:
        return _lower_case(value)

    def filters(self) -> dict[str, list[Any]]:
        """The filters the client set: column or facet by name, with the values that match."""
        return {
            name: value if isinstance(value, list) else [value]
            for name, value in self.given().items()
            if name not in self.PAGING
        }
