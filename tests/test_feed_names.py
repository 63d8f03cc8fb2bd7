"""A feed tells of changes made before later releases renamed or withdrew the record."""

import json
from typing import Any

from app.content.release_rows import change_rows
from app.content.releases import Releases
from app.feeds import address_of
from support import Object, each

COLLECTION = "contacts"


def release(number: int, slug: str | None, fields: Object, former: list[Object]) -> Object:
    """A release of a single record, or of none."""
    record = {"slug": slug, "title": "A line", "summary": "Somebody answers.", "cautions": ["Call now."], **fields}
    return {
        "dataset_version": f"2026-12-0{number}+{number:08x}",
        "former_slugs": former,
        "records": {COLLECTION: [record] if slug else []},
        "release": {
            "release_date": f"2026-12-0{number}",
            "collections": [{"name": COLLECTION, "total": int(slug is not None)}],
        },
        "vocabularies": [],
    }


def entry(slug: str, renamed_to: str | None, successor: str | None = None) -> Object:
    former = {"collection": COLLECTION, "slug": slug, "since": "2026-12-03", "reason": "It was misspelled."}
    return former | {"renamed_to": renamed_to, "successor": successor}


def told(*bundles: Object) -> list[Any]:
    """What the feeds are made from, newest first."""
    releases = Releases()
    for bundle in bundles:
        releases = releases.with_newest(bundle)
    return [json.loads(row["document"]) for row in change_rows(releases)]


EARLIER = (
    release(1, "old", {"value": "1"}, []),
    release(2, "old", {"value": "2"}, []),
)


def test_changes_of_a_renamed_record_lead_to_it_with_its_cautions_under_their_first_identifier() -> None:
    renamed = (
        release(3, "new", {"value": "2"}, [entry("old", "new")]),
        release(4, "newest", {"value": "2"}, [entry("old", "newest"), entry("new", "newest")]),
    )
    changes = told(*EARLIER, *renamed)
    assert [change["kind"] for change in changes] == ["renamed", "renamed", "updated", "created"]
    for change in each(changes):
        assert address_of(change) == "/v1/contacts/newest"
        assert (change["title"], change["cautions"]) == ("A line", ["Call now."])
    assert (
        [change["slug"] for change in changes[-2:]] == [change["slug"] for change in told(*EARLIER)] == ["old", "old"]
    )


def test_changes_of_a_withdrawn_record_say_why_and_lead_to_its_successor() -> None:
    changes = told(*EARLIER, release(3, None, {}, [entry("old", None, "contacts/other")]))
    assert [change["kind"] for change in changes] == ["deleted", "updated", "created"]
    for change in each(changes):
        assert (change["title"], change["reason"]) == ("A line", "It was misspelled.")
        assert address_of(change) == "/v1/contacts/other"
        assert "cautions" not in change
