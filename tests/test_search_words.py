"""The words of a question: which are left as they are, which are corrected, and what an unknown word may mean."""

from urllib.parse import quote

import httpx
import pytest

from app.registry import RESOURCES
from app.words.lexicon import Lexicon, stored_lexicon
from support import Ask, Object, each, fetch

pytestmark = pytest.mark.anyio

MEDICINES = {"faqs/with-other-medications", "risk-groups/interacting-medicines"}


async def asked(client: httpx.AsyncClient, question: str) -> tuple[list[str], Object]:
    """What a question finds, as `collection/slug`, and what is said about it."""
    page = await fetch(client, f"/v1/search?q={quote(question, safe='')}")
    return [hit["url"].removeprefix("/v1/") for hit in page["data"]], page["meta"]


@pytest.mark.parametrize("medicine", ["warfarin", "lithium", "metoprolol", "eliquis", "levothyroxine", "birth control"])
async def test_a_medicine_that_no_record_names_leads_to_what_is_said_of_other_medicines(
    medicine: str, client: httpx.AsyncClient
) -> None:
    for question in (medicine, f"{medicine} and kratom", f"can I take kratom with my {medicine}?"):
        assert set((await asked(client, question))[0][:2]) == MEDICINES


@pytest.mark.parametrize(
    ("medicine", "path"),
    [
        ("fosinopril", "faqs/with-other-medications"),
        ("gemifloxacin", "faqs/with-other-medications"),
        ("nitrazepam", "interactions/benzodiazepines"),
        ("dihydrocodone", "interactions/opioids"),
    ],
)
async def test_an_unknown_word_that_ends_like_a_medicine_is_one(
    medicine: str, path: str, client: httpx.AsyncClient
) -> None:
    paths, meta = await asked(client, f"{medicine} with kratom")
    assert path in paths[:3]
    assert meta["corrected_query"] is None


@pytest.mark.parametrize("word", ["loose", "string", "lemon", "hell", "smells", "snoring", "wean", "brown"])
async def test_an_ordinary_word_is_no_misspelling_of_another(word: str, client: httpx.AsyncClient) -> None:
    assert (await asked(client, f"{word} kratom withdrawal"))[1]["corrected_query"] is None


async def test_an_abbreviation_in_capitals_is_meant_as_it_stands(client: httpx.AsyncClient) -> None:
    assert (await asked(client, "SLEP and kratom"))[1]["corrected_query"] is None
    assert (await asked(client, "slep and kratom"))[1]["corrected_query"] == "sleep and kratom"


def test_a_word_is_corrected_to_a_name_rather_than_to_what_is_said_in_passing() -> None:
    def lexicon(named: set[str]) -> Lexicon:
        counts = {"severe": 9, "fevere": 1}
        kinds = ["side_effect"] * 40
        return Lexicon(
            stored_lexicon(
                stop_words=[],
                stop_phrases=[],
                synonyms=[],
                phrases=[],
                codes={},
                topics=[],
                endings={},
                ages=[],
                beside=[],
                unknown=(),
                named=named,
                counts=counts,
                types=kinds,
                stands=lambda _: True,
            )
        )

    assert lexicon(set()).corrected("xevere") == "severe"
    assert lexicon({"fevere"}).corrected("xevere") == "fevere"
    assert lexicon(set()).corrected("adhd") is None


@pytest.mark.parametrize(
    ("question", "same"), [("mgm15", "mgm-15"), ("is 10grams a lot", "is 10 grams a lot"), ("10mg", "10 mg")]
)
async def test_a_number_and_the_word_behind_it_need_no_space(
    question: str, same: str, client: httpx.AsyncClient
) -> None:
    assert (await asked(client, question))[0] == (await asked(client, same))[0] != []


async def test_a_suggestion_needs_no_hyphen_between_a_number_and_a_word(client: httpx.AsyncClient) -> None:
    plain, other = [(await fetch(client, f"/v1/suggest?q={typed}"))["data"] for typed in ("7-OH", "7OH")]
    assert other == plain
    assert "7-OH" in each(plain)[0]["title"]


@pytest.mark.parametrize(
    ("typed", "slug"),
    [("is kratom legal in tex", "us-tx"), ("can i take xan", "benzodiazepines"), ("kratom naus", "nausea")],
)
async def test_the_last_words_of_a_question_are_enough_for_a_suggestion(
    typed: str, slug: str, client: httpx.AsyncClient
) -> None:
    page = await fetch(client, f"/v1/suggest?q={quote(typed)}")
    assert slug in [record["slug"] for record in page["data"]]


async def test_the_name_of_a_collection_in_place_of_a_type_is_put_right(ask: Ask) -> None:
    for resource in each([resource for resource in RESOURCES if resource.collection != resource.record_type.value]):
        answer = await ask(f"/v1/search?q=liver&type={resource.collection}")
        assert answer.status == 422
        assert answer.problem["errors"][0]["did_you_mean"] == resource.record_type.value, resource.collection


@pytest.mark.parametrize(
    ("question", "sign"),
    [
        ("hubby wont wake up", "slow-or-stopped-breathing"),
        ("his lips r blue", "slow-or-stopped-breathing"),
        ("she is unresponsive", "slow-or-stopped-breathing"),
        ("cant feel my legs and back hurts", "cauda-equina-signs"),
        ("my son swallowed kratom", "child-exposure"),
        ("heart pounding after kratom", "chest-pain-or-fainting"),
        ("puking blood", "vomiting-or-bloody-diarrhoea"),
        ("dont want to live anymore", "suicidal-thoughts-or-overdose"),
    ],
)
async def test_an_emergency_in_plain_words_leads_with_its_sign(
    question: str, sign: str, client: httpx.AsyncClient
) -> None:
    assert (await asked(client, question))[0][0] == f"warning-signs/{sign}"
