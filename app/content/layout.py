"""The layout of the seed: one order of fields and records, so that a change shows only what changed."""

import json
from typing import Any

from app.content.seed import Seed, seed_key
from app.schemas.articles import OmissionSeed, SectionSeed
from app.schemas.fields import Strict
from app.schemas.jurisdictions import FederalRuleSeed
from app.schemas.side_effects import SymptomSeed, WithdrawalContextSeed
from app.tables import RESOURCES

NESTED: dict[str, type[Strict]] = {
    "sections": SectionSeed,
    "omissions": OmissionSeed,
    "withdrawal_symptoms": SymptomSeed,
    "withdrawal_context": WithdrawalContextSeed,
    "federal_rules": FederalRuleSeed,
}
"""The objects inside a record. Their lists keep the author's order, which has a meaning."""
SHARED = (
    "cautions",
    "disclaimer",
    "evidence_summary",
    "source",
    "claims",
    "citations",
    "related",
    "last_reviewed",
    "review_due",
)
"""What records have in common; it stands behind what a record says."""


def laid_out(content: str) -> str:
    """The same seed in its one layout: records by slug, fields as `field_order` has them, two spaces a level.

    Raises:
        json.JSONDecodeError: when the content is not JSON.
    """
    data = json.loads(content)
    for resource in RESOURCES:
        key = seed_key(resource.collection)
        records = sorted(data.get(key, []), key=lambda record: str(record.get("slug")))
        data[key] = [_record(record, resource.seed) for record in records]
    top = [field.alias or name for name, field in Seed.model_fields.items()]
    return json.dumps(_in_order(data, top), indent=2, ensure_ascii=False) + "\n"


def field_order(model: type[Strict]) -> list[str]:
    """The fields of a model as a reader wants them: what names it, what it says, then what every record has."""
    own = [name for name in model.model_fields if name not in ("slug", *SHARED)]
    return [name for name in ("slug", *own, *SHARED) if name in model.model_fields]


def _record(record: dict[str, Any], model: type[Strict]) -> dict[str, Any]:
    for name, nested in NESTED.items():
        match record.get(name):
            case list() as parts:
                record[name] = [_in_order(part, field_order(nested)) for part in parts]
            case dict() as part:
                record[name] = _in_order(part, field_order(nested))
    return _in_order(record, field_order(model))


def _in_order(values: dict[str, Any], order: list[str]) -> dict[str, Any]:
    known = {name: values[name] for name in order if name in values}
    return known | values
