"""Bundle and changes add up: for every pair of releases, the earlier bundle and the changes are the later bundle."""

import json
import re
from collections.abc import Sequence
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.content.changes import SAFETY_COLLECTIONS, SAFETY_FIELDS, applied, difference, is_safety_relevant
from app.content.releases import KEPT, Releases, canonical
from app.registry import RESOURCES
from support import DOCUMENT, ROOT, Object, each

RECIPE: Object = {}
exec(re.findall(r"```python\n(.*?)```", (ROOT / "docs/releases.md").read_text(encoding="utf-8"), re.DOTALL)[0], RECIPE)  # noqa: S102  # the code that the page shows
COLLECTIONS = ("side-effects", "contacts", "citations")
SLUGS = st.sampled_from(["a", "b", "c", "d", "e_f", "a-b", "z9"])
NAMES = st.sampled_from(["note", "cautions", "severity", "added", "related", "Ж", "\ufb33", "\U0001f600"])
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(-(2**52), 2**52) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | TEXTS, inner, max_size=3),
    max_leaves=6,
)


@st.composite
def chains(draw: st.DrawFn) -> list[Object]:
    """The bundles of a few releases: records are created, changed, renamed and deleted from one to the next."""
    records: dict[tuple[str, str], Object] = {}
    former: dict[tuple[str, str], Object] = {}
    bundles = []
    for number in range(draw(st.integers(2, 5))):
        for key in sorted(records):
            match draw(st.sampled_from(["keep", "keep", "change", "delete", "rename"])):
                case "change":
                    records[key] = records[key] | draw(st.dictionaries(NAMES, VALUES, max_size=2))
                    for name in draw(st.sets(NAMES, max_size=2)):
                        records[key].pop(name, None)
                    records[key] = dict(records[key])
                case "delete":
                    del records[key]
                    former[key] = entry_of(key, None)
                case "rename":
                    new = key[0], draw(SLUGS)
                    if new not in records:
                        records[new] = (
                            records.pop(key) | {"slug": new[1]} | draw(st.dictionaries(NAMES, VALUES, max_size=1))
                        )
                        former[key] = entry_of(key, new[1])
        for key in draw(st.sets(st.tuples(st.sampled_from(COLLECTIONS), SLUGS), max_size=4)):
            if key not in records:
                records[key] = {"slug": key[1], "title": draw(TEXTS)} | draw(st.dictionaries(NAMES, VALUES, max_size=3))
        for key in records:
            former.pop(key, None)
        bundles.append(
            bundle_with(
                records,
                former,
                number,
                draw(st.dictionaries(NAMES, VALUES, max_size=2)),
                draw(st.lists(VALUES, max_size=2)),
                # A release of another program may have a collection more or less.
                collections=sorted({name for name, _ in records} | draw(st.sets(st.sampled_from(COLLECTIONS)))),
            )
        )
    return bundles


def entry_of(key: tuple[str, str], renamed_to: str | None) -> Object:
    return {"collection": key[0], "slug": key[1], "reason": "It was.", "renamed_to": renamed_to, "successor": None}


def bundle_with(
    records: dict[tuple[str, str], Object],
    former: dict[tuple[str, str], Object],
    number: int = 0,
    release: Object | None = None,
    vocabularies: list[Any] | None = None,
    *,
    collections: Sequence[str] = COLLECTIONS,
) -> Object:
    listed = {name: [records[key] for key in sorted(records) if key[0] == name] for name in collections}
    bundle = {
        "dataset_version": f"2026-01-{number + 1:02}+{number:08x}",
        "former_slugs": [former[key] for key in sorted(former)],
        "records": {name.replace("-", "_"): each_record for name, each_record in listed.items()},
        "release": {
            **(release or {}),
            "release_date": f"2026-01-{number + 1:02}",
            "collections": [{"name": name, "total": len(listed[name])} for name in collections],
        },
        "vocabularies": vocabularies or [],
    }
    copy: Object = json.loads(json.dumps(bundle))
    return copy


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(chains())
def test_a_bundle_and_the_changes_since_it_are_every_later_bundle_byte_for_byte(bundles: list[Object]) -> None:
    for later, new in each(enumerate(bundles)):
        for old in each(bundles[: later + 1]):
            sent = json.loads(canonical(difference(old, new)))
            for apply in (applied, RECIPE["applied"]):
                assert canonical(apply(json.loads(canonical(old)), sent)) == canonical(new)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(chains())
def test_the_file_of_releases_restores_every_bundle_and_can_drop_the_newest(bundles: list[Object]) -> None:
    releases = Releases()
    for bundle in each(bundles):
        before, releases = releases, releases.with_newest(bundle)
        assert releases.with_newest(bundle) == releases
        assert releases.without_newest().entries == before.entries
        if before.bundle:
            assert canonical(releases.without_newest().bundle) == canonical(before.bundle)
    assert [canonical(bundle) for bundle in releases.bundles()] == [canonical(bundle) for bundle in reversed(bundles)]
    served = {f"{name.replace('_', '-')}/{r['slug']}" for b in bundles for name, rs in b["records"].items() for r in rs}
    assert releases.ever_served().keys() == served


