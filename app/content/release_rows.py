"""The rows of the releases in the database: their manifests, bundles and changes, and the entries of the feeds."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import quote

import brotli
import zstandard
from pydantic_core import to_json

from app.content.changes import Object, difference, records_of
from app.content.releases import Releases, canonical
from app.schemas.changes import Changes, ReleaseManifest
from app.schemas.history import ChangeKind

WINDOW: Final = 24
"""The largest window of brotli (16 MB): records far apart in a bundle share texts."""
MOST_THOROUGH: Final = 8_000_000
"""The largest bundle that is compressed at the best level, at about a second a megabyte."""
FEED_ENTRIES: Final = 50
"""How many changes each feed shows: of all records, of a collection, and of what is relevant to safety."""
SHOWN_FIELDS: Final = ("title", "summary", "cautions", "disclaimer")
"""The fields of a record in a feed. Its cautions and the disclaimer come with its summary."""


def release_rows(releases: Releases, *, thorough: bool) -> Iterator[Object]:
    """The rows of the releases that are served."""
    bundles = releases.bundles()
    newest = releases.entries[0]
    for position, (entry, bundle) in enumerate(zip(releases.entries, bundles, strict=False), start=1):
        body = canonical(bundle)
        changes = {
            "since": entry["dataset_version"],
            "sha256": newest["sha256"],
            "bundle": f"/v1/releases/{newest['dataset_version']}/bundle",
            **difference(bundle, bundles[0]),
        }
        at_best = thorough and position == 1 and len(body) <= MOST_THOROUGH
        yield {
            "position": position,
            "dataset_version": entry["dataset_version"],
            "sha256": entry["sha256"],
            "manifest": _manifest(entry, bundle).model_dump_json().encode(),
            "changes": Changes.model_validate(changes).model_dump_json().encode(),
            "zstd": zstandard.ZstdCompressor(level=19 if at_best else 3).compress(body),
            "br": bytes(brotli.compress(body, quality=11, lgwin=WINDOW)) if at_best else None,
        }


def change_rows(releases: Releases) -> Iterator[Object]:
    """The newest changes, each with the fields of the current record that a feed shows.

    A record that a later release renamed is shown under its new slug; for one that was withdrawn later, why.
    """
    assert releases.bundle
    records = records_of(releases.bundle)
    former = {(entry["collection"], entry["slug"]): entry for entry in releases.bundle["former_slugs"]}
    last_titles = {
        (change["collection"], change["slug"]): change["title"]
        for entry in reversed(releases.entries)
        for change in entry["changes"]
        if change["kind"] == ChangeKind.deleted
    }
    seen: Counter[str] = Counter()
    changes = ((entry, change) for entry in releases.entries for change in entry["changes"])
    for position, (entry, change) in enumerate(changes, start=1):
        groups = ["", change["collection"], *(["safety"] if change["safety_relevant"] else [])]
        if all(seen[group] >= FEED_ENTRIES for group in groups):
            continue
        seen.update(groups)
        collection, slug = change["collection"], change.get("renamed_to") or change["slug"]
        register = former.get((collection, slug), {})
        now = register.get("renamed_to") or slug
        record = records.get((collection, now), {})
        successor = f"/v1/{register['successor']}" if register.get("successor") else None
        document: Object = {
            "title": change.get("title") or last_titles.get((collection, slug), slug),
            "dataset_version": entry["dataset_version"],
            "release_date": entry["release_date"],
            "collection": collection,
            # Part of the identifier of the entry, so a later release does not change it.
            "slug": slug,
            "kind": change["kind"],
            "fields": change.get("fields", []),
            "safety_relevant": change["safety_relevant"],
            "reason": change.get("reason") or (None if record else register.get("reason")),
            "successor": f"/v1/{collection}/{now}" if record else change.get("successor") or successor,
        }
        shown = {name: record[name] for name in SHOWN_FIELDS if name in record}
        yield {
            "position": position,
            "collection": change["collection"],
            "safety_relevant": change["safety_relevant"],
            "document": to_json({**document, **shown, "is_served": (collection, slug) in records}),
        }


def _manifest(entry: Object, bundle: Object) -> ReleaseManifest:
    version = entry["dataset_version"]
    counted = Counter(change["kind"] for change in entry["changes"])
    counted["safety_relevant"] = sum(change["safety_relevant"] for change in entry["changes"])
    collections = [{"name": c["name"], "total": c["total"]} for c in bundle["release"]["collections"]]
    values: dict[str, Any] = {
        "dataset_version": version,
        "release_date": entry["release_date"],
        "sha256": entry["sha256"],
        "size": entry["size"],
        "total": sum(collection["total"] for collection in collections),
        "collections": collections,
        "changed": {name: counted[name] for name in (*ChangeKind, "safety_relevant")},
        "url": f"/v1/releases/{version}",
        "bundle": f"/v1/releases/{version}/bundle",
        "changes": f"/v1/changes?since={quote(version, safe='')}",
    }
    return ReleaseManifest.model_validate_json(json.dumps(values))
