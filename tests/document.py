"""Ways through the OpenAPI document that its tests share."""

from collections.abc import Iterator
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker  # type: ignore[import-untyped]  # it comes without types

from support import DOCUMENT, PATHS, Object

COMPONENTS: Object = DOCUMENT["components"]
OPERATIONS = {path: item["get"] for path, item in PATHS.items()}


def resolved(value: Object) -> Object:
    """An object of the document, or what its reference leads to."""
    while "$ref" in value:
        found: Any = DOCUMENT
        for part in value["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        value = found
    return value


def walk(value: Any, place: str = "#") -> Iterator[tuple[str, Object]]:
    """Every object of a JSON value with its place in it."""
    if isinstance(value, dict):
        yield place, value
        for key, item in value.items():
            yield from walk(item, f"{place}/{key}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from walk(item, f"{place}/{index}")


def schemas(value: Any, place: str) -> Iterator[tuple[str, Object]]:
    """A schema and all that stand in it."""
    yield place, value
    for name, item in value.get("properties", {}).items():
        yield from schemas(item, f"{place}.{name}")
    if "items" in value:
        yield from schemas(value["items"], f"{place}[]")
    for key in ("anyOf", "oneOf", "allOf"):
        for index, item in enumerate(value.get(key, [])):
            if item != {"type": "null"}:
                yield from schemas(item, f"{place}/{key}/{index}")


def all_schemas() -> Iterator[tuple[str, Object]]:
    for name, schema in COMPONENTS["schemas"].items():
        yield from schemas(schema, name)
    for place, parameter in all_parameters():
        yield from schemas(parameter["schema"], place)
    for name, header in COMPONENTS["headers"].items():
        yield from schemas(header["schema"], f"header {name}")


def all_parameters() -> Iterator[tuple[str, Object]]:
    for path, operation in OPERATIONS.items():
        for parameter in operation.get("parameters", []):
            found = resolved(parameter)
            yield f"{path} {found['name']}", found


def all_responses() -> Iterator[tuple[str, str, Object]]:
    for path, operation in OPERATIONS.items():
        for status, response in operation["responses"].items():
            yield path, status, resolved(response)


def closed(value: Any) -> Any:
    """The same schemas, letting no field pass that they do not name."""
    if isinstance(value, dict):
        extra = {"additionalProperties": False} if value.get("type") == "object" else {}
        if "additionalProperties" in value:
            extra = {}  # it holds the fields of any record
        return {key: closed(item) for key, item in value.items()} | extra
    return [closed(item) for item in value] if isinstance(value, list) else value


CLOSED: Object = {"schemas": closed(COMPONENTS["schemas"])}


def validator(schema: Object) -> Draft202012Validator:
    return Draft202012Validator(schema | {"components": CLOSED}, format_checker=FormatChecker(("date",)))
