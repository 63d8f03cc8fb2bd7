"""The tables of the database: keys, indexes and links over the fields that the schemas define."""

from datetime import date
from itertools import product
from typing import ClassVar

from sqlalchemy import Index, Table
from sqlmodel import Field, SQLModel

from app.schemas.approaches import APPROACHES, ApproachFields
from app.schemas.articles import ARTICLES, ArticleFields
from app.schemas.citations import CITATIONS, CitationFields
from app.schemas.claims import CLAIMS, ClaimFields
from app.schemas.contacts import CONTACTS, ContactFields
from app.schemas.dosage_ranges import DOSAGE_RANGES, DosageRangeFields
from app.schemas.effects import EFFECTS, EffectFields
from app.schemas.evidence import Support
from app.schemas.faqs import FAQS, FaqFields
from app.schemas.interactions import INTERACTIONS, InteractionFields
from app.schemas.jurisdictions import JURISDICTIONS, JurisdictionFields
from app.schemas.pharmacology import PHARMACOLOGY, PharmacologyFields
from app.schemas.product_forms import PRODUCT_FORMS, ProductFormFields
from app.schemas.quality_checks import QUALITY_CHECKS, QualityCheckFields
from app.schemas.references import RecordType
from app.schemas.resources import ResourceInfo
from app.schemas.risk_groups import RISK_GROUPS, RiskGroupFields
from app.schemas.side_effects import SIDE_EFFECTS, SideEffectFields
from app.schemas.strains import STRAINS, StrainFields
from app.schemas.warning_signs import WARNING_SIGNS, WarningSignFields


class Resource(SQLModel):
    """The columns that every table of a resource has besides its fields."""

    info: ClassVar[ResourceInfo]
    """The descriptor of the resource."""

    slug: str = Field(primary_key=True)
    review_due: date
    summary_document: bytes
    """The public JSON of the record in the brief view, rendered once by the build. SQLite reads a row from its start, so
    this column precedes the longer one."""
    document: bytes
    """The public JSON of the record, rendered once by the build."""
    history: bytes
    """What the releases changed in the record, as JSON, newest first."""


def table_of(model: type[SQLModel]) -> Table:
    """The table behind a table class."""
    table: Table = model.__table__  # type: ignore[attr-defined]  # SQLModel sets it on every table class
    return table


def filter_value(value: object) -> str:
    """A value as the tally stores it, as text."""
    return str(int(value)) if isinstance(value, bool) else str(value)


class Article(Resource, ArticleFields, table=True):
    """Table of the articles."""

    info = ARTICLES


class Strain(Resource, StrainFields, table=True):
    """Table of the strains."""

    info = STRAINS


class Effect(Resource, EffectFields, table=True):
    """Table of the effects."""

    info = EFFECTS


class SideEffect(Resource, SideEffectFields, table=True):
    """Table of the side effects."""

    __tablename__ = "side_effect"
    info = SIDE_EFFECTS
    seriousness_rank: int


class DosageRange(Resource, DosageRangeFields, table=True):
    """Table of the dosage ranges."""

    __tablename__ = "dosage_range"
    info = DOSAGE_RANGES
    kind_rank: int


class Faq(Resource, FaqFields, table=True):
    """Table of the faqs."""

    info = FAQS


class Claim(Resource, ClaimFields, table=True):
    """Table of the claims."""

    info = CLAIMS
    verdict_rank: int


class Interaction(Resource, InteractionFields, table=True):
    """Table of the interactions."""

    info = INTERACTIONS
    severity_rank: int


class Pharmacology(Resource, PharmacologyFields, table=True):
    """Table of the pharmacology."""

    info = PHARMACOLOGY
    certainty_rank: int


class ProductForm(Resource, ProductFormFields, table=True):
    """Table of the product forms."""

    __tablename__ = "product_form"
    info = PRODUCT_FORMS


class Approach(Resource, ApproachFields, table=True):
    """Table of the approaches."""

    info = APPROACHES


class RiskGroup(Resource, RiskGroupFields, table=True):
    """Table of the risk groups."""

    __tablename__ = "risk_group"
    info = RISK_GROUPS


class WarningSign(Resource, WarningSignFields, table=True):
    """Table of the warning signs."""

    __tablename__ = "warning_sign"
    info = WARNING_SIGNS
    urgency_rank: int


class Jurisdiction(Resource, JurisdictionFields, table=True):
    """Table of the jurisdictions."""

    info = JURISDICTIONS
    status_rank: int


class QualityCheck(Resource, QualityCheckFields, table=True):
    """Table of the quality checks."""

    __tablename__ = "quality_check"
    info = QUALITY_CHECKS


class Contact(Resource, ContactFields, table=True):
    """Table of the contacts."""

    info = CONTACTS


class Citation(Resource, CitationFields, table=True):
    """Table of the citations."""

    info = CITATIONS


class Record(SQLModel, table=True):
    """Every record of any resource, as the target of foreign keys."""

    path: str = Field(primary_key=True)
    """`collection/slug`."""
    type: RecordType
    slug: str
    title: str


