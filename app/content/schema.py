"""The JSON Schema of the seed, for completion and errors in an editor."""

import json
from pathlib import Path
from typing import Any

from app.content.seed import Seed
from app.files import write_atomically


def seed_schema() -> dict[str, Any]:
    """The schema, generated from the models that validate the seed."""
    schema = Seed.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | schema


def write_schema(path: Path) -> None:
    """Write the schema to a file, over nothing but an earlier one.

    Raises:
        OSError: when it can't be written, or something else is there.
    """
    schema = seed_schema()

    def is_earlier(content: bytes) -> bool:
        try:
            found = json.loads(content)
        except (ValueError, RecursionError):
            return False
        return isinstance(found, dict) and all(found.get(key) == schema[key] for key in ("$schema", "title"))

    write_atomically(path, (json.dumps(schema, indent=2, ensure_ascii=False) + "\n").encode(), over=is_earlier)
