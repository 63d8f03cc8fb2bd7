"""Each rule that keeps the content safe refuses a seed that breaks it."""

import json
from copy import deepcopy
from typing import Any

import pytest

from app.content.check import check_seed
from app.content.faults import SeedFaultsError
from app.content.readability import grade, longest_sentence, sentences

BROKEN = {
    "stop advice without its warning": (
        "side_effects",
        "headache",
        {"what_to_do": "Stop using kratom.", "standing_cautions": []},
        "'stop-safely' among the standing_cautions",
    ),
    "advice to stop without how, in the same text": (
        "side_effects",
        "agitation",
        {"what_to_do": "Stop kratom and go to a calm place."},
        "how to stop safely",
    ),
    "advice to avoid without how, in the same text": (
        "risk_groups",
        "liver-disease",
        {"advice": "Avoid kratom."},
        "how to stop safely",
    ),
    "a summary that says to quit, without its warning": (
        "side_effects",
        "miosis",
        {"summary": "If your pupils are small, come off kratom."},
        "'stop-safely' among the standing_cautions",
    ),
    "advice to stop a medicine": (
        "interactions",
        "opioids",
        {"note": "Come off your antidepressant first."},
        "no advice to stop a medicine",
    ),
    "a combination without the caution on prescriptions": (
        "effects",
        "increased-energy",
        {"cautions": ["Do not combine kratom with antidepressants."]},
        "'prescribed-medicines' among the standing_cautions",
    ),
    "a bare benefit in a question": (
        "faqs",
        "how-to-consume",
        {"question": "Why is red vein best for pain?"},
        "a benefit with its source or its limits",
    ),
    "a bare benefit in a name": (
        "strains",
        "red-vein",
        {"name": "Red vein for pain relief"},
        "a benefit with its source or its limits",
    ),
    "a bare benefit that does not name kratom": (
        "effects",
        "pain-relief",
        {"description": "It relieves pain."},
        "a benefit with its source or its limits",
    ),
    "tests that remove the risks": (
        "quality_checks",
        "minimum-test-panels",
        {"guidance": "A clean certificate means no risk."},
        "no promise of safety",
    ),
    "a law that makes safe": (
        "jurisdictions",
        "us-tx",
        {"note": "Legal products are risk-free."},
        "no promise of safety",
    ),
    "an answer of the article, bare": (
        "faqs",
        "onset",
        {"article_answer": "It is felt within half an hour."},
        "attributed to the article",
    ),
    "a seller in prose": (
        "quality_checks",
        "reading-a-certificate",
        {"guidance": "KratomDeals shows how."},
        "no name of a seller",
    ),
    "an action that says nothing to do": ("interactions", "alcohol", {"action": "Be careful."}, "what to do"),
    "an action without its emergency": (
        "interactions",
        "alcohol",
        {"action": "Do not combine kratom with alcohol."},
        "when to call emergency services",
    ),
    "a card of an interaction without its emergency": (
        "interactions",
        "opioids",
        {"cautions": ["Do not combine kratom with opioids."]},
        "a caution that says how urgently help is needed",
    ),
    "a card of a risk without its emergency": (
        "risk_groups",
        "heart-disease",
        {"cautions": ["Ask a doctor."]},
        "a caution that says how urgently help is needed",
    ),
    "a warning sign that can wait": (
        "warning_signs",
        "seizure",
        {"action": "Rest for a day."},
        "the urgency of this sign",
    ),
    "a threat to life that is no emergency": (
        "side_effects",
        "coma",
        {"what_to_do": "Let the person sleep."},
        "when to call emergency services",
    ),
    "an action that allows what must not be combined": (
        "interactions",
        "alcohol",
        {"action": "Ask a doctor first. Slow breathing? Call emergency services now."},
        "'Do not",
    ),
    "a sign of an emergency in another form of its words": (
        "side_effects",
        "tachycardia",
        {"what_to_do": "If chest pains come and the person can't be woken, wait."},
        "the urgency of that sign",
    ),
    "a sign for the same day, put off": (
        "side_effects",
        "itching",
        {"what_to_do": "With yellow eyes, see a doctor next week."},
        "the urgency of that sign",
    ),
    "an amount in a label": ("dosage_ranges", "article-beginner", {"context": "Half a teaspoon"}, "no amount"),
    "a source that contradicts and gives background": (
        "side_effects",
        "death",
        {"contradicting_citations": ["henningfield-2019"]},
        "not among the background_citations",
    ),
    "an interaction without an action": ("interactions", "alcohol", {"action": ""}, "action"),
    "an interaction without its warning sign": ("interactions", "alcohol", {"related": []}, "no warning sign"),
    "a bare contradicted statement": (
        "claims",
        "claim-25",
        {"statement": "Red vein is best for pain."},
        "a statement that is attributed",
    ),
    "a contradicted statement without a framing": ("claims", "claim-25", {"suggested_framing": None}, "a framing"),
    "a bare benefit": ("effects", "pain-relief", {"title": "Pain relief"}, "a benefit that is attributed"),
    "an urgency that differs from its sign": (
        "side_effects",
        "tachycardia",
        {"what_to_do": "For chest pain, see a doctor next week."},
        "the urgency of that sign",
    ),
    "a sign that needs emergency services, with a hospital": (
        "side_effects",
        "tachycardia",
        {"what_to_do": "If the person has a seizure, go to a hospital now."},
        "the urgency of that sign",
    ),
    "a child who has swallowed kratom, without urgency": (
        "risk_groups",
        "children",
        {"advice": "If a child has swallowed some, watch for a day."},
        "the urgency of that sign",
    ),
    "a newborn in withdrawal, without urgency": (
        "side_effects",
        "tachycardia",
        {"what_to_do": "A baby with a high-pitched cry needs rest."},
        "the urgency of that sign",
    ),
    "an amount in a title": ("faqs", "onset", {"title": "Is 2.5 g too much?"}, "no amount"),
    "an amount in a summary": ("strains", "red-vein", {"summary": "People take 2 to 3 grams."}, "no amount"),
    "an amount that looks like advice": (
        "dosage_ranges",
        "survey-commonest-dose-band",
        {"summary": "This is what most users take.", "cautions": ["People chose to take part."]},
        "that the amount is not a recommendation",
    ),
    "a summary of three sentences": (
        "strains",
        "red-vein",
        {"summary": "It is sold, e.g. by Dr. X. It is red. The article says so."},
        "3 sentences",
    ),
    "a title of three sentences": ("faqs", "onset", {"title": "It is. It was. It will be."}, "3 sentences"),
    "a place whose status its summary does not say": (
        "jurisdictions",
        "us-tx",
        {"status": "banned"},
        "Kratom, or trade in it, is banned here.",
    ),
    "a place where legal sounds safe": (
        "jurisdictions",
        "us-tx",
        {"summary": "Kratom is legal here."},
        "legal does not mean approved or safe. The sources leave some doubt.",
    ),
    "an unclear place whose summary is of another report": (
        "jurisdictions",
        "belgium",
        {"last_reported_status": "legal_unregulated"},
        "The status here is unclear: last reported as legal without rules",
    ),
    "a record without any caution": ("strains", "red-vein", {"cautions": [], "standing_cautions": []}, "no caution"),
    "an unknown standing caution": ("faqs", "onset", {"standing_cautions": ["no"]}, "the slug of a standing caution"),
    "background that is not cited": ("side_effects", "nausea", {"background_citations": ["who-2023"]}, "citations"),
    "sources for a record that the claim is not about": (
        "claims",
        "claim-23",
        {"citations_for": {"faqs/onset": []}},
        "a record that the claim bears on",
    ),
}


