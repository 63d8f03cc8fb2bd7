"""The list of feeds."""

from sqlmodel import Field

from app.schemas.envelopes import Document
from app.schemas.fields import CollectionName, Label, Path, Strict


class Feed(Strict):
    """A feed of changes."""

    name: CollectionName
    """`all`, `safety`, or the name of a collection."""
    title: Label
    """Title of the feed."""
    atom: Path
    """Path of the feed as Atom (RFC 4287)."""
    json_feed: Path
    """Path of the feed as JSON Feed 1.1."""


class FeedList(Strict):
    """Every feed."""

    feeds: list[Feed] = Field(max_length=100)
    """The feeds, each with the newest 50 changes."""


class FeedListDocument(Document):
    """Every feed."""

    data: FeedList
    """The feeds."""
