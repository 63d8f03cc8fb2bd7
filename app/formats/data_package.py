"""The data package (Frictionless Data Package 2.0) that describes the CSV of every list."""

import json
from typing import Any, Final

from app.database import Database
from app.formats.csv import VERSION_COLUMN
from app.registry import RESOURCES
from app.schemas.formats import MEDIA_TYPES
from app.schemas.resources import ResourceInfo

Object = dict[str, Any]

PROFILE: Final = "https://datapackage.org/profiles/2.0/datapackage.json"
NAME: Final = "kratom-and-chronic-back-pain"
SAFE_CELLS: Final = "A text that a spreadsheet may take for a formula has an apostrophe before it."


def data_package(database: Database) -> bytes:
    """The descriptor, with paths relative to its own address."""
    release: Object = json.loads(database.release_document)
    licence = release["data_licence"]
    package = {
        "$schema": PROFILE,
        "name": NAME,
        "title": release["title"],
        "description": f"{release['description']} {release['disclaimer']}",
        "version": database.dataset_version,
        "created": f"{release['release_date']}T00:00:00Z",
        "licenses": [{"name": licence["identifier"], "title": licence["name"], "path": licence["url"]}],
        "sources": [{"title": release["source"]}],
        "resources": [_resource(resource, database) for resource in RESOURCES],
    }
    return json.dumps(package, ensure_ascii=False, separators=(",", ":")).encode()


def _resource(resource: ResourceInfo, database: Database) -> Object:
    schema = resource.read.model_json_schema(mode="serialization")
    texts = {name: field.description for name, field in resource.read.model_fields.items()}
    fields = [
        _field(name, field, schema.get("$defs", {})) | {"description": texts[name]}
        for name, field in schema["properties"].items()
    ]
    version = {"name": VERSION_COLUMN, "type": "string", "constraints": {"required": True}}
    return {
        "name": resource.collection,
        "type": "table",
        "path": f"{resource.collection}?format=csv",
        "title": resource.collection.replace("-", " ").capitalize(),
        "description": f"{resource.description} {database.coverage[resource.collection]} {SAFE_CELLS}",
        "format": "csv",
        "mediatype": MEDIA_TYPES["csv"],
        "encoding": "utf-8",
        "schema": {
            "fields": [*fields, version | {"description": "Version of the data set."}],
            "missingValues": [""],
            "primaryKey": ["slug"],
        },
    }


def _field(name: str, field: Object, definitions: Object) -> Object:
    """A column: its type, whether it may be empty, and the values that it may have."""
    options = field.get("anyOf", [field])
    known = [option for option in options if option.get("type") != "null"]
    (kind,) = known
    if "$ref" in kind:
        kind = definitions[kind["$ref"].rpartition("/")[2]]
    constraints: Object = {} if len(known) < len(options) else {"required": True}
    if "enum" in kind:
        constraints["enum"] = kind["enum"]
    column = {"name": name, "type": "date" if kind.get("format") == "date" else kind["type"]}
    return column | ({"constraints": constraints} if constraints else {})
