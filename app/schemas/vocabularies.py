"""Vocabularies: enums whose values have labels and descriptions, and the models in which they are served."""

from enum import StrEnum
from typing import Annotated, Self

import pydantic
from pydantic import GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema
from sqlmodel import Field

from app.schemas.fields import Label, Position, Strict, Text


class Vocabulary(StrEnum):
    """A set of named values; each has a label for people and a description."""

    label: str
    """What a front end can show for the value."""
    description: str
    """What the value means."""

    def __new__(cls, value: str, label: str, description: str) -> Self:
        """Make a value with its label and its description."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        member.description = description
        return member

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Add the descriptions of the values, under the name that client generators read."""
        described = handler.resolve_ref_schema(handler(schema))
        described["x-enum-descriptions"] = [f"{member.label}: {member.description}" for member in cls]
        return described


Name = Annotated[str, pydantic.Field(pattern=r"^[a-z0-9]+(?:_[a-z0-9]+)*$", max_length=60)]


class NamedValue(Strict):
    """A value of a vocabulary."""

    value: Name
    """The value in records and queries."""
    label: Label
    """What a front end can show for the value."""
    description: Text
    """What the value means."""
    position: Position
    """Position of the value in the order of the vocabulary, from 1; lists are sorted in this order."""


class VocabularyRead(Strict):
    """A set of named values, with the fields that use it."""

    name: Name
    """Name of the vocabulary."""
    description: Text
    """What the values describe."""
    fields: list[Label] = Field(max_length=100)
    """The fields of records that hold these values, as `collection.field`."""
    values: list[NamedValue] = Field(max_length=100)
    """The values in their order."""


class VocabularyList(Strict):
    """Every vocabulary of the API."""

    vocabularies: list[VocabularyRead] = Field(max_length=200)
    """The vocabularies by name."""
