"""The descriptor of the CSV files, as far as a client of this API reads it; the rest is as its profile has it."""

from typing import Annotated

import pydantic
from pydantic import BaseModel, ConfigDict

Line = Annotated[str, pydantic.Field(max_length=200)]


class DataFile(BaseModel):
    """A CSV file."""

    model_config = ConfigDict(use_attribute_docstrings=True, extra="allow")

    name: Line
    """Name of the collection."""
    path: Line
    """Address, relative to this document's."""


class DataPackage(BaseModel):
    """All CSV files and their columns: a Data Package 2.0, which has more fields (datapackage.org)."""

    model_config = ConfigDict(use_attribute_docstrings=True, extra="allow")

    version: Line
    """Version of the data set."""
    resources: Annotated[list[DataFile], pydantic.Field(max_length=50)]
    """The CSV file of each collection."""