class RecordCitation(SQLModel, table=True):
    """The citations of each record, each with how the source relates to its statement."""

    __tablename__ = "record_citation"
    record: str = Field(primary_key=True, foreign_key="record.path")
    citation: str = Field(primary_key=True, foreign_key="citation.slug", index=True)
    position: int
    support: Support
    note: str | None


class ClaimBearing(SQLModel, table=True):
    """The records that each claim is about."""

    __tablename__ = "claim_bearing"
    claim: str = Field(primary_key=True, foreign_key="claim.slug")
    record: str = Field(primary_key=True, foreign_key="record.path", index=True)


class RelatedRecord(SQLModel, table=True):
    """The related records of each record."""

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


class SearchDocument(SQLModel, table=True):
    """Every record as a search hit. A migration of its own creates the full-text index, `search_index`."""

    __tablename__ = "search_document"
    number: int = Field(primary_key=True)
    """The rank of the record by importance, which is its rowid in the index too."""
    path: str = Field(foreign_key="record.path", unique=True)
    type: RecordType
    document: bytes
    """The public JSON of the hit without its snippet, rendered once by the build."""
    sentences: str
    """The sentences of which one is the snippet, each with its stems, as JSON."""


class SearchName(SQLModel, table=True):
    """The titles and aliases of records, each from every one of its words to its end, for suggestions while typing."""

    __tablename__ = "search_name"
    text: str = Field(primary_key=True)
    """The name without case and accents, from one of its words on."""
    number: int = Field(primary_key=True, foreign_key="search_document.number")
    position: int
    """How far it is from what the record is called; 0 for its own name."""


class SearchLexicon(SQLModel, table=True):
    """The lexicon of the search; one row."""

    __tablename__ = "search_lexicon"
    id: int = Field(primary_key=True)
    document: str
    """The lexicon as app/words/lexicon.py stores it."""


class Release(SQLModel, table=True):
    """The data set as a whole; one row."""

    dataset_version: str = Field(primary_key=True)
    content_hash: str
    release_date: date
    coverage: str
    """Coverage notes by collection, as JSON."""
    document: bytes
    """The public JSON of the release, rendered once by the build."""
    may_shrink: bool
    """Whether somebody has confirmed that it may have far fewer records than the data set that it replaces."""


def filters_index(resource: type[Resource]) -> str:
    """Name of the index that holds every filter of a resource with several."""
    return f"ix_{table_of(resource).name}_filters"


class KeptRelease(SQLModel, table=True):
    """Every release that is served, newest first."""

    __tablename__ = "kept_release"
    position: int = Field(primary_key=True)
    dataset_version: str = Field(unique=True)
    manifest: bytes
    """Its public manifest."""
    sha256: str
    """SHA-256 of its bundle, in hexadecimal."""
    changes: bytes
    """The changes that turn its bundle into the newest, as served."""
    zstd: bytes
    """Its bundle, compressed."""
    br: bytes | None
    """The bundle compressed with Brotli; null unless it is the newest and the build was not `--quick`."""


class RecordedChange(SQLModel, table=True):
    """The changes of all releases, newest release first; within a release, changes relevant to safety first."""

    __tablename__ = "recorded_change"
    position: int = Field(primary_key=True)
    collection: str = Field(index=True)
    safety_relevant: bool = Field(index=True)
    document: bytes
    """The change as JSON, with what a feed shows of the record."""


class DrawnPicture(SQLModel, table=True):
    """The pictures of the records, drawn by the build; one without records to show has no row."""

    __tablename__ = "drawn_picture"
    slug: str = Field(primary_key=True)
    inline: str
    """The SVG inside the HTML page of its list."""
    file: str
    """The SVG as a file of its own."""
    csv: str
    """The rows that it shows."""


class FormerRecord(SQLModel, table=True):
    """The register of former slugs."""

    __tablename__ = "former_record"
    collection: str = Field(primary_key=True)
    slug: str = Field(primary_key=True)
    reason: str
    renamed_to: str | None
    successor: str | None


def _index(resource: type[Resource]) -> None:
    """Add the indexes of a resource: for each sort, for each filter with each sort, and one over all filters; the slug breaks ties."""
    table = table_of(resource)
    sorts = [column for column in resource.info.sorts.values() if column != "slug"]
    for column in sorts:
        Index(f"ix_{table.name}_{column}", column, "slug", _table=table)
    for name, column in product(resource.info.column_filters, [*sorts, "slug"]):
        keys = list(dict.fromkeys([name, column, "slug"]))
        if keys[1:] != ["slug"] or name != column:
            Index(f"ix_{table.name}_{name}_by_{column}", *keys, _table=table)
    if len(resource.info.column_filters) > 1:
        # A covering index: counting reads it and not the rows, which are a hundred times longer.
        Index(filters_index(resource), *resource.info.column_filters, "slug", _table=table)


for _resource in Resource.__subclasses__():
    _index(_resource)
