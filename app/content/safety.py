"""Safety rules: every record that could mislead a reader has the warning that prevents it."""

import re
from collections.abc import Iterator
from itertools import chain
from typing import Final

from app.content.faults import Fault, Place, shown
from app.content.places import summary_of_place
from app.content.readability import sentences
from app.content.rules import Draft, Node
from app.schemas.jurisdictions import Confidence, LegalStatus

STOP_ADVICE: Final = re.compile(
    r"\b(?:stop|stopping|end|quit|cut down|reduce|taper)\b[^.;]*\b(?:use|using|kratom|taking|products?|it)\b",
    re.IGNORECASE,
)
STOP_KRATOM: Final = re.compile(
    r"\b(?:stop|stopping|cut down|avoid|quit|taper)\b[^.;:!?]*\b(?:kratom|use)\b", re.IGNORECASE
)
SAFE_STOPPING: Final = re.compile(r"\b(?:suddenly|abruptly|medical help|care team|get help|supervis)", re.IGNORECASE)
AMOUNT: Final = re.compile(
    r"\b\d[\d.,]*(?:\s*(?:-|\u2013|to)\s*\d[\d.,]*)?\s*"
    r"(?:mg|g|mcg|µg|kg|ml|grams?|milligrams?|capsules?|tablets?|glass(?:es)?|cups?|(?:tea|table)?spoons?|doses?)\b",
    re.IGNORECASE,
)
ATTRIBUTION: Final = re.compile(
    r"\b(?:the article|according to|reported|users report|marketed|said to)\b", re.IGNORECASE
)
EMERGENCY: Final = re.compile(r"\bemergency\b", re.IGNORECASE)
HOSPITAL: Final = re.compile(r"\bemergency\b|\bhospital now\b", re.IGNORECASE)
"""For a sign whose own action is to go to a hospital now."""
INSTRUCTIONS: Final = ("what_to_do", "action", "advice", "answer", "short_answer", "guidance", "cautions")
"""The fields that tell a reader what to do."""
ADVICE: Final = ("what_to_do", "action", "advice", "answer", "short_answer", "when_to_use")
"""The instructions that a screen may show alone."""
CAUTIONED: Final = frozenset(
    {"strains", "effects", "side-effects", "dosage-ranges", "faqs", "product-forms", "interactions", "claims"}
    | {"quality-checks", "jurisdictions"}
)
"""Collections whose records a reader could act on."""
WORDS: Final = re.compile(r"[\w'\u2019-]+")
MOST_SENTENCES: Final = 2
"""How many sentences a title or a summary may have, so that it fits on a card."""
STATUSES: Final[dict[str | None, LegalStatus]] = {str(status): status for status in LegalStatus}
CONFIDENCES: Final[dict[str | None, Confidence]] = {str(confidence): confidence for confidence in Confidence}
SHORT_TEXTS: Final = ("title", "summary", "short_answer")
"""The fields that are shown alone."""


def stop_advice_warns_of_withdrawal(draft: Draft) -> Iterator[Fault]:
    """Advice to stop comes with the standing caution on how to stop safely."""
    for _, record in draft.everything():
        if "stop-safely" not in {slug for _, slug in record.texts("standing_cautions")}:
            for place, text in _texts(record, INSTRUCTIONS):
                if found := STOP_ADVICE.search(text):
                    expected = "'stop-safely' among the standing_cautions of a record that advises to stop"
                    yield Fault(place, shown(found[0]), expected)
                    break


def stop_advice_stands_with_its_warning(draft: Draft) -> Iterator[Fault]:
    """Advice to stop or avoid kratom says in the same text how to stop safely, because it may be shown without its cautions."""
    for _, record in draft.everything():
        for place, text in _texts(record, ADVICE):
            if (found := STOP_KRATOM.search(text)) and not SAFE_STOPPING.search(text):
                yield Fault(place, shown(found[0]), "how to stop safely, in the same text: 'do not stop suddenly'")


def interactions_lead_to_a_warning_sign(draft: Draft) -> Iterator[Fault]:
    """Every interaction links a warning sign."""
    for record in draft.records["interactions"] if draft.records["warning-signs"] else ():
        if record.text("slug") and not any(path.startswith("warning-signs/") for _, path in record.texts("related")):
            yield Fault((*record.place, "related"), "no warning sign", "at least one record of warning-signs")


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
    for effect in draft.records["effects"]:
        for name in ("name", "title", "summary"):
            text = effect.text(name)
            if text and not ATTRIBUTION.search(text):
                yield Fault((*effect.place, name), shown(text), "a benefit that is attributed, as 'reported by users'")


def a_sign_has_one_urgency(draft: Draft) -> Iterator[Fault]:
    """An instruction that names the sign of an emergency says that it is an emergency."""
    signs: dict[tuple[str, ...], tuple[str, re.Pattern[str]]] = {}
    for sign in draft.records["warning-signs"]:
        if sign.text("urgency") == "emergency_now":
            urgency = EMERGENCY if EMERGENCY.search(sign.text("action") or "") else HOSPITAL
            for _, phrase in sign.texts("recognized_by"):
                signs[tuple(WORDS.findall(phrase.lower()))] = phrase, urgency
    lengths = {len(words) for words in signs}
    for _, record in draft.everything():
        for place, text in _texts(record, INSTRUCTIONS):
            words = WORDS.findall(text.lower())
            runs = (tuple(words[start : start + length]) for length in lengths for start in range(len(words)))
            for phrase, urgency in (signs[run] for run in runs if run in signs):
                if not urgency.search(text):
                    yield Fault(place, shown(phrase), "the urgency of that sign: emergency services or department")


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
    stop_advice_warns_of_withdrawal,
    stop_advice_stands_with_its_warning,
    interactions_lead_to_a_warning_sign,
    statements_are_attributed,
    a_sign_has_one_urgency,
    short_texts_name_no_amount,
    cards_are_short,
    places_say_their_status,
    collections_that_need_cautions_have_them,
)


def _texts(record: Node, names: tuple[str, ...]) -> Iterator[tuple[Place, str]]:
    """The texts of these fields of a record and of the objects inside it."""
    for part in record.parts():
        for name in names:
            text = part.text(name)
            yield from chain([((*part.place, name), text)] if text else [], part.texts(name))
