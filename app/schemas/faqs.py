"""Faqs: fields, seed and public models, query parameters, and the descriptor of the resource."""

from enum import StrEnum, auto
from typing import Annotated, Literal

import pydantic
from sqlmodel import Field

from app.schemas.envelopes import Detail, Page
from app.schemas.fields import Label, Position, Text
from app.schemas.queries import CommaSeparated, CommaSeparatedIntegers, PageQuery, Sorting
from app.schemas.records import CautionedFields, CautionedRead, CautionedSeed
from app.schemas.references import RecordType
from app.schemas.resources import ResourceInfo


class FaqTopic(StrEnum):
    """What a question is about."""

    effects = auto()
    interactions = auto()
    safety = auto()
    use = auto()
    side_effects = auto()
    drug_testing = auto()
    storage = auto()
    personal_decision = auto()


class FaqFields(CautionedFields):
    """Fields of a question."""

    position: Position
    """Place of the question in the article's list, from 1."""
    question: Label
    """The question."""
    topic: FaqTopic
    """What the question is about."""
    answer: Text
    """The answer to show: the article's answer together with what the evidence adds."""
    article_answer: Text
    """What the article answers, given as its statement; not to be shown without the answer above."""
    evidence_note: Text
    """What the evidence does to the article's answer."""


class FaqSeed(CautionedSeed, FaqFields):
    """A question as it is written in the seed."""


class FaqRead(CautionedRead, FaqFields):
    """A question people ask, the article's answer, and what the evidence does to it."""


class FaqPage(Page):
    """A page of questions."""

    data: list[FaqRead] = Field(max_length=100)
    """The questions on this page."""


class FaqDetail(Detail):
    """One question."""

    data: FaqRead
    """The question."""


class FaqQuery(PageQuery):
    """Query parameters of the list of questions."""

    topic: Annotated[list[FaqTopic], pydantic.Field(max_length=8), CommaSeparated] = []
    """Only questions on these topics, comma-separated."""
    position: Annotated[list[Position], pydantic.Field(max_length=100), CommaSeparatedIntegers] = []
    """Only the questions at these places of the article's list, comma-separated."""
    sort: Annotated[Literal["position", "-position", "slug", "-slug"], Sorting] = "position"


FAQS = ResourceInfo(
    collection="faqs",
    record_type=RecordType.faq,
    description="Questions people ask, in the article's order, each with its answer and what the evidence does to it.",
    title_field="question",
    seed=FaqSeed,
    read=FaqRead,
    query=FaqQuery,
    restates_article=True,
)
