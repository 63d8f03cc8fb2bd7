"""The search: a question in people's own words leads to the records that answer it, protective ones first."""

import json
import logging
import re
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from app.content.phrases import AMOUNT
from app.words.text import BOUNDARY
from support import COLLECTIONS, Ask, Object, each, fetch

pytestmark = pytest.mark.anyio

HOSTILE = (
    '"',
    '"quoted',
    "NEAR(kratom opioid)",
    "kratom AND OR NOT",
    "title:kratom",
    "{names} : kratom",
    "^kratom",
    "kra*",
    "*",
    "-kratom",
    "(kratom",
    "kratom'; DROP TABLE search_index; --",
    "???",
    "!!! ... ///",
    "\U0001f600",
    "\u200b",
    "\u0301",
    "de\u0301tox",
    "\u0e01\u0e23\u0e30\u0e17\u0e48\u0e2d\u0e21",
    "the of and",
    "\u2460\u00b2\u00bd",
    "a",
    "z" * 200,
    " ".join(["pain"] * 40),
    "<script>alert(1)</script>",
)


async def asked(client: httpx.AsyncClient, question: str, **parameters: Any) -> Object:
    query = "&".join(f"{name}={value}" for name, value in parameters.items())
    return await fetch(client, f"/v1/search?q={quote(question, safe='')}{'&' if query else ''}{query}")


async def found(client: httpx.AsyncClient, question: str) -> list[str]:
    """The records that a question finds, as `collection/slug`."""
    return [hit["url"].removeprefix("/v1/") for hit in (await asked(client, question))["data"]]


async def test_a_hit_is_the_record_in_short_with_its_cautions(
    client: httpx.AsyncClient, records: dict[str, list[Object]]
) -> None:
    by_url = {f"{path}/{record['slug']}": record for path in COLLECTIONS for record in records[path]}
    page = await asked(client, "sleeping pills and withdrawal", limit=50)
    for hit in each(page["data"]):
        record = by_url[hit["url"]]
        assert [hit[name] for name in ("slug", "title", "summary")] == [
            record[name] for name in ("slug", "title", "summary")
        ]
        assert hit["cautions"] == record.get("cautions", [])
    assert page["meta"]["disclaimer"]
    assert any(hit["cautions"] for hit in page["data"])


async def test_a_snippet_stands_in_the_record_and_its_matches_are_words_of_the_question(
    client: httpx.AsyncClient, records: dict[str, list[Object]]
) -> None:
    by_url = {f"{path}/{record['slug']}": record for path in COLLECTIONS for record in records[path]}
    marked = set()
    for question in ("seizures", "liver injury", "résumé of opioids"):
        for hit in each((await asked(client, question, limit=50))["data"]):
            text = hit["snippet"]["text"]
            assert text in json.dumps(by_url[hit["url"]], ensure_ascii=False).replace('\\"', '"')
            places = [(match["start"], match["end"]) for match in hit["snippet"]["matches"]]
            assert places == sorted(places)
            marked |= {text[start:end].lower() for start, end in places}
    assert {"seizure", "seizures", "liver", "opioid", "opioids"} <= marked


async def test_offsets_count_code_points(client: httpx.AsyncClient) -> None:
    # The typographic quotation marks before the match are three bytes each in UTF-8.
    hits = (await asked(client, "extract label leaf product", type="product_form"))["data"]
    [snippet] = [hit["snippet"] for hit in hits if hit["slug"] == "extracts"]
    text = snippet["text"]
    assert text.startswith("A \u201ckratom extract\u201d label")
    shown = [text[match["start"] : match["end"]] for match in snippet["matches"]]
    assert shown[:2] == ["extract", "label"]


async def test_no_hit_shows_an_amount(client: httpx.AsyncClient) -> None:
    for question in ("how many grams", "dose", "capsules mg", "beginner amount", "grams per day study", "teaspoon"):
        for hit in each((await asked(client, question, limit=50))["data"]):
            shown = [hit["snippet"]["text"], hit["summary"]]
            assert not [text for text in shown if AMOUNT.search(text)], hit["url"]


@pytest.mark.parametrize(
    ("question", "same"),
    [
        ("Seizures", "seizure"),
        ("DÉTOX", "detox"),
        ("can\u2019t sleep", "can't sleep"),
        ("is it legal in texas", "legal texas"),
        ("  kratom   nausea ", "kratom nausea"),
    ],
)
async def test_case_accents_endings_and_stop_words_do_not_matter(
    question: str, same: str, client: httpx.AsyncClient
) -> None:
    assert (await found(client, question))[:3] == (await found(client, same))[:3] != []


