"""No slug disappears silently: each one ever served is found, leads to its new name, or is gone with the reason."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.content.__main__ import main as content_command
from app.content.build import build
from app.content.check import check_seed
from app.content.faults import SeedFaultsError
from app.content.releases import read_releases
from app.main import create_app
from app.settings import Settings
from support import ROOT, SEED, Object, each, fetch

pytestmark = pytest.mark.anyio

REASON = "It was a duplicate of another record."
NEW: Object = {"collection": "contacts", "since": "2026-11-23", "reason": REASON, "renamed_to": None, "successor": None}


@pytest.fixture
def data(content: Any) -> Any:
    return json.loads(json.dumps(content))


def with_former(data: Any, *entries: Object) -> bytes:
    data["former_slugs"] += [NEW | entry for entry in entries]
    return json.dumps(data).encode()


def register_faults(content: bytes, served: dict[str, str] | None = None) -> list[str]:
    try:
        check_seed(content, served or {})
    except SeedFaultsError as error:
        return error.faults
    return []


@pytest.fixture(scope="module")
async def moved(content: Any, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[httpx.AsyncClient]:
    """The service with a renamed record, a withdrawn one, and a withdrawn one with a successor."""
    path = tmp_path_factory.mktemp("moved") / "content.db"
    data = json.loads(json.dumps(content))
    there = data["contacts"][0]["slug"]
    seed = with_former(
        data,
        {"slug": "former-name", "renamed_to": there},
        {"slug": "without-successor"},
        {"slug": "merged", "successor": f"contacts/{there}"},
        {"collection": "citations", "slug": "former-source", "renamed_to": data["citations"][0]["slug"]},
    )
    build(check_seed(seed), path)
    service = create_app(Settings(database_path=path))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=service), base_url="http://test") as http_client:
        yield http_client
    service.state.database.close()


# What is served


async def test_a_renamed_record_is_found_under_its_former_slug(moved: httpx.AsyncClient, content: Any) -> None:
    there = content["contacts"][0]["slug"]
    for method in ("GET", "HEAD"):
        response = await moved.request(method, "/v1/contacts/former-name")
        assert (response.status_code, response.headers["Location"]) == (308, f"/v1/contacts/{there}")
        assert response.headers["Cache-Control"] == "no-store"
    followed = await moved.get("/v1/contacts/former-name", follow_redirects=True)
    assert followed.json()["data"]["slug"] == there


async def test_a_renamed_source_is_found_in_the_format_that_was_asked_for(
    moved: httpx.AsyncClient, content: Any
) -> None:
    there = f"/v1/citations/{content['citations'][0]['slug']}"
    for query, accept in (("?format=bibtex", "*/*"), ("", "application/x-bibtex")):
        followed = await moved.get(
            f"/v1/citations/former-source{query}", headers={"Accept": accept}, follow_redirects=True
        )
        assert followed.headers["Content-Type"] == "application/x-bibtex"
        assert followed.content == (await moved.get(f"{there}?format=bibtex")).content
    assert (await moved.get("/v1/citations/former-source?format=json")).headers["Location"] == there


async def test_a_withdrawn_record_is_gone_with_the_reason_and_its_successor(
    moved: httpx.AsyncClient, content: Any
) -> None:
    there = f"/v1/contacts/{content['contacts'][0]['slug']}"
    for slug, successor in (("merged", there), ("without-successor", None)):
        response = await moved.get(f"/v1/contacts/{slug}")
        assert response.status_code == 410
        problem = response.json()
        assert problem["type"] == "/problems/gone"
        assert REASON in problem["detail"]
        assert [(error["code"], error["did_you_mean"]) for error in problem["errors"]] == [("withdrawn", successor)]
        assert response.headers.get("Link") == (f'<{successor}>; rel="successor-version"' if successor else None)


async def test_in_a_batch_a_former_slug_stands_for_the_renamed_record(moved: httpx.AsyncClient, content: Any) -> None:
    there = content["contacts"][0]["slug"]
    for asked in ("former-name", f"former-name,{there}", f"{there},former-name,no-such-slug"):
        body = await fetch(moved, f"/v1/contacts?slug={asked}")
        assert [record["slug"] for record in body["data"]] == [there]
        assert body["meta"]["total"] == 1


async def test_in_a_batch_a_withdrawn_slug_is_named_and_not_left_out(moved: httpx.AsyncClient) -> None:
    response = await moved.get("/v1/contacts?slug=merged,without-successor")
    assert response.status_code == 422
    errors = response.json()["errors"]
    assert [(error["pointer"], error["code"]) for error in errors] == [("/query/slug", "withdrawn")] * 2
    assert all(REASON in error["detail"] for error in each(errors))


async def test_a_slug_similar_to_a_former_one_suggests_the_new_one(moved: httpx.AsyncClient, content: Any) -> None:
    response = await moved.get("/v1/contacts/former-nam")
    assert response.json()["errors"][0]["did_you_mean"] == content["contacts"][0]["slug"]


async def test_a_slug_similar_to_a_withdrawn_one_suggests_no_other_record(moved: httpx.AsyncClient) -> None:
    for path, meant in (
        ("/v1/contacts/without-successo", "without-successor"),
        ("/v1/contacts/WITHOUT_SUCCESSOR", "without-successor"),
        ("/v1/citations/PQ_MDPI", "pq_mdpi"),
    ):
        response = await moved.get(path)
        assert (response.status_code, response.json()["errors"][0]["did_you_mean"]) == (404, meant)
        collection = path.rpartition("/")[0]
        assert (await moved.get(f"{collection}/{meant}")).status_code == 410


async def test_every_slug_of_every_recorded_release_is_answered(client: httpx.AsyncClient) -> None:
    served = read_releases(ROOT / "data/releases.json").ever_served()
    registered = [f"{entry['collection']}/{entry['slug']}" for entry in json.loads(SEED.read_bytes())["former_slugs"]]
    assert "citations/pq_mdpi" in registered
    for path in each([*served, *registered]):
        response = await client.get(f"/v1/{path}", follow_redirects=True)
        assert response.status_code == (410 if path in registered else 200), path


# Its HTML page


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_the_html_page_of_a_renamed_record_leads_to_its_new_one(
    moved: httpx.AsyncClient, content: Any, method: str
) -> None:
    response = await moved.request(method, "/contacts/former-name")
    # Relative, as all links of HTML pages are: the service does not know what stands before its addresses.
    assert (response.status_code, response.headers["Location"]) == (
        308,
        f"../contacts/{content['contacts'][0]['slug']}",
    )
    assert response.headers["Cache-Control"] == "no-store"
    assert (await moved.request(method, "/contacts/former-name", follow_redirects=True)).status_code == 200


async def test_the_html_page_of_a_withdrawn_record_says_why_and_leads_on(
    moved: httpx.AsyncClient, content: Any
) -> None:
    there = content["contacts"][0]
    for slug in ("merged", "without-successor"):
        response = await moved.get(f"/contacts/{slug}")
        assert response.status_code == 410
        assert response.headers["Content-Type"].startswith("text/html")
        assert response.headers["Cache-Control"] == "no-store"
        assert REASON in response.text
        assert "/v1/contacts/" not in response.text
        assert (f'<a href="../contacts/{there["slug"]}">{there["title"]}</a>' in response.text) == (slug == "merged")


# The check


def test_a_slug_of_a_recorded_release_is_a_record_or_in_the_register(data: Any) -> None:
    served = {"contacts/gone-without-a-word": "2026-11-23+00000000"}
    faults = register_faults(json.dumps(data).encode(), served)
    assert len(faults) == 1
    assert faults[0].startswith('$.former_slugs: found no entry for "contacts/gone-without-a-word", which release 2026')
    assert register_faults(with_former(data, {"slug": "gone-without-a-word"}), served) == []


@pytest.mark.parametrize(
    ("entry", "place"),
    [
        ({"slug": "x", "collection": "contact"}, "collection"),
        ({"slug": "x", "renamed_to": "nobody-has-this"}, "renamed_to"),
        ({"slug": "x", "successor": "contacts/nobody-has-this"}, "successor"),
        ({"slug": "x", "since": "2099-01-01"}, "since"),
        ({"slug": "pq_mdpi", "collection": "citations"}, "slug"),
    ],
)
def test_each_fault_of_the_register_is_reported_with_its_place(data: Any, entry: Object, place: str) -> None:
    number = len(data["former_slugs"])
    faults = register_faults(with_former(data, entry))
    assert [fault.partition(" ")[0] for fault in faults] == [f"$.former_slugs[{number}].{place}"]


def test_a_registered_slug_is_that_of_no_record(data: Any) -> None:
    faults = register_faults(with_former(data, {"slug": data["contacts"][0]["slug"]}))
    assert len(faults) == 1
    assert "which is the slug of a record" in faults[0]


def test_a_record_is_either_renamed_or_followed_by_another(data: Any) -> None:
    there = data["contacts"][0]["slug"]
    faults = register_faults(with_former(data, {"slug": "x", "renamed_to": there, "successor": f"contacts/{there}"}))
    assert len(faults) == 1
    assert "null where the record was renamed" in faults[0]


def test_the_check_reads_the_file_of_releases(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "releases.json"
    assert content_command(["check", "--seed", str(SEED), "--releases", str(file)]) == 0
    changes = [{"collection": "contacts", "slug": "gone-without-a-word", "kind": "created", "safety_relevant": True}]
    entry = {"dataset_version": "2026-11-23+00000000", "changes": changes, "back": None}
    file.write_text(json.dumps({"releases": [entry], "bundle": None}))
    for command in (["check"], ["build", "--quick", "--database", str(tmp_path / "content.db")]):
        assert content_command([*command, "--seed", str(SEED), "--releases", str(file)]) == 1
        assert "gone-without-a-word" in capsys.readouterr().err
