"""Safety rules: every record that could mislead a reader has the warning that prevents it."""

import re
from collections.abc import Iterator
from itertools import chain
from typing import Final

from app.content.faults import Fault, Place, shown
from app.content.phrases import (
    AMOUNT,
    COMBINED_MEDICINE,
    STOP_SAFELY,
    advice_against_a_medicine,
    advice_to_stop,
    bare_benefits,
    bare_reassurances,
)
from app.content.places import summary_of_place
from app.content.readability import sentences
from app.content.rules import SELLERS, Draft, Node, leaves
from app.schemas.jurisdictions import Confidence, LegalStatus
from app.words.text import stems

ATTRIBUTION: Final = re.compile(
    r"\b(?:the article|according to|reported|users report|marketed|said to)\b", re.IGNORECASE
)
EMERGENCY: Final = re.compile(r"\bemergency\b", re.IGNORECASE)
HOSPITAL: Final = re.compile(r"\bemergency\b|\bhospital now\b", re.IGNORECASE)
"""For a sign whose own action is to go to a hospital now."""
NO_ADVICE: Final = re.compile(
    r"\bnot (?:an? )?(?:\w+ )?(?:recommend\w*|safe|guide)\b|\bno guide\b|\bnot a level to reach\b", re.IGNORECASE
)
"""How an amount is told from advice to take it."""
SAME_DAY: Final = re.compile(r"\bemergency\b|\bhospital now\b|\bsame day\b", re.IGNORECASE)
"""For a sign that needs care on the same day: so soon, or sooner."""
CAN_NOT: Final = re.compile(r"\bcan['\u2019]?t\b", re.IGNORECASE)
WHAT_TO_DO: Final = re.compile(r"\b(?:do not|never|avoid|ask|tell)\b", re.IGNORECASE)
INSTRUCTIONS: Final = (
    "what_to_do",
    "action",
    "advice",
    "answer",
    "short_answer",
    "guidance",
    "cautions",
    "suggested_framing",
)
"""The fields that tell a reader what to do."""
ADVICE: Final = ("what_to_do", "action", "advice", "answer", "short_answer", "when_to_use")
"""The instructions that a screen may show alone."""
CAUTIONED: Final = frozenset(
    {"strains", "effects", "side-effects", "dosage-ranges", "faqs", "product-forms", "interactions", "claims"}
    | {"quality-checks", "jurisdictions"}
)
"""Collections whose records a reader could act on."""
MOST_SENTENCES: Final = 2
"""How many sentences a title or a summary may have, so that it fits on a card."""
STATUSES: Final[dict[str | None, LegalStatus]] = {str(status): status for status in LegalStatus}
CONFIDENCES: Final[dict[str | None, Confidence]] = {str(confidence): confidence for confidence in Confidence}
SHORT_TEXTS: Final = ("title", "summary", "short_answer", "name", "question", "heading", "topic", "context", "sign")
"""The fields that are shown alone."""
QUOTED: Final = frozenset({"title", "authors", "container", "publisher"})
"""Fields of a source that are quoted."""
OF_KRATOM: Final = frozenset({"strains", "effects", "product_forms", "dosage_ranges"})
"""Lists of the seed in which every sentence is about kratom, whether or not it names it."""
NO_PROSE: Final = frozenset(
    {"slug", "citations", "background_citations", "contradicting_citations", "citations_for", "frequency_sources"}
    | {"related", "records", "bears_on", "standing_cautions", "article", "section", "url", "doi"}
)
"""Fields that refer to something, by its slug or its address."""
NEEDED_CAUTIONS: Final = {
    "stop-safely": None,
    "prescribed-medicines": None,
    "legal-is-not-safe": "jurisdictions",
    "testing-is-not-safety": "quality-checks",
}
"""The standing cautions that no release is without, each with the collection that all its records show it in."""


def the_standing_cautions_stand(draft: Draft) -> Iterator[Fault]:
    """A release has the cautions on stopping, on prescribed medicines, on the law and on tests of products."""
    place = (*draft.release.place, "standing_cautions")
    cautions = {caution.text("slug"): caution for caution in draft.release.nodes("standing_cautions")}
    for slug, collection in NEEDED_CAUTIONS.items():
        if slug not in cautions:
            yield Fault(place, f"no caution {slug!r}", "the standing cautions that every release has")
        elif collection and collection not in {name for _, name in cautions[slug].texts("collections")}:
            yield Fault((*cautions[slug].place, "collections"), f"no {collection!r}", "the collection that needs it")