@pytest.mark.parametrize(
    ("question", "path"),
    [
        ("xanax", "interactions/benzodiazepines"),
        ("ketum", "articles/kratom-and-chronic-back-pain"),
        ("detox", "side-effects/withdrawal-syndrome"),
        ("coming off", "side-effects/withdrawal-syndrome"),
        ("hepatic", "side-effects/liver-injury"),
        ("alprazolam", "interactions/benzodiazepines"),
        ("legal in OR", "jurisdictions/us-or"),
        ("legal in tx", "jurisdictions/us-tx"),
        ("UK", "jurisdictions/united-kingdom"),
        ("grundmann 2017", "citations/grundmann-2017"),
    ],
)
async def test_other_words_for_a_thing_lead_to_it(question: str, path: str, client: httpx.AsyncClient) -> None:
    assert path in (await found(client, question))[:5]


async def test_every_place_is_found_by_its_name_and_every_state_by_its_code(
    client: httpx.AsyncClient, records: dict[str, list[Object]]
) -> None:
    for place in each(records["/v1/jurisdictions"]):
        path = f"jurisdictions/{place['slug']}"
        assert path in (await found(client, f"is kratom legal in {place['name']}"))[:3], place["name"]
        if re.fullmatch("US-[A-Z]{2}", place["code"]):
            state = place["code"][3:]
            assert path == (await found(client, f"kratom legal in {state}"))[0], state


async def test_a_word_with_one_wrong_letter_is_corrected_and_the_answer_says_so(client: httpx.AsyncClient) -> None:
    for wrong, right in (
        ("kratom withdrwal", "kratom withdrawal"),
        ("seizrue", "seizure"),
        ("pregnnancy", "pregnancy"),
        ("benzodiazepynes!", "benzodiazepines!"),
    ):
        page = await asked(client, wrong)
        assert page["meta"]["corrected_query"] == right
        usual = await asked(client, right)
        assert usual["meta"]["corrected_query"] is None
        assert page["data"] == usual["data"] != []


async def test_the_last_word_may_be_a_beginning(client: httpx.AsyncClient) -> None:
    for beginning, path in (
        ("nause", "side-effects/nausea"),
        ("kratom seizu", "side-effects/seizure"),
        ("tenne", "jurisdictions/us-tn"),
        ("alco", "interactions/alcohol"),
    ):
        page = await asked(client, beginning)
        assert path in [hit["url"].removeprefix("/v1/") for hit in page["data"][:3]], beginning
        assert page["meta"]["corrected_query"] is None


@pytest.mark.parametrize(
    "question",
    [
        "overdose",
        "how much should I take",
        "kratom dosage",
        "what is a safe dose",
        "how many grams for pain",
        "is it safe while pregnant",
        "pregnancy nausea",
        "how to quit",
        "stopping kratom after years",
        "mixing kratom and wine",
        "can I combine it with zoloft",
        "he is not breathing",
        "I want to kill myself",
    ],
)
async def test_what_protects_comes_first_where_there_is_a_danger(question: str, client: httpx.AsyncClient) -> None:
    first = (await asked(client, question))["data"][0]
    assert first["type"] in {"warning_sign", "risk_group", "interaction", "side_effect", "contact"}
    assert first["cautions"]


@pytest.mark.parametrize("question", HOSTILE)
async def test_any_text_is_a_question(question: str, client: httpx.AsyncClient) -> None:
    page = await asked(client, question)
    assert page["meta"]["total"] >= len(page["data"])
    assert (page["meta"]["suggestion"] is None) == (page["meta"]["total"] > 0)


async def test_a_question_that_is_none_is_refused(ask: Ask) -> None:
    for query, code in (
        ("", "missing"),
        ("q=%20%20", "blank"),
        ("q=", "string_too_short"),
        ("q=a%00b", "control_character"),
        ("q=" + "a" * 201, "string_too_long"),
        ("q=" + "a" * 1000, "string_too_long"),
        ("q=%FF", "not_unicode"),
    ):
        answer = await ask(f"/v1/search?{query}")
        assert answer.status == 422, query
        assert answer.problem["errors"][0]["code"] == code


@pytest.mark.parametrize(
    "written", ["fe\u0301ver", "fever\u0301", "f\u00e9ver", "fe\u00adver", "fe\u2060ver", "fe\u200dver", "\uff46ever"]
)
async def test_one_word_is_one_however_its_letters_are_encoded(written: str, client: httpx.AsyncClient) -> None:
    for path in ("/v1/search", "/v1/suggest"):
        plain, other = [(await fetch(client, f"{path}?q={quote(q)}"))["data"] for q in ("fever", written)]
        assert [hit["slug"] for hit in each(other)] == [hit["slug"] for hit in plain]


