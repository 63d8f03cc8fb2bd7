"""The OpenAPI document: valid, complete, consistent, and usable by client generators."""

import json
import re

import httpx
import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it comes without types

from app.main import Service
from document import (
    COMPONENTS,
    OPERATIONS,
    all_parameters,
    all_schemas,
    resolved,
    schemas,
    validator,
    walk,
)
from support import DOCUMENT, PATHS, ROOT, answered, each, extended

pytestmark = pytest.mark.anyio

SCHEMA_DIALECT = "https://json-schema.org/draft/2020-12/schema"
REQUIRED = {"/v1/search q", "/v1/suggest q"}


# The document


async def test_the_committed_document_is_the_one_the_application_derives_and_serves(
    app: Service, client: httpx.AsyncClient
) -> None:
    derived = app.openapi()
    assert derived == DOCUMENT, "run: make generate"
    assert list(derived["paths"]) == list(PATHS)
    assert (await client.get("/openapi.json")).json() == json.loads((ROOT / "openapi.json").read_bytes())


async def test_the_served_document_is_small(client: httpx.AsyncClient) -> None:
    served = (await client.get("/openapi.json", headers={"Accept-Encoding": "identity"})).content
    assert len(served) <= 350 * 1024
    assert len(served) == len(json.dumps(json.loads(served), ensure_ascii=False, separators=(",", ":")).encode())


def test_it_is_openapi_3_1_with_all_a_reader_needs_to_know() -> None:
    assert DOCUMENT["openapi"] == "3.1.0"
    assert DOCUMENT.keys() <= {"openapi", "info", "servers", "security", "tags", "paths", "components"}
    info = DOCUMENT["info"]
    assert all(info[key].strip() for key in ("title", "version", "description", "summary"))
    assert info["license"].keys() == {"name", "identifier"}
    assert DOCUMENT["servers"][0]["url"] == "/"
    assert DOCUMENT["security"] == []


def test_every_reference_leads_somewhere_and_every_component_is_used() -> None:
    used = {value["$ref"] for _, value in walk(DOCUMENT) if "$ref" in value}
    there = {f"#/components/{kind}/{name}" for kind, items in COMPONENTS.items() for name in items}
    assert used == there


def test_every_schema_is_a_valid_json_schema() -> None:
    for name, schema in each(COMPONENTS["schemas"].items()):
        assert re.fullmatch(r"[A-Z][A-Za-z]+", name)
        Draft202012Validator.check_schema({"$schema": SCHEMA_DIALECT, **schema})
    for _, parameter in each(all_parameters()):
        Draft202012Validator.check_schema(parameter["schema"])


# Operations


def test_each_operation_has_a_name_of_its_own_one_tag_and_words() -> None:
    names = [operation["operationId"] for operation in OPERATIONS.values()]
    assert len(set(names)) == len(names)
    tags = {tag["name"]: tag["description"] for tag in DOCUMENT["tags"]}
    assert all(text.strip() for text in each(tags.values()))
    for path, operation in each(OPERATIONS.items()):
        assert PATHS[path].keys() == {"get"}
        assert re.fullmatch(r"(?:list|get|search|suggest)[A-Z][A-Za-z]+", operation["operationId"])
        assert len(operation["tags"]) == 1
        assert operation["tags"][0] in tags
        assert operation["summary"].strip()
        assert operation["description"].strip()
        assert not operation["summary"].endswith(".")
        assert "requestBody" not in operation
    assert {operation["tags"][0] for operation in OPERATIONS.values()} == set(tags)


def test_the_parameters_in_a_path_are_those_that_are_described() -> None:
    for path, operation in each(OPERATIONS.items()):
        assert re.fullmatch(r"/[a-z0-9/.-]*(?:\{(?:slug|version|feed)\}(?:/[a-z]+)?)?", path)
        described = [resolved(p)["name"] for p in operation.get("parameters", []) if resolved(p)["in"] == "path"]
        assert described == re.findall(r"\{(\w+)\}", path)
        names = [(resolved(p)["in"], resolved(p)["name"]) for p in operation.get("parameters", [])]
        assert len(set(names)) == len(names)


def test_every_parameter_is_described_and_bounded() -> None:
    for place, parameter in each(all_parameters()):
        assert parameter["description"].strip(), place
        assert parameter["in"] in {"query", "path", "header"}
        assert parameter.get("required", False) == (parameter["in"] == "path" or place in REQUIRED)
        schema = resolved(parameter["schema"])
        if schema["type"] == "array":
            assert (parameter["style"], parameter["explode"]) == ("form", False), place
            assert schema["minItems"] == 1
            assert 1 <= schema["maxItems"] <= 100
        assert "null" not in schema["type"], "a query has no way to say null"
        if parameter["in"] == "query":
            assert re.fullmatch(r"[a-z][a-z0-9_]*", parameter["name"])


