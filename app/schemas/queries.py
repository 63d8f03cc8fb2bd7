"""Query parameters of lists, the types of their values, and the canonical spelling of a query."""

import re
from collections.abc import Callable, Mapping
from enum import Enum, StrEnum
from typing import Annotated, Any, ClassVar, Final, Literal, get_args
from urllib.parse import quote

import pydantic
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError

from app.schemas.envelopes import PageOffset
from app.schemas.fields import Slug
from app.schemas.formats import MEDIA_TYPES, ListFormat


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
AnyCase = BeforeValidator(_lower_case)
"""A named value, in any case."""
Flag = Annotated[bool, BeforeValidator(_boolean)]
CommaSeparated = _comma_separated(_lower_case)
"""Named values and slugs, in any case."""
CommaSeparatedCodes = _comma_separated(_upper_case)
"""Codes such as `US-TX`, in any case."""
CommaSeparatedIntegers = _comma_separated(_canonical_integer)
MAX_FACETS: Final = 10
Faceting = pydantic.Field(
    max_length=MAX_FACETS,
    description="Count the records with each value of these filters, comma-separated, in `meta.facets`.",
)
Formatting = pydantic.Field(
    description="Format of the response; it overrides `Accept`. `csv` and `ndjson` are accepted too (for citations also `csl`, "
    "`bibtex` and `ris`) and return every match unless `limit` is given; this document describes JSON, so that each operation has one type."
)


def _plain(question: str) -> str:
    """A question with single spaces between its words and none around it."""
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


class View(StrEnum):
    """How much of each record a list sends."""

    full = "full"
    summary = "summary"


LARGEST_PAGE: Final = {View.full: 100, View.summary: 500}
"""How many records a page holds at most, by view."""


class QueryParameters(BaseModel):
    """The query parameters of an address. Unknown ones are refused; `written` returns the canonical spelling."""

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

    def offers(self) -> dict[bytes, str]:
        """The formats of the response by media type, the default first; empty when there is one, or one was asked for."""
        if self.names_format():
            return {}
        return {MEDIA_TYPES[form.value].encode(): form.value for form in self.formats()}

    @classmethod
    def formats(cls) -> list[Enum]:
        """The formats between which a client can choose, the default first."""
        field = cls.model_fields.get("format")
        kind = field.annotation if field else None
        return list(kind) if isinstance(kind, type) and issubclass(kind, Enum) else []

    def names_format(self) -> bool:
        """Whether the address says in which format the response is to be."""
        return "format" in self.model_fields_set

    def written(self) -> dict[str, str]:
        """The parameters that the client sent, in their canonical spelling; an `offset` of 0 is left out."""
        written = {name: quote(_text(value), safe=",-_.~") for name, value in self.given().items()}
        return {name: value for name, value in written.items() if (name, value) != ("offset", "0")}


def query_string(parameters: Mapping[str, str]) -> str:
    """The query of a link, under which its response is cached too."""
    return "&".join(f"{name}={value}" for name, value in parameters.items())


def _place(value: object) -> int:
    """The sort key of a value in a list: named values as documented, numbers by size, anything else as it was sent."""
    if isinstance(value, Enum):
        return list(type(value)).index(value)
    return value if isinstance(value, int) else 0


def _text(value: object) -> str:
    if isinstance(value, list):
        return ",".join(map(_text, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


class NoQuery(QueryParameters):
    """The query of an address that takes no parameters."""


def _page_size(view: View) -> Any:
    # The largest size depends on another parameter, so a validator of the model ensures it.
    return pydantic.Field(ge=1, json_schema_extra={"maximum": LARGEST_PAGE[view], "format": "int32"})


class PageQuery(QueryParameters):
    """Query parameters of every list."""

    PAGING: ClassVar = frozenset({"view", "format", "limit", "offset", "sort", "facet", "q"})
    """The parameters that are no filters by a field."""

    view: Annotated[View, AnyCase] = View.full
    """How much of each record is returned: `full`, the complete record. `view=summary` is accepted too, with up to 500 \
records; the operation under `/v1/summaries` describes that response, so that each operation has one type."""
    format: Annotated[ListFormat, Formatting, AnyCase] = ListFormat.json
    limit: Annotated[int, _page_size(View.full), Integer] = 20
    """How many records a page holds at most."""
    offset: Annotated[int, PageOffset, Integer] = 0
    """How many matching records to skip; beyond the end the page is empty."""
    slug: Annotated[list[Slug], pydantic.Field(max_length=100), CommaSeparated] = []
    """Only records with these slugs, comma-separated: a batch in one request."""
    q: Question = ""
    """Only the records that answer this question, best first unless `sort` is given. The question is interpreted as in `/v1/search`."""
    sort: Annotated[str, Sorting]

    def written(self) -> dict[str, str]:
        """The parameters that the client sent, in their canonical spelling; an `offset` of 0 and the default view are left out."""
        unsaid = {("offset", "0"), ("view", type(self).model_fields["view"].default)}
        return {name: value for name, value in super().written().items() if (name, value) not in unsaid}

    @field_validator("limit")
    @classmethod
    def _limit_of_the_view(cls, value: int, info: ValidationInfo) -> int:
        # A refused view has its own error already.
        view = info.data.get("view", View.summary)
        if value > LARGEST_PAGE[view]:
            larger = f"; view=summary allows {LARGEST_PAGE[View.summary]}" if view is View.full else ""
            raise PydanticCustomError(
                "less_than_equal", f"Should be less than or equal to {LARGEST_PAGE[view]} in the {view} view{larger}"
            )
        return value

    @field_validator("format", check_fields=False)
    @classmethod
    def _format_of_whole_records(cls, value: str, info: ValidationInfo) -> str:
        if value != ListFormat.json and info.data.get("view") is View.summary:
            raise PydanticCustomError("format_of_view", "Should be json in the summary view, which has no other format")
        return value

    @field_validator("sort", mode="before")
    @classmethod
    def _sort_in_any_case(cls, value: object) -> object:
        return _lower_case(value)

    @field_validator("facet", check_fields=False)
    @classmethod
    def _facets_in_order(cls, value: list[str]) -> list[str]:
        return [name for name in cls.facet_names() if name in value]

    def offers(self) -> dict[bytes, str]:
        """The formats of the response; the brief view and the counts of facets have JSON alone."""
        return {} if self.view is View.summary or self.facets() else super().offers()

    @classmethod
    def facet_names(cls) -> tuple[str, ...]:
        """The filters whose values can be counted, in the order of the document."""
        facet = cls.model_fields.get("facet")
        return get_args(get_args(facet.annotation)[0]) if facet else ()

    def facets(self) -> list[str]:
        """The filters whose values the client wants counted."""
        named: list[str] = getattr(self, "facet", [])
        return named

    def filters(self) -> dict[str, list[Any]]:
        """The filters the client set: column or facet by name, with the values that match."""
        return {
            name: value if isinstance(value, list) else [value]
            for name, value in self.given().items()
            if name not in self.PAGING
        }


class SummaryParameters(QueryParameters):
    """The query parameters that differ in the brief view; a base class in front of the query model of the list."""

    view: Annotated[Literal[View.summary], AnyCase] = View.summary
    """The brief view."""
    format: Annotated[Literal["json"], Formatting, AnyCase] = "json"
    limit: Annotated[int, _page_size(View.summary), Integer] = 20
    """How many records a page holds at most."""
