"""The registry and the descriptors: each resource is described once, and its table, router and seed key follow from that."""

from pathlib import Path

import pytest

from app.content.seed import Seed
from app.registry import RESOURCES, TABLES
from app.routers import ROUTERS
from app.schemas.references import RecordType
from app.schemas.resources import ResourceInfo
from app.tables import table_of

ROOT = Path(__file__).parents[1]
EACH = pytest.mark.parametrize("resource", RESOURCES, ids=[resource.collection for resource in RESOURCES])


def test_every_record_type_has_one_resource() -> None:
    assert sorted(resource.record_type for resource in RESOURCES) == sorted(RecordType)
    assert len({resource.collection for resource in RESOURCES}) == len(RESOURCES) == len(TABLES)


def test_every_resource_has_a_router_and_a_key_in_the_seed() -> None:
    prefixes = [router.prefix for router in ROUTERS if router.prefix]

    assert prefixes == [resource.path for resource in RESOURCES]
    assert Seed.model_fields.keys() == {"schema_path", "release", "search", "former_slugs"} | {
        resource.seed_key for resource in RESOURCES
    }


@EACH
def test_its_description_is_written_in_one_source_file(resource: ResourceInfo) -> None:
    sources = {path: path.read_text(encoding="utf-8") for path in (ROOT / "app").rglob("*.py")}
    named = [path.name for path, source in sources.items() if resource.description in source]

    assert named == [f"{resource.seed_key}.py"]


@EACH
def test_every_sort_filter_and_title_is_a_field(resource: ResourceInfo) -> None:
    columns = table_of(TABLES[resource.collection]).columns.keys()

    assert set(resource.sorts.values()) <= set(columns)
    assert set(resource.column_filters) <= set(columns)
    assert set(resource.facets.values()) <= resource.seed.model_fields.keys()


def test_nested_parts_are_read_from_the_fields_of_the_seed_record() -> None:
    nested = {resource.collection: list(resource.nested) for resource in RESOURCES if resource.nested}

    assert nested == {
        "articles": ["sections", "omissions"],
        "side-effects": ["withdrawal_symptoms", "withdrawal_context"],
        "jurisdictions": ["federal_rules"],
    }
