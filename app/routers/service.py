"""Routes of the index, of the data set as a whole and of the health checks."""

import json
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel

from app.formats import DATA_PACKAGE_PATH
from app.formats.data_package import data_package
from app.problems import UNAVAILABLE, Problem, ProblemException
from app.reading import detail
from app.registry import RESOURCES
from app.routers.common import Data, get_refusal
from app.schemas.queries import NoQuery
from app.schemas.releases import ApiIndex, Health, IndexDetail, IndexEntry, Readiness, ReleaseDetail

router = APIRouter()

INDEX = (
    ApiIndex(
        resources=[
            IndexEntry(name=resource.collection, url=f"/v1/{resource.collection}")
            for resource in sorted(RESOURCES, key=lambda r: r.collection)
        ],
        service=[
            IndexEntry(name="data set", url="/v1/meta"),
            IndexEntry(name="search, with an example", url="/v1/search?q=withdrawal"),
            IndexEntry(name="labels of named values", url="/v1/vocabularies"),
            IndexEntry(name="releases", url="/v1/releases"),
            IndexEntry(name="newest release", url="/v1/releases/latest"),
            IndexEntry(name="changes", url="/v1/changes"),
            IndexEntry(name="feeds of changes", url="/v1/feeds"),
            IndexEntry(name="columns of the CSV files", url=DATA_PACKAGE_PATH),
            IndexEntry(name="documentation", url="/docs"),
            IndexEntry(name="OpenAPI document", url="/openapi.json"),
            IndexEntry(name="problem types", url="/problems"),
            IndexEntry(name="liveness", url="/health/live"),
            IndexEntry(name="readiness", url="/health/ready"),
        ],
    )
    .model_dump_json()
    .encode()
)


@router.get("/v1", tags=["service"], operation_id="getIndex", summary="Get the index", response_model=IndexDetail)
async def get_index(_: Annotated[NoQuery, Query()], data: Data) -> Response:
    """The addresses of all collections and of the other documents."""
    return detail(data, INDEX, "/v1", "/v1")


@router.get(
    "/v1/meta",
    tags=["service"],
    operation_id="getMeta",
    summary="Describe the data set",
    response_model=ReleaseDetail,
)
async def get_meta(_: Annotated[NoQuery, Query()], data: Data) -> Response:
    """Version, counts, licence, source, conflict of interest, review status and known gaps of the data set."""
    return detail(data, data.release_document, "/v1/meta", "/v1")


# Data Package 2.0 specifies its members, so it has no model here.
@router.get(
    DATA_PACKAGE_PATH,
    tags=["service"],
    operation_id="getDataPackage",
    summary="Describe the CSV files",
    response_class=Response,
    responses={
        200: {
            "content": {
                "application/json": {
                    "schema": {"type": "object", "description": "A Data Package 2.0 (datapackage.org)."}
                }
            }
        }
    },
)
async def get_data_package(_: Annotated[NoQuery, Query()], data: Data) -> Response:
    """The CSV file of every collection with its columns: their types, whether they may be empty, their named values."""
    licence = f'<{json.loads(data.release_document)["data_licence"]["url"]}>; rel="license"'
    return Response(data_package(data), headers={"Link": licence}, media_type="application/json")


@router.get(
    "/health/live",
    tags=["health"],
    operation_id="getLiveness",
    summary="Check liveness",
    response_model=Health,
)
async def get_liveness() -> Response:
    """Return 200 while the process is alive; restart it when this fails."""
    return _unstored(Health(status="ok"))


@router.get(
    "/health/ready",
    tags=["health"],
    operation_id="getReadiness",
    summary="Check readiness",
    response_model=Readiness,
    responses={503: {"model": Problem, "description": "The data can't be read."}},
)
async def get_readiness(data: Data, refusal: Annotated[str | None, Depends(get_refusal)]) -> Response:
    """Return 200 while the data can be read, with the version of the data set; send no traffic when this fails."""
    if data.read("SELECT dataset_version FROM release", {}) != [(data.dataset_version,)]:
        raise ProblemException(UNAVAILABLE, "The data can't be read right now.")
    return _unstored(Readiness(status="ok", dataset_version=data.dataset_version, refused=refusal))


def _unstored(state: BaseModel) -> Response:
    return Response(state.model_dump_json(), headers={"Cache-Control": "no-store"}, media_type="application/json")
