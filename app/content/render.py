"""Renders checked records: resolves references, attaches sources, and serializes the public JSON once."""

from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from pydantic_core import to_json

from app.content.layout import field_order
from app.content.seed import Seed
from app.registry import RESOURCES
from app.schemas.articles import ArticleSeed
from app.schemas.citations import CitationSeed
from app.schemas.claims import ClaimSeed
from app.schemas.dosage_ranges import DosageKind, DosageRangeSeed
from app.schemas.evidence import Specificity, Support, Verdict
from app.schemas.fields import Strict
from app.schemas.jurisdictions import JurisdictionSeed
from app.schemas.records import CautionedSeed, FactualSeed, RecordFields, RecordRead
from app.schemas.releases import ReleaseRead
from app.schemas.resources import ResourceInfo, model_in
from app.schemas.side_effects import SideEffectSeed
from app.schemas.summaries import summary_of

Object = dict[str, Any]

SUPPORT_OF_VERDICT: Final = {
    Verdict.supports: Support.supports,
    Verdict.qualifies: Support.qualifies,
    Verdict.contradicts: Support.contradicts,
    Verdict.not_addressed: Support.background,
}
WORDS_OF_SUPPORT: Final = {
    Support.contradicts: "Contradicts",
    Support.qualifies: "Qualifies",
    Support.supports: "Supports",
    Support.background: "Gives background to",
}
# Where a source relates to a record in several ways, the link has one relation and its note lists the
# others. A record that restates the article gets the most critical one: a source that contradicts a
# statement must never look like support. A record that states the evidence itself is supported by its
# sources, whatever they say about the article. See decision 2.
GRAVEST_FIRST: Final = (Support.contradicts, Support.qualifies, Support.supports, Support.background)
OWN_FIRST: Final = (Support.supports, Support.qualifies, Support.contradicts, Support.background)


@dataclass
class Bearing:
    """How a source relates to a record."""

    named: Support | None = None
    """Its relation as a source that the record itself names."""
    claims: list[ClaimSeed] = field(default_factory=list)
    """The claims that connect it to the record."""
    omissions: list[str] = field(default_factory=list)
    """Topics that the article omits, for which it is a source."""


@dataclass(frozen=True)
class Rendered:
    """A rendered record, ready to be stored."""

    resource: ResourceInfo
    record: RecordFields
    path: str
    title: str
    review_due: date
    document: bytes
    summary_document: bytes
    links: list[Object]
    """Its citation links."""


