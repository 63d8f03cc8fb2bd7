"""The seed as a whole: one list a resource, in the order an editor reads it."""

from typing import Annotated

import pydantic
from pydantic import ConfigDict

from app.schemas.approaches import APPROACHES, ApproachSeed
from app.schemas.articles import ARTICLES, ArticleSeed
from app.schemas.changes import FormerSlug
from app.schemas.citations import CITATIONS, CitationSeed
from app.schemas.claims import CLAIMS, ClaimSeed
from app.schemas.contacts import CONTACTS, ContactSeed
from app.schemas.dosage_ranges import DOSAGE_RANGES, DosageRangeSeed
from app.schemas.effects import EFFECTS, EffectSeed
from app.schemas.faqs import FAQS, FaqSeed
from app.schemas.fields import Strict
from app.schemas.interactions import INTERACTIONS, InteractionSeed
from app.schemas.jurisdictions import JURISDICTIONS, JurisdictionSeed
from app.schemas.pharmacology import PHARMACOLOGY, PharmacologySeed
from app.schemas.product_forms import PRODUCT_FORMS, ProductFormSeed
from app.schemas.quality_checks import QUALITY_CHECKS, QualityCheckSeed
from app.schemas.records import RecordFields
from app.schemas.releases import ReleaseSeed
from app.schemas.risk_groups import RISK_GROUPS, RiskGroupSeed
from app.schemas.search import SearchSeed
from app.schemas.side_effects import SIDE_EFFECTS, SideEffectSeed
from app.schemas.strains import STRAINS, StrainSeed
from app.schemas.warning_signs import WARNING_SIGNS, WarningSignSeed


class Seed(Strict):
    """All content of the service. Records refer to each other by slug."""

    model_config = ConfigDict(title="Seed", validate_by_name=False, validate_by_alias=True)

    schema_path: Annotated[str, pydantic.Field(alias="$schema", max_length=200)]
    """Path of the JSON Schema of this file, for editors."""
    release: ReleaseSeed
    """The data set as a whole."""
    search: SearchSeed
    """The vocabulary of the search."""
    former_slugs: Annotated[list[FormerSlug], pydantic.Field(max_length=10_000)]
    """Every slug that was served in a release and no longer is, with the reason."""
    articles: Annotated[list[ArticleSeed], pydantic.Field(description=ARTICLES.description)]
    claims: Annotated[list[ClaimSeed], pydantic.Field(description=CLAIMS.description)]
    strains: Annotated[list[StrainSeed], pydantic.Field(description=STRAINS.description)]
    effects: Annotated[list[EffectSeed], pydantic.Field(description=EFFECTS.description)]
    side_effects: Annotated[list[SideEffectSeed], pydantic.Field(description=SIDE_EFFECTS.description)]
    dosage_ranges: Annotated[list[DosageRangeSeed], pydantic.Field(description=DOSAGE_RANGES.description)]
    faqs: Annotated[list[FaqSeed], pydantic.Field(description=FAQS.description)]
    product_forms: Annotated[list[ProductFormSeed], pydantic.Field(description=PRODUCT_FORMS.description)]
    approaches: Annotated[list[ApproachSeed], pydantic.Field(description=APPROACHES.description)]
    interactions: Annotated[list[InteractionSeed], pydantic.Field(description=INTERACTIONS.description)]
    pharmacology: Annotated[list[PharmacologySeed], pydantic.Field(description=PHARMACOLOGY.description)]
    risk_groups: Annotated[list[RiskGroupSeed], pydantic.Field(description=RISK_GROUPS.description)]
    warning_signs: Annotated[list[WarningSignSeed], pydantic.Field(description=WARNING_SIGNS.description)]
    contacts: Annotated[list[ContactSeed], pydantic.Field(description=CONTACTS.description)]
    jurisdictions: Annotated[list[JurisdictionSeed], pydantic.Field(description=JURISDICTIONS.description)]
    quality_checks: Annotated[list[QualityCheckSeed], pydantic.Field(description=QUALITY_CHECKS.description)]
    citations: Annotated[list[CitationSeed], pydantic.Field(description=CITATIONS.description)]

    def records(self, collection: str) -> list[RecordFields]:
        """The records of a collection, by its name in the path."""
        records: list[RecordFields] = getattr(self, collection.replace("-", "_"))
        return records
