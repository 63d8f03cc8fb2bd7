"""The queries of the HTML pages: the parameters of the API, without empty fields of a form."""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from pydantic import ConfigDict, model_validator

from app.schemas.queries import PageQuery, QueryParameters, Question
from app.schemas.search import SearchQuery
from app.tables import Resource

NOT_OF_PAGES: Final = frozenset({"format", "facet"})
"""Parameters of lists that a page does not need: it is HTML, and shows all counts."""


class FormQuery(QueryParameters):
    """The query of an HTML page; unknown parameters and empty fields of a form are ignored."""

    model_config = ConfigDict(extra="ignore")

    @model_validator(mode="before")
    @classmethod
    def _without_empty_fields(cls, values: Mapping[str, Any]) -> Mapping[str, Any]:
        return {name: value for name, value in values.items() if value not in ("", [""]) and name not in NOT_OF_PAGES}

    def offers(self) -> dict[bytes, str]:
        """A page is HTML, whatever `format` says."""
        return {}

    def names_format(self) -> bool:
        """No query chooses a format."""
        return False


class SearchForm(FormQuery, SearchQuery):
    """The query of the search page; the question may be missing."""

    model_config = FormQuery.model_config

    q: Question = ""


@cache
def form_of(resource: type[Resource]) -> type[PageQuery]:
    """The query of the page of a list."""
    query = resource.info.query
    # Its fields have their descriptions already; pydantic would search the whole source for them.
    config = FormQuery.model_config | {"use_attribute_docstrings": False}
    members = {"__doc__": query.__doc__, "model_config": config}
    form: type[PageQuery] = type(f"{query.__name__}Form", (FormQuery, query), members)
    return form
