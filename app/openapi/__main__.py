"""Writes what is derived from the code: openapi.json and the table of collections in README.md. python -m app.openapi."""

import json
import re
from pathlib import Path

from app.main import create_app
from app.registry import RESOURCES
from app.schemas.queries import PageQuery
from app.schemas.resources import ResourceInfo


def row(resource: ResourceInfo) -> str:
    """The row of a collection: its path, its filters and its sorts."""
    filters = [f"`{name}`" for name in resource.query.model_fields if name not in PageQuery.model_fields]
    default = resource.query.model_fields["sort"].default
    sorts = [f"`{name}`" + " (default)" * (name == default) for name in resource.sorts if name != "slug"]
    return (
        "| " + " | ".join([f"`{resource.path}`", ", ".join(filters), ", ".join(sorts)]).replace("|  |", "| |") + " |\n"
    )


def main() -> None:
    """Write both files."""
    document = create_app().openapi()
    Path("openapi.json").write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    readme = Path("README.md")
    text = readme.read_text(encoding="utf-8")
    rows = "".join(row(resource) for resource in RESOURCES)
    readme.write_text(
        re.sub(r"(?:^\| `/v1/.*\n)+", lambda _: rows, text, count=1, flags=re.MULTILINE), encoding="utf-8"
    )


if __name__ == "__main__":
    main()
