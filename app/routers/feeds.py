"""Routes of the feeds: their list, and each of them."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from app import feeds
from app.routers.common import Data
from app.routers.html_pages import Place
from app.schemas.feeds import FeedListDocument
from app.schemas.queries import NoQuery

router = APIRouter()


@router.get(
    feeds.FEEDS, tags=["releases"], operation_id="listFeeds", summary="List the feeds", response_model=FeedListDocument
)
async def list_feeds(_: Annotated[NoQuery, Query()], data: Data) -> Response:
    """The Atom and JSON feeds of changes: all, by collection, and relevant to safety."""
    return feeds.list_feeds(data)


FileName = Annotated[
    str,
    Path(
        description="The name of a feed with `.json` or `.atom`.",
        json_schema_extra={"pattern": r"^[a-z-]+\.(atom|json)$", "maxLength": 40},
    ),
]


# Atom and JSON Feed specify their members, so they have no model here; other clients read /v1/changes.
@router.get(
    feeds.FEEDS + "/{feed}",
    tags=["releases"],
    operation_id="getFeed",
    summary="Get a feed",
    response_class=Response,
    responses={
        200: {
            "content": {
                "application/feed+json": {"schema": {"type": "object", "description": "A JSON Feed 1.1."}},
                "application/atom+xml": {"schema": {"type": "string", "description": "An Atom feed (RFC 4287)."}},
            }
        }
    },
)
async def get_feed(feed: FileName, _: Annotated[NoQuery, Query()], data: Data, place: Place) -> Response:
    """The newest 50 changes for feed readers, as JSON Feed 1.1 or Atom, each with its cautions and the disclaimer."""
    return feeds.feed(data, feed, place.public_url)
