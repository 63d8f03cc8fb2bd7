"""Releases of the content: the manifest of each, the bundle, what changed between two, and the register of former slugs."""

from datetime import date
from typing import Annotated, Any

import pydantic
from sqlmodel import Field

from app.schemas.envelopes import Document
from app.schemas.fields import (
    CollectionName,
    Count,
    DatasetVersion,
    Digest,
    Label,
    Path,
    RecordPath,
    Slug,
    Strict,
    Text,
)
from app.schemas.history import ChangeKind, FieldNames
from app.schemas.queries import QueryParameters
from app.schemas.vocabularies import VocabularyRead

AnyFields = Annotated[dict[str, Any], pydantic.Field(json_schema_extra={"additionalProperties": True})]


class FormerSlug(Strict):
    """A slug under which a record is no longer served."""

    collection: CollectionName
    """Collection of the record, by its name in the path."""
    slug: Slug
    """The former slug."""
    since: date
    """Day of the first release without it."""
    reason: Text
    """Why it is no longer served."""
    renamed_to: Slug | None
    """The new slug of the same record; its old address redirects there. Null when the record was withdrawn."""
    successor: RecordPath | None
    """The record that a reader of a withdrawn one should see instead, as `collection/slug`; null when there is none."""


class CollectionTotal(Strict):
    """How many records a collection has in a release."""

    name: CollectionName
    """Name of the collection, as in its path."""
    total: Count
    """How many records it holds."""


class ChangeTotals(Strict):
    """How many records a release changed, compared with the previous release."""

    created: Count
    """How many are new."""
    updated: Count
    """How many have changed fields."""
    renamed: Count
    """How many have a new slug."""
    deleted: Count
    """How many were withdrawn."""
    safety_relevant: Count
    """How many of all these changes are relevant to safety."""


class ReleaseManifest(Strict):
    """The manifest of a release: its version, its size and counts, and the SHA-256 by which a copy is verified."""

    dataset_version: DatasetVersion
    """Release date of the data set and a short hash of its content."""
    release_date: date
    """Day of the release."""
    sha256: Digest
    """SHA-256 of the bundle in canonical form (RFC 8785), in hexadecimal: of the bytes that are sent without a content coding."""
    size: Count
    """Size of the bundle in bytes, without a content coding."""
    total: Count
    """How many records it holds."""
    collections: list[CollectionTotal] = Field(max_length=50)
    """How many records each collection holds."""
    changed: ChangeTotals
    """How many records changed since the previous release; in the first release every record is new."""
    url: Path
    """Path of this release."""
    bundle: Path
    """Path of the whole release in one document."""
    changes: Path
    """Path of what has changed since this release."""


class ReleaseList(Strict):
    """The releases that are kept, newest first."""

    releases: list[ReleaseManifest] = Field(max_length=100)
    """The releases. The address of an earlier one returns 410 and names the newest bundle."""


class ReleaseListDocument(Document):
    """The releases that are kept."""

    data: ReleaseList
    """The releases."""


class ReleaseManifestDocument(Document):
    """One release."""

    data: ReleaseManifest
    """The release."""


class Patch(Strict):
    """Changes of the fields of an object: whole values, never parts of one."""

    set: AnyFields
    """The values of the fields that are new or changed, by name."""
    unset: FieldNames
    """The fields that are no longer there."""


class RecordChange(Strict):
    """What changed in a record."""

    collection: CollectionName
    """Its collection. The bundle lists it under the same name with `_` for `-`."""
    slug: Slug
    """Its slug in the earlier release; for a new record, its slug in the newest."""
    kind: ChangeKind
    """The kind of change."""
    safety_relevant: bool
    """Whether a reader could act differently because of the change; `docs/releases.md` has the rule."""
    title: Label
    """Its title in the newest release; for a withdrawn record, its last title."""
    renamed_to: Slug | None
    """Its new slug; null unless it was renamed."""
    reason: Text | None
    """Why its slug is no longer served; null when it still is."""
    successor: Path | None
    """Path of the record to show instead of a withdrawn one; null when there is none."""
    set: AnyFields
    """The values of the fields that are new or changed, by name; for a new record, all fields."""
    unset: FieldNames
    """The fields that are no longer there."""


class Changes(Strict):
    """The changes that turn the bundle of an earlier release into the bundle of the newest."""

    since: DatasetVersion
    """The earlier release."""
    dataset_version: DatasetVersion
    """The newest release."""
    sha256: Digest
    """SHA-256 of the newest bundle in canonical form (RFC 8785). The bundle that results from the changes must have it."""
    bundle: Path
    """Path of the newest bundle, to fetch when the SHA-256 differs."""
    records: list[RecordChange] = Field(max_length=1_000_000)
    """The changed records; changes relevant to safety come first."""
    release: Patch
    """The changes of `release` in the bundle."""
    vocabularies: list[VocabularyRead] | None = Field(max_length=200)
    """All `vocabularies` of the newest bundle; null when none has changed."""
    former_slugs: list[FormerSlug] | None = Field(max_length=10_000)
    """All `former_slugs` of the newest bundle; null when none has changed."""


class ChangesDocument(Document):
    """What has changed since a release."""

    data: Changes
    """What has changed."""


class ChangesQuery(QueryParameters):
    """Query parameters of the changes."""

    since: DatasetVersion | None = None
    """The `dataset_version` that the client has; the release before the newest by default. A `+` may be sent as it is or as `%2B`."""

    @pydantic.field_validator("since", mode="before")
    @classmethod
    def _plus_as_typed(cls, value: object) -> object:
        # A query reads + as a space; no version contains one.
        return value.replace(" ", "+") if isinstance(value, str) else value