@pytest.mark.parametrize("path", ["/v1/search", "/v1/suggest", "/v1/side-effects"])
async def test_what_separates_names_in_the_index_finds_nothing(path: str, client: httpx.AsyncClient) -> None:
    for question in (BOUNDARY, BOUNDARY.upper(), f"{BOUNDARY} {BOUNDARY}"):
        assert (await fetch(client, f"{path}?q={quote(question)}"))["data"] == []


async def test_an_empty_result_says_what_to_try(client: httpx.AsyncClient) -> None:
    page = await asked(client, "xylophone quarks")
    assert (page["data"], page["meta"]["total"]) == ([], 0)
    assert "Try" in page["meta"]["suggestion"]


async def test_types_narrow_the_results_without_changing_their_order(client: httpx.AsyncClient) -> None:
    whole = (await asked(client, "seizure", limit=50))["data"]
    some = (await asked(client, "seizure", type="side_effect,claim", limit=50))["data"]
    assert {hit["type"] for hit in some} == {"side_effect", "claim"}
    wanted = [hit["slug"] for hit in whole if hit["type"] in {"side_effect", "claim"}]
    assert [hit["slug"] for hit in some][: len(wanted)] == wanted


async def test_the_pages_of_a_result_follow_each_other(client: httpx.AsyncClient) -> None:
    page = await asked(client, "liver", limit=3)
    total, hits = page["meta"]["total"], page["data"]
    while page["links"]["next"]:
        assert page["links"]["next"].startswith("/v1/search?q=liver&limit=3&offset=")
        page = await fetch(client, page["links"]["next"])
        hits += page["data"]
    assert len(hits) == len({hit["url"] for hit in hits}) == total > 3


async def test_one_question_has_one_address(client: httpx.AsyncClient) -> None:
    page = await asked(client, "  Liver    injury ")
    assert page["links"]["self"] == "/v1/search?q=Liver%20injury"
    assert (await fetch(client, page["links"]["self"]))["data"] == page["data"]


async def test_a_question_is_never_logged(ask: Ask, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for query in ("q=verysecretword", "q=verysecretword&nope=1", "q=verysecretword&limit=0"):
        await ask(f"/v1/search?{query}")
    assert "verysecretword" not in "".join(json.dumps(vars(record), default=str) for record in caplog.records)


# On lists


@pytest.mark.parametrize("path", COLLECTIONS)
async def test_a_list_is_narrowed_to_the_records_that_answer_a_question(path: str, client: httpx.AsyncClient) -> None:
    whole = (await fetch(client, f"{path}?limit=100"))["data"]
    title = whole[0]["title"]
    page = await fetch(client, f"{path}?q={quote(title[:100], safe='')}&limit=100")
    assert whole[0]["slug"] in [record["slug"] for record in page["data"][:5]]
    assert page["meta"]["total"] <= len(whole) or len(whole) == 100


async def test_a_list_that_answers_a_question_is_in_the_order_of_the_search(client: httpx.AsyncClient) -> None:
    hits = (await asked(client, "liver injury", type="side_effect", limit=50))["data"]
    page = await fetch(client, "/v1/side-effects?q=Liver%20%20injury&limit=50")
    assert [record["slug"] for record in page["data"]] == [hit["slug"] for hit in hits]
    assert len(hits) > 1
    assert page["links"]["self"] == "/v1/side-effects?limit=50&q=Liver%20injury"
    by_name = await fetch(client, "/v1/side-effects?q=liver%20injury&limit=50&sort=-slug")
    assert [record["slug"] for record in by_name["data"]] == sorted((hit["slug"] for hit in hits), reverse=True)


async def test_a_question_and_filters_must_both_match(client: httpx.AsyncClient) -> None:
    found = await fetch(client, "/v1/jurisdictions?q=california&limit=100")
    banned = await fetch(client, "/v1/jurisdictions?q=california&status=banned&limit=100")
    wanted = [record["slug"] for record in found["data"] if record["status"] == "banned"]
    assert [record["slug"] for record in banned["data"]] == wanted != []
    assert banned["meta"]["total"] == len(wanted) < found["meta"]["total"]
    second = await fetch(client, "/v1/jurisdictions?q=california&status=banned&limit=1&offset=1")
    assert [record["slug"] for record in second["data"]] == wanted[1:2]


async def test_a_question_that_nothing_answers_gives_an_empty_list(client: httpx.AsyncClient) -> None:
    page = await fetch(client, "/v1/strains?q=xylophone")
    assert (page["data"], page["meta"]["total"]) == ([], 0)
