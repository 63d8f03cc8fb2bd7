"""Writes the generated files: openapi.json, and the example and the table of collections in README.md. python -m app.openapi."""

import json
import re
import sys
from pathlib import Path
from typing import Final

from app.database import Database, DatabaseUnusableError
from app.files import write_atomically
from app.main import create_app
from app.openapi import TITLE
from app.reading import get_one
from app.registry import RESOURCES, TABLES
from app.schemas.resources import ResourceInfo

EXAMPLE: Final = re.compile(r"(\$ curl -s \S+/v1/([a-z-]+/[a-z0-9-]+)' [^\n]*\n```\n\n```json\n).*?(```)", re.DOTALL)
"""The example of README.md: the request with its path, and the response."""


def row(resource: ResourceInfo) -> str:
    """The row of a collection: its path, its filters and its sorts."""
    filters = [f"`{name}`" for name in resource.filters]
    default = resource.query.model_fields["sort"].default
    sorts = [f"`{name}`" + " (default)" * (name == default) for name in resource.sorts if name != "slug"]
    return (
        "| " + " | ".join([f"`{resource.path}`", ", ".join(filters), ", ".join(sorts)]).replace("|  |", "| |") + " |\n"
    )


def _example(database: Database, path: str) -> str:
    """The response to the request that README.md shows."""
    collection, _, slug = path.partition("/")
    body = bytes(get_one(database, TABLES[collection], slug).body)
    return json.dumps(json.loads(body), indent=2, ensure_ascii=False) + "\n"


def main() -> int:
    """Write both files; openapi.json replaces only an earlier version of itself. Returns 1 on failure."""
    try:
        app = create_app()
        document = app.openapi()
        text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
        write_atomically(Path("openapi.json"), text.encode(), over=_is_earlier)
        readme = Path("README.md")
        rows = "".join(row(resource) for resource in RESOURCES)
        page = readme.read_text(encoding="utf-8")
        page = re.sub(EXAMPLE, lambda found: f"{found[1]}{_example(app.state.database, found[2])}{found[3]}", page)
        page = re.sub(r"(?:^\| `/v1/.*\n)+", lambda _: rows, page, count=1, flags=re.MULTILINE)
        write_atomically(readme, page.encode(), over=lambda _: True)
    except (DatabaseUnusableError, OSError) as error:
        message = f"{error.filename}: {error.strerror}".lower() if isinstance(error, OSError) else error
        print(message, file=sys.stderr)
        return 1
    return 0


def _is_earlier(content: bytes) -> bool:
    """Whether a file holds an earlier version of the document."""
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict) and isinstance(found.get("info"), dict) and found["info"].get("title") == TITLE


if __name__ == "__main__":
    sys.exit(main())
