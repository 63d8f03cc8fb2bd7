"""Refused queries in plain words: the values that are refused, and the query without them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, get_origin
from urllib.parse import parse_qsl

from pydantic import ValidationError

from app.pages.view import label_of
from app.problems import ProblemError, shown
from app.schemas.queries import Flag, QueryParameters
from app.schemas.resources import vocabulary_in

DAMAGED: Final = "Part of the address{place} is damaged. It may have been cut off or changed on its way."
QUESTION_LENGTH: Final = 200
WHOLE_ADDRESS: Final[Mapping[str, str]] = {
    "query_too_long": "The address is too long.",
    "too_many_parameters": "The address asks for too many things at once.",
}
"""Faults of the query as a whole, by the code of the error."""

UNREADABLE: Final = frozenset({"broken_escape", "control_character", "missing_value"})
"""The codes of errors after which the query can't be interpreted."""
OF_CODES: Final[Mapping[str, str]] = {
    "repeated_parameter": "“{label}” is set more than once. Set it once.",
    "too_long": "“{label}” has too many values at once.",
}
OF_PARAMETERS: Final[Mapping[tuple[str, str], str]] = {
    ("q", "string_too_long"): "Your question is longer than {longest} characters. Ask it in fewer words.",
    ("q", ""): "Your question has no words.",
    ("sort", ""): "The list has no order called “{value}”.",
    ("limit", ""): "A page cannot show “{value}” records. It shows 1 to {most}.",
    ("offset", ""): "The list cannot begin at “{value}”. It begins at a number from 0 to {most:,}.",
}
"""The explanation by parameter and error code; without a code, for any other error."""
EMPTY: Final = "“{label}” has an empty value."
NO_FLAG: Final = "“{label}” is either yes or no. It cannot be “{value}”."
NO_VALUE: Final = "“{label}” cannot be “{value}”."


@dataclass(frozen=True)
class Refusal:
    """A refused value."""

    name: str
    """The parameter; empty when the form does not have it, or no single parameter is at fault."""
    sentence: str


def refusals_of(form: type[QueryParameters], errors: Sequence[ProblemError], query: bytes) -> list[Refusal]:
    """The refused values, each once."""
    asked = _asked(form, query)
    found = {}
    for error in errors:
        name = _name_of(error)
        sentence = _sentence(form, name, error.code, asked.get(name, []))
        found[name] = Refusal(name if name in form.model_fields else "", sentence)
    return list(found.values())


def accepted(form: type[QueryParameters], refused: Iterable[Refusal], query: bytes) -> QueryParameters:
    """The query without the refused values."""
    asked = _asked(form, query)
    for refusal in refused:
        valid = _valid_choices(form, refusal.name, asked.pop(refusal.name, []))
        if valid:
            asked[refusal.name] = valid
    values = {
        name: values if _is_list(form, name) else values[-1]
        for name, values in asked.items()
        if not _is_list(form, name) or all(values)
    }
    try:
        return form.model_validate(values)
    except ValidationError:
        # Problems name ten errors at most.
        return form.model_validate({})


def asked_words(query: bytes) -> str:
    """The question, as far as it fits into the search box."""
    return next((value for name, value in parse_qsl(query.decode("latin-1")) if name == "q"), "")[:QUESTION_LENGTH]


def _asked(form: type[QueryParameters], query: bytes) -> dict[str, list[str]]:
    """The values of each parameter that the form has."""
    asked: dict[str, list[str]] = {}
    for name, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
        listed = name.removesuffix("[]") if _is_list(form, name.removesuffix("[]")) else name
        if listed in form.model_fields:
            asked.setdefault(listed, []).extend(value.split(",") if _is_list(form, listed) else [value])
    return asked


def _is_list(form: type[QueryParameters], name: str) -> bool:
    field = form.model_fields.get(name)
    return field is not None and get_origin(field.annotation) is list


def _name_of(error: ProblemError) -> str:
    """The parameter at fault."""
    name = error.pointer.removeprefix("/query").removeprefix("/").replace("~1", "/").replace("~0", "~")
    return name.removesuffix("[]")


@cache
def _schemas(form: type[QueryParameters]) -> dict[str, dict[str, Any]]:
    """The schema of each parameter, which has its limits."""
    schemas: dict[str, dict[str, Any]] = form.model_json_schema()["properties"]
    return schemas


def _valid_choices(form: type[QueryParameters], name: str, values: Sequence[str]) -> list[str]:
    """The valid ones among the values of a filter."""
    kind = vocabulary_in(form.model_fields[name].annotation) if _is_list(form, name) else None
    choices = frozenset(kind or ())
    return [value for value in values if value.lower() in choices]


def _sentence(form: type[QueryParameters], name: str, code: str, values: Sequence[str]) -> str:
    """What is wrong with the values of a parameter, in a sentence."""
    if not name:
        return WHOLE_ADDRESS.get(code, DAMAGED.format(place=""))
    if name not in form.model_fields or code in UNREADABLE:
        return DAMAGED.format(place=f" (“{shown(name)}”)")
    valid = frozenset(_valid_choices(form, name, values))
    value = next((value for value in values if value not in valid), "")
    is_flag = form.model_fields[name].annotation == Flag | None
    sentence = OF_CODES.get(code) or OF_PARAMETERS.get((name, code)) or OF_PARAMETERS.get((name, ""))
    sentence = sentence or (EMPTY if not value else NO_FLAG if is_flag else NO_VALUE)
    limits = _schemas(form)[name]
    most, longest = limits.get("maximum", 0), limits.get("maxLength", 0)
    return sentence.format(label=label_of(name), value=shown(value), most=most, longest=longest)
