"""Search: the search vocabulary of the seed, the query parameters and the responses."""

from typing import Annotated

import pydantic
from sqlmodel import Field

from app.schemas.envelopes import DetailMeta, PageLinks, PageOffset
from app.schemas.fields import Count, Label, PagePath, Path, RecordPath, Slug, Strict, Text
from app.schemas.queries import CommaSeparated, Integer, QueryParameters, Question, Typed
from app.schemas.references import RecordType, Reference

Ending = Annotated[str, pydantic.Field(pattern=r"^[a-z]{2,12}$")]
ResultsSize = pydantic.Field(ge=1, le=50, json_schema_extra={"format": "int32"})


class SearchTopic(Strict):
    """A danger that people ask about, for which protective records come first."""

    name: Slug
    """Identifier of the topic."""
    words: list[Label] = Field(min_length=1, max_length=100)
    """Words and phrases by which a question on the topic is known; `number` stands for any number."""
    types: list[RecordType] = Field(min_length=1, max_length=20)
    """The types of record that come first among those that match."""
    records: list[RecordPath] = Field(max_length=20)
    """The records that are found even if they don't match, most important first, as `collection/slug`."""


class SearchEndings(Strict):
    """How words end that mean the same to a search, such as the names of medicines."""

    endings: list[Ending] = Field(min_length=1, max_length=200)
    """The last letters of the words, in lower case."""
    words: Label
    """What is looked for when an unknown word ends so."""


class SearchAge(Strict):
    """People of some age of whom the records say something."""

    from_age: Annotated[int, pydantic.Field(ge=0, le=120)]
    """From how many years on."""
    to_age: Annotated[int, pydantic.Field(ge=0, le=120)]
    """Up to how many years."""
    words: Label
    """What is looked for in place of the age."""


class SearchUnknown(Strict):
    """What a word means that is in no record, beside words of taking one thing with another."""

    beside: list[Label] = Field(max_length=50)
    """The words of taking one thing with another."""
    words: Label
    """What is looked for in place of the unknown word."""


class SearchSeed(Strict):
    """Words for finding; none of them is shown."""

    stop_words: list[Label] = Field(max_length=1000)
    """Words that say nothing of what is looked for, and phrases whose words say nothing together."""
    synonyms: list[list[Label]] = Field(max_length=500)
    """Groups of words that mean the same, or are spellings of one word: each finds what the others find."""
    aliases: dict[RecordPath, list[Label]] = Field(max_length=1000)
    """Other words for what a record is about, such as trade names, by its `collection/slug`."""
    topics: list[SearchTopic] = Field(max_length=50)
    """The dangers for which some records come first."""
    endings: list[SearchEndings] = Field(max_length=20)
    """What unknown words mean by the way they end."""
    ages: list[SearchAge] = Field(max_length=10)
    """What the age of a person means."""
    unknown: SearchUnknown
    """What any other unknown word means beside words of taking one thing with another."""


class SearchQuery(QueryParameters):
    """The query parameters of the search."""

    q: Question
    """What to look for, in the reader's own words. Case, accents, word endings and one misspelling of a word do not matter; the last word may be a beginning."""
    type: Annotated[list[RecordType], pydantic.Field(max_length=20), CommaSeparated] = []
    """Only records of these types, comma-separated."""
    limit: Annotated[int, ResultsSize, Integer] = 10
    """How many results a page holds at most."""
    offset: Annotated[int, PageOffset, Integer] = 0
    """How many results to skip; beyond the end the page is empty."""


class SuggestQuery(QueryParameters):
    """The query parameters of the suggestions."""

    q: Typed
    """What has been typed so far. Case and accents do not matter, nor does one wrong letter from the third letter on."""


class Match(Strict):
    """The position of a word of the question in a snippet, in characters (Unicode code points) from 0."""

    start: Count
    """The first character."""
    end: Count
    """The character after the last."""


class Snippet(Strict):
    """A sentence of the record that shows why it was found. Plain text, and never one that names an amount."""

    text: Text
    """The sentence."""
    matches: list[Match] = Field(max_length=100)
    """The positions of words of the question in it."""


class SearchHit(Strict):
    """A record that was found."""

    type: RecordType
    """What kind of record it is."""
    slug: Slug
    """Permanent slug of the record."""
    title: Label
    """Title of the record."""
    summary: Text
    """The record in one or two plain sentences."""
    url: Path
    """Path of the record in this API."""
    cautions: list[Text] = Field(max_length=20)
    """What must be shown beside the record, most important first; empty when there is nothing to add to the disclaimer."""
    snippet: Snippet
    """Why it was found."""


class SearchMeta(Strict):
    """Metadata of the results."""

    total: Count
    """How many records were found, over all pages."""
    limit: Annotated[int, ResultsSize]
    """The largest number of results this page may hold, as requested."""
    offset: Annotated[int, PageOffset]
    """How many results precede this page."""
    corrected_query: Annotated[str, pydantic.Field(max_length=400)] | None
    """The corrected question, when a word of it was taken for a misspelling; null otherwise."""
    truncated: bool
    """Whether the search was limited to the most important matching records, or to the first words of a long question."""
    suggestion: Text | None
    """What to try when nothing was found; null when something was."""
    dataset_version: Annotated[str, pydantic.Field(pattern=r"^\d{4}-\d{2}-\d{2}\+[0-9a-f]{8}$", max_length=19)]
    """Release date of the data set and a short hash of its content."""
    disclaimer: Text
    """The disclaimer of the service; always to be shown beside the results."""


class SearchPage(Strict):
    """The results of a search, best first."""

    data: list[SearchHit] = Field(max_length=50)
    """The records on this page."""
    meta: SearchMeta
    """Metadata of the results."""
    links: PageLinks
    """Neighbouring pages, as in the `Link` header."""


class SuggestLinks(Strict):
    """Links of the suggestions."""

    self: PagePath
    """These suggestions."""


class SuggestPage(Strict):
    """The records that may be meant, best first. The whole response has at most 1,024 bytes."""

    data: list[Reference] = Field(max_length=8)
    """References to the records."""
    meta: DetailMeta
    """Metadata of the response."""
    links: SuggestLinks
    """Links of the suggestions; the same link is in the `Link` header."""