class Renderer:
    """Resolves the references of one seed and renders its records, one at a time."""

    def __init__(self, seed: Seed) -> None:
        self.seed = seed
        self.records: dict[str, tuple[ResourceInfo, RecordFields]] = {
            f"{resource.collection}/{record.slug}": (resource, record)
            for resource in RESOURCES
            for record in sorted(seed.records(resource.collection), key=lambda record: record.slug)
        }
        self.citations: dict[str, CitationSeed] = {record.slug: record for record in seed.citations}
        self.headings = {
            (article.slug, section.slug): section.heading for article in seed.articles for section in article.sections
        }
        self.places = {record.code: f"jurisdictions/{record.slug}" for record in seed.jurisdictions}
        self.claims_on: dict[str, list[ClaimSeed]] = defaultdict(list)
        self.claims_in: dict[tuple[str, str], list[ClaimSeed]] = defaultdict(list)
        for claim in sorted(seed.claims, key=lambda claim: claim.slug):
            self.claims_in[claim.article, claim.section].append(claim)
            for path in claim.bears_on:
                self.claims_on[path].append(claim)
        self.links: dict[str, list[Object]] = {}
        self.cited_by: dict[str, list[str]] = defaultdict(list)
        for path, (resource, record) in self.records.items():
            self.links[path] = self._links(path, resource, record)
            for link in self.links[path]:
                self.cited_by[link["citation"]].append(path)
        self._in_context = {claim.slug: self._claim_in_context(claim) for claim in seed.claims}

    def render(self, path: str) -> Rendered:
        """Render the record at a path, `collection/slug`.

        Raises:
            ValidationError: when the resolved record breaks a limit of the API.
        """
        resource, record = self.records[path]
        due = months_after(self.seed.release.reviews_count_from, resource.review_months)
        served = resource.read.model_validate(self._resolved(path, resource, record) | {"review_due": due})
        return Rendered(
            resource=resource,
            record=record,
            path=path,
            title=record.title,
            review_due=due,
            document=_document(served),
            summary_document=_summary_document(resource, served, path),
            links=self.links[path],
        )

    def release(self, content_hash: str, reviewed: list[date], due: list[date]) -> ReleaseRead:
        """The data set as a whole."""
        release = self.seed.release
        return ReleaseRead.model_validate(
            release.model_dump(exclude={"reviews_count_from", "coverage", "standing_cautions", "glossary"})
            | {
                "dataset_version": f"{release.release_date}+{content_hash[:8]}",
                "content_hash": content_hash,
                "review": {
                    "last_reviewed": max(reviewed, default=None),
                    "review_due": min(due, default=months_after(release.reviews_count_from, 12)),
                },
                "collections": [
                    {
                        "name": resource.collection,
                        "url": resource.path,
                        "total": len(self.seed.records(resource.collection)),
                        "coverage": release.coverage[resource.collection],
                    }
                    for resource in sorted(RESOURCES, key=lambda r: r.collection)
                ],
            }
        )

    def _resolved(self, path: str, resource: ResourceInfo, record: RecordFields) -> Object:
        values = record.model_dump(include=set(resource.read.model_fields))
        if isinstance(record, FactualSeed):
            part = record.article_section
            values["article_section"] = self._section(part.article, part.section) if part else None
            values["claims"] = [self._in_context[claim.slug] for claim in self.claims_on[path]]
            values["citations"] = self.links[path]
        if isinstance(record, CautionedSeed):
            values["cautions"] = [*record.cautions, *self._standing_cautions(resource, record)]
            values["disclaimer"] = self.seed.release.disclaimer
            values["related"] = [self._reference(other) for other in record.related]
        for name, parts in _nested(resource, record):
            served = model_in(resource.read.model_fields[name].annotation)
            assert served, f"{name} is an object in the seed and none when served"
            shown = set(served.model_fields)
            resolved = [part.model_dump(include=shown) | self._part_citations(part) for part in parts]
            values[name] = resolved if isinstance(values[name], list) else resolved[0]
        match record:
            case ArticleSeed():
                values["sections"] = list(self._sections(record))
            case ClaimSeed():
                values["article_section"] = self._section(record.article, record.section)
                values["citations"] = self.links[path]
                values["bears_on"] = [self._reference(other) for other in record.bears_on]
            case JurisdictionSeed():
                parent = self.places[record.parent_code] if record.parent_code else None
                values["parent"] = self._reference(parent) if parent else None
            case CitationSeed():
                values["cited_by"] = [self._reference(other) for other in self.cited_by[record.slug]]
        return values

    def _sections(self, article: ArticleSeed) -> Iterator[Object]:
        for position, section in enumerate(article.sections, start=1):
            yield section.model_dump() | {
                "position": position,
                "records": [self._reference(path) for path in section.records],
                "claims": [self._in_context[claim.slug] for claim in self.claims_in[article.slug, section.slug]],
                "omissions": [omission.slug for omission in article.omissions if omission.section == section.slug],
            }

    def _links(self, path: str, resource: ResourceInfo, record: RecordFields) -> list[Object]:
        """The citation links of a record: its own sources first, then those of the claims about it."""
        if isinstance(record, ClaimSeed):
            return [self._link(slug, _support_by(record, slug)) for slug in record.citations]
        bearings: dict[str, Bearing] = defaultdict(Bearing)
        for slug in _own_sources(resource, record):
            bearings[slug].named = _support_of_named(record, slug)
        for claim in self.claims_on[path]:
            for slug in claim.citations_for.get(path, claim.citations):
                bearings[slug].claims.append(claim)
        if isinstance(record, ArticleSeed):
            for omission in record.omissions:
                for slug in omission.citations:
                    bearings[slug].omissions.append(omission.topic)
        restates = resource.restates_article and not (
            isinstance(record, DosageRangeSeed) and record.kind is not DosageKind.article
        )
        order = GRAVEST_FIRST if restates else OWN_FIRST
        return [self._weighed(slug, bearing, order) for slug, bearing in bearings.items()]

    def _weighed(self, slug: str, bearing: Bearing, order: tuple[Support, ...]) -> Object:
        by_claims: dict[Support, list[str]] = defaultdict(list)
        for claim in bearing.claims:
            by_claims[_support_by(claim, slug)].append(claim.slug)
        found = set(by_claims)
        sentences = []
        if bearing.named:
            found.add(bearing.named)
            if by_claims:
                sentences.append("Named for this record.")
        sentences += [f"{WORDS_OF_SUPPORT[s]} {', '.join(by_claims[s])}." for s in GRAVEST_FIRST if s in by_claims]
        if bearing.omissions:
            found.add(Support.background)
            sentences.append(f"Source for what the article leaves out: {'; '.join(bearing.omissions)}.")
        return self._link(slug, next(s for s in order if s in found), " ".join(sentences) or None)

    def _part_citations(self, part: Strict) -> Object:
        """The citations of an object inside a record; nothing when it has none."""
        slugs: list[str] | None = getattr(part, "citations", None)
        if slugs is None:
            return {}
        background = getattr(part, "background_citations", [])
        return {
            "citations": [
                self._link(slug, Support.background if slug in background else Support.supports) for slug in slugs
            ]
        }

    def _link(self, slug: str, support: Support, note: str | None = None) -> Object:
        citation = self.citations[slug]
        if citation.specificity is Specificity.homepage:
            support = Support.not_linked
        return {
            "citation": slug,
            "citation_url": f"/v1/citations/{slug}",
            "title": citation.title,
            "year": citation.year,
            "url": citation.url,
            "evidence_level": citation.evidence_level,
            "support": support,
            "specificity": citation.specificity,
            "note": note,
        }

    def _claim_in_context(self, claim: ClaimSeed) -> Object:
        shown = claim.model_dump(include={"slug", "statement", "verdict", "note", "safety_flag", "suggested_framing"})
        path = f"claims/{claim.slug}"
        return shown | {"url": f"/v1/{path}", "citations": self.links[path]}

    def _standing_cautions(self, resource: ResourceInfo, record: CautionedSeed) -> Iterator[str]:
        """The cautions of the release that this record shares with others."""
        for caution in self.seed.release.standing_cautions:
            if resource.collection in caution.collections or caution.slug in record.standing_cautions:
                yield caution.text

    def _reference(self, path: str) -> Object:
        resource, record = self.records[path]
        return {
            "type": resource.record_type,
            "slug": record.slug,
            "title": record.title,
            "url": f"/v1/{path}",
        }

    def _section(self, article: str, section: str) -> Object:
        return {
            "article": article,
            "section": section,
            "heading": self.headings[article, section],
            "url": f"/v1/articles/{article}",
        }


