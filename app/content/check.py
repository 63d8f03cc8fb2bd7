"""Finds every fault of a seed at once, each with its place in the file, what was found and what was expected."""

import json
import re
import sys
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from app.content.faults import Fault, Object, Place, SeedFaultsError, shown, suggestion
from app.content.render import Rendered, RenderedSeed, Renderer
from app.content.rules import RULES, Draft
from app.content.safety import SAFETY_RULES
from app.content.schema import seed_schema
from app.content.seed import Seed
from app.schemas.fields import Strict
from app.schemas.resources import model_in

DEEPEST = 20
"""The deepest nesting of values; no record needs half of it."""
MOST_DIGITS = 1000
"""The most digits of a number; Python refuses to parse more than some thousands."""


PROGRESS_STEP = 1000
"""After how many records the progress is updated on a terminal."""


class _Repeating(dict[str, Any]):
    """An object with repeated keys; it holds the last value of each."""

    repeated: dict[str, int]


class _InvalidNumber(str):
    """A number that can't be represented: NaN, an infinity, or more digits than Python parses."""

    __slots__ = ()


SCHEMA = seed_schema()
JSON_TYPES = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict, _Repeating),
    "null": (type(None),),
}
TYPE_NAMES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}


def read_seed(path: Path, served: Mapping[str, str] = MappingProxyType({})) -> RenderedSeed:
    """The seed in a file, checked and rendered; `served` are the slugs of the recorded releases.

    Raises:
        SeedFaultsError: with every fault of the file.
        OSError: when the file can't be read.
    """
    return check_seed(path.read_bytes(), served)


def check_seed(content: bytes, served: Mapping[str, str] = MappingProxyType({})) -> RenderedSeed:
    """The seed in `content`, checked and rendered.

    A slug of `served` must be that of a record or in the register of former slugs. Rendering is part of the check: only
    a rendered record shows whether it is within the limits of the API.

    Raises:
        SeedFaultsError: with every fault found.
    """
    data = _parse(content)
    faults = list(_faults_of_json((), data))
    if any(len(fault.place) > DEEPEST for fault in faults):
        raise SeedFaultsError(faults)
    faults += _faults_of_type((), data, SCHEMA)
    found_places = {fault.place for fault in faults}
    draft = Draft(data, served)
    faults += (fault for rule in (*RULES, *SAFETY_RULES) for fault in rule(draft))
    try:
        # A lone surrogate can't be encoded in UTF-8; a rule above has reported it.
        seed = Seed.model_validate_json(json.dumps(data, ensure_ascii=False, default=str).encode(errors="replace"))
    except ValidationError as error:
        faults += [fault for fault in _faults_of_validation(error) if fault.place not in found_places]
        raise SeedFaultsError(faults, data) from None
    if faults:
        raise SeedFaultsError(faults, data)
    renderer = Renderer(seed)
    records: list[Rendered] = []
    for path in _with_progress(renderer.records):
        try:
            records.append(renderer.render(path))
        except ValidationError as error:
            faults += _faults_of_rendering(renderer, path, error)
    if faults:
        raise SeedFaultsError(faults, data)
    return RenderedSeed(seed, renderer, records)


def _parse(content: bytes) -> Object:
    def with_repeated_keys(pairs: list[tuple[str, Any]]) -> Object:
        values = dict(pairs)
        if len(values) == len(pairs):
            return values
        repeating = _Repeating(values)
        repeating.repeated = {key: n for key, n in Counter(key for key, _ in pairs).items() if n > 1}
        return repeating

    try:
        text = content.decode()
        data = json.loads(text, object_pairs_hook=with_repeated_keys, parse_constant=_InvalidNumber, parse_int=_integer)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        found, expected = f"a byte that is not UTF-8 in line {line}", "UTF-8 text"
    except json.JSONDecodeError as error:
        expected = "a JSON object"
        found = f"invalid JSON at line {error.lineno} column {error.colno} ({error.msg.lower()})"
        if not text.strip():
            found = "an empty file"
        elif text.startswith("\ufeff"):
            found, expected = "a byte order mark", "UTF-8 text without one"
    except RecursionError:
        found, expected = "JSON nested too deeply", f"at most {DEEPEST} levels"
    else:
        if isinstance(data, dict):
            return data
        found, expected = shown(data), "a JSON object"
    raise SeedFaultsError([Fault((), found, expected)])


