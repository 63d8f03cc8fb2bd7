"""Routes of the HTML pages: for every collection its list and its records, at the address of the API without `/v1`."""

import json
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response
from starlette.requests import HTTPConnection

from app.database import Database
from app.pages.forms import FormQuery, SearchForm, form_of
from app.pages.site import (
    HEADERS,
    Site,
    list_html,
    picture_of,
    record_html,
    relative,
    search_html,
    sitemap,
)
from app.pictures import PICTURES, Picture
from app.problems import NOT_FOUND, ProblemException
from app.registry import TABLES
from app.routers.common import Data
from app.routers.search import results
from app.tables import DrawnPicture, Resource

router = APIRouter(include_in_schema=False)


def get_site(connection: HTTPConnection) -> Site:
    """Where the service is for the public."""
    site: Site = connection.app.state.site
    return site


Place = Annotated[Site, Depends(get_site)]
Slug = Annotated[str, Path()]


def add_pages(resource: type[Resource]) -> None:
    """Add the routes of a collection."""
    info = resource.info
    form = form_of(resource)

    async def show_list(query: Annotated[form, Query()], data: Data, site: Place) -> Response:  # type: ignore[valid-type]
        return Response(list_html(data, resource, query, site), headers=HEADERS, media_type="text/html")

    async def show_record(slug: Slug, _: Annotated[FormQuery, Query()], data: Data, site: Place) -> Response:
        former = data.former.get((info.collection, slug))
        if former and former.renamed_to:
            location = relative(f"/{info.collection}/{slug}", f"/{info.collection}/{former.renamed_to}")
            # Not stored: a later release may rename the record again.
            return Response(status_code=308, headers={"Location": location, "Cache-Control": "no-store"})
        return Response(record_html(data, resource, slug, site), headers=HEADERS, media_type="text/html")

    router.add_api_route(f"/{info.collection}", show_list)
    router.add_api_route(f"/{info.collection}/{{slug}}", show_record)


def add_picture(picture: Picture) -> None:
    """Add the routes of a picture and of the data behind it."""

    def drawn(data: Database) -> DrawnPicture:
        if found := picture_of(data, picture):
            return found
        raise ProblemException(NOT_FOUND, "There are no records for this picture to show.")

    async def show_picture(_: Annotated[FormQuery, Query()], data: Data) -> Response:
        return Response(drawn(data).file, media_type="image/svg+xml")

    async def show_rows(_: Annotated[FormQuery, Query()], data: Data) -> Response:
        return Response(drawn(data).csv, media_type="text/csv")

    router.add_api_route(f"/pictures/{picture.slug}.svg", show_picture)
    router.add_api_route(f"/pictures/{picture.slug}.csv", show_rows)


@router.get("/search")
async def show_results(query: Annotated[SearchForm, Query()], data: Data, site: Place) -> Response:
    """What a search finds, or an invitation to search."""
    body = json.loads(bytes(results(data, query).body)) if query.q else None
    return Response(search_html(data, body, query, site), headers=HEADERS, media_type="text/html")


@router.get("/sitemap.xml")
async def show_sitemap(_: Annotated[FormQuery, Query()], data: Data, site: Place) -> Response:
    """The addresses of all HTML pages, for search engines."""
    return sitemap(data, site)


for each in TABLES.values():
    add_pages(each)
for each_picture in PICTURES:
    add_picture(each_picture)
