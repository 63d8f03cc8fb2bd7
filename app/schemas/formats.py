"""The formats that lists and citations come in, and the media type of each."""

from enum import StrEnum
from typing import Final


class ListFormat(StrEnum):
    """The formats of a list."""

    json = "json"
    csv = "csv"
    ndjson = "ndjson"


class CitationListFormat(StrEnum):
    """The formats of the list of citations."""

    json = "json"
    csv = "csv"
    ndjson = "ndjson"
    csl = "csl"
    bibtex = "bibtex"
    ris = "ris"


class CitationFormat(StrEnum):
    """The formats of a citation."""

    json = "json"
    csl = "csl"
    bibtex = "bibtex"
    ris = "ris"


MEDIA_TYPES: Final = {
    "json": "application/json",
    "csv": "text/csv",
    "ndjson": "application/x-ndjson",
    "csl": "application/vnd.citationstyles.csl+json",
    "bibtex": "application/x-bibtex",
    "ris": "application/x-research-info-systems",
}
"""The media type of each format."""