def _integer(digits: str) -> int | _InvalidNumber:
    return int(digits) if len(digits) <= MOST_DIGITS else _InvalidNumber(digits)


def _faults_of_json(place: Place, value: object) -> Iterator[Fault]:
    if len(place) > DEEPEST:
        yield Fault(place, "JSON nested too deeply", f"at most {DEEPEST} levels")
    elif isinstance(value, dict):
        if isinstance(value, _Repeating):
            for key, times in value.repeated.items():
                yield Fault((*place, key), f"the key {shown(key)} {times} times", "each key once")
        for key, entry in value.items():
            yield from _faults_of_json((*place, key), entry)
    elif isinstance(value, list):
        for index, entry in enumerate(value):
            yield from _faults_of_json((*place, index), entry)
    elif isinstance(value, _InvalidNumber):
        yield Fault(place, shown(value)[1:-1], f"a number that JSON allows, of at most {MOST_DIGITS:,} digits")


def _faults_of_type(place: Place, value: object, schema: Object) -> Iterator[Fault]:
    """Values whose JSON type is not that of the schema.

    Pydantic would convert "1" to 1: SQLModel creates nested models by their constructors, which are not strict.
    """
    options = [
        SCHEMA["$defs"][option["$ref"].rpartition("/")[2]] if "$ref" in option else option
        for option in schema.get("anyOf", [schema])
    ]
    fitting = [option for option in options if type(value) in JSON_TYPES[option["type"]]]
    if not fitting and not isinstance(value, _InvalidNumber):
        yield Fault(place, shown(value), " or ".join(TYPE_NAMES[option["type"]] for option in options))
    for option in fitting:
        if isinstance(value, dict):
            others = option.get("additionalProperties")
            for key, entry in value.items():
                if inner := option.get("properties", {}).get(key, others):
                    yield from _faults_of_type((*place, key), entry, inner)
        elif isinstance(value, list):
            for index, entry in enumerate(value):
                yield from _faults_of_type((*place, index), entry, option["items"])
        elif option.get("format") == "date" and not re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", str(value)):
            yield Fault(place, shown(value), "a date such as 2026-11-23")


def _faults_of_validation(error: ValidationError) -> Iterator[Fault]:
    for problem in error.errors(include_url=False):
        place: Place = problem["loc"]
        match problem["type"]:
            case "missing":
                yield Fault(place, "nothing", "this field")
            case "extra_forbidden":
                hint = suggestion(str(place[-1]), _fields_beside(place))
                yield Fault(place, f"an unknown field{hint}", "only fields of the schema")
            case "string_pattern_mismatch":
                yield Fault(place, shown(problem["input"]), f"text of the form {problem['ctx']['pattern']}")
            case _:
                expected = problem["msg"][0].lower() + problem["msg"][1:]
                expected = expected.removeprefix("input ").removeprefix("should be ")
                yield Fault(place, shown(problem["input"]), expected)


def _faults_of_rendering(renderer: Renderer, path: str, error: ValidationError) -> Iterator[Fault]:
    """The faults of a record that is valid in the seed, but exceeds a limit of the API once its references are resolved."""
    resource, record = renderer.records[path]
    index = next(i for i, other in enumerate(renderer.seed.records(resource.collection)) if other is record)
    for problem in error.errors(include_url=False):
        where = ".".join(str(key) for key in problem["loc"])
        found = f"a record whose served {where} is {shown(problem['input'])}"
        yield Fault((resource.seed_key, index), found, problem["msg"][0].lower() + problem["msg"][1:])


def _with_progress(paths: Collection[str]) -> Iterator[str]:
    """Yield the paths; show the progress on a terminal when there are many."""
    total = len(paths)
    shows = sys.stderr.isatty() and total > PROGRESS_STEP
    for number, path in enumerate(paths, start=1):
        yield path
        if shows and (number % PROGRESS_STEP == 0 or number == total):
            end = "\n" if number == total else ""
            print(f"\rrendered {number} of {total} records", end=end, file=sys.stderr, flush=True)


def _fields_beside(place: Place) -> list[str]:
    """The known fields of the object with the unknown one."""
    model: type[Strict] | None = Seed
    for key in place[:-1]:
        if isinstance(key, str) and model:
            model = model_in(model.model_fields[key].annotation)
    return [field.alias or name for name, field in model.model_fields.items()] if model else []