# Schemas


def test_every_schema_and_property_is_described() -> None:
    for name, schema in each(COMPONENTS["schemas"].items()):
        assert schema["description"].strip(), name
    properties = (
        (n, *item) for n, schema in COMPONENTS["schemas"].items() for item in schema.get("properties", {}).items()
    )
    for name, key, value in each(properties):
        text = value.get("description") or resolved(value)["description"]
        assert text.strip(), f"{name}.{key}"
        assert re.fullmatch(r"[a-z][a-z0-9_]*", key)


def test_every_object_names_all_its_fields_and_requires_them() -> None:
    objects = {place: schema for place, schema in all_schemas() if schema.get("type") == "object"}
    for place in ("Patch.set", "RecordChange.set"):
        assert objects.pop(place)["additionalProperties"] is True, "it holds fields of any record"
    for place, schema in each(objects.items()):
        assert "additionalProperties" not in schema, f"{place}: a field may be added"
        assert set(schema["required"]) == set(schema["properties"]), place
        assert len(schema["required"]) == len(set(schema["required"]))


def test_every_value_has_one_type_and_bounds() -> None:
    for place, schema in each(all_schemas()):
        assert {"oneOf", "allOf", "not", "if", "discriminator", "patternProperties"}.isdisjoint(schema), place
        if "$ref" in schema:
            continue
        if "anyOf" in schema:
            # A reference that may be null can be written in no other way.
            assert [set(option) for option in schema["anyOf"]] == [{"$ref"}, {"type"}], place
            assert schema["anyOf"][1] == {"type": "null"}
            continue
        kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        kind = kinds[0]
        assert kinds in ([kind], [kind, "null"]), place
        assert kind in {"string", "integer", "number", "boolean", "array", "object"}
        if kind == "string":
            assert "maxLength" in schema or "enum" in schema or schema["format"] == "date", place
        elif kind == "integer":
            assert schema["format"] == "int32", place
            assert -(2**31) <= schema["minimum"] <= schema["maximum"] < 2**31
        elif kind == "number":
            assert schema["format"] == "double", place
            assert "maximum" in schema
            assert "minimum" in schema or "exclusiveMinimum" in schema
        elif kind == "array":
            assert "maxItems" in schema, place
            assert "items" in schema


def test_every_pattern_means_the_same_in_any_language() -> None:
    for place, schema in each(found for found in all_schemas() if "pattern" in found[1]):
        assert schema["pattern"].startswith("^"), place
        assert schema["pattern"].endswith("$"), place
        assert not re.search(r"\\[AZzbBGpPhHQE]|\(\?(?!:)|[*+?}][+]", schema["pattern"]), place


def test_named_values_are_in_snake_case() -> None:
    for place, schema in each(found for found in all_schemas() if "enum" in found[1]):
        for value in each(schema["enum"]):
            form = r"-?[a-z][a-z0-9_]*" if place.endswith("Sort") else r"[a-z][a-z0-9_]*"
            assert re.fullmatch(form, value), f"{place}: {value}"
        assert len(set(schema["enum"])) == len(schema["enum"])


async def test_every_default_is_accepted_when_it_is_sent_and_changes_nothing(client: httpx.AsyncClient) -> None:
    seen = 0
    parameters = [(path, resolved(p)) for path in OPERATIONS for p in OPERATIONS[path].get("parameters", [])]
    for path, parameter in each(found for found in parameters if "default" in found[1]["schema"]):
        schema = parameter["schema"]
        validator(schema).validate(schema["default"])
        sent = await client.get(extended(answered(path), f"{parameter['name']}={schema['default']}"))
        plain = await client.get(answered(path))
        assert sent.status_code == 200
        assert sent.json()["data"] == plain.json()["data"]
        seen += 1
    assert seen > 40
    for name, component in each(COMPONENTS["schemas"].items()):
        for place, schema in each(schemas(component, name)):
            assert "default" not in schema, f"{place}: a response has no defaults"


def test_every_enum_has_a_name_and_says_whether_it_may_grow() -> None:
    for place, schema in each(all_schemas()):
        if "enum" in schema:
            assert place in COMPONENTS["schemas"], place
            assert isinstance(schema["x-may-grow"], bool), place
            words = "Values may be added" if schema["x-may-grow"] else "No value will be added"
            assert words in schema["description"], place


def test_no_schema_is_named_like_a_file_or_a_type_of_a_platform() -> None:
    taken = {"Index", "Unit", "Error", "Result", "Response", "Request", "Date", "Data", "Object", "Set", "Map", "Type"}
    assert taken.isdisjoint(COMPONENTS["schemas"])