def stop_advice_warns_of_withdrawal(draft: Draft) -> Iterator[Fault]:
    """A record that advises to stop has the standing caution on how to stop safely."""
    for place, text in _prose(draft, lacking="stop-safely"):
        for advice in advice_to_stop(text):
            expected = "'stop-safely' among the standing_cautions of a record that advises to stop"
            yield Fault(place, shown(advice), expected)


def stop_advice_stands_with_its_warning(draft: Draft) -> Iterator[Fault]:
    """Advice to stop or avoid kratom says in the same text how to stop safely, because it may be shown without its cautions."""
    for _, record in draft.everything():
        for place, text in _texts(record, ADVICE):
            advice = advice_to_stop(text)
            if advice and not STOP_SAFELY.search(text):
                yield Fault(place, shown(advice[0]), "how to stop safely, in the same text: 'do not stop suddenly'")


def no_text_advises_against_a_medicine(draft: Draft) -> Iterator[Fault]:
    """No text advises to stop a medicine, or to take kratom in its place."""
    for place, text in _prose(draft):
        for sentence in advice_against_a_medicine(text):
            yield Fault(place, shown(sentence), "no advice to stop a medicine: that is for whoever prescribed it")


def combined_medicines_are_not_to_be_stopped(draft: Draft) -> Iterator[Fault]:
    """A record that warns of a combination with a medicine has the standing caution on prescribed medicines."""
    for place, text in _prose(draft, lacking="prescribed-medicines", among=INSTRUCTIONS):
        if found := COMBINED_MEDICINE.search(text):
            expected = "'prescribed-medicines' among the standing_cautions of a record that warns of a combination"
            yield Fault(place, shown(found[0]), expected)


def benefits_are_not_stated_bare(draft: Draft) -> Iterator[Fault]:
    """No sentence states a benefit of kratom as if it were established, and no question takes one for granted."""
    for place, text in _prose(draft):
        of_kratom = place[0] in OF_KRATOM and " " in text
        for sentence in bare_benefits(text, of_kratom=of_kratom):
            yield Fault(place, shown(sentence), "a benefit with its source or its limits, in the same sentence")


def nothing_is_called_free_of_risk(draft: Draft) -> Iterator[Fault]:
    """No sentence promises that something is without risk: neither what is legal nor what was tested."""
    for place, text in _prose(draft):
        for sentence in bare_reassurances(text):
            yield Fault(place, shown(sentence), "no promise of safety: neither a law nor a test takes a risk away")


def sellers_are_not_named(draft: Draft) -> Iterator[Fault]:
    """No seller is named outside the record of a source."""
    publishers = {
        name
        for citation in draft.records["citations"]
        if citation.text("type") in SELLERS and (name := citation.text("publisher"))
    }
    if publishers:
        seller = re.compile("|".join(rf"\b{re.escape(name)}(?!\w)" for name in sorted(publishers)))
        for place, text in _prose(draft):
            if found := seller.search(text):
                yield Fault(place, shown(found[0]), "no name of a seller")


def interactions_lead_to_a_warning_sign(draft: Draft) -> Iterator[Fault]:
    """Every interaction links a warning sign."""
    for record in draft.records["interactions"] if draft.records["warning-signs"] else ():
        if record.text("slug") and not any(path.startswith("warning-signs/") for _, path in record.texts("related")):
            yield Fault((*record.place, "related"), "no warning sign", "at least one record of warning-signs")


def interactions_say_what_to_do(draft: Draft) -> Iterator[Fault]:
    """The action of an interaction says what to do about the combination and when a sign needs help."""
    for record in draft.records["interactions"]:
        action = record.text("action")
        if action:
            if not WHAT_TO_DO.search(action):
                yield Fault((*record.place, "action"), shown(action), "what to do: 'do not combine', or whom to ask")
            elif record.text("severity") == "contraindicated" and not re.match("(?:Do not|Never) ", action):
                yield Fault((*record.place, "action"), shown(action), "'Do not …' for what must not be combined")
            if not SAME_DAY.search(action):
                yield Fault((*record.place, "action"), shown(action), "when to call emergency services or see a doctor")


