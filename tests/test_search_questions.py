"""Questions as people write them: ages, words without spaces, two dangers at once, and what no record has."""

from urllib.parse import quote

import httpx
import pytest

from support import Object, each, fetch

pytestmark = pytest.mark.anyio

CHILDREN = "risk-groups/children"
OLDER = "risk-groups/older-adults"
MEDICINES = {"faqs/with-other-medications", "risk-groups/interacting-medicines"}
WITHDRAWAL = "side-effects/withdrawal-syndrome"


async def asked(client: httpx.AsyncClient, question: str) -> tuple[list[str], Object]:
    """What a question finds, as `collection/slug`, and what is said about it."""
    page = await fetch(client, f"/v1/search?q={quote(question, safe='')}")
    return [hit["url"].removeprefix("/v1/") for hit in page["data"]], page["meta"]


# Ages


@pytest.mark.parametrize(
    ("question", "path"),
    [
        ("my 12 year old takes kratom", CHILDREN),
        ("16yo", CHILDREN),
        ("hes 15", CHILDREN),
        ("my son is 13", CHILDREN),
        ("my fifteen year old", CHILDREN),
        ("daughter, 14, uses kratom", CHILDREN),
        ("my mom is 78", OLDER),
        ("grandpa 83 yrs", OLDER),
        ("67-year-old", OLDER),
        ("aged 70", OLDER),
        ("seventy two year old", OLDER),
        ("my father in law, 81", OLDER),
    ],
)
async def test_an_age_stands_for_the_people_of_that_age(question: str, path: str, client: httpx.AsyncClient) -> None:
    assert path in (await asked(client, question))[0][:2]


@pytest.mark.parametrize(
    "question",
    [
        "i have been on kratom 10 years",
        "he took 12 capsules",
        "im 14 days clean",
        "is 15 grams dangerous",
        "she is 12 weeks pregnant",
        "im 40 years old",
        "12 panel drug test",
    ],
)
async def test_a_number_that_counts_something_else_is_no_age(question: str, client: httpx.AsyncClient) -> None:
    assert not {CHILDREN, OLDER} & set((await asked(client, question))[0][:3])


@pytest.mark.parametrize(
    "question", ["my 2 year old ate some", "18 month old swallowed a capsule", "1 yr old drank it"]
)
async def test_a_small_child_that_has_swallowed_it_leads_to_the_sign(question: str, client: httpx.AsyncClient) -> None:
    assert (await asked(client, question))[0][:2] == ["warning-signs/child-exposure", "contacts/us-poison-help"]


# Spaces


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("isitlegalinohio", "is it legal in ohio"),
        ("kratomandalcohol ?", "kratom and alcohol ?"),
        ("canitakeitwithzoloft now", "can i take it with zoloft now"),
        ("with drawal from kratom", "withdrawal from kratom"),
        ("is nau sea normal", "is nausea normal"),
    ],
)
async def test_spaces_are_put_right_and_the_response_says_so(
    written: str, meant: str, client: httpx.AsyncClient
) -> None:
    found, meta = await asked(client, written)
    assert meta["corrected_query"] == meant
    assert found == (await asked(client, meant))[0] != []


# Right words stay as they are


@pytest.mark.parametrize(
    "words",
    [
        "james mary david tony facebook iphone nope pics mega cafe hype rover brand loose dates names many luck spam",
        "championship leadership breakfast childhood nightmare overnight highlights organisations everybody headquarters",
        "teenage headaches nursing pressing boxing texting driven strings powers lifts slept minds carts steak towel",
        "india niger chile peru mali oman qatar nepal kenya laos iran cuba togo fiji malta greece egypt quito lima cairo",
        "goin doin gettin hella fella hehe haha mins gonna dunno bruh",
    ],
)
async def test_no_ordinary_word_or_name_is_taken_for_a_misspelling(words: str, client: httpx.AsyncClient) -> None:
    for word in each(words.split()):
        assert (await asked(client, f"{word} ok"))[1]["corrected_query"] is None, word


@pytest.mark.parametrize(
    "medicines",
    [
        "lisinopril atorvastatin levothyroxine amlodipine losartan pantoprazole rosuvastatin carvedilol glipizide allopurinol",
        "tacrolimus cyclosporine azathioprine mycophenolate etanercept ticagrelor prasugrel dronedarone flecainide sotalol",
        "oxazepam prazepam flurazepam lormetazepam estazolam nitrazepam clobazam brotizolam alfentanil sufentanil remifentanil",
        "desvenlafaxine levomilnacipran agomelatine moclobemide doxepin maprotiline trimipramine amisulpride sulpiride asenapine",
        "Brilinta Actos Requip Relpax Forteo Premarin Lotensin Benicar Zetia Xyzal Flonase Botox Namenda Cytomel Humalog",
        "hydroxyzine hydralazine prednisone prednisolone cetirizine levocetirizine loratadine desloratadine esomeprazole",
    ],
)
async def test_no_medicine_is_taken_for_another(medicines: str, client: httpx.AsyncClient) -> None:
    for medicine in each(medicines.split()):
        for question in (f"{medicine} ok", f"{medicine.lower()} and kratom"):
            assert (await asked(client, question))[1]["corrected_query"] is None, question


