"""The brief view of lists: the fields of each record that a card or a choice shows. Its models are derived from those of the resource."""

from functools import cache
from typing import Annotated, Any

import pydantic
from pydantic import ConfigDict, create_model
from sqlmodel import Field

from app.schemas.envelopes import Page, PageMeta
from app.schemas.fields import Label, Path, Slug, Strict, Text
from app.schemas.queries import LARGEST_PAGE, PageQuery, SummaryParameters, View
from app.schemas.resources import ResourceInfo, is_enumerated

SummaryPageSize = pydantic.Field(ge=1, le=LARGEST_PAGE[View.summary], json_schema_extra={"format": "int32"})


class Summary(Strict):
    """Fields of every summary."""

    slug: Slug
    """Permanent identifier of the record within its resource."""
    url: Path
    """Path of the complete record in this API."""
    title: Label
    """Title that identifies the record on its own. Plain text without amounts."""
    summary: Text
    """The record in one or two plain sentences that are safe to show alone."""


class CautionedSummary(Summary):
    """Fields of the summary of every factual record."""

    cautions: list[Text] = Field(max_length=20)
    """What must be shown beside the record, most important first."""


class SummaryPageMeta(PageMeta):
    """Metadata of a page of summaries."""

    limit: Annotated[int, SummaryPageSize]
    """The largest number of records this page may hold, as requested."""
    disclaimer: Text
    """The disclaimer of the service, once for the page; always to be shown beside its records."""


class SummaryPage(Page):
    """The envelope of a list of summaries."""

    meta: SummaryPageMeta
    """Metadata of the page."""


# Derived models get their descriptions from the fields. Searching the source for docstrings would take 10 ms a model.
WITHOUT_DOCSTRINGS = ConfigDict(use_attribute_docstrings=False)


class DerivedSummary(Summary):
    """Base of the summaries of citations."""

    model_config = WITHOUT_DOCSTRINGS  # type: ignore[assignment]  # SQLModel narrows the type to its own config


class DerivedCautionedSummary(CautionedSummary):
    """Base of the summaries of factual records."""

    model_config = WITHOUT_DOCSTRINGS  # type: ignore[assignment]  # SQLModel narrows the type to its own config


class DerivedSummaryPage(SummaryPage):
    """Base of the pages of summaries."""

    model_config = WITHOUT_DOCSTRINGS  # type: ignore[assignment]  # SQLModel narrows the type to its own config


@cache
def summary_of(resource: ResourceInfo) -> type[Summary]:
    """The model of a record in the brief view: what names it, its cautions, and its fields with a named value."""
    base = DerivedCautionedSummary if "cautions" in resource.read.model_fields else DerivedSummary
    enumerated: dict[str, Any] = {
        name: (field.annotation, Field(description=field.description))
        for name, field in resource.read.model_fields.items()
        if is_enumerated(field.annotation)
    }
    return create_model(
        f"{resource.model_name}Summary",
        __base__=base,
        __doc__=f"The brief view of `{resource.model_name}Read`.",
        **enumerated,
    )


@cache
def summary_page_of(resource: ResourceInfo) -> type[SummaryPage]:
    """The model of a page of the brief view."""
    records = Field(description="The records on this page.", max_length=LARGEST_PAGE[View.summary])
    record: Any = summary_of(resource)
    return create_model(
        f"{resource.model_name}SummaryPage",
        __base__=DerivedSummaryPage,
        __doc__=f"A page of {resource.collection.replace('-', ' ')} in brief.",
        data=(list[record], records),
    )


@cache
def summary_query_of(resource: ResourceInfo) -> type[PageQuery]:
    """The query parameters of the brief view: those of the list."""
    bases: Any = (SummaryParameters, resource.query)
    name: str = f"{resource.model_name}SummaryQuery"
    members = {"__doc__": resource.query.__doc__, "model_config": WITHOUT_DOCSTRINGS}
    model: type[PageQuery] = type(name, bases, members)
    return model
