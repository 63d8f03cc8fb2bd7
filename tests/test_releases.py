"""The releases as they are served: manifests, bundles, changes since a release, and what is gone."""

import base64
import json
from collections.abc import AsyncIterator, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import brotli
import httpx
import pytest
import zstandard
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it comes without types

from app.content.__main__ import main as content_command
from app.content.build import build
from app.content.changes import applied
from app.content.check import check_seed, read_seed
from app.content.releases import Releases, bundle_of, canonical, read_releases
from app.main import Service, create_app
from app.settings import Settings
from document import COMPONENTS, validator
from support import COLLECTIONS, PATHS, ROOT, SEED, Object, each, fetch

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

RELEASES = ROOT / "data/releases.json"
OLD_VERSION = "2020-01-01+00000000"


def seed_bytes(content: Any, day: str, edit: dict[str, str]) -> bytes:
    """The seed of a later day, with other notes on some places."""
    data = json.loads(json.dumps(content))
    data["release"]["release_date"] = day
    for record in data["jurisdictions"]:
        if record["slug"] in edit:
            record["note"] = edit[record["slug"]]
    return json.dumps(data).encode()


@pytest.fixture(scope="module")
def three(content: Any) -> Releases:
    """Three releases, of which the last two each change five places."""
    slugs = sorted(record["slug"] for record in content["jurisdictions"])
    releases = Releases()
    for number, day in ((0, "2026-11-23"), (1, "2026-12-01"), (2, "2026-12-08")):
        edit = dict.fromkeys(slugs[: 5 * number], "What is said here was checked again and put in other words.")
        releases = releases.with_newest(bundle_of(check_seed(seed_bytes(content, day, edit))))
    return releases