def test_only_the_newest_releases_are_kept_and_every_slug_stays_known() -> None:
    releases = Releases()
    for number in range(20):
        slug = f"s{number}"
        releases = releases.with_newest(bundle_with({("contacts", slug): {"slug": slug, "title": slug}}, {}, number))
    assert len(releases.bundles()) == KEPT
    assert len(releases.entries) == len(releases.ever_served()) == 20


def test_the_canonical_form_is_that_of_the_rfc() -> None:
    # RFC 8785, sections 3.2.2 and 3.2.3, and its appendix B.
    value = json.loads(
        '{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],'
        '"string":"\\u20ac$\\u000F\\u000aA\'\\u0042\\u0022\\u005c\\\\\\"\\/","literals":[null,true,false]}'
    )
    expected = (
        '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )
    assert canonical(value) == expected.encode()
    keys = ["\r", "\ufb33", "1", "\u0080", "\U0001f600", "\u20ac", "\u00f6"]
    in_order = ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]
    assert list(json.loads(canonical(dict.fromkeys(keys)))) == in_order


SIDE_EFFECT = {
    "slug": "a",
    "title": "A",
    "seriousness": "mild",
    "summary": "It is.",
    "claims": [{"verdict": "supports", "note": "x"}],
}


def test_a_change_is_relevant_to_safety_when_a_reader_could_act_differently() -> None:
    for change, is_relevant in (
        ({"seriousness": "life_threatening"}, True),
        ({"cautions": ["Stop."]}, True),
        ({"claims": [{"verdict": "contradicts", "note": "x"}]}, True),
        ({"claims": [{"verdict": "supports", "note": "another"}]}, False),
        ({"summary": "It is so."}, False),
        ({"effective_date": "2027-01-01"}, True),
        ({"frequency": "every four hours"}, True),
    ):
        assert is_safety_relevant("side-effects", SIDE_EFFECT, SIDE_EFFECT | change) is is_relevant, change
    for collection, is_relevant in (("side-effects", True), ("citations", False)):
        assert is_safety_relevant(collection, None, SIDE_EFFECT) is is_relevant
        assert is_safety_relevant(collection, SIDE_EFFECT, None) is is_relevant


def test_what_changed_in_all_records_hides_nothing_that_changed_in_one() -> None:
    keys = [("side-effects", slug) for slug in "abc"]
    record: Object = {"title": "A", "disclaimer": "Take care.", "cautions": []}
    old = bundle_with({key: record | {"slug": key[1]} for key in keys}, {})
    told = {key: record | {"slug": key[1], "disclaimer": "Take more care."} for key in keys}
    told[keys[2]] |= {"cautions": ["Stop."]}
    new = bundle_with(told | {("citations", "d"): {"slug": "d", "title": "D"}}, {}, 1)
    assert [change["slug"] for change in difference(old, new)["records"]] == ["c", "a", "b", "d"]


def test_the_rule_of_safety_names_collections_and_fields_that_exist_and_the_page_names_them_all() -> None:
    assert {resource.collection for resource in RESOURCES} >= SAFETY_COLLECTIONS
    fields = {name for schema in DOCUMENT["components"]["schemas"].values() for name in schema.get("properties", {})}
    assert fields >= SAFETY_FIELDS
    page = (ROOT / "docs/releases.md").read_text(encoding="utf-8")
    for name in each(SAFETY_COLLECTIONS | SAFETY_FIELDS):
        assert f"`{name}`" in page


def test_a_renamed_record_is_one_change_with_its_new_slug() -> None:
    old = bundle_with(
        {("contacts", "a"): {"slug": "a", "title": "A"}, ("contacts", "b"): {"slug": "b", "title": "B"}}, {}
    )
    former = {("contacts", "a"): entry_of(("contacts", "a"), "c"), ("contacts", "b"): entry_of(("contacts", "b"), None)}
    new = bundle_with({("contacts", "c"): {"slug": "c", "title": "C"}}, former, 1)
    changes = {change["slug"]: change for change in difference(old, new)["records"]}
    assert changes.keys() == {"a", "b"}
    assert (changes["a"]["kind"], changes["a"]["renamed_to"]) == ("renamed", "c")
    assert changes["a"]["set"] == {"slug": "c", "title": "C"}
    assert (changes["b"]["kind"], changes["b"]["reason"], changes["b"]["set"]) == ("deleted", "It was.", {})


def test_the_history_of_a_record_goes_back_through_its_former_slugs() -> None:
    first = bundle_with({("contacts", "a"): {"slug": "a", "title": "A", "value": "1"}}, {})
    former = {("contacts", "a"): entry_of(("contacts", "a"), "b")}
    second = bundle_with({("contacts", "b"): {"slug": "b", "title": "A", "value": "1"}}, former, 1)
    third = bundle_with({("contacts", "b"): {"slug": "b", "title": "A", "value": "2"}}, former, 2)
    history = Releases().with_newest(first).with_newest(second).with_newest(third).history()
    told = [(change["kind"], change["fields"], change["safety_relevant"]) for change in history["contacts/b"]]
    assert told == [("updated", ["value"], True), ("renamed", ["slug"], False), ("created", [], True)]
