"""Reads the releases: manifests, bundles and changes, all rendered by the build."""

import re
from typing import Any, Final

import zstandard
from fastapi.responses import Response

from app.database import Database
from app.http.cache import repr_digest
from app.http.responses import FOREVER, FixedResponse, StreamedResponse
from app.problems import GONE, NOT_FOUND, ProblemError, ProblemException, shown
from app.reading import detail, enveloped

RELEASES: Final = "/v1/releases"
CHANGES: Final = "/v1/changes"
MAX_WHOLE: Final = 8_000_000
"""The largest bundle that is kept in memory; a larger one is sent while it is read, with a digest only where no content coding changes its bytes."""
PIECE_BYTES: Final = 131_072
VERSION: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\+[0-9a-f]{8}")


def list_releases(database: Database) -> Response:
    """The manifests of the releases that are kept, newest first."""
    rows = database.read("SELECT manifest FROM kept_release ORDER BY position", {})
    document = b'{"releases":[' + b",".join(manifest for (manifest,) in rows) + b"]}"
    return detail(database, document, RELEASES, "/v1")


def release(database: Database, version: str) -> Response:
    """The manifest of a release.

    Raises:
        ProblemException: the release is not kept.
    """
    (manifest,) = _kept(database, version, "manifest", "/path/version")
    return detail(database, manifest, f"{RELEASES}/{version}", RELEASES)


def latest_release(database: Database) -> Response:
    """The manifest of the newest release."""
    (manifest,) = _kept(database, database.dataset_version, "manifest", "/path/version")
    return detail(database, manifest, f"{RELEASES}/latest", RELEASES)


def bundle(database: Database, version: str) -> Response:
    """A whole release, in canonical form.

    Raises:
        ProblemException: the release is not kept.
    """
    zstd, br, digest = _kept(database, version, "zstd, br, sha256", "/path/version")
    link = f'<{RELEASES}/{version}>; rel="describedby"'
    headers = {"Cache-Control": FOREVER, "Link": link}
    if zstandard.frame_content_size(zstd) > MAX_WHOLE:
        headers["Repr-Digest"] = repr_digest(bytes.fromhex(digest))
        pieces = zstandard.ZstdDecompressor().read_to_iter(zstd, write_size=PIECE_BYTES)
        made_from = version.encode()
        return StreamedResponse(
            pieces, made_from=made_from, headers=headers, media_type="application/json", is_fixed=True
        )
    compressed = {b"zstd": zstd} | ({b"br": br} if br else {})
    headers["Repr-Digest"] = ""
    return FixedResponse(zstandard.ZstdDecompressor().decompress(zstd), compressed=compressed, headers=headers)


def changes(database: Database, since: str | None) -> Response:
    """Return what has changed since a release; by default since the release before the newest.

    Raises:
        ProblemException: the release is not kept.
    """
    asked = since
    if since is None:
        since = database.read("SELECT dataset_version FROM kept_release ORDER BY position LIMIT 2", {})[-1][0]
    (document,) = _kept(database, since, "changes", "/query/since")
    address = f"{CHANGES}?since={asked.replace('+', '%2B')}" if asked else CHANGES
    body, headers = enveloped(
        document, {"dataset_version": database.dataset_version}, {"self": address, "collection": "/v1"}
    )
    # Clients copy these parts into a bundle, so they get no prefix.
    start = body.index(b'"records":')
    return FixedResponse(body, fixed=slice(start, body.index(document) + len(document)), headers=headers)


def _kept(database: Database, version: str, columns: str, where: str) -> Any:
    """Columns of a kept release.

    Raises:
        ProblemException: 410 for a version that is not kept, 404 for a malformed version.
    """
    found = database.read(f"SELECT {columns} FROM kept_release WHERE dataset_version = :version", {"version": version})  # noqa: S608  # nosec B608  # the columns are named above
    if found:
        return found[0]
    newest = f"{RELEASES}/{database.dataset_version}/bundle"
    if not VERSION.fullmatch(version):
        detail = f"No release has the version {shown(version)!r}; {RELEASES} lists them."
        fault = _fault(where, "unknown_version", detail, f"{RELEASES}/latest")
        raise ProblemException(NOT_FOUND, detail, [fault], addresses=[RELEASES])
    detail = f"The release {version} is unknown or no longer kept. Fetch the whole of the newest: {newest}."
    headers = {"Link": f'<{newest}>; rel="latest-version"'}
    raise ProblemException(GONE, detail, [_fault(where, "release_gone", detail, newest)], headers, [newest])


def _fault(where: str, code: str, detail: str, meant: str) -> ProblemError:
    return ProblemError(pointer=where, code=code, detail=detail, did_you_mean=meant)
