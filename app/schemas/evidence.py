"""Verdicts, and the citations and claims that are shown beside a statement."""

from enum import StrEnum, auto

from sqlmodel import Field

from app.schemas.fields import Label, Path, Slug, Strict, Text, Url, Year


class Verdict(StrEnum):
    """What the evidence does to a statement of the article.

    `supports`: it bears the statement out. `qualifies`: it holds in part, or under conditions.
    `contradicts`: it speaks against it. `not_addressed`: no evidence was found either way.
    """

    supports = auto()
    qualifies = auto()
    contradicts = auto()
    not_addressed = auto()


class SafetyFlag(StrEnum):
    """How carefully a statement must be shown.

    `none`: as it is. `caution`: only beside its note. `unsafe_as_written`: never without its
    verdict and its note, and framed as suggested where a framing is given.
    """

    none = auto()
    caution = auto()
    unsafe_as_written = auto()


class Support(StrEnum):
    """What a source does to the statement of the record that cites it.

    `background`: it only gives context. `not_linked`: the article lists it without tying it to
    any statement, so it supports none.
    """

    supports = auto()
    qualifies = auto()
    contradicts = auto()
    background = auto()
    not_linked = auto()


class Specificity(StrEnum):
    """What a citation points at: a work (paper, guideline, statute), a page, or a home page."""

    work = auto()
    page = auto()
    homepage = auto()


class EvidenceLevel(StrEnum):
    """The kind of evidence a source offers."""

    systematic_review = auto()
    guideline = auto()
    randomized_trial = auto()
    observational = auto()
    case_series = auto()
    case_report = auto()
    pharmacology = auto()
    narrative_review = auto()
    expert_opinion = auto()
    government_advisory = auto()
    website = auto()


class CitationLink(Strict):
    """A source, and what it does to the statement it is attached to."""

    citation: Slug
    """Slug of the citation; the whole record is at `/v1/citations/{citation}`."""
    title: Label
    """Title of the source; one in square brackets was supplied by a cataloguer."""
    year: Year | None
    """Year of publication; null when it is not known."""
    url: Url | None
    """Where the source can be read; null when no address is known or the link is withheld because it leads to a seller."""
    evidence_level: EvidenceLevel | None
    """The kind of evidence; null when none is stated, as for news and legal texts."""
    support: Support
    """What the source does to the statement it is attached to."""
    specificity: Specificity
    """Whether the source is a work, a page or only a home page."""
    note: Label | None
    """Through which claims the source bears on the record, when it was not named for the record alone."""


class ClaimInContext(Strict):
    """A statement of the article together with what the evidence does to it."""

    slug: Slug
    """Slug of the claim; the whole record is at `/v1/claims/{slug}`."""
    url: Path
    """Path of the claim in this API."""
    statement: Text
    """What the article says, in this service's words."""
    verdict: Verdict
    """What the evidence does to the statement."""
    note: Text
    """The evidence in short."""
    safety_flag: SafetyFlag
    """How carefully the statement must be shown."""
    suggested_framing: Text | None
    """How a front end should frame the statement; null when it needs no particular framing."""
    citations: list[CitationLink] = Field(max_length=50)
    """The sources behind the verdict."""
