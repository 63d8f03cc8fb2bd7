"""The changes between two bundles: computes them, applies them, and decides which are relevant to safety.

A bundle is a release as a JSON object: `records` by collection in order of slug, and `release`, `vocabularies`,
`former_slugs` and `dataset_version` beside them.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from app.schemas.history import ChangeKind

Object = dict[str, Any]
Key = tuple[str, str]
"""Collection and slug of a record."""

WHOLE: Final = ("vocabularies", "former_slugs")
"""The members of a bundle that change as a whole."""
SAFETY_COLLECTIONS: Final = frozenset(
    {"claims", "contacts", "dosage-ranges", "interactions", "jurisdictions", "risk-groups", "side-effects"}
    | {"warning-signs"}
)
"""Collections in which a new or a withdrawn record is relevant to safety."""
SAFETY_FIELDS: Final = frozenset(
    # What must be shown beside a record, and what a statement is worth.
    {"cautions", "disclaimer", "statement", "verdict", "safety_flag", "suggested_framing", "evidence_note"}
    # What a reader is told to do or to look out for.
    | {
        "action",
        "advice",
        "answer",
        "guidance",
        "short_answer",
        "what_to_do",
        "when_to_use",
        "sign",
        "urgency",
        "value",
    }
    # How serious something is, and for whom.
    | {"seriousness", "severity", "substance_classes", "withdrawal_symptoms", "withdrawal_context", "reported_harms"}
    # Amounts: how much, of what, how often, how and by whom it is taken.
    | {"min", "max", "bounds_inclusive", "unit", "kind", "form", "not_stated", "frequency", "route", "population"}
    # What the law of a place says, and from when on.
    | {"status", "last_reported_status", "effective_date", "minimum_age", "kcpa", "seven_oh_rule", "federal_rules"}
    | {"local_exceptions"}
)
"""Fields, at any depth of a record, whose change is relevant to safety."""


def difference(old: Object, new: Object) -> Object:
    """The changes that turn one bundle into another."""
    changes = list(_changed_records(old, new))
    alike = Counter(map(_what_changed, changes))
    return {
        "dataset_version": new["dataset_version"],
        # A new disclaimer for all records must not hide a new caution of one in the feeds.
        "records": sorted(
            changes,
            key=lambda change: (
                not change["safety_relevant"],
                alike[_what_changed(change)],
                change["collection"],
                change["slug"],
            ),
        ),
        "release": _patch(old["release"], new["release"]),
        **{name: None if _same(old[name], new[name]) else new[name] for name in WHOLE},
    }


def applied(bundle: Object, changes: Object) -> Object:
    """The bundle after the changes."""
    records = records_of(bundle)
    patched: dict[Key, Object] = {}
    for change in changes["records"]:
        before = records.pop((change["collection"], change["slug"]), {})
        if change["kind"] != ChangeKind.deleted:
            after = _patched(before, change)
            patched[change["collection"], after["slug"]] = after
    release = _patched(bundle["release"], changes["release"])
    # Added after all removals, because a record may have taken the former slug of another.
    return {
        "dataset_version": changes["dataset_version"],
        "records": by_collection(release, records | patched),
        "release": release,
        **{name: bundle[name] if changes[name] is None else changes[name] for name in WHOLE},
    }


def records_of(bundle: Object) -> dict[Key, Object]:
    """The records of a bundle."""
    return {
        (name.replace("_", "-"), record["slug"]): record
        for name, records in bundle["records"].items()
        for record in records
    }


def by_collection(release: Object, records: dict[Key, Object]) -> Object:
    """The records as a bundle lists them: for each collection of the release, in order of slug."""
    collections: Object = {entry["name"].replace("-", "_"): [] for entry in release["collections"]}
    for collection, slug in sorted(records):
        collections[collection.replace("-", "_")].append(records[collection, slug])
    return collections


def is_safety_relevant(collection: str, before: Object | None, after: Object | None) -> bool:
    """Whether a reader could act differently because of a change, by the rule in docs/releases.md."""
    if before is None or after is None:
        return collection in SAFETY_COLLECTIONS
    return list(_safety_values(before)) != list(_safety_values(after))


def _changed_records(old: Object, new: Object) -> Iterator[Object]:
    before, after = records_of(old), records_of(new)
    former = {(entry["collection"], entry["slug"]): entry for entry in new["former_slugs"]}
    renamed = _renamed(before, after, former)
    for key, record in before.items():
        now = key if key in after else renamed.get(key)
        if now is None:
            yield _change(key, ChangeKind.deleted, record, None, former.get(key))
        elif now != key:
            yield _change(key, ChangeKind.renamed, record, after[now], former.get(key))
        elif not _same(after[now], record):
            yield _change(key, ChangeKind.updated, record, after[now])
    for key in after.keys() - before.keys() - set(renamed.values()):
        yield _change(key, ChangeKind.created, None, after[key])


def _renamed(before: dict[Key, Object], after: dict[Key, Object], former: dict[Key, Object]) -> dict[Key, Key]:
    """The new keys of renamed records, by the old ones. Of several records under one new slug, the first was renamed."""
    renamed: dict[Key, Key] = {}
    taken = set(before)
    for key in sorted(before.keys() - after.keys()):
        now = key[0], former.get(key, {}).get("renamed_to") or ""
        if now in after and now not in taken:
            renamed[key] = now
            taken.add(now)
    return renamed


def _change(
    key: Key, kind: ChangeKind, before: Object | None, after: Object | None, former: Object | None = None
) -> Object:
    former = former or {}
    successor = former.get("successor")
    return {
        "collection": key[0],
        "slug": key[1],
        "kind": kind.value,
        "safety_relevant": is_safety_relevant(key[0], before, after),
        "title": (after or before or {})["title"],
        "renamed_to": after["slug"] if after and kind is ChangeKind.renamed else None,
        "reason": former.get("reason"),
        "successor": f"/v1/{successor}" if successor else None,
        **_patch(before or {}, after or {} if after else before or {}),
    }


def _patch(old: Object, new: Object) -> Object:
    return {
        "set": {name: value for name, value in new.items() if name not in old or not _same(old[name], value)},
        "unset": sorted(old.keys() - new.keys()),
    }


def _patched(old: Object, patch: Object) -> Object:
    kept = {name: value for name, value in old.items() if name not in patch["unset"]}
    return {**kept, **patch["set"]}


def _same(old: Any, new: Any) -> bool:
    """Whether two JSON values are equal; in Python, true equals 1."""
    if isinstance(old, dict) and isinstance(new, dict):
        return old.keys() == new.keys() and all(_same(old[name], new[name]) for name in old)
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(_same, old, new))
    return isinstance(old, bool) == isinstance(new, bool) and bool(old == new)


def _safety_values(value: Any) -> Iterator[tuple[str, Any]]:
    """The fields of a value that are relevant to safety, at any depth, in order."""
    if isinstance(value, list):
        for entry in value:
            yield from _safety_values(entry)
    elif isinstance(value, dict):
        for name, entry in sorted(value.items()):
            if name in SAFETY_FIELDS:
                yield name, entry
            else:
                yield from _safety_values(entry)


def _what_changed(change: Object) -> tuple[str, ...]:
    """The kind of a change, with the fields of an existing record that changed."""
    is_new = change["kind"] == ChangeKind.created
    return change["kind"], *(() if is_new else sorted([*change["set"], *change["unset"]]))
