"""The summary of a place, generated from its status and confidence."""

from typing import Final

from app.schemas.jurisdictions import Confidence, LegalStatus

NOT_SAFE: Final = "but legal does not mean approved or safe"
STATUS: Final = {
    LegalStatus.banned: "Kratom, or trade in it, is banned here",
    LegalStatus.legal_age_restricted: f"Kratom is legal here from a minimum age, {NOT_SAFE}",
    LegalStatus.legal_regulated: f"Kratom is legal here under rules, {NOT_SAFE}",
    LegalStatus.legal_unregulated: f"Kratom is legal here without rules of its own, {NOT_SAFE}",
    LegalStatus.pending_change: "A change of the law on kratom was pending here when last seen",
}
REPORTED: Final = {
    LegalStatus.banned: "a ban was last reported",
    LegalStatus.legal_age_restricted: f"last reported as legal from a minimum age, {NOT_SAFE}",
    LegalStatus.legal_regulated: f"last reported as legal under rules, {NOT_SAFE}",
    LegalStatus.legal_unregulated: f"last reported as legal without rules of its own, {NOT_SAFE}",
    LegalStatus.pending_change: "a change of the law was last reported",
    LegalStatus.unclear: "so was what was last reported",
}


def summary_of_place(status: LegalStatus, last_reported: LegalStatus, confidence: Confidence) -> str:
    """The summary of a place with this status.

    Generated summaries can't contradict the status, and keep the list of all places small. What is specific to a place
    is in its note.
    """
    unclear = status is LegalStatus.unclear
    said = f"The status here is unclear: {REPORTED[last_reported]}" if unclear else STATUS[status]
    return f"{said}. {confidence.description}"
