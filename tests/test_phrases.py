"""The rules of safety know a kind of wording, not single sentences: each holds for words that the content has never used."""

import pytest

from app.content.phrases import (
    AMOUNT,
    STOP_SAFELY,
    advice_against_a_medicine,
    advice_to_stop,
    bare_benefits,
    bare_reassurances,
)


@pytest.mark.parametrize(
    "text",
    [
        "Stop.",
        "Quit taking kratom.",
        "Discontinue the product.",
        "Come off kratom.",
        "Get off it today.",
        "You should give up the habit.",
        "Cease all use.",
        "Wean yourself off the powder.",
        "Go cold turkey.",
        "Leave kratom alone.",
        "Throw the powder away.",
        "Stay away from kratom.",
        "Taper off over a week.",
        "Halve your dose.",
        "Take less of it.",
        "Skip your next doses.",
        "For a rash, do not use kratom any more.",
        "Rest, drink water and avoid kratom.",
    ],
)
def test_advice_to_stop_is_known_in_any_words(text: str) -> None:
    assert advice_to_stop(text)
    assert not STOP_SAFELY.search(text)


@pytest.mark.parametrize(
    "text",
    [
        "For vomiting that does not stop, get medical care.",
        "Do not stop suddenly.",
        "Users scored lower than people who do not use it.",
        "Sellers avoid claims about eating it.",
        "Sampling stopped at 24 hours.",
        "Do not combine kratom with alcohol.",
    ],
)
def test_what_is_no_advice_to_stop_is_not_taken_for_it(text: str) -> None:
    assert not advice_to_stop(text)


@pytest.mark.parametrize(
    "text",
    [
        "Stop kratom. But if you use a lot every day or are pregnant, do not stop suddenly: get medical help first.",
        "Get help to stop daily use.",
        "Stop kratom at once, and tell the care team.",
        "Never stop it on your own.",
        "Plan with them how to stop.",
    ],
)
def test_advice_to_stop_that_says_how_is_known(text: str) -> None:
    assert STOP_SAFELY.search(text)


def test_medical_help_alone_does_not_say_how_to_stop() -> None:
    assert not STOP_SAFELY.search("Stop kratom and get medical help.")


@pytest.mark.parametrize(
    "text",
    [
        "Stop your antidepressant before you take kratom.",
        "Come off your pills first.",
        "Skip your medication on that day.",
        "Lower your antidepressant.",
        "Pause your sertraline.",
        "Do not take your blood-pressure tablets with it.",
        "Kratom can replace your medicine.",
        "Take kratom instead of your painkillers.",
    ],
)
def test_advice_against_a_medicine_is_known_in_any_words(text: str) -> None:
    assert advice_against_a_medicine(text)


@pytest.mark.parametrize(
    "text",
    [
        "Do not stop or change a prescribed medicine on your own.",
        "Do not swap a prescribed treatment for kratom.",
        "Kratom should not replace prescribed treatment.",
        "Avoid kratom if you take one of these medicines.",
    ],
)
def test_a_warning_to_keep_a_medicine_is_not_taken_for_advice_against_it(text: str) -> None:
    assert not advice_against_a_medicine(text)


@pytest.mark.parametrize(
    "text",
    [
        "Kratom relieves pain.",
        "Kratom can ease chronic back pain.",
        "It is said that pain is common. Red vein is best for pain.",
        "This strain gives you more energy.",
        "Kratom is safe in small amounts.",
        "Kratom is a natural painkiller.",
        "Red vein for pain relief",
        "Why is red vein best for pain?",
        "How does kratom ease back pain?",
        "How much kratom is safe?",
        "What makes kratom so effective?",
    ],
)
def test_a_bare_benefit_is_known_in_any_words(text: str) -> None:
    assert bare_benefits(text)


def test_a_bare_benefit_need_not_name_kratom_where_the_whole_text_is_about_it() -> None:
    assert bare_benefits("It relieves pain.", of_kratom=True)
    assert not bare_benefits("It relieves pain.")


@pytest.mark.parametrize(
    "text",
    [
        "The article says that kratom relieves pain.",
        "Kratom is not proven to ease pain.",
        "Is kratom safe over a long time?",
        "Does kratom ease pain?",
        "Exercise probably eases pain a little.",
        "Get medical help to taper, and tell surgeons about kratom.",
    ],
)
def test_a_benefit_with_its_source_or_its_limits_is_not_taken_for_bare(text: str) -> None:
    assert not bare_benefits(text)


@pytest.mark.parametrize(
    "text",
    [
        "A clean certificate means no risk.",
        "Testing removes the risks.",
        "Lab tests guarantee a clean product.",
        "Legal products are risk-free.",
        "It is not addictive.",
        "Small doses do not harm.",
        "There is nothing to worry about.",
    ],
)
def test_a_promise_of_safety_is_known_in_any_words(text: str) -> None:
    assert bare_reassurances(text)


@pytest.mark.parametrize(
    "text",
    [
        "Testing a product does not remove the risks of dependence.",
        "Clean manufacture does not guarantee balanced advice.",
        "The article says that it is not addictive.",
        "Legal does not mean approved or safe.",
    ],
)
def test_the_denial_of_a_promise_of_safety_is_not_taken_for_one(text: str) -> None:
    assert not bare_reassurances(text)


@pytest.mark.parametrize(
    "text",
    [
        "5g",
        "2.5 grams",
        "1\u20132 g",
        "three to five grams",
        "two and a half grams",
        "25 milligrammes",
        "a 2-gram dose",
        "\u00bd teaspoon",
        "1/2 tsp",
        "half a teaspoon",
        "a heaped teaspoon",
        "a couple of capsules",
        "ten kratom capsules",
        "a dozen pills",
        "four gummies",
        "one scoop",
        "a handful",
        "5 ml",
    ],
)
def test_an_amount_is_known_in_figures_and_in_words(text: str) -> None:
    assert AMOUNT.search(text)


@pytest.mark.parametrize(
    "text",
    [
        "how much a glass holds",
        "one low dose of tea",
        "after a dose",
        "22 sources",
        "5 people",
        "a gradual change",
        "7-OH",
    ],
)
def test_what_is_no_amount_is_not_taken_for_one(text: str) -> None:
    assert not AMOUNT.search(text)
