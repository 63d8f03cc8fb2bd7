"""Shared by the tests: seeds made from the real one."""

from support import Object


def without_records(content: Object) -> Object:
    """A copy of the content without any record: it is built in a tenth of the time."""
    emptied = {name: [] if isinstance(value, list) else value for name, value in content.items()}
    return emptied | {"search": content["search"] | {"aliases": {}, "topics": []}}
