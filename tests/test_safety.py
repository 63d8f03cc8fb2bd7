"""Nothing that could do harm is served without its caution, its verdict and its sources."""

from collections import Counter
from datetime import date

import httpx
import pytest

from support import COLLECTIONS, Object, each, fetch, walk

pytestmark = pytest.mark.anyio


CAUTIONED = ("dosage-ranges", "effects", "strains", "interactions", "faqs", "product-forms")


async def test_a_record_nobody_should_act_on_alone_always_carries_its_cautions(
    bodies: dict[str, Object], client: httpx.AsyncClient
) -> None:
    disclaimer = (await fetch(client, "/v1/meta"))["data"]["disclaimer"]
    seen = Counter[str]()
    for address, body in each(bodies.items()):
        collection = address.removeprefix("/v1/").split("?")[0].split("/")[0]
        if collection in CAUTIONED:
            for record in each(body["data"] if isinstance(body["data"], list) else [body["data"]]):
                assert record["disclaimer"] == disclaimer
                assert record["cautions"]
                assert all(caution.strip() for caution in each(record["cautions"]))
                seen[collection] += 1
    assert set(seen) == set(CAUTIONED)


def has_verdict(value: Object) -> bool:
    return {"verdict", "note", "safety_flag", "suggested_framing"} <= value.keys()


async def test_an_unsafe_or_contradicted_statement_never_appears_without_its_verdict(
    bodies: dict[str, Object], records: dict[str, list[Object]]
) -> None:
    statements = {
        claim["statement"]
        for claim in records["/v1/claims"]
        if claim["safety_flag"] == "unsafe_as_written" or claim["verdict"] == "contradicts"
    }
    assert statements
    naked = {
        f"{address} {key}"
        for address, body in bodies.items()
        for value in walk(body)
        if not has_verdict(value)
        for key, text in value.items()
        for part in (text if isinstance(text, list) else [text])
        if isinstance(part, str) and any(statement.rstrip(".") in part for statement in statements)
    }
    assert not naked


async def test_an_unsafe_statement_is_never_supported_and_has_a_note(records: dict[str, list[Object]]) -> None:
    unsafe = [claim for claim in records["/v1/claims"] if claim["safety_flag"] == "unsafe_as_written"]
    assert unsafe
    assert all(claim["verdict"] != "supports" and claim["note"] for claim in each(unsafe))


async def test_a_home_page_supports_nothing_and_is_cited_by_the_article_alone(records: dict[str, list[Object]]) -> None:
    supports = [
        (path, link["support"])
        for path in COLLECTIONS
        for record in records[path]
        for value in walk(record)
        for link in value.get("citations", [])
        if link["specificity"] == "homepage"
    ]
    assert supports
    assert set(supports) == {("/v1/articles", "not_linked")}


async def test_a_source_that_is_silent_or_says_otherwise_does_not_look_like_support(
    records: dict[str, list[Object]],
) -> None:
    support = {
        (f"{path.removeprefix('/v1/')}/{record['slug']}", link["citation"]): link["support"]
        for path in COLLECTIONS
        for record in records[path]
        for link in record.get("citations", [])
    }
    # The guidelines on opioids did not look at kratom, whatever the verdict on the claim, here and on what it is about.
    assert support["claims/claim-30", "who-2023"] == "background"
    assert support["dosage-ranges/article-higher", "who-2023"] == "background"
    assert support["claims/claim-30", "grundmann-2017"] == "contradicts"
    # One shop page says that use is allowed where it is banned.
    assert support["jurisdictions/france", "eu_kit"] == "contradicts"
    assert support["jurisdictions/france", "fr1"] == "supports"


async def test_every_fact_has_its_evidence_and_its_review_date(
    records: dict[str, list[Object]], client: httpx.AsyncClient
) -> None:
    released = date.fromisoformat((await fetch(client, "/v1/meta"))["data"]["release_date"])
    next_year = released.replace(year=released.year + 1)
    for path in each(COLLECTIONS):
        for record in each(records[path]):
            assert record["last_reviewed"] is None, "nobody has reviewed anything"
            due = date.fromisoformat(record["review_due"])
            if path == "/v1/jurisdictions":
                assert due.month == (released.month + 2) % 12 + 1
                assert 89 <= (due - released).days <= 92
            else:
                assert due == next_year
            if path != "/v1/citations":
                assert record["evidence_summary"].strip()
                assert "citations" in record


async def test_every_list_has_its_coverage_note(bodies: dict[str, Object]) -> None:
    for address, body in each(item for item in bodies.items() if item[0].partition("?")[0] in COLLECTIONS):
        assert body["meta"]["coverage"].strip(), address
