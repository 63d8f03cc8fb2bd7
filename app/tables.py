"""The tables of the built file: keys, indexes and links over the fields that the schemas define."""

from datetime import date
from itertools import product
from typing import ClassVar, get_args

from sqlalchemy import Index, Table
from sqlmodel import Field, SQLModel

from app.schemas.approaches import ApproachFields, ApproachQuery, ApproachRead, ApproachSeed
from app.schemas.articles import ArticleFields, ArticleQuery, ArticleRead, ArticleSeed
from app.schemas.citations import CitationFields, CitationQuery, CitationRead, CitationSeed
from app.schemas.claims import ClaimFields, ClaimQuery, ClaimRead, ClaimSeed
from app.schemas.contacts import ContactFields, ContactQuery, ContactRead, ContactSeed
from app.schemas.dosage_ranges import (
    DosageRangeFields,
    DosageRangeQuery,
    DosageRangeRead,
    DosageRangeSeed,
)
from app.schemas.effects import EffectFields, EffectQuery, EffectRead, EffectSeed
from app.schemas.evidence import Support
from app.schemas.faqs import FaqFields, FaqQuery, FaqRead, FaqSeed
from app.schemas.interactions import (
    InteractionFields,
    InteractionQuery,
    InteractionRead,
    InteractionSeed,
)
from app.schemas.jurisdictions import (
    JurisdictionFields,
    JurisdictionQuery,
    JurisdictionRead,
    JurisdictionSeed,
)
from app.schemas.pharmacology import (
    PharmacologyFields,
    PharmacologyQuery,
    PharmacologyRead,
    PharmacologySeed,
)
from app.schemas.product_forms import (
    ProductFormFields,
    ProductFormQuery,
    ProductFormRead,
    ProductFormSeed,
)
from app.schemas.quality_checks import (
    QualityCheckFields,
    QualityCheckQuery,
    QualityCheckRead,
    QualityCheckSeed,
)
from app.schemas.queries import PageQuery
from app.schemas.records import RecordFields, RecordRead
from app.schemas.references import RecordType
from app.schemas.risk_groups import RiskGroupFields, RiskGroupQuery, RiskGroupRead, RiskGroupSeed
from app.schemas.side_effects import (
    SideEffectFields,
    SideEffectQuery,
    SideEffectRead,
    SideEffectSeed,
)
from app.schemas.strains import StrainFields, StrainQuery, StrainRead, StrainSeed
from app.schemas.warning_signs import (
    WarningSignFields,
    WarningSignQuery,
    WarningSignRead,
    WarningSignSeed,
)


class Resource(SQLModel):
    """What every resource table has besides its fields: where it is served and what it is made of."""

    collection: ClassVar[str]
    """Name of the collection in its path."""
    record_type: ClassVar[RecordType]
    """What references to its records are called."""
    title_field: ClassVar[str]
    """The field a reference shows as title; a claim is named by its verdict instead."""
    restates_article: ClassVar[bool] = False
    """Whether its records are statements of the article, so that a claim's verdict is a verdict on them."""
    review_months: ClassVar[int] = 12
    """How long after a release its records are to be reviewed."""
    facets: ClassVar[dict[str, str]] = {}
    """Filters over a list field, and the field: its values stand in the facet table."""
    seed: ClassVar[type[RecordFields]]
    """The record as it is written in the seed."""
    read: ClassVar[type[RecordRead]]
    """The record as it is served."""
    query: ClassVar[type[PageQuery]]
    """What its list can be asked for."""

    slug: str = Field(primary_key=True)
    review_due: date
    document: bytes
    """The public JSON of the record, rendered once by the build."""


def table_of(model: type[SQLModel]) -> Table:
    """The table behind a table class."""
    table: Table = model.__table__  # type: ignore[attr-defined]  # SQLModel sets it on every table class
    return table


def order_columns(resource: type[Resource]) -> dict[str, str]:
    """The sorts of a resource, and the column that each one orders by."""
    values = get_args(resource.query.model_fields["sort"].annotation)
    ascending = [value for value in values if not value.startswith("-")]
    columns = table_of(resource).columns
    return {name: f"{name}_rank" if f"{name}_rank" in columns else name for name in ascending}