def danger_is_an_emergency(draft: Draft) -> Iterator[Fault]:
    """What to do about a warning sign states its urgency, and what threatens life is an emergency."""
    for sign in draft.records["warning-signs"]:
        urgency = SAME_DAY if sign.text("urgency") == "same_day" else HOSPITAL
        if (action := sign.text("action")) and not urgency.search(action):
            yield Fault((*sign.place, "action"), shown(action), "the urgency of this sign")
    for effect in draft.records["side-effects"]:
        what_to_do = effect.text("what_to_do")
        if effect.text("seriousness") == "life_threatening" and what_to_do and not EMERGENCY.search(what_to_do):
            yield Fault((*effect.place, "what_to_do"), shown(what_to_do), "when to call emergency services")


def cards_say_when_to_get_help(draft: Draft) -> Iterator[Fault]:
    """The cautions say as well how urgently help is needed, because a card shows them and not what to do."""
    for _, record in draft.everything():
        advice = " ".join(text for _, text in _texts(record, ADVICE))
        cautions = " ".join(text for _, text in record.texts("cautions"))
        urgency = HOSPITAL if HOSPITAL.search(advice) else SAME_DAY
        if urgency.search(advice) and record.fields.get("cautions") is not None and not urgency.search(cautions):
            expected = "a caution that says how urgently help is needed, as the instruction of this record does"
            yield Fault((*record.place, "cautions"), shown(cautions), expected)


def statements_are_attributed(draft: Draft) -> Iterator[Fault]:
    """A statement that the evidence does not support is attributed to its source."""
    for claim in draft.records["claims"]:
        if claim.text("verdict") == "supports":
            continue
        for name in ("statement", "summary"):
            text = claim.text(name)
            if text and not ATTRIBUTION.search(text):
                yield Fault(
                    (*claim.place, name), shown(text), "a statement that is attributed, as 'The article says …'"
                )
        if claim.text("verdict") == "contradicts" and claim.fields.get("suggested_framing", "") is None:
            yield Fault((*claim.place, "suggested_framing"), "null", "a framing for a statement that is contradicted")
    for question in draft.records["faqs"]:
        text = question.text("article_answer")
        if text and not ATTRIBUTION.search(text):
            yield Fault((*question.place, "article_answer"), shown(text), "an answer that is attributed to the article")
    for effect in draft.records["effects"]:
        for name in ("name", "title", "summary"):
            text = effect.text(name)
            if text and not ATTRIBUTION.search(text):
                yield Fault((*effect.place, name), shown(text), "a benefit that is attributed, as 'reported by users'")


def a_sign_has_one_urgency(draft: Draft) -> Iterator[Fault]:
    """An instruction that names a warning sign states its urgency, in whatever form its words stand."""
    signs: dict[tuple[str, ...], tuple[str, re.Pattern[str]]] = {}
    for sign in draft.records["warning-signs"]:
        urgency = HOSPITAL if not EMERGENCY.search(sign.text("action") or "") else EMERGENCY
        urgency = SAME_DAY if sign.text("urgency") == "same_day" else urgency
        for _, phrase in sign.texts("recognized_by"):
            signs[_stems(phrase)] = phrase, urgency
    lengths = {len(words) for words in signs}
    for _, record in draft.everything():
        for place, text in _texts(record, INSTRUCTIONS):
            words = _stems(text)
            runs = (words[start : start + length] for length in lengths for start in range(len(words)))
            for phrase, urgency in (signs[run] for run in runs if run in signs):
                if not urgency.search(text):
                    yield Fault(place, shown(phrase), "the urgency of that sign, as its record states it")


def amounts_are_no_recommendation(draft: Draft) -> Iterator[Fault]:
    """The card of an amount says that it is no recommendation."""
    for record in draft.records["dosage-ranges"]:
        card = [
            record.text("title") or "",
            record.text("summary") or "",
            *(text for _, text in record.texts("cautions")),
        ]
        if record.fields.get("cautions") is not None and not NO_ADVICE.search(" ".join(card)):
            yield Fault((*record.place, "cautions"), shown(" ".join(card)), "that the amount is not a recommendation")


