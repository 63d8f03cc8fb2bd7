"""Routes of the releases: their list, the manifest and the bundle of each, and what has changed since one."""

from typing import Annotated, Any

import pydantic
from fastapi import APIRouter, Path, Query, Response

from app import releases
from app.registry import RESOURCES
from app.routers.common import Data
from app.schemas.changes import (
    ChangesDocument,
    ChangesQuery,
    FormerSlug,
    ReleaseListDocument,
    ReleaseManifestDocument,
)
from app.schemas.fields import DatasetVersion, Strict
from app.schemas.queries import NoQuery
from app.schemas.releases import ReleaseRead
from app.schemas.vocabularies import VocabularyRead

router = APIRouter()

VERSION_PATTERN = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}\+[0-9a-f]{8}$"
# As with a slug, the pattern is documented but not enforced: a malformed version is a 404.
Version = Annotated[
    str,
    Path(
        description="The `dataset_version` of a release; its `+` may be written as it is or as `%2B`.",
        json_schema_extra={"pattern": VERSION_PATTERN, "minLength": 19, "maxLength": 19},
    ),
]


def _bundled_records() -> type[Strict]:
    """The model of the records of a bundle: a list a collection, as the registry has them."""
    fields: dict[str, Any] = {
        resource.seed_key: (
            list[resource.read],  # type: ignore[name-defined]  # a model that is only known while running
            pydantic.Field(max_length=1_000_000, description=f"The records of `{resource.path}`."),
        )
        for resource in RESOURCES
    }
    return pydantic.create_model(
        "BundleRecords", __base__=Strict, __doc__="The records of a release by collection, in order of slug.", **fields
    )


class Bundle(Strict):
    """A whole release in one document, in canonical form (RFC 8785)."""

    dataset_version: DatasetVersion
    """The release."""
    former_slugs: Annotated[list[FormerSlug], pydantic.Field(max_length=10_000)]
    """The slugs that are no longer served, each with the reason."""
    records: _bundled_records()  # type: ignore[valid-type]  # made from the registry
    """Every record, as the API returns it."""
    release: ReleaseRead
    """The data set as a whole, as `/v1/meta` returns it."""
    vocabularies: Annotated[list[VocabularyRead], pydantic.Field(max_length=200)]
    """The vocabularies, as `/v1/vocabularies` returns them."""


@router.get(
    releases.RELEASES,
    tags=["releases"],
    operation_id="listReleases",
    summary="List the releases",
    response_model=ReleaseListDocument,
)
async def list_releases(_: Annotated[NoQuery, Query()], data: Data) -> Response:
    """The manifests of the releases that are kept, newest first."""
    return releases.list_releases(data)


@router.get(
    releases.RELEASES + "/latest",
    tags=["releases"],
    operation_id="getLatestRelease",
    summary="Get the newest release",
    response_model=ReleaseManifestDocument,
)
async def get_latest_release(_: Annotated[NoQuery, Query()], data: Data) -> Response:
    """The manifest of the newest release. Send `If-None-Match` to check for a newer one."""
    return releases.latest_release(data)


@router.get(
    releases.RELEASES + "/{version}",
    tags=["releases"],
    operation_id="getRelease",
    summary="Get a release",
    response_model=ReleaseManifestDocument,
)
async def get_release(version: Version, _: Annotated[NoQuery, Query()], data: Data) -> Response:
    """The manifest of a release: its SHA-256, its size, its counts and the path of its bundle."""
    return releases.release(data, version)


@router.get(
    releases.RELEASES + "/{version}/bundle",
    tags=["releases"],
    operation_id="getBundle",
    summary="Get a whole release",
    response_model=Bundle,
)
async def get_bundle(version: Version, _: Annotated[NoQuery, Query()], data: Data) -> Response:
    """A whole release in one document that never changes: all records, the data set as a whole and the vocabularies.

    It is in canonical form (RFC 8785), and its SHA-256 is in the manifest. Its paths never have the prefix of a proxy.
    """
    return releases.bundle(data, version)


@router.get(
    releases.CHANGES,
    tags=["releases"],
    operation_id="getChanges",
    summary="Get what has changed since a release",
    response_model=ChangesDocument,
)
async def get_changes(query: Annotated[ChangesQuery, Query()], data: Data) -> Response:
    """The changes that turn the bundle of a release into the newest bundle, with the new values of the changed fields.

    Records are created, updated, renamed or deleted. Paths never have the prefix of a proxy, as in the bundle.
    """
    return releases.changes(data, query.since)
