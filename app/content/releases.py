"""The file of releases, data/releases.json: the newest bundle, and for each earlier release the changes that restore it."""

import json
from collections import Counter
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import rfc8785

from app.content.changes import applied, by_collection, difference
from app.content.render import RenderedSeed
from app.files import write_atomically
from app.schemas.history import ChangeKind
from app.vocabularies import vocabularies

Object = dict[str, Any]

KEPT: Final = 12
"""How many releases are served; earlier ones are gone."""
MAX_LISTED: Final = 50
"""How many changes of a release the summary lists."""
MOST_HISTORY: Final = 20
"""How many changes the history of a record names."""


class ReleasesError(Exception):
    """A release differs from its record or can't be recorded; the message says why in one line."""


def canonical(value: Any) -> bytes:
    """The canonical form of a JSON value (RFC 8785)."""
    return rfc8785.dumps(value)


def bundle_of(content: RenderedSeed) -> Object:
    """The bundle of the content."""
    seed, rendered = content.seed, content.records
    reviewed = [item.record.last_reviewed for item in rendered if item.record.last_reviewed]
    release = content.renderer.release("0" * 64, reviewed, [item.review_due for item in rendered])
    document = release.model_dump(mode="json")
    records = {(item.resource.collection, item.record.slug): json.loads(item.document) for item in rendered}
    bundle = {
        "former_slugs": [former.model_dump(mode="json") for former in seed.former_slugs],
        "records": by_collection(document, records),
        "release": {name: document[name] for name in document if name not in ("dataset_version", "content_hash")},
        "vocabularies": json.loads(vocabularies())["vocabularies"],
    }
    # The words of the search are not in the bundle, but responses to a search depend on them.
    digest = sha256(canonical(bundle | {"search": seed.search.model_dump(mode="json")})).hexdigest()
    version = f"{release.release_date}+{digest[:8]}"
    bundle["release"] |= {"dataset_version": version, "content_hash": digest}
    return bundle | {"dataset_version": version}


@dataclass(frozen=True)
class Releases:
    """Every recorded release."""

    entries: list[Object] = field(default_factory=list)
    """Newest first: version, date, hash and size of the bundle, what changed in each record, and `back`: what turns its
    bundle into the one before it, as long as that is kept."""
    bundle: Object | None = None
    """The bundle of the newest."""

    @property
    def newest(self) -> str | None:
        """The version of the newest release."""
        return self.entries[0]["dataset_version"] if self.entries else None

    def with_newest(self, bundle: Object) -> "Releases":
        """The releases with one more; unchanged when it is the newest already.

        Raises:
            ReleasesError: it is recorded with another bundle, or earlier than the newest.
        """
        body = canonical(bundle)
        version, digest = bundle["dataset_version"], sha256(body).hexdigest()
        if self.entries and version == self.newest:
            if digest != self.entries[0]["sha256"]:
                raise ReleasesError(f"release {version} has another bundle than was recorded")
            return self
        day = bundle["release"]["release_date"]
        if any(entry["dataset_version"] == version for entry in self.entries):
            raise ReleasesError(f"release {version} was recorded before the newest; give this one a later release_date")
        if self.entries and day < self.entries[0]["release_date"]:
            raise ReleasesError(f"the release_date {day} is before that of the newest release, {self.newest}")
        before = self.bundle or _empty(bundle)
        entry = {
            "dataset_version": version,
            "release_date": day,
            "sha256": digest,
            "size": len(body),
            "changes": [_in_short(change) for change in difference(before, bundle)["records"]],
            "back": difference(bundle, self.bundle) if self.bundle else None,
        }
        entries = [entry, *self.entries]
        # Changes back to releases that are no longer kept are dropped.
        return Releases([e | {"back": e["back"] if n < KEPT - 1 else None} for n, e in enumerate(entries)], bundle)

    def without_newest(self) -> "Releases":
        """The releases before the newest was recorded."""
        if not self.entries or not self.bundle:
            return self
        back = self.entries[0]["back"]
        return Releases(self.entries[1:], applied(self.bundle, back) if back else None)

    def bundles(self) -> list[Object]:
        """The bundles of the kept releases, newest first, each with the hash that was recorded.

        Raises:
            ReleasesError: when the hash of one differs.
        """
        found: list[Object] = []
        bundle = self.bundle
        for entry in self.entries:
            if not bundle:
                break
            if sha256(canonical(bundle)).hexdigest() != entry["sha256"]:
                raise ReleasesError(f"the bundle of release {entry['dataset_version']} is not as it was recorded")
            found.append(bundle)
            bundle = applied(bundle, entry["back"]) if entry["back"] else None
        return found

    def ever_served(self) -> dict[str, str]:
        """Every `collection/slug` of any release, with the newest release that changed it."""
        return {
            f"{change['collection']}/{slug}": entry["dataset_version"]
            for entry in reversed(self.entries)
            for change in entry["changes"]
            for slug in (change["slug"], change.get("renamed_to"))
            if slug
        }

    def history(self) -> dict[str, list[Object]]:
        """What changed in each record of the newest release, newest first, also under its former slugs."""
        histories: dict[str, list[Object]] = {}
        names: dict[str, str] = {}
        for entry in self.entries:
            for change in entry["changes"]:
                path = f"{change['collection']}/{change.get('renamed_to') or change['slug']}"
                now = names.pop(path, path)
                names[f"{change['collection']}/{change['slug']}"] = now
                histories.setdefault(now, []).append(
                    {
                        "dataset_version": entry["dataset_version"],
                        "release_date": entry["release_date"],
                        "kind": change["kind"],
                        "fields": change.get("fields", []),
                        "safety_relevant": change["safety_relevant"],
                    }
                )
        return {path: changes[:MOST_HISTORY] for path, changes in histories.items()}


