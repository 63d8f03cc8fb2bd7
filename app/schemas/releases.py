"""The data set as a whole: its origin, licences, review status and known gaps; and the service documents."""

from datetime import date
from typing import Annotated

import pydantic
from sqlmodel import Field

from app.schemas.envelopes import DetailLinks, Document
from app.schemas.fields import Count, Label, Path, Slug, Strict, Text, Url
from app.schemas.vocabularies import VocabularyList


class Licence(Strict):
    """Under what terms something may be used."""

    name: Label
    """Name of the licence."""
    identifier: Annotated[str, pydantic.Field(pattern=r"^[A-Za-z0-9.+-]+$", max_length=50)]
    """SPDX identifier of the licence."""
    url: Url
    """Text of the licence."""


class ReleaseFields(Strict):
    """Fields of the data set as a whole."""

    title: Label
    """Name of the data set."""
    description: Text
    """What the data set is and is not."""
    release_date: date
    """Day of the release."""
    data_licence: Licence
    """Terms for the content."""
    code_licence: Licence
    """Terms for the program."""
    source: Text
    """Where the content comes from."""
    conflict_of_interest: Text
    """What the publisher of the source article stands to gain."""
    review_status: Text
    """Whether anybody has reviewed the content clinically."""
    disclaimer: Text
    """The disclaimer of every factual record."""
    known_gaps: list[Text] = Field(max_length=50)
    """What was looked for and not found."""


class StandingCaution(Strict):
    """A caution that the build adds to records: to all of some collections, and to those that name it."""

    slug: Slug
    """Identifier by which records name it."""
    text: Text
    """The caution."""
    collections: list[Slug] = Field(default=[], max_length=20)
    """Collections all of whose records get it."""


class ReleaseSeed(ReleaseFields):
    """The release as it is written in the seed."""

    reviews_count_from: date
    """Day on which the review periods of all records start. A release alone reviews nothing, so it does not change this day."""
    coverage: dict[str, Text]
    """For each collection by its name in the path: where it has few records, and what the absence of a record does not mean."""
    standing_cautions: list[StandingCaution] = Field(max_length=20)
    """Cautions that hold for many records, each written once."""
    glossary: list[Label] = Field(max_length=500)
    """Names of drugs, plants and substances that the measure of readability does not count as hard words."""


class CollectionSummary(Strict):
    """A collection of the data set."""

    name: Annotated[str, pydantic.Field(pattern=r"^[a-z]+(?:-[a-z]+)*$", max_length=40)]
    """Name of the collection, as in its path."""
    url: Path
    """Path of the collection in this API."""
    total: Count
    """How many records it holds."""
    coverage: Text
    """Where it has few records, and what the absence of a record does not mean."""


class ReviewDates(Strict):
    """When records were and are to be reviewed."""

    last_reviewed: date | None
    """Latest day on which a clinician reviewed any record; null means that nobody has reviewed any."""
    review_due: date
    """Earliest day by which any record is to be reviewed."""


class ReleaseRead(ReleaseFields):
    """The data set as a whole: its origin, licences, review status and known gaps."""

    dataset_version: Annotated[str, pydantic.Field(pattern=r"^\d{4}-\d{2}-\d{2}\+[0-9a-f]{8}$", max_length=19)]
    """Release date and a short hash of the content."""
    content_hash: Annotated[str, pydantic.Field(pattern=r"^[0-9a-f]{64}$", max_length=64)]
    """SHA-256 of every served record, in hexadecimal."""
    review: ReviewDates
    """When records were and are to be reviewed."""
    collections: list[CollectionSummary] = Field(max_length=50)
    """The collections with their totals and coverage."""


class ReleaseDetail(Document):
    """The data set as a whole."""

    data: ReleaseRead
    """The data set."""


class VocabulariesDetail(Document):
    """The vocabularies."""

    data: VocabularyList
    """The vocabularies."""


class IndexEntry(Strict):
    """An address of this API."""

    name: Label
    """Name of what the address returns."""
    url: Path
    """Path of the address."""


class ApiIndex(Strict):
    """The index of the API."""

    resources: list[IndexEntry] = Field(max_length=50)
    """The collections."""
    service: list[IndexEntry] = Field(max_length=50)
    """The other addresses of the service."""


class IndexDetail(Document):
    """The index of the API."""

    links: DetailLinks
    """Links of the index."""
    data: ApiIndex
    """The addresses."""


class Health(Strict):
    """Health of the service."""

    status: Label
    """`ok` when the service is healthy."""


class Readiness(Health):
    """Whether the service is ready, and which data set it serves."""

    dataset_version: Annotated[str, pydantic.Field(pattern=r"^\d{4}-\d{2}-\d{2}\+[0-9a-f]{8}$", max_length=19)]
    """The data set that the responding process serves. For up to 10 seconds after a release, another process may serve another."""
    refused: Annotated[str, pydantic.Field(max_length=400)] | None
    """Why the service refuses the newest database file and still serves the previous data set; null when it refuses none."""
