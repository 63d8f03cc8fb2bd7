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
    """The Atom and JSON feeds of what the releases changed: all, by collection, and relevant to safety."""
    return feeds.list_feeds(data)


# Feed readers read it, and no client of the API: it is not in the OpenAPI document.
@router.get(feeds.FEEDS + "/{feed}", include_in_schema=False)
async def get_feed(feed: Annotated[str, Path()], _: Annotated[NoQuery, Query()], data: Data, place: Place) -> Response:
    """A feed."""
    return feeds.feed(data, feed, place.public_url)
