"""A chain of three releases: between them records are created, updated, renamed and deleted."""

import copy
import json
import sys
from pathlib import Path
from typing import Any

from app.content.build import build
from app.content.check import check_seed
from app.content.releases import Releases, bundle_of

COLLECTION = "jurisdictions"


def three_releases(content: Any, database: Path) -> list[Any]:
    """Build the database of the newest of three releases, which knows the others; the bundles, oldest first."""
    # What the search calls a record by goes with it.
    aliases = {path: names for path, names in content["search"]["aliases"].items() if f"{COLLECTION}/" not in path}
    content = content | {"search": content["search"] | {"aliases": aliases}}
    first, second, third = (copy.deepcopy(content) for _ in range(3))
    records = content[COLLECTION]
    text = json.dumps(content)
    free = [at for at, record in enumerate(records) if text.count(f'"{COLLECTION}/{record["slug"]}"') == 0]
    free = [at for at in free if records[at]["parent_code"] and not _has_parts(records[at], records)]
    deleted, renamed, updated, created = sorted(free[:4], reverse=True)
    first[COLLECTION].pop(created)
    second["release"]["release_date"] = "2026-12-01"
    second[COLLECTION][updated]["note"] = "What is said here was checked again and put in other words."
    third["release"]["release_date"] = "2026-12-08"
    third[COLLECTION][updated]["note"] = "What is said here was checked again and put in other words."
    third[COLLECTION][renamed]["slug"] = "renamed-place"
    third[COLLECTION].pop(deleted)
    reason = {"collection": COLLECTION, "since": "2026-12-08", "reason": "It was a duplicate."}
    third["former_slugs"] += [
        reason | {"slug": records[renamed]["slug"], "renamed_to": "renamed-place", "successor": None},
        reason | {"slug": records[deleted]["slug"], "renamed_to": None, "successor": None},
    ]
    seeds = [check_seed(json.dumps(data).encode()) for data in (first, second, third)]
    bundles = [bundle_of(seed) for seed in seeds]
    releases = Releases()
    for bundle in bundles:
        releases = releases.with_newest(bundle)
    build(seeds[-1], database, releases)
    return bundles


def _has_parts(place: Any, places: list[Any]) -> bool:
    return any(other["parent_code"] == place["code"] for other in places)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    seed = json.loads(Path("data/seed.json").read_text(encoding="utf-8"))
    for number, made in enumerate(three_releases(seed, folder / "content.db")):
        (folder / f"bundle-{number}.json").write_text(json.dumps(made), encoding="utf-8")