@dataclass(frozen=True)
class RenderedSeed:
    """A seed without faults, with each of its records rendered once."""

    seed: Seed
    renderer: Renderer
    records: list[Rendered]
    """Resource by resource, in order of slug."""


def _support_by(claim: ClaimSeed, slug: str) -> Support:
    """What a source does to the statement of a claim: what the verdict says, unless the source is silent on it."""
    return Support.background if slug in claim.background_citations else SUPPORT_OF_VERDICT[claim.verdict]


def _support_of_named(record: RecordFields, slug: str) -> Support:
    """What a source that a record names does to what the record states."""
    if isinstance(record, FactualSeed) and slug in record.contradicting_citations:
        return Support.contradicts
    if isinstance(record, FactualSeed) and slug in record.background_citations:
        return Support.background
    return Support.supports


def _nested(resource: ResourceInfo, record: RecordFields) -> Iterator[tuple[str, list[Strict]]]:
    """The fields of a record that hold objects, each with its objects; a field that is null is left out."""
    for name in resource.nested:
        value = getattr(record, name)
        if value is not None:
            yield name, value if isinstance(value, list) else [value]


def _own_sources(resource: ResourceInfo, record: RecordFields) -> list[str]:
    """The sources named for a record or for a part of it, each once."""
    named = list(record.citations) if isinstance(record, FactualSeed) else []
    if not isinstance(record, ArticleSeed):  # the sources of an omission are no sources of the article
        named += [
            slug for _, parts in _nested(resource, record) for part in parts for slug in getattr(part, "citations", [])
        ]
    if isinstance(record, SideEffectSeed):
        named += record.frequency_sources
    return list(dict.fromkeys(named))


def _document(served: Strict) -> bytes:
    """The public JSON of a record, with its fields in order."""
    values = served.model_dump()
    return to_json({name: values[name] for name in field_order(type(served))})


def _summary_document(resource: ResourceInfo, served: RecordRead, path: str) -> bytes:
    """The public JSON of a record in the brief view."""
    model = summary_of(resource)
    values = served.model_dump(include=set(model.model_fields)) | {"url": f"/v1/{path}"}
    return _document(model.model_validate(values))


def months_after(day: date, months: int) -> date:
    """The same day so many months later, or the last day of a shorter month."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