@pytest.fixture(scope="module")
def third(content: Any, three: Releases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The service over the last of the three."""
    path = tmp_path_factory.mktemp("third") / "content.db"
    slugs = sorted(record["slug"] for record in content["jurisdictions"])
    edit = dict.fromkeys(slugs[:10], "What is said here was checked again and put in other words.")
    build(check_seed(seed_bytes(content, "2026-12-08", edit)), path, three)
    service = create_app(Settings(database_path=path))
    yield service
    service.state.database.close()


@pytest.fixture(scope="module")
async def later(third: Service) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=third), base_url="http://test") as http_client:
        yield http_client


# The bundle


async def test_the_bundle_is_what_the_api_serves_and_has_the_digest_of_its_manifest(
    client: httpx.AsyncClient, records: dict[str, list[Object]]
) -> None:
    manifest = (await fetch(client, "/v1/releases/latest"))["data"]
    response = await client.get(manifest["bundle"], headers={"Accept-Encoding": "identity"})
    assert sha256(response.content).hexdigest() == manifest["sha256"]
    assert len(response.content) == manifest["size"]
    bundle = response.json()
    assert canonical(bundle) == response.content
    for path in each(COLLECTIONS):
        listed = bundle["records"][path.removeprefix("/v1/").replace("-", "_")]
        assert listed == sorted(records[path], key=lambda record: record["slug"])
    assert bundle["release"] == (await fetch(client, "/v1/meta"))["data"]
    assert bundle["vocabularies"] == (await fetch(client, "/v1/vocabularies"))["data"]["vocabularies"]
    assert manifest["total"] == sum(len(listed) for listed in bundle["records"].values())


async def test_the_bundle_never_changes_and_each_coding_has_its_own_digest(client: httpx.AsyncClient) -> None:
    address = (await fetch(client, "/v1/releases/latest"))["data"]["bundle"]
    decode: Any = {"identity": bytes, "br": brotli.decompress, "zstd": zstandard.ZstdDecompressor().decompress}
    bodies = set()
    for coding, decoded in each(decode.items()):
        async with client.stream("GET", address, headers={"Accept-Encoding": coding}) as response:
            raw = b"".join([piece async for piece in response.aiter_raw()])
        digest = base64.b64encode(sha256(raw).digest()).decode()
        assert response.headers["Repr-Digest"] == f"sha-256=:{digest}:"
        assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        bodies.add(decoded(raw))
    assert len(bodies) == 1
    etag = (await client.get(address)).headers["ETag"]
    assert (await client.get(address, headers={"If-None-Match": etag})).status_code == 304


def test_a_thorough_build_compresses_the_bundle_to_less_than_160_kb(tmp_path: Path) -> None:
    assert content_command(["build", "--seed", str(SEED), "--database", str(tmp_path / "content.db")]) == 0
    service = create_app(Settings(database_path=tmp_path / "content.db"))
    ((br, zstd),) = service.state.database.read("SELECT br, zstd FROM kept_release WHERE position = 1", {})
    service.state.database.close()
    assert len(br) < 160_000
    assert brotli.decompress(br) == zstandard.ZstdDecompressor().decompress(zstd)


async def test_one_conditional_request_tells_that_nothing_is_new(client: httpx.AsyncClient) -> None:
    first = await client.get("/v1/releases/latest")
    again = await client.get("/v1/releases/latest", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert first.json()["data"] == (await fetch(client, first.json()["data"]["url"]))["data"]


# Changes


async def test_the_releases_are_listed_newest_first_with_what_they_changed(later: httpx.AsyncClient) -> None:
    releases = (await fetch(later, "/v1/releases"))["data"]["releases"]
    assert [release["release_date"] for release in releases] == ["2026-12-08", "2026-12-01", "2026-11-23"]
    assert [release["changed"]["updated"] for release in releases] == [5, 5, 0]
    assert releases[2]["changed"]["created"] == releases[2]["total"]


async def test_every_kept_bundle_and_the_served_changes_make_the_newest_bundle(later: httpx.AsyncClient) -> None:
    releases = (await fetch(later, "/v1/releases"))["data"]["releases"]
    newest = (await later.get(releases[0]["bundle"])).content
    for release in each(releases):
        response = await later.get(release["changes"])
        changes = response.json()["data"]
        validator({"$ref": "#/components/schemas/Changes"}).validate(changes)
        bundle = (await later.get(release["bundle"])).json()
        assert canonical(applied(bundle, changes)) == newest
        assert changes["sha256"] == sha256(newest).hexdigest()


async def test_the_changes_of_a_release_of_five_records_are_less_than_5_kb(later: httpx.AsyncClient) -> None:
    response = await later.get("/v1/changes", headers={"Accept-Encoding": "identity"})
    changes = response.json()["data"]
    assert len(changes["records"]) == 5
    assert all(change["set"].keys() == {"note"} for change in each(changes["records"]))
    assert len(response.content) < 5_000


async def test_without_a_version_the_changes_are_those_of_the_newest_release(later: httpx.AsyncClient) -> None:
    releases = (await fetch(later, "/v1/releases"))["data"]["releases"]
    assert (await fetch(later, "/v1/changes"))["data"] == (await fetch(later, releases[1]["changes"]))["data"]


@pytest.mark.parametrize("plus", ["+", "%2B", "%2b", "%20"])
async def test_a_version_is_read_as_a_person_types_it(plus: str, client: httpx.AsyncClient) -> None:
    version = (await fetch(client, "/v1/releases/latest"))["data"]["dataset_version"]
    body = await fetch(client, f"/v1/changes?since={version.replace('+', plus)}")
    assert body["data"]["since"] == version
    assert body["links"]["self"] == f"/v1/changes?since={version.replace('+', '%2B')}"
    if plus != "%20":
        assert (await client.get(f"/v1/releases/{version.replace('+', plus)}")).status_code == 200


@pytest.mark.parametrize(
    "address",
    [f"/v1/releases/{OLD_VERSION}", f"/v1/releases/{OLD_VERSION}/bundle", f"/v1/changes?since={OLD_VERSION}"],
)
async def test_an_unknown_release_is_gone_and_leads_to_the_bundle(address: str, client: httpx.AsyncClient) -> None:
    response = await client.get(address)
    assert response.status_code == 410
    problem = response.json()
    assert (problem["type"], problem["errors"][0]["code"]) == ("/problems/gone", "release_gone")
    bundle = problem["errors"][0]["did_you_mean"]
    assert response.headers["Link"] == f'<{bundle}>; rel="latest-version"'
    assert (await client.get(bundle)).status_code == 200


@pytest.mark.parametrize("address", ["/v1/releases/newest", "/v1/releases/2026-11-23/bundle", "/v1/releases/x"])
async def test_a_malformed_version_is_not_found(address: str, client: httpx.AsyncClient) -> None:
    response = await client.get(address)
    assert response.status_code == 404
    assert response.json()["errors"][0]["did_you_mean"] == "/v1/releases/latest"


async def test_a_malformed_version_in_a_query_is_an_invalid_parameter(client: httpx.AsyncClient) -> None:
    response = await client.get("/v1/changes?since=yesterday")
    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"] == "/query/since"


# History


async def test_each_record_tells_its_history(later: httpx.AsyncClient, content: Any) -> None:
    slugs = sorted(record["slug"] for record in content["jurisdictions"])
    history = (await fetch(later, f"/v1/jurisdictions/{slugs[0]}"))["meta"]["history"]
    assert [(change["kind"], change["fields"]) for change in history] == [("updated", ["note"]), ("created", [])]
    history = (await fetch(later, f"/v1/jurisdictions/{slugs[9]}"))["meta"]["history"]
    assert [change["release_date"] for change in history] == ["2026-12-08", "2026-11-23"]


# The file of releases


def test_the_content_is_the_newest_recorded_release() -> None:
    assert content_command(["release", "--check"]) == 0, "run: python -m app.content release"


def test_recording_appends_replaces_and_refuses(
    content: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seed, file = tmp_path / "seed.json", tmp_path / "releases.json"

    def recorded(day: str, note: str, *options: str) -> tuple[int, list[str]]:
        seed.write_bytes(seed_bytes(content, day, {"us-al": note}))
        status = content_command(["release", "--seed", str(seed), *options])
        return status, [entry["release_date"] for entry in read_releases(file).entries]

    assert recorded("2026-11-23", "One.") == (0, ["2026-11-23"])
    assert recorded("2026-12-01", "Two.") == (0, ["2026-12-01", "2026-11-23"])
    before = file.read_bytes()
    assert recorded("2026-12-01", "Three.", "--check")[0] == 1
    assert "run: python -m app.content release" in capsys.readouterr().err
    assert file.read_bytes() == before
    assert recorded("2026-12-02", "Three.", "--replace") == (0, ["2026-12-02", "2026-11-23"])
    assert recorded("2026-12-02", "Three.") == (0, ["2026-12-02", "2026-11-23"])
    assert recorded("2026-11-24", "Four.") == (1, ["2026-12-02", "2026-11-23"])
    assert "before that of the newest release" in capsys.readouterr().err


def test_a_changed_file_of_releases_is_refused(
    content: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seed, file = tmp_path / "seed.json", tmp_path / "releases.json"
    for day in ("2026-11-23", "2026-12-01"):
        seed.write_bytes(seed_bytes(content, day, {"us-al": day}))
        assert content_command(["release", "--seed", str(seed)]) == 0
    file.write_text(file.read_text().replace('"Alabama"', '"Alabame"'))
    assert content_command(["build", "--quick", "--seed", str(seed), "--database", str(tmp_path / "x.db")]) == 1
    assert "not as it was recorded" in capsys.readouterr().err
    file.write_text("[]")
    assert content_command(["check", "--seed", str(seed)]) == 1
    assert "is not a file of releases" in capsys.readouterr().err


def test_a_release_alone_moves_no_review(content: Any) -> None:
    due = [
        {record["review_due"] for records in bundle["records"].values() for record in records}
        for bundle in (bundle_of(check_seed(seed_bytes(content, day, {}))) for day in ("2026-11-23", "2027-01-05"))
    ]
    assert due[0] == due[1]


def test_the_schema_of_the_bundle_names_every_collection() -> None:
    schema = COMPONENTS["schemas"]["BundleRecords"]
    assert set(schema["required"]) == {path.removeprefix("/v1/").replace("-", "_") for path in COLLECTIONS}
    bundle = bundle_of(read_seed(SEED))
    bundle_schema = PATHS["/v1/releases/{version}/bundle"]["get"]["responses"]["200"]["content"]["application/json"]
    Draft202012Validator(bundle_schema["schema"] | {"components": COMPONENTS}).validate(bundle)
