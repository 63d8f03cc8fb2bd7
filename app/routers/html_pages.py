"""Routes of the HTML pages: for every collection its list and its records, at the address of the API without `/v1`."""

import json
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import ConfigDict, model_validator
from starlette.requests import HTTPConnection

from app.pages.site import (
    HEADERS,
    Site,
    list_html,
    record_html,
    records_of,
    relative,
    search_html,
    sitemap,
)
from app.pictures import PICTURES, Picture, as_csv
from app.registry import TABLES
from app.routers.common import Data
from app.routers.search import results
from app.schemas.queries import PageQuery, QueryParameters, Question
from app.schemas.search import SearchQuery
from app.tables import Resource

router = APIRouter(include_in_schema=False)


class FormQuery(QueryParameters):
    """The query of an HTML page: whatever it does not know is ignored, and so are fields of a form that are left empty."""

    model_config = ConfigDict(extra="ignore")

    @model_validator(mode="before")
    @classmethod
    def _without_empty_fields(cls, values: Mapping[str, Any]) -> Mapping[str, Any]:
        return {name: value for name, value in values.items() if value not in ("", [""])}

    def offers(self) -> dict[bytes, str]:
        """A page is HTML, whatever `format` says."""
        return {}

    def names_format(self) -> bool:
        """No query chooses a format."""
        return False


def get_site(connection: HTTPConnection) -> Site:
    """Where the service is for the public."""
    site: Site = connection.app.state.site
    return site


Place = Annotated[Site, Depends(get_site)]
Slug = Annotated[str, Path()]


def add_pages(resource: type[Resource]) -> None:
    """Add the routes of a collection."""
    info = resource.info
    # Its fields have their descriptions already; pydantic would search the whole source for them.
    config = FormQuery.model_config | {"use_attribute_docstrings": False}
    members = {"__doc__": info.query.__doc__, "model_config": config}
    form: type[PageQuery] = type(f"{info.query.__name__}Form", (FormQuery, info.query), members)

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

    async def show_picture(_: Annotated[FormQuery, Query()], data: Data) -> Response:
        svg = picture.svg(picture.rows(records_of(data, picture)), "../", is_file=True)
        return Response(svg, media_type="image/svg+xml")

    async def show_rows(_: Annotated[FormQuery, Query()], data: Data) -> Response:
        return Response(as_csv(picture.rows(records_of(data, picture))), media_type="text/csv")

    router.add_api_route(f"/pictures/{picture.slug}.svg", show_picture)
    router.add_api_route(f"/pictures/{picture.slug}.csv", show_rows)


class SearchForm(FormQuery, SearchQuery):
    """The query of the search page; without a question it invites to one."""

    model_config = FormQuery.model_config

    q: Question = ""


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