def filter_columns(resource: type[Resource]) -> list[str]:
    """The filters of a resource that match a column of its own."""
    names = resource.query.model_fields.keys() - PageQuery.PAGING - {"slug"}
    return sorted(names - resource.facets.keys())


def filter_value(value: object) -> str:
    """A value as the tally names it."""
    return str(int(value)) if isinstance(value, bool) else str(value)


class Article(Resource, ArticleFields, table=True):
    """The overview."""

    collection = "articles"
    record_type = RecordType.article
    title_field = "title"
    restates_article = True
    seed, read, query = ArticleSeed, ArticleRead, ArticleQuery


class Strain(Resource, StrainFields, table=True):
    """A vein colour as it is marketed."""

    collection = "strains"
    record_type = RecordType.strain
    title_field = "name"
    restates_article = True
    facets = {"effect": "effects", "marketed_for": "marketed_for"}
    seed, read, query = StrainSeed, StrainRead, StrainQuery


class Effect(Resource, EffectFields, table=True):
    """A reported benefit."""

    collection = "effects"
    record_type = RecordType.effect
    title_field = "name"
    restates_article = True
    seed, read, query = EffectSeed, EffectRead, EffectQuery


class SideEffect(Resource, SideEffectFields, table=True):
    """A harm."""

    __tablename__ = "side_effect"
    collection = "side-effects"
    record_type = RecordType.side_effect
    title_field = "name"
    seed, read, query = SideEffectSeed, SideEffectRead, SideEffectQuery
    seriousness_rank: int


class DosageRange(Resource, DosageRangeFields, table=True):
    """An amount."""

    __tablename__ = "dosage_range"
    collection = "dosage-ranges"
    record_type = RecordType.dosage_range
    title_field = "context"
    restates_article = True
    seed, read, query = DosageRangeSeed, DosageRangeRead, DosageRangeQuery
    kind_rank: int


class Faq(Resource, FaqFields, table=True):
    """A question."""

    collection = "faqs"
    record_type = RecordType.faq
    title_field = "question"
    restates_article = True
    seed, read, query = FaqSeed, FaqRead, FaqQuery


class Claim(Resource, ClaimFields, table=True):
    """A statement of the article."""

    collection = "claims"
    record_type = RecordType.claim
    title_field = "statement"
    seed, read, query = ClaimSeed, ClaimRead, ClaimQuery
    verdict_rank: int


class Interaction(Resource, InteractionFields, table=True):
    """An interaction."""

    collection = "interactions"
    record_type = RecordType.interaction
    title_field = "name"
    facets = {"evidence_basis": "evidence_basis"}
    seed, read, query = InteractionSeed, InteractionRead, InteractionQuery
    severity_rank: int


class Pharmacology(Resource, PharmacologyFields, table=True):
    """A pharmacological fact."""

    collection = "pharmacology"
    record_type = RecordType.pharmacology
    title_field = "topic"
    seed, read, query = PharmacologySeed, PharmacologyRead, PharmacologyQuery
    certainty_rank: int


class ProductForm(Resource, ProductFormFields, table=True):
    """A product form."""

    __tablename__ = "product_form"
    collection = "product-forms"
    record_type = RecordType.product_form
    title_field = "name"
    restates_article = True
    seed, read, query = ProductFormSeed, ProductFormRead, ProductFormQuery


class Approach(Resource, ApproachFields, table=True):
    """Care for back pain."""

    collection = "approaches"
    record_type = RecordType.approach
    title_field = "name"
    restates_article = True
    seed, read, query = ApproachSeed, ApproachRead, ApproachQuery


class RiskGroup(Resource, RiskGroupFields, table=True):
    """A group at risk."""

    __tablename__ = "risk_group"
    collection = "risk-groups"
    record_type = RecordType.risk_group
    title_field = "name"
    seed, read, query = RiskGroupSeed, RiskGroupRead, RiskGroupQuery


class WarningSign(Resource, WarningSignFields, table=True):
    """A warning sign."""

    __tablename__ = "warning_sign"
    collection = "warning-signs"
    record_type = RecordType.warning_sign
    title_field = "sign"
    seed, read, query = WarningSignSeed, WarningSignRead, WarningSignQuery
    urgency_rank: int


