"""The requests of people who search: the rated questions in turn, and every beginning of them as it is typed."""

import json
from pathlib import Path
from typing import Final
from urllib.parse import quote

from servers import Request

SEARCH: Final = "search"
SUGGEST: Final = "suggest"
JUDGEMENTS: Final = Path(__file__).resolve().parents[1] / "data/search-judgements.json"
MAX_TYPED: Final = 12


def questions(folder: Path) -> dict[str, Request]:
    """A request for each kind; the files of paths are written into the folder."""
    asked = [judgement["q"] for judgement in json.loads(JUDGEMENTS.read_text(encoding="utf-8"))]
    typed = dict.fromkeys(text[:length].strip() for text in asked for length in range(1, MAX_TYPED + 1))
    return {
        SEARCH: _in_turn(folder / "searches", "/v1/search?q=", asked),
        SUGGEST: _in_turn(folder / "suggestions", "/v1/suggest?q=", list(typed)),
    }


def _in_turn(file: Path, address: str, texts: list[str]) -> Request:
    paths = [address + quote(text, safe="") for text in texts]
    file.write_text("\n".join(paths) + "\n", encoding="utf-8")
    return Request(paths[0], paths=file)
