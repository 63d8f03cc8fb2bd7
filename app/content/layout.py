"""The layout of the seed: a fixed order of fields and records, so that diffs are small."""

import json
from collections.abc import Iterable
from functools import cache
from typing import Any

from app.content.seed import Seed
from app.registry import RESOURCES
from app.schemas.fields import Strict
from app.schemas.resources import ResourceInfo

SHARED = (
    "cautions",
    "standing_cautions",
    "disclaimer",
    "evidence_summary",
    "article_section",
    "claims",
    "citations",
    "background_citations",
    "contradicting_citations",
    "related",
    "last_reviewed",
    "review_due",
)
"""The fields that records share; they follow the fields of the resource."""


def formatted_seed(content: str) -> str:
    """The seed in its canonical layout: records by slug, fields in `field_order`, two spaces a level.

    Lists inside a record keep their order, which has a meaning.

    Raises:
        json.JSONDecodeError: when the content is not JSON.
    """
    data = json.loads(content)
    for resource in RESOURCES:
        records = sorted(data.get(resource.seed_key, []), key=lambda record: str(record.get("slug")))
        data[resource.seed_key] = [_record(record, resource) for record in records]
    top = [field.alias or name for name, field in Seed.model_fields.items()]
    return json.dumps(_in_order(data, top), indent=2, ensure_ascii=False) + "\n"


@cache
def field_order(model: type[Strict]) -> tuple[str, ...]:
    """The order of the fields of a model: the slug, the fields of the resource, then the shared fields."""
    own = [name for name in model.model_fields if name not in ("slug", *SHARED)]
    return tuple(name for name in ("slug", *own, *SHARED) if name in model.model_fields)


def _record(record: dict[str, Any], resource: ResourceInfo) -> dict[str, Any]:
    for name, nested in resource.nested.items():
        match record.get(name):
            case list() as parts:
                record[name] = [_in_order(part, field_order(nested)) for part in parts]
            case dict() as part:
                record[name] = _in_order(part, field_order(nested))
    return _in_order(record, field_order(resource.seed))


def _in_order(values: dict[str, Any], order: Iterable[str]) -> dict[str, Any]:
    known = {name: values[name] for name in order if name in values}
    return known | values