class Jurisdiction(Resource, JurisdictionFields, table=True):
    """A place with its legal status."""

    collection = "jurisdictions"
    record_type = RecordType.jurisdiction
    title_field = "name"
    review_months = 3
    seed, read, query = JurisdictionSeed, JurisdictionRead, JurisdictionQuery
    status_rank: int


class QualityCheck(Resource, QualityCheckFields, table=True):
    """A point of product quality."""

    __tablename__ = "quality_check"
    collection = "quality-checks"
    record_type = RecordType.quality_check
    title_field = "topic"
    seed, read, query = QualityCheckSeed, QualityCheckRead, QualityCheckQuery


class Contact(Resource, ContactFields, table=True):
    """A help line."""

    collection = "contacts"
    record_type = RecordType.contact
    title_field = "name"
    seed, read, query = ContactSeed, ContactRead, ContactQuery


class Citation(Resource, CitationFields, table=True):
    """A source."""

    collection = "citations"
    record_type = RecordType.citation
    title_field = "title"
    seed, read, query = CitationSeed, CitationRead, CitationQuery


RESOURCES: tuple[type[Resource], ...] = (
    Article,
    Strain,
    Effect,
    SideEffect,
    DosageRange,
    Faq,
    Claim,
    Interaction,
    Pharmacology,
    ProductForm,
    Approach,
    RiskGroup,
    WarningSign,
    Jurisdiction,
    QualityCheck,
    Contact,
    Citation,
)


class Record(SQLModel, table=True):
    """The register of every record, so that links between kinds of record have a key to point at."""

    path: str = Field(primary_key=True)
    """`collection/slug`."""
    type: RecordType
    slug: str
    title: str


class RecordCitation(SQLModel, table=True):
    """Which record cites which source, and what the source does to its statement."""

    __tablename__ = "record_citation"
    record: str = Field(primary_key=True, foreign_key="record.path")
    citation: str = Field(primary_key=True, foreign_key="citation.slug", index=True)
    position: int
    support: Support
    note: str | None


class ClaimBearing(SQLModel, table=True):
    """Which claim bears on which record."""

    __tablename__ = "claim_bearing"
    claim: str = Field(primary_key=True, foreign_key="claim.slug")
    record: str = Field(primary_key=True, foreign_key="record.path", index=True)


class RelatedRecord(SQLModel, table=True):
    """Which record leads on to which."""

    __tablename__ = "related_record"
    record: str = Field(primary_key=True, foreign_key="record.path")
    related: str = Field(primary_key=True, foreign_key="record.path")
    position: int


class Facet(SQLModel, table=True):
    """The values of list fields that can be filtered by, one row a value."""

    collection: str = Field(primary_key=True)
    filter: str = Field(primary_key=True)
    value: str = Field(primary_key=True)
    slug: str = Field(primary_key=True)


class Tally(SQLModel, table=True):
    """How many records have a value, counted once by the build."""

    collection: str = Field(primary_key=True)
    filter: str = Field(primary_key=True)
    value: str = Field(primary_key=True)
    total: int


class Release(SQLModel, table=True):
    """The data set as a whole; one row."""

    dataset_version: str = Field(primary_key=True)
    content_hash: str
    release_date: date
    coverage: str
    """Coverage notes by collection, as JSON."""
    document: bytes
    """The public JSON of the release, rendered once by the build."""


def _index(resource: type[Resource]) -> None:
    """Index every sort of a resource, alone and behind each filter, always with the slug as tie-break."""
    table = table_of(resource)
    sorts = [column for column in order_columns(resource).values() if column != "slug"]
    for column in sorts:
        Index(f"ix_{table.name}_{column}", column, "slug", _table=table)
    for name, column in product(filter_columns(resource), [*sorts, "slug"]):
        keys = list(dict.fromkeys([name, column, "slug"]))
        if keys[1:] != ["slug"] or name != column:
            Index(f"ix_{table.name}_{name}_by_{column}", *keys, _table=table)


for _resource in RESOURCES:
    _index(_resource)
