"""What a reader gets of an HTML page."""

from collections.abc import Iterator
from functools import cached_property
from html.parser import HTMLParser


class Reader(HTMLParser):
    """What a page says and where it leads."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep an element."""
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Keep a text."""
        self.words.append(data)

    @cached_property
    def text(self) -> str:
        """All that is said, with single spaces."""
        return " ".join(" ".join(self.words).split())

    @cached_property
    def metas(self) -> dict[str, str]:
        """What the page says of itself, by name or property."""
        found = (attributes for tag, attributes in self.elements if tag == "meta")
        return {str(each.get("name") or each.get("property")): str(each.get("content")) for each in found}

    def values(self, *names: str) -> Iterator[str]:
        """The values of attributes."""
        for _, attributes in self.elements:
            yield from (value for name, value in attributes.items() if name in names and value)

    def linked(self, relation: str, media_type: str = "") -> list[str]:
        """Where the head of the page links to in a relation, and with a media type where one is named."""
        links = (attributes for tag, attributes in self.elements if tag == "link" and attributes.get("rel") == relation)
        return [str(each["href"]) for each in links if not media_type or each.get("type") == media_type]


def plain(text: str) -> str:
    """A text with single spaces."""
    return " ".join(text.split())


def is_in_order(parts: list[str], text: str) -> bool:
    """Whether texts stand one after the other."""
    place = 0
    for part in map(plain, parts):
        place = text.find(part, place) + len(part)
        if place < len(part):
            return False
    return True
