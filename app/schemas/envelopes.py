"""Envelopes of responses: a page of records, and a single record."""

from typing import Annotated

import pydantic

from app.schemas.fields import Count, Label, PagePath, Path, Strict, Text
from app.schemas.history import HistoryEntry

MAX_LINK_BYTES = 2000
"""The longest `Link` header: proxies return 502 when the headers of a response exceed their buffer."""

PageSize = pydantic.Field(ge=1, le=100, json_schema_extra={"format": "int32"})
PageOffset = pydantic.Field(ge=0, le=10_000, json_schema_extra={"format": "int32"})


class FacetValue(Strict):
    """A value of a filter, and how many records have it."""

    value: Annotated[str, pydantic.Field(min_length=1, max_length=60)]
    """The value as the filter takes it."""
    label: Label
    """What a front end can show for the value."""
    count: Count
    """How many records have the value and match the other filters: the total of the list with this value."""


class FacetCounts(Strict):
    """The values of a filter with the number of records for each."""

    name: Annotated[str, pydantic.Field(min_length=1, max_length=60)]
    """Name of the filter."""
    values: Annotated[list[FacetValue], pydantic.Field(max_length=100)]
    """Every value that the filter takes, in the order of its vocabulary, including values that no record has."""


class PageMeta(Strict):
    """Metadata of a page."""

    total: Count
    """How many records match the filters, over all pages."""
    limit: Annotated[int, PageSize]
    """The largest number of records this page may hold, as requested."""
    offset: Annotated[int, PageOffset]
    """How many matching records precede this page."""
    dataset_version: Annotated[str, pydantic.Field(pattern=r"^\d{4}-\d{2}-\d{2}\+[0-9a-f]{8}$", max_length=19)]
    """Release date of the data set and a short hash of its content. The same version always gives the same response."""
    coverage: Text
    """Where this collection has few records, and what the absence of a record does not mean."""
    facets: Annotated[list[FacetCounts], pydantic.Field(max_length=10)] | None
    """The counts requested with `facet`. What a filter selects does not change its own counts. Null when none was requested."""


class PageLinks(Strict):
    """Links of a page; null where a link does not apply."""

    self: PagePath
    """This page."""
    first: PagePath
    """The first page."""
    prev: PagePath | None
    """The page before this one."""
    next: PagePath | None
    """The page after this one."""
    last: PagePath
    """The last page that can be reached by offset."""


class DetailMeta(Strict):
    """Metadata of a response."""

    dataset_version: Annotated[str, pydantic.Field(pattern=r"^\d{4}-\d{2}-\d{2}\+[0-9a-f]{8}$", max_length=19)]
    """Release date of the data set and a short hash of its content."""


class RecordMeta(DetailMeta):
    """Metadata of a record."""

    history: list[HistoryEntry] = pydantic.Field(max_length=20)
    """The last 20 changes of the record, newest first, including those under its former slugs."""


class DetailLinks(Strict):
    """Links of a record or a document."""

    self: Path
    """The record or document itself."""
    collection: Path
    """The collection or index it belongs to."""


class Page(Strict):
    """The envelope of a list: the records, the metadata of the page, and links to its neighbours."""

    meta: PageMeta
    """Metadata of the page."""
    links: PageLinks
    """Neighbouring pages, as in the `Link` header."""


class Document(Strict):
    """The envelope of a document that is not a record."""

    meta: DetailMeta
    """Metadata of the response."""
    links: DetailLinks
    """Links of the document."""


class Detail(Strict):
    """The envelope of a single record."""

    meta: RecordMeta
    """Metadata of the record."""
    links: DetailLinks
    """Links of the record."""
