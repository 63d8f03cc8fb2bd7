"""Content: a fault is reported without its consequences, each record is rendered once, and empty collections are served."""

import json
from collections import Counter
from itertools import cycle
from pathlib import Path
from typing import Any

import httpx
import pytest

from app import pages
from app.content.build import build
from app.content.check import check_seed, read_seed
from app.content.faults import SeedFaultsError
from app.content.render import Renderer
from app.main import create_app
from app.registry import RESOURCES
from app.schemas.resources import ResourceInfo
from app.settings import Settings
from seeds import without_records
from support import each

COLLECTIONS = [resource.collection for resource in RESOURCES]
EACH = pytest.mark.parametrize("resource", RESOURCES, ids=COLLECTIONS)
REFERRING = {"frequency_sources", "background_citations", "contradicting_citations", "citations_for"}
"""Fields of a record that refer to its sources, beside the list of them."""


@pytest.fixture
def data(seed: Path) -> Any:
    return json.loads(seed.read_bytes())


def faults_of(data: Any) -> list[str]:
    with pytest.raises(SeedFaultsError) as caught:
        check_seed(json.dumps(data).encode())
    return caught.value.faults


def without(data: Any, name: str) -> None:
    """Leave out of the seed the records of a collection, and every reference to one."""
    data[name.replace("-", "_")] = []
    gone = {name, "claims"} if name == "articles" else {name}
    search = data["search"]
    search["aliases"] = {path: words for path, words in search["aliases"].items() if path.partition("/")[0] not in gone}
    for topic in search["topics"]:
        topic["records"] = [path for path in topic["records"] if path.partition("/")[0] not in gone]
    data["former_slugs"] = [entry for entry in data["former_slugs"] if entry["collection"] != name]
    if name == "articles":
        data["claims"] = []
    for resource in RESOURCES:
        for record in data[resource.seed_key]:
            for field in record.keys() & {"citations_for"}:
                record[field] = {k: v for k, v in record[field].items() if k.partition("/")[0] not in (name, "claims")}
            for part in [record, *record.get("sections", [])]:
                for field in part.keys() & {"related", "bears_on", "records"}:
                    part[field] = [path for path in part[field] if path.partition("/")[0] not in (name, "claims")]
            if record.get("bears_on") == []:
                left = "articles" if data["articles"] else "strains"
                record["bears_on"] = [f"{left}/{data[left][0]['slug']}"]
            if name == "articles":
                record.pop("article_section", None)
            if name == "citations":
                record.update({field: [] for field in record.keys() & {"citations", "omissions", "federal_rules"}})
                for field in record.keys() & {"withdrawal_symptoms", "withdrawal_context"}:
                    del record[field]
                for field in ("reported_frequency", "frequency_denominator"):
                    if field in record:
                        record[field] = None
                for field in record.keys() & REFERRING:
                    record[field] = type(record[field])()
                if "verdict" in record:
                    record["verdict"] = "not_addressed"


def service_over(data: Any, folder: Path) -> Any:
    database = folder / "content.db"
    build(check_seed(json.dumps(data).encode()), database)
    return create_app(Settings(database_path=database))


