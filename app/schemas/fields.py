"""Types of single fields, such as slugs, labels and dates, and the strict base of every model."""

import re
from datetime import date
from typing import Annotated

import pydantic
from pydantic import AfterValidator, ConfigDict
from pydantic_core import PydanticCustomError
from sqlmodel import SQLModel

SLUG_PATTERN = r"^[a-z0-9]+(?:[-_][a-z0-9]+)*$"
Slug = Annotated[str, pydantic.Field(pattern=SLUG_PATTERN, min_length=1, max_length=100)]
LINE_PATTERN = r"^\S(?:[^\n]*\S)?$"


def _without_markup(value: str) -> str:
    if re.search(r"</?[A-Za-z]|\]\(|\*\*|`", value):
        raise PydanticCustomError("markup", "Should be plain text without markup")
    return value


Label = Annotated[
    str,
    pydantic.Field(pattern=LINE_PATTERN, min_length=1, max_length=400),
    AfterValidator(_without_markup),
]
Text = Annotated[
    str,
    pydantic.Field(pattern=LINE_PATTERN, min_length=1, max_length=4000),
    AfterValidator(_without_markup),
]
Url = Annotated[str, pydantic.Field(pattern=r"^https?://\S+$", max_length=500)]
Path = Annotated[str, pydantic.Field(pattern=r"^/\S*$", max_length=200)]
PagePath = Annotated[str, pydantic.Field(pattern=r"^/\S*$", max_length=4200)]  # the longest query that is read
RecordPath = Annotated[
    str,
    pydantic.Field(pattern=r"^[a-z]+(?:-[a-z]+)*/[a-z0-9]+(?:[-_][a-z0-9]+)*$", max_length=140),
]


def _on_the_calendar(value: str) -> str:
    if len(value) == len("2026-11-23"):
        try:
            date.fromisoformat(value)
        except ValueError as error:
            raise PydanticCustomError("no_such_date", "Should be a date on the calendar") from error
    return value


PartialDate = Annotated[
    str,
    pydantic.Field(
        pattern=r"^[0-9]{4}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12][0-9]|3[01]))?)?$",
        min_length=4,
        max_length=10,
    ),
    AfterValidator(_on_the_calendar),
]
DatasetVersion = Annotated[
    str, pydantic.Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}\+[0-9a-f]{8}$", min_length=19, max_length=19)
]
Digest = Annotated[str, pydantic.Field(pattern=r"^[0-9a-f]{64}$", min_length=64, max_length=64)]
CollectionName = Annotated[str, pydantic.Field(pattern=r"^[a-z]+(?:-[a-z]+)*$", min_length=1, max_length=40)]
Position = Annotated[int, pydantic.Field(ge=1, le=10_000, json_schema_extra={"format": "int32"})]
Count = Annotated[int, pydantic.Field(ge=0, le=2_147_483_647, json_schema_extra={"format": "int32"})]
Year = Annotated[int, pydantic.Field(ge=1800, le=2100, json_schema_extra={"format": "int32"})]


class Strict(SQLModel):
    """Base of every model of the seed and of the responses; it refuses unknown fields."""

    model_config = ConfigDict(use_attribute_docstrings=True, extra="forbid", defer_build=True)  # type: ignore[assignment]  # SQLModel narrows the type to its own config
