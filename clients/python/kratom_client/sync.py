"""Keeps a copy of the whole content: applies what has changed, and verifies the result by its checksum."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx
import rfc8785

if TYPE_CHECKING:
    from .generated.models import Bundle

Object = dict[str, Any]


class State(StrEnum):
    """How a copy was brought up to date."""

    current = "current"
    """The copy is the newest release."""
    updated = "updated"
    """The changes since the copy were applied to it."""
    replaced = "replaced"
    """The whole newest release was fetched, because there was no copy, it was too old, or a checksum differed."""
    unreachable = "unreachable"
    """The server did not answer usefully: the copy is returned as it was, unverified."""


@dataclass(frozen=True)
class Synced:
    """A copy after the server was asked."""

    bundle: Object
    """The whole content as JSON, to be stored and passed to the next call. `typed` makes objects of it."""
    state: State
    """How it came about."""
    changes: list[Object]
    """The changed records when `state` is `updated`: `kind`, `collection`, `slug`, `safety_relevant`, `set` and more."""
    error: Exception | None = None
    """Why the server gave no answer, when `state` is `unreachable`."""


class IntegrityError(Exception):
    """The bundle that the server sent is not the one that its manifest names."""


def sync(origin: str, previous: Object | None = None, *, client: httpx.Client | None = None) -> Synced:
    """The newest release, made from the previous bundle where possible. The previous bundle is not modified.

    Raises:
        httpx.HTTPError: the server did not answer, and there is no previous bundle.
        IntegrityError: the server sent a bundle that does not have the checksum in its manifest.
    """
    if client is None:
        with httpx.Client(timeout=30, follow_redirects=True) as own:
            return sync(origin, previous, client=own)
    base = origin.rstrip("/")
    if not isinstance(previous, dict) or not isinstance(previous.get("dataset_version"), str):
        previous = None  # it is no copy: another program may have written over the file
    try:
        changed = _changed(client, base, previous) if previous else None
        return changed or Synced(_whole(client, base), State.replaced, [])
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:  # no answer, or one that is no JSON of the API
        if previous is None:
            raise
        return Synced(previous, State.unreachable, [], error)


def applied(bundle: Object, changes: Object) -> Object:
    """The bundle after the changes."""
    records = {
        (name.replace("_", "-"), record["slug"]): record
        for name, listed in bundle["records"].items()
        for record in listed
    }
    patched = {}
    for change in changes["records"]:
        before = records.pop((change["collection"], change["slug"]), {})
        if change["kind"] != "deleted":
            after = _patched(before, change)
            patched[change["collection"], after["slug"]] = after
    records |= patched  # only now, as a record may have taken the former slug of another
    release = _patched(bundle["release"], changes["release"])
    collections: Object = {entry["name"].replace("-", "_"): [] for entry in release["collections"]}
    for collection, slug in sorted(records):
        collections[collection.replace("-", "_")].append(records[collection, slug])
    return {
        "dataset_version": changes["dataset_version"],
        "records": collections,
        "release": release,
        **{name: bundle[name] if changes[name] is None else changes[name] for name in ("vocabularies", "former_slugs")},
    }


def typed(bundle: Object) -> "Bundle":
    """The content of a bundle as typed objects: `typed(bundle).records.strains[0].title`."""
    from .generated.models import Bundle  # noqa: PLC0415  # `sync` alone needs none of the generated modules

    return Bundle.from_dict(bundle)


def canonical(value: Any) -> bytes:
    """The canonical form (RFC 8785) of a JSON value."""
    return rfc8785.dumps(value)


def sha256(bundle: Object) -> str:
    """The SHA-256 of the canonical form of a bundle."""
    return hashlib.sha256(canonical(bundle)).hexdigest()


def _changed(client: httpx.Client, base: str, previous: Object) -> Synced | None:
    """The previous bundle with the changes applied; None where only the whole release helps."""
    version = previous["dataset_version"]
    response = client.get(f"{base}/v1/changes?since={quote(version, safe='')}")
    if response.status_code in (400, 404, 410, 422):
        return None
    changes = response.raise_for_status().json()["data"]
    is_newest = changes["dataset_version"] == version
    try:
        # A static host ignores `since` and tells the newest copy what it has already.
        bundle = previous if is_newest else applied(previous, changes)
        verified = sha256(bundle) == changes["sha256"]
    except (KeyError, TypeError, AttributeError, ValueError):  # the copy or the changes are damaged
        verified = False
    if not verified:
        return None
    return Synced(bundle, State.current, []) if is_newest else Synced(bundle, State.updated, changes["records"])


def _whole(client: httpx.Client, base: str) -> Object:
    manifest = client.get(f"{base}/v1/releases/latest").raise_for_status().json()["data"]
    version = quote(manifest["dataset_version"], safe="")
    bundle: Object = client.get(f"{base}/v1/releases/{version}/bundle").raise_for_status().json()
    if sha256(bundle) != manifest["sha256"]:
        raise IntegrityError(f"The bundle of {manifest['dataset_version']} does not have the SHA-256 of its manifest.")
    return bundle


def _patched(old: Object, patch: Object) -> Object:
    kept = {name: value for name, value in old.items() if name not in patch["unset"]}
    return {**kept, **patch["set"]}
