"""FAQs: fields, seed and public models, query parameters, and the descriptor of the resource."""

from typing import Annotated, Literal

import pydantic
from sqlmodel import Field

from app.schemas.envelopes import Detail, Page
from app.schemas.fields import Label, Position, Text
from app.schemas.queries import CommaSeparated, CommaSeparatedIntegers, Faceting, PageQuery, Sorting
from app.schemas.records import FactualFields, FactualRead, FactualSeed
from app.schemas.references import RecordType
from app.schemas.resources import ResourceInfo
from app.schemas.vocabularies import Vocabulary


class FaqTopic(Vocabulary):
    """What a question is about."""

    effects = "effects", "Effects", "What kratom does."
    interactions = "interactions", "Interactions", "Kratom together with other substances."
    safety = "safety", "Safety", "What is known about its safety."
    use = "use", "Use", "How it is used."
    side_effects = "side_effects", "Side effects", "Harms and unwanted effects."
    drug_testing = "drug_testing", "Drug tests", "Kratom and drug tests."
    storage = "storage", "Storage", "How it keeps."
    personal_decision = "personal_decision", "Personal decision", "Whether it is right for somebody."


class FaqFields(FactualFields):
    """Fields of a question."""

    position: Position
    """Position of the question in the article's list, from 1."""
    question: Label
    """The question."""
    topic: FaqTopic
    """What the question is about."""
    short_answer: Text
    """The answer in one or two sentences, safe to show alone."""
    answer: Text
    """The answer to show: the article's answer together with what the evidence adds."""
    article_answer: Text
    """The article's own answer, attributed to it; not to be shown without `answer`."""
    evidence_note: Text
    """What the evidence says about the article's answer."""


class FaqSeed(FactualSeed, FaqFields):
    """A question as it is written in the seed."""


class FaqRead(FactualRead, FaqFields):
    """A question people ask, the article's answer, and what the evidence says about it."""


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
    """Only the questions at these positions, comma-separated."""
    sort: Annotated[Literal["position", "-position", "slug", "-slug"], Sorting] = "position"
    facet: Annotated[list[Literal["topic"]], Faceting, CommaSeparated] = []


FAQS = ResourceInfo(
    collection="faqs",
    record_type=RecordType.faq,
    description="Questions people ask, in the article's order, each with its answer and what the evidence says about it.",
    seed=FaqSeed,
    read=FaqRead,
    query=FaqQuery,
    restates_article=True,
)