def read_releases(path: Path) -> Releases:
    """The releases in a file; none when there is no file.

    Raises:
        ReleasesError: when the file is not one of releases.
        OSError: when it can't be read.
    """
    try:
        data = json.loads(path.read_bytes())
        return Releases(data["releases"], data["bundle"])
    except FileNotFoundError:
        return Releases()
    except (ValueError, TypeError, LookupError, RecursionError) as error:
        raise ReleasesError(f"{path}: is not a file of releases ({error})") from error


def write_releases(path: Path, releases: Releases) -> None:
    """Write the file, over nothing but an earlier one.

    Raises:
        OSError: when it can't be written, or something else is there.
    """

    def is_earlier(content: bytes) -> bool:
        try:
            found = json.loads(content)
        except (ValueError, RecursionError):
            return False
        return isinstance(found, dict) and found.keys() == {"releases", "bundle"}

    data = {"releases": releases.entries, "bundle": releases.bundle}
    write_atomically(path, (_in_lines(data, 4) + "\n").encode(), over=is_earlier)


def release_summary(releases: Releases) -> list[str]:
    """Summarize the newest release for its editor: the changes in lines of text, those relevant to safety first."""
    newest, *earlier = releases.entries
    changes = newest["changes"]
    counted = Counter(change["kind"] for change in changes)
    numbers = [f"{counted[kind]} {kind.value}" for kind in ChangeKind if counted[kind]] or ["no record changed"]
    grave = sum(change["safety_relevant"] for change in changes)
    since = f"since {earlier[0]['dataset_version']}" if earlier else "in the first release"
    lines = [f"{since}: {', '.join(numbers)}; relevant to safety: {grave}"]
    lines += [f"  {_line(change)}" for change in changes[:MAX_LISTED]]
    if len(changes) > MAX_LISTED:
        lines.append(f"  and {len(changes) - MAX_LISTED} more")
    if earlier and newest["release_date"] == earlier[0]["release_date"]:
        lines.append(
            f"It has the release_date of the release before, {newest['release_date']}. If that is not meant, set another in the "
            "seed and run this again with --replace."
        )
    return lines


def _line(change: Object) -> str:
    renamed = f" to {change['renamed_to']}" if change["kind"] == ChangeKind.renamed else ""
    fields = f": {', '.join(change['fields'])}" if change.get("fields") else ""
    grave = " (relevant to safety)" if change["safety_relevant"] else ""
    return f"{change['kind']} {change['collection']}/{change['slug']}{renamed}{fields}{grave}"


def _in_lines(value: Any, levels: int) -> str:
    """JSON with the entries of the outer levels on lines of their own, so that a change shows only what changed."""
    if levels and value and isinstance(value, dict | list):
        open_, close = "{}" if isinstance(value, dict) else "[]"
        entries = value.items() if isinstance(value, dict) else ((None, entry) for entry in value)
        lines = (
            ("" if name is None else json.dumps(name, ensure_ascii=False) + ":") + _in_lines(entry, levels - 1)
            for name, entry in sorted(entries, key=lambda item: item[0] or "")
        )
        return open_ + "\n" + ",\n".join(lines) + "\n" + close
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _empty(bundle: Object) -> Object:
    """The bundle before the first release."""
    return bundle | {"records": {name: [] for name in bundle["records"]}}


def _in_short(change: Object) -> Object:
    """The fields of a change that the history and the feeds need."""
    short = {name: change[name] for name in ("collection", "slug", "kind", "safety_relevant")}
    if change["kind"] in (ChangeKind.updated, ChangeKind.renamed):
        short["fields"] = sorted([*change["set"], *change["unset"]])
    if change["kind"] == ChangeKind.renamed:
        short["renamed_to"] = change["renamed_to"]
    if change["kind"] == ChangeKind.deleted:
        short |= {name: change[name] for name in ("title", "reason", "successor")}
    return short