def cards_are_short(draft: Draft) -> Iterator[Fault]:
    """A title and a summary fit on a card. The title of a source is exempt, because it is quoted."""
    for collection, record in draft.everything():
        for name in ("title", "summary") if collection != "citations" else ("summary",):
            text = record.text(name)
            if text and (count := len(sentences(text))) > MOST_SENTENCES:
                yield Fault((*record.place, name), f"{count} sentences", f"at most {MOST_SENTENCES}")


def short_texts_name_no_amount(draft: Draft) -> Iterator[Fault]:
    """Texts that are shown alone name no amount. The title of a source is exempt, because it is quoted."""
    for collection, record in draft.everything():
        names = SHORT_TEXTS[1:] if collection == "citations" else SHORT_TEXTS
        for place, text in _texts(record, names):
            if found := AMOUNT.search(text):
                yield Fault(place, shown(found[0]), "no amount in a text that is shown alone")


def places_say_their_status(draft: Draft) -> Iterator[Fault]:
    """The summary of a place is the one that is generated from its status and confidence."""
    for place in draft.records["jurisdictions"]:
        status, reported = (STATUSES.get(place.text(name)) for name in ("status", "last_reported_status"))
        confidence = CONFIDENCES.get(place.text("confidence"))
        if status and reported and confidence and (summary := place.text("summary")):
            words = summary_of_place(status, reported, confidence)
            if summary != words:
                yield Fault((*place.place, "summary"), shown(summary), f"the words of its status: {words}")


def collections_that_need_cautions_have_them(draft: Draft) -> Iterator[Fault]:
    """Every record that a reader could act on has a caution."""
    standing = {
        name for caution in draft.release.nodes("standing_cautions") for _, name in caution.texts("collections")
    }
    for collection in sorted(CAUTIONED - standing):
        for record in draft.records[collection]:
            if record.fields.get("cautions") == [] and not record.fields.get("standing_cautions"):
                yield Fault((*record.place, "cautions"), "no caution", "at least one, own or standing")


SAFETY_RULES: Final = (
    the_standing_cautions_stand,
    stop_advice_warns_of_withdrawal,
    stop_advice_stands_with_its_warning,
    no_text_advises_against_a_medicine,
    combined_medicines_are_not_to_be_stopped,
    benefits_are_not_stated_bare,
    nothing_is_called_free_of_risk,
    sellers_are_not_named,
    interactions_lead_to_a_warning_sign,
    interactions_say_what_to_do,
    danger_is_an_emergency,
    cards_say_when_to_get_help,
    statements_are_attributed,
    a_sign_has_one_urgency,
    short_texts_name_no_amount,
    amounts_are_no_recommendation,
    cards_are_short,
    places_say_their_status,
    collections_that_need_cautions_have_them,
)


def _stems(text: str) -> tuple[str, ...]:
    """The words of a text without their endings: `chest pains` and `chest pain` are one."""
    return stems(CAN_NOT.sub("cannot", text))


def _prose(
    draft: Draft, lacking: str | None = None, among: tuple[str, ...] | None = None
) -> Iterator[tuple[Place, str]]:
    """The texts of the release and of every record, each with its place.

    Only of factual records without the standing caution `lacking`, where it is given, and only of the fields `among`.
    """
    nodes = list(draft.everything()) if lacking else [("", draft.release), *draft.everything()]
    for collection, node in nodes:
        left_out = NO_PROSE | (QUOTED if collection == "citations" else frozenset())
        if lacking and (collection == "citations" or lacking in {slug for _, slug in node.texts("standing_cautions")}):
            continue
        for place, value in leaves(node.place, node.fields):
            names = {key for key in place[len(node.place) :] if isinstance(key, str)}
            if isinstance(value, str) and not names & left_out and (not among or names & set(among)):
                yield place, value


def _texts(record: Node, names: tuple[str, ...]) -> Iterator[tuple[Place, str]]:
    """The texts of these fields of a record and of the objects inside it."""
    for part in record.parts():
        for name in names:
            text = part.text(name)
            yield from chain([((*part.place, name), text)] if text else [], part.texts(name))