async def check_service(app: Any, empty: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        for name in empty:
            page = await client.get(f"/v1/{name}")
            assert page.status_code == 200
            assert page.json()["data"] == []
            assert page.json()["meta"]["total"] == 0
            assert page.json()["links"]["last"] == f"/v1/{name}"
            detail = await client.get(f"/v1/{name}/nothing")
            assert detail.status_code == 404
        meta = (await client.get("/v1/meta")).json()["data"]
        totals = {entry["name"]: entry["total"] for entry in meta["collections"]}
        assert [totals[name] for name in empty] == [0] * len(empty)
        assert (await client.get("/")).status_code == 200
        document = app.openapi()
        for name in empty:
            for path in (f"/v1/{name}", f"/v1/{name}/{{slug}}"):
                operation = document["paths"][path]["get"]
                assert "example" not in operation["responses"]["200"]["content"]["application/json"]
        # Without the committed document the service makes its own when it starts.
        monkeypatch.setattr(pages, "OPENAPI", Path("/nonexistent/openapi.json"))
        pages.make_pages(app)
    app.state.database.close()


# A collection without records.


@pytest.mark.parametrize("names", [COLLECTIONS[::2], COLLECTIONS[1::2]], ids=["one half", "the other"])
async def test_an_empty_collection_is_served_beside_others(
    names: list[str], data: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in each(names):
        without(data, name)

    app = service_over(data, tmp_path)

    await check_service(app, names, monkeypatch)


def test_without_citations_each_reference_to_one_is_reported(data: Any) -> None:
    data["citations"] = []

    faults = faults_of(data)

    assert faults
    assert [fault for fault in faults if "citation" not in fault] == []


async def test_a_seed_without_any_record_is_served(data: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = service_over(without_records(data), tmp_path)

    await check_service(app, COLLECTIONS, monkeypatch)


# Rendering.


def test_checking_and_building_render_each_record_once(
    seed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rendered: Counter[str] = Counter()
    validated: Counter[type] = Counter()
    render = Renderer.render

    def counting(self: Renderer, path: str) -> Any:
        rendered[path] += 1
        validated[self.records[path][0].read] += 1
        return render(self, path)

    monkeypatch.setattr(Renderer, "render", counting)
    content = read_seed(seed)
    build(content, tmp_path / "content.db")

    assert len(rendered) == len(content.records) == sum(validated.values()) > 600
    assert set(rendered.values()) == {1}


# Faults are reported without their consequences.


@pytest.mark.parametrize(("resource", "slug"), [*zip(RESOURCES, cycle(["Not A Slug", "", 7, None]), strict=False)])
def test_a_broken_slug_is_the_only_fault(resource: ResourceInfo, slug: Any, data: Any) -> None:
    data[resource.seed_key][0]["slug"] = slug

    faults = faults_of(data)

    assert len(faults) == 1, faults[:5]
    assert faults[0].startswith(f"$.{resource.seed_key}[0].slug")


@pytest.mark.parametrize(("resource", "value"), [*zip(RESOURCES, cycle([{}, "x", None, 7]), strict=False)])
def test_a_collection_of_the_wrong_type_is_the_only_fault(resource: ResourceInfo, value: Any, data: Any) -> None:
    data[resource.seed_key] = value

    faults = faults_of(data)

    assert len(faults) == 1, faults[:5]
    assert faults[0].startswith(f"$.{resource.seed_key}: found ")


@EACH
def test_a_missing_collection_is_the_only_fault(resource: ResourceInfo, data: Any) -> None:
    del data[resource.seed_key]

    assert faults_of(data) == [f"$.{resource.seed_key}: found nothing; expected this field"]


@EACH
def test_a_record_that_is_no_object_is_the_only_fault(resource: ResourceInfo, data: Any) -> None:
    data[resource.seed_key][0] = "x"

    faults = faults_of(data)

    assert len(faults) == 1, faults[:5]
    assert faults[0].startswith(f"$.{resource.seed_key}[0]: found ")


def test_a_broken_slug_of_a_section_is_the_only_fault(data: Any) -> None:
    data["articles"][0]["sections"][3]["slug"] = "A Section"

    faults = faults_of(data)

    assert len(faults) == 1, faults[:5]
    assert faults[0].startswith("$.articles[0].sections[3].slug")


def test_a_broken_code_of_a_place_is_the_only_fault(data: Any) -> None:
    index = [place["code"] for place in data["jurisdictions"]].index("US")
    data["jurisdictions"][index]["code"] = "usa"

    faults = faults_of(data)

    assert len(faults) == 1, faults[:5]
    assert faults[0].startswith(f"$.jurisdictions[{index}].code")


def test_a_slug_used_twice_is_the_only_fault(data: Any) -> None:
    data["citations"][1]["slug"] = data["citations"][0]["slug"]

    faults = faults_of(data)

    assert len(faults) == 1, faults[:5]
    assert "again; expected each slug once" in faults[0]


def test_a_broken_slug_does_not_hide_dangling_references_to_other_collections(data: Any) -> None:
    data["strains"][0]["slug"] = "Not A Slug"
    data["claims"][0]["citations"] = ["no-such-source"]

    assert len(faults_of(data)) == 2


# Places.


@pytest.mark.parametrize("length", [2, 3, 8])
def test_places_that_contain_each_other_are_one_fault(length: int, data: Any) -> None:
    places = data["jurisdictions"][:length]
    for place, parent in each(zip(places, [*places[1:], places[0]], strict=True)):
        place["parent_code"] = parent["code"]
    outside = data["jurisdictions"][length]
    outside["parent_code"] = places[0]["code"]

    faults = faults_of(data)

    assert len(faults) == 1, faults
    assert faults[0].startswith("$.jurisdictions[0].parent_code")
    assert f'found "{places[0]["code"]} in {places[1]["code"]} in ' in faults[0]
    assert faults[0].endswith("expected a place that does not contain this one")
