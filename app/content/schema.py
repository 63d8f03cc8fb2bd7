"""The JSON Schema of the seed, for completion and errors in an editor."""

import json
from pathlib import Path
from typing import Any

from app.content.seed import Seed


def seed_schema() -> dict[str, Any]:
    """The schema, drawn from the same models that check the seed."""
    schema = Seed.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | schema


def write_schema(path: Path) -> None:
    """Write the schema to a file."""
    path.write_text(json.dumps(seed_schema(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