async def test_a_letter_that_is_missing_or_swapped_is_likelier_than_another_one(client: httpx.AsyncClient) -> None:
    for wrong, right in (
        ("borwn urine", "brown urine"),
        ("beter sleep", "better sleep"),
        ("panci attack", "panic attack"),
    ):
        assert (await asked(client, wrong))[1]["corrected_query"] == right


async def test_a_long_word_may_have_two_wrong_letters(client: httpx.AsyncClient) -> None:
    assert (await asked(client, "acupunture works"))[1]["corrected_query"] == "acupuncture works"
    assert (await asked(client, "benzodiazipenes ok"))[1]["corrected_query"] == "benzodiazepines ok"


# What no record has


@pytest.mark.parametrize(
    "question",
    [
        "can i take it with brilinta",
        "kratom and nurtec",
        "mixing kratom with yohimbe",
        "on eliquis and a new med called zzyqor",
    ],
)
async def test_an_unknown_word_beside_with_is_probably_a_medicine(question: str, client: httpx.AsyncClient) -> None:
    assert MEDICINES & set((await asked(client, question))[0][:2])


async def test_the_law_of_other_places_is_not_shown_for_one_that_no_record_is_about(client: httpx.AsyncClient) -> None:
    for place in ("India", "Greece", "Quito", "niger", "Dubai"):
        found, meta = await asked(client, f"is kratom legal in {place}")
        assert meta["corrected_query"] is None
        assert not [path for path in found if path.startswith(("jurisdictions/", "citations/"))], place
    assert (await asked(client, "flying from India to Texas"))[0][0] == "jurisdictions/us-tx"
    assert (await asked(client, "im in india and my heart is racing"))[0][0] == "warning-signs/chest-pain-or-fainting"


async def test_an_empty_result_says_that_nothing_found_does_not_mean_safe(client: httpx.AsyncClient) -> None:
    found, meta = await asked(client, "brilinta")
    assert found == []
    assert "does not mean" in meta["suggestion"]


# Several things in one question


@pytest.mark.parametrize(
    ("question", "paths"),
    [
        ("can I drink and take xanax with it", {"interactions/alcohol", "interactions/benzodiazepines"}),
        ("klonopin withdrawal", {"interactions/benzodiazepines", WITHDRAWAL}),
        ("pregnant and on subutex", {"risk-groups/pregnancy", "interactions/opioids"}),
        ("want to quit but im pregnant", {"risk-groups/pregnancy", WITHDRAWAL}),
        ("heart disease and on adderall", {"risk-groups/heart-disease", "interactions/stimulants-and-modafinil"}),
        ("surgery next week, should i stop taking it", {"risk-groups/surgery", WITHDRAWAL}),
        ("yellow eyes and throwing up", {"warning-signs/liver-injury-signs", "side-effects/vomiting"}),
        ("breastfeeding and taking prozac", {"risk-groups/breastfeeding"}),
    ],
)
async def test_each_danger_in_a_question_is_answered_by_one_of_the_first(
    question: str, paths: set[str], client: httpx.AsyncClient
) -> None:
    assert paths <= set((await asked(client, question))[0][:4])


async def test_a_long_question_is_read_for_what_says_most(client: httpx.AsyncClient) -> None:
    question = (
        "hi so my sister has been using this stuff from the smoke shop for two years for her back and now her "
        "skin looks kind of yellowish and she is tired and her stomach hurts"
    )
    assert "warning-signs/liver-injury-signs" in (await asked(client, question))[0][:3]


@pytest.mark.parametrize(
    "question",
    [
        "10 caps",
        "3 tsp",
        "half an ounce",
        "how many pills",
        "is 8 capsules too many",
        "how do i titrate",
        "start low go slow",
        "whats the safe limit",
        "took 2 much",
        "hw much shud i take",
        "15 grams 3 times a day",
        "doseage",
    ],
)
async def test_an_amount_in_any_words_leads_with_what_protects(question: str, client: httpx.AsyncClient) -> None:
    page = await fetch(client, f"/v1/search?q={quote(question)}")
    assert page["data"][0]["type"] in {"warning_sign", "risk_group", "interaction", "contact"}


async def test_words_that_say_nothing_together_decide_nothing(client: httpx.AsyncClient) -> None:
    for question in ("my back is killing me", "my mother in law has chest pain", "i drink a lot"):
        found = (await asked(client, question))[0]
        assert not {"side-effects/death", "jurisdictions/us", "quality-checks/minimum-test-panels"} & set(found[:3])