@pytest.mark.parametrize(("collection", "slug", "fields", "expected"), BROKEN.values(), ids=BROKEN.keys())
def test_a_seed_that_breaks_a_rule_of_safety_is_refused(
    content: Any, collection: str, slug: str, fields: dict[str, Any], expected: str
) -> None:
    seed = deepcopy(content)
    next(record for record in seed[collection] if record["slug"] == slug).update(fields)

    with pytest.raises(SeedFaultsError) as refused:
        check_seed(json.dumps(seed).encode())

    assert expected in "\n".join(map(str, refused.value.faults))


@pytest.mark.parametrize("slug", ["stop-safely", "prescribed-medicines", "legal-is-not-safe", "testing-is-not-safety"])
def test_a_release_without_a_caution_that_all_need_is_refused(content: Any, slug: str) -> None:
    cautions = content["release"]["standing_cautions"]
    release = content["release"] | {"standing_cautions": [c for c in cautions if c["slug"] != slug]}

    with pytest.raises(SeedFaultsError) as refused:
        check_seed(json.dumps(content | {"release": release}).encode())

    assert f"no caution '{slug}'" in "\n".join(map(str, refused.value.faults))


def test_a_caution_that_no_longer_stands_in_its_collection_is_refused(content: Any) -> None:
    cautions = [caution | {"collections": []} for caution in content["release"]["standing_cautions"]]

    with pytest.raises(SeedFaultsError) as refused:
        check_seed(json.dumps(content | {"release": content["release"] | {"standing_cautions": cautions}}).encode())

    faults = "\n".join(map(str, refused.value.faults))
    assert "no 'jurisdictions'" in faults
    assert "no 'quality-checks'" in faults


def test_the_grade_rises_with_long_words_and_long_sentences() -> None:
    easy = "Do not mix them. Call for help."
    hard = "Concomitant administration necessitates immediate pharmaceutical consultation and hospitalisation."

    assert grade(easy, ()) < 3
    assert grade(hard, ()) > 15
    assert longest_sentence(easy) == 4


def test_a_word_of_the_glossary_counts_as_two_syllables() -> None:
    text = "Ask about antihistamines."

    assert grade(text, {"antihistamine"}) < grade(text, ())


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("He took 1.5 g. Then he slept.", 2),
        ("Fever rose to 41.1 C. Call now!", 2),
        ("The U.S. Food and Drug Administration warns.", 1),
        ("Washington, D.C. bans it.", 1),
        ("Smith et al. (2020) found it. Smith et al. 2021 did too.", 2),
        ("It is by Smith et al. Others agree.", 2),
        ("St. John's wort, e.g. as a tea, i.e. a brew, vs. powder.", 1),
        ("Dr. Smith tested No. 5, approx. 2 g, powder etc. and more.", 1),
        ("Is it safe? No. Never give it to a child.", 3),
        ("He said \u201cstop.\u201d She left (alone.) Both live.", 3),
        ("Wait \u2026 and see... then ask.", 1),
    ],
)
def test_an_abbreviation_a_decimal_and_an_ellipsis_end_no_sentence(text: str, count: int) -> None:
    assert len(sentences(text)) == count
