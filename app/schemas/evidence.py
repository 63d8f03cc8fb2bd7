"""Verdicts, and the citations and claims that are shown beside a statement."""

from sqlmodel import Field

from app.schemas.fields import Label, Path, Slug, Strict, Text, Url, Year
from app.schemas.vocabularies import Vocabulary


class Verdict(Vocabulary):
    """The verdict of the evidence on a statement of the article."""

    supports = "supports", "Supported", "The evidence supports the statement."
    qualifies = "qualifies", "Qualified", "The statement holds in part, or under conditions."
    contradicts = "contradicts", "Contradicted", "The evidence speaks against the statement."
    not_addressed = "not_addressed", "Not addressed", "No evidence was found either way."


class SafetyFlag(Vocabulary):
    """How carefully a statement must be shown."""

    none = "none", "None", "The statement can be shown with its verdict alone."
    caution = "caution", "Caution", "Show the statement only beside its note."
    unsafe_as_written = (
        "unsafe_as_written",
        "Unsafe as written",
        "Never show the statement without its verdict, its note and its framing.",
    )


class Support(Vocabulary):
    """How a source relates to the statement of the record that cites it."""

    supports = "supports", "Supports", "The source supports the statement."
    qualifies = "qualifies", "Qualifies", "The source limits the statement, or supports it in part."
    contradicts = "contradicts", "Contradicts", "The source speaks against the statement."
    background = "background", "Background", "The source only gives context."
    not_linked = "not_linked", "Not linked", "The article lists the source without tying it to any statement."


class Specificity(Vocabulary):
    """What a citation points at: a work (paper, guideline, statute), a page, or a home page."""

    work = "work", "Work", "A paper, a guideline, a statute or another work of its own."
    page = "page", "Page", "A page of a website."
    homepage = "homepage", "Home page", "Only the front page of a site."


class EvidenceLevel(Vocabulary):
    """The kind of evidence a source offers."""

    systematic_review = (
        "systematic_review",
        "Systematic review",
        "A review that searched for all studies by a set method.",
    )
    guideline = "guideline", "Guideline", "Recommendations for care by a professional or health body."
    randomized_trial = "randomized_trial", "Randomised trial", "A study that assigned people to groups by chance."
    observational = (
        "observational",
        "Observational study",
        "A study that watched or asked people without assigning anything.",
    )
    case_series = "case_series", "Case series", "A description of several patients."
    case_report = "case_report", "Case report", "A description of a single patient."
    pharmacology = (
        "pharmacology",
        "Pharmacology study",
        "A study of what a substance does, in the laboratory, in animals or in volunteers.",
    )
    narrative_review = "narrative_review", "Narrative review", "An author's overview of the literature."
    expert_opinion = "expert_opinion", "Expert opinion", "The opinion of experts."
    government_advisory = "government_advisory", "Government advisory", "A notice or a warning by a government agency."
    website = "website", "Website", "A page of a website."


class EvidenceBasis(Vocabulary):
    """What a risk or an interaction is known from."""

    observational = "observational", "Observational studies", "It was seen in studies that watched or asked people."
    clinical_pharmacokinetics = (
        "clinical_pharmacokinetics",
        "Blood levels in people",
        "It was measured in the blood of people.",
    )
    negative_clinical_study = (
        "negative_clinical_study",
        "Study in people without a finding",
        "A study in people looked for it and did not find it.",
    )
    case_series = "case_series", "Case series", "It was described in several patients."
    case_report = "case_report", "Case reports", "It was described in single patients."
    outbreak = "outbreak", "Outbreak", "It was found when an outbreak was investigated."
    laboratory = "laboratory", "Laboratory tests", "It was found by tests in a laboratory."
    in_vitro = "in_vitro", "Test tube", "It was found in cells or in the test tube."
    animal = "animal", "Animals", "It was found in animals."
    regulatory = "regulatory", "Regulator", "A regulator has stated it."
    inference = "inference", "Inference", "It is inferred from what is known otherwise."
    theoretical = "theoretical", "Theory", "It is expected from theory; no case was found."
    absence_of_data = "absence_of_data", "No data", "Nothing shows it to be safe."


class CitationLink(Strict):
    """A source, and how it relates to the statement that cites it."""

    citation: Slug
    """Slug of the citation."""
    citation_url: Path
    """Path of the complete citation in this API."""
    title: Label
    """Title of the source; one in square brackets was supplied by a cataloguer."""
    year: Year | None
    """Year of publication; null when it is not known."""
    url: Url | None
    """Where the source can be read; null when no address is known or the link is withheld because it leads to a seller."""
    evidence_level: EvidenceLevel | None
    """The kind of evidence; null when none is stated, as for news and legal texts."""
    support: Support
    """How the source relates to the statement that cites it."""
    specificity: Specificity
    """Whether the source is a work, a page or only a home page."""
    note: Label | None
    """The claims that connect the source to the record; null when the record itself names it and no claim does."""


class ClaimInContext(Strict):
    """A statement of the article with its verdict."""

    slug: Slug
    """Slug of the claim; the complete record is at `/v1/claims/{slug}`."""
    url: Path
    """Path of the claim in this API."""
    statement: Text
    """What the article says, in this service's words and attributed to it."""
    verdict: Verdict
    """Whether the evidence supports, qualifies or contradicts the statement, or does not address it."""
    note: Text
    """Short summary of the evidence."""
    safety_flag: SafetyFlag
    """How carefully the statement must be shown."""
    suggested_framing: Text | None
    """What to show with the statement, or instead of it, so that nobody is misled; null when the note is enough."""
    citations: list[CitationLink] = Field(max_length=50)
    """The sources behind the verdict."""
