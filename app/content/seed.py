"""The seed as a whole: one list a resource, in the order an editor reads it."""

from typing import Annotated

import pydantic
from pydantic import ConfigDict

from app.schemas.approaches import ApproachSeed
from app.schemas.articles import ArticleSeed
from app.schemas.citations import CitationSeed
from app.schemas.claims import ClaimSeed
from app.schemas.contacts import ContactSeed
from app.schemas.dosage_ranges import DosageRangeSeed
from app.schemas.effects import EffectSeed
from app.schemas.faqs import FaqSeed
from app.schemas.fields import Strict
from app.schemas.interactions import InteractionSeed
from app.schemas.jurisdictions import JurisdictionSeed
from app.schemas.pharmacology import PharmacologySeed
from app.schemas.product_forms import ProductFormSeed
from app.schemas.quality_checks import QualityCheckSeed
from app.schemas.records import RecordFields
from app.schemas.releases import ReleaseSeed
from app.schemas.risk_groups import RiskGroupSeed
from app.schemas.side_effects import SideEffectSeed
from app.schemas.strains import StrainSeed
from app.schemas.warning_signs import WarningSignSeed


class Seed(Strict):
    """All content of the service. Records refer to each other by slug."""

    model_config = ConfigDict(title="Seed", validate_by_name=False, validate_by_alias=True)

    schema_path: Annotated[str, pydantic.Field(alias="$schema", max_length=200)]
    """Path of the JSON Schema of this file, for editors."""
    release: ReleaseSeed
    """The data set as a whole."""
    articles: list[ArticleSeed]
    """The source article, retold."""
    claims: list[ClaimSeed]
    """The article's statements with their verdicts."""
    strains: list[StrainSeed]
    """Vein colours as they are marketed."""
    effects: list[EffectSeed]
    """Benefits the article reports."""
    side_effects: list[SideEffectSeed]
    """Harms."""
    dosage_ranges: list[DosageRangeSeed]
    """Amounts that were told, surveyed or studied."""
    faqs: list[FaqSeed]
    """Questions people ask."""
    product_forms: list[ProductFormSeed]
    """Forms in which kratom is sold or taken."""
    approaches: list[ApproachSeed]
    """Care for back pain that stands on its own."""
    interactions: list[InteractionSeed]
    """What kratom should not meet."""
    pharmacology: list[PharmacologySeed]
    """The alkaloids and how they act."""
    risk_groups: list[RiskGroupSeed]
    """Who should not use it."""
    warning_signs: list[WarningSignSeed]
    """What needs help, and how fast."""
    contacts: list[ContactSeed]
    """Emergency and help lines."""
    jurisdictions: list[JurisdictionSeed]
    """Legal status by place."""
    quality_checks: list[QualityCheckSeed]
    """What to look for in a product."""
    citations: list[CitationSeed]
    """The sources."""

    def records(self, collection: str) -> list[RecordFields]:
        """The records of a collection, by its name in the path."""
        records: list[RecordFields] = getattr(self, seed_key(collection))
        return records


def seed_key(collection: str) -> str:
    """The key under which the seed lists a collection: its name in the path, with underscores."""
    return collection.replace("-", "_")
