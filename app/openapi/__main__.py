"""Writes the OpenAPI document to openapi.json: python -m app.openapi."""

import json
from pathlib import Path

from app.main import create_app

if __name__ == "__main__":
    document = create_app().openapi()
    Path("openapi.json").write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
