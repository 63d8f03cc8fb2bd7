"""The history of a record: what the releases changed in it."""

from datetime import date
from typing import Annotated

import pydantic

from app.schemas.fields import DatasetVersion, Strict
from app.schemas.vocabularies import Vocabulary

FieldName = Annotated[str, pydantic.Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
FieldNames = Annotated[list[FieldName], pydantic.Field(max_length=100)]


class ChangeKind(Vocabulary):
    """What a release did to a record."""

    created = "created", "Added", "The record is new."
    updated = "updated", "Updated", "Fields of the record changed."
    renamed = "renamed", "Renamed", "The record has a new slug, and perhaps other changes."
    deleted = "deleted", "Withdrawn", "The record is no longer served; the register of former slugs says why."


class HistoryEntry(Strict):
    """What a release changed in a record."""

    dataset_version: DatasetVersion
    """The release."""
    release_date: date
    """Day of the release."""
    kind: ChangeKind
    """What it did to the record."""
    fields: FieldNames
    """The fields that changed; empty for a new record, all of which is new."""
    safety_relevant: bool
    """Whether a reader could act differently because of the change; `docs/releases.md` has the rule."""
