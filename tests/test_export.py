"""A static copy: every list, record, document and HTML page as a file, served by nginx at the addresses of the service."""

import getpass
import gzip
import json
import re
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from errno import ENOSPC
from hashlib import sha256
from pathlib import Path
from typing import Any

import brotli
import httpx
import pytest
import zstandard

from app.content import export as exporting
from app.content.__main__ import main as content_command
from app.content.build import BuildError, build
from app.content.check import check_seed
from app.content.export import MANIFEST, File, export
from app.main import create_app
from app.settings import Settings
from crawl import crawl
from readers import Reader
from support import COLLECTIONS, ROOT, START_SECONDS, Object, each, select, slugs
from test_replicas import NGINX, WRAPPER, free_port

pytestmark = pytest.mark.slow

DECOMPRESS = {".br": brotli.decompress, ".gz": gzip.decompress, ".zst": zstandard.decompress}


@pytest.fixture(scope="module")
def database_path(content: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Data with a renamed record beside the withdrawn ones."""
    path = tmp_path_factory.mktemp("data") / "content.db"
    there = content["contacts"][0]["slug"]
    entry = {"collection": "contacts", "slug": "former-name", "since": "2026-11-23", "reason": "It was misspelled."}
    renamed = [*content["former_slugs"], entry | {"renamed_to": there, "successor": None}]
    build(check_seed(json.dumps(content | {"former_slugs": renamed}).encode()), path)
    return path


@pytest.fixture(scope="module")
def copy(database_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the data."""
    folder = tmp_path_factory.mktemp("export") / "copy"
    export(database_path, folder, quick=True)
    return folder


@pytest.fixture(scope="module")
async def served(database_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the service over the same data."""
    service = create_app(Settings(database_path=database_path))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=service), base_url="http://test") as http_client:
        yield http_client
    service.state.database.close()


@pytest.fixture(scope="module")
def files(copy: Path) -> list[Object]:
    """What the manifest says of each file."""
    found: list[Object] = json.loads((copy / MANIFEST).read_bytes())["files"]
    return found


@pytest.fixture(scope="module")
def host(copy: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The origin of an nginx that serves the copy."""
    folder, port = tmp_path_factory.mktemp("host"), free_port()
    configuration = (ROOT / "deploy/static.conf").read_text(encoding="utf-8")
    for before, after in (("listen 8080", f"listen 127.0.0.1:{port}"), ("root /srv/copy", f"root {copy}")):
        assert configuration.count(before) == 1
        configuration = configuration.replace(before, after)
    configuration = configuration.replace("/srv/copy/_former.conf", str(copy / "_former.conf"))
    path = folder / "nginx.conf"
    path.write_text(WRAPPER.format(user=getpass.getuser(), folder=folder, configuration=configuration), "utf-8")
    with subprocess.Popen([str(NGINX), "-e", "stderr", "-c", str(path)]) as process:
        latest = time.monotonic() + START_SECONDS
        while time.monotonic() < latest:
            with suppress(httpx.TransportError):
                httpx.get(f"http://127.0.0.1:{port}/")
                break
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
        process.terminate()


def test_every_file_is_there_as_the_manifest_says_with_its_compressed_forms(copy: Path, files: list[Object]) -> None:
    for file in each(files):
        body = (copy / file["file"]).read_bytes()
        assert (len(body), sha256(body).hexdigest()) == (file["bytes"], file["sha256"])
        beside = {suffix: copy / f"{file['file']}{suffix}" for suffix in DECOMPRESS}
        present = {suffix: path.read_bytes() for suffix, path in beside.items() if path.exists()}
        assert {suffix: DECOMPRESS[suffix](form) for suffix, form in present.items()} == dict.fromkeys(present, body)
    assert sum(path.suffix == ".br" for path in copy.rglob("*")) > 1000


async def test_every_record_and_list_is_copied_as_it_is_served(
    copy: Path, files: list[Object], served: httpx.AsyncClient
) -> None:
    named = {file["address"]: file for file in files}
    for path in each(COLLECTIONS):
        records = await select(served, path)
        slug = slugs(records)[0]
        assert f"{path}/{slug}".removeprefix("/v1") in named
        body = (copy / named[f"{path}/{slug}"]["file"]).read_bytes()
        assert body == (await served.get(f"{path}/{slug}")).content
        copied: list[Any] = []
        address: str | None = path
        while address:
            page = json.loads((copy / named[address]["file"]).read_bytes())
            copied += page["data"]
            address = page["links"]["next"]
        assert copied == records


@pytest.mark.skipif(NGINX is None, reason="needs nginx")
def test_a_host_of_files_serves_every_address_with_its_media_type(host: str, copy: Path, files: list[Object]) -> None:
    with httpx.Client(base_url=host) as client:
        for file in each(files):
            response = client.get(file["address"])
            assert response.status_code == 200, file["address"]
            assert response.content == (copy / file["file"]).read_bytes()
            served = response.headers["Content-Type"].partition(";")[0]
            assert served == file["media_type"].partition(";")[0] or file["file"].endswith(".csl.json"), file["address"]
            assert response.headers["Access-Control-Allow-Origin"] == "*"
            assert response.headers["X-Content-Type-Options"] == "nosniff"
            unchanged = client.get(file["address"], headers={"If-None-Match": response.headers["ETag"]})
            assert unchanged.status_code == 304
            for answer in (response, unchanged):
                assert answer.headers["Cache-Control"] == file["headers"]["cache-control"], file["address"]


@pytest.mark.skipif(NGINX is None, reason="needs nginx")
def test_the_data_package_of_a_copy_names_files_that_are_there(host: str, copy: Path) -> None:
    package = httpx.get(f"{host}/v1/datapackage.json").json()
    for file in each(package["resources"]):
        assert (copy / "v1" / file["path"]).read_bytes() == httpx.get(f"{host}/v1/{file['path']}").content
        assert httpx.get(f"{host}/v1/{file['path']}").headers["Content-Type"] == "text/csv; charset=utf-8"


@pytest.mark.skipif(NGINX is None, reason="needs nginx")
def test_every_link_of_the_copy_leads_to_a_file(host: str) -> None:
    with httpx.Client(base_url=host) as client:
        # The document describes the service, which does more than a copy.
        found = crawl(lambda address: client.get(address.partition("?")[0]), "/v1", "/", apart=["/openapi.json"])
    assert len(found) > 1000


@pytest.mark.skipif(NGINX is None, reason="needs nginx")
def test_a_host_of_files_answers_conditions_formats_and_what_is_not_there(host: str, files: list[Object]) -> None:
    first = httpx.get(f"{host}/v1/strains")
    assert httpx.get(f"{host}/v1/strains", headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    assert httpx.head(f"{host}/v1/strains").headers["Content-Length"] == first.headers["Content-Length"]
    assert httpx.get(f"{host}/v1/strains?format=csv").headers["Content-Type"] == "text/csv; charset=utf-8"
    version = httpx.get(f"{host}/v1/releases/latest").json()["data"]["dataset_version"]
    changes = httpx.get(f"{host}/v1/changes", params={"since": version}).json()
    assert changes["data"]["since"] == version
    missing = httpx.get(f"{host}/v1/strains/none")
    assert (missing.status_code, missing.headers["Content-Type"]) == (404, "application/problem+json")
    assert missing.headers["Cache-Control"] == "no-store"
    assert files


@pytest.mark.skipif(NGINX is None, reason="needs nginx")
def test_a_host_of_files_tells_readers_in_html_what_is_not_there(host: str) -> None:
    reader = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    for address in ("/nothing", "/side-effects/nothing", "/a/b/c/"):
        response = httpx.get(host + address, headers=reader)
        assert (response.status_code, response.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        for link in each({link for link in Reader(response.text).values("href", "src") if "#" not in link}):
            assert link.startswith("/"), "the page is shown at any depth"
            assert httpx.get(host + link).status_code == 200, link
    below = httpx.get(f"{host}/v1/nothing", headers=reader)
    assert (below.status_code, below.headers["Content-Type"]) == (404, "application/problem+json")


@pytest.mark.skipif(NGINX is None, reason="needs nginx")
async def test_former_slugs_lead_on_or_say_why_they_are_gone_as_with_the_service(
    host: str, copy: Path, content: Any, served: httpx.AsyncClient
) -> None:
    manifest = json.loads((copy / MANIFEST).read_bytes())
    there = content["contacts"][0]["slug"]
    async with httpx.AsyncClient(base_url=host) as files:
        for prefix in each(["/v1", ""]):
            moved = await files.get(f"{prefix}/contacts/former-name?a=1")
            assert (moved.status_code, moved.headers["Location"]) == (308, f"{prefix}/contacts/{there}")
            assert moved.headers["Cache-Control"] == "no-store"
            assert manifest["moved"][f"{prefix}/contacts/former-name"] == f"{prefix}/contacts/{there}"
            followed = await files.get(f"{prefix}/contacts/former-name", follow_redirects=True)
            assert followed.status_code == 200
        gone = {entry["address"]: entry for entry in manifest["gone"]}
        for address in each(["/v1/citations/pq_mdpi", "/citations/pq_mdpi"]):
            original, copied = await served.get(address), await files.get(address)
            assert (original.status_code, copied.status_code) == (410, 410)
            assert (
                copied.headers["Content-Type"].partition(";")[0] == original.headers["Content-Type"].partition(";")[0]
            )
            assert copied.headers.get("Link") == original.headers.get("Link")
            assert copied.headers["Access-Control-Allow-Origin"] == "*"
            assert content["former_slugs"][0]["reason"] in copied.text
            assert (copy / gone[address]["file"]).read_bytes() == copied.content
            directly = await files.get(f"/{gone[address]['file']}")
            assert directly.status_code == 404


def test_the_same_data_give_the_same_copy(database_path: Path, copy: Path, tmp_path: Path) -> None:
    export(database_path, tmp_path / "again", quick=True)
    assert (tmp_path / "again" / MANIFEST).read_bytes() == (copy / MANIFEST).read_bytes()


def test_a_copy_replaces_an_earlier_one_and_nothing_else(database_path: Path, copy: Path, tmp_path: Path) -> None:
    other = tmp_path / "mine"
    other.mkdir()
    (other / "letter.txt").write_text("dear")
    with pytest.raises(BuildError, match="is not an earlier copy"):
        export(database_path, other, quick=True)
    assert (other / "letter.txt").read_text() == "dear"

    earlier = tmp_path / "copy"
    shutil.copytree(copy, earlier)
    (earlier / "v1/strains.json").unlink()
    assert export(database_path, earlier, quick=True) > 1500
    assert (earlier / "v1/strains.json").exists()


def test_the_folder_may_be_empty_a_link_or_the_current_one(
    database_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def collected(_: object) -> tuple[list[File], list[File]]:
        return [File("/v1", "v1.json", "application/json", body=b"{}")], []

    monkeypatch.setattr(exporting, "_collect", collected)
    (tmp_path / "first").mkdir()
    (tmp_path / "current").symlink_to("first")
    for folder in each([tmp_path / "first", tmp_path / "current", Path()]):
        monkeypatch.chdir(tmp_path / "first")
        assert export(database_path, folder, quick=True) == 1
        assert (tmp_path / "first/v1.json").read_bytes() == b"{}"
        (tmp_path / "first/v1.json").unlink()
        assert (tmp_path / "current").readlink() == Path("first")
        assert sorted(path.name for path in tmp_path.iterdir()) == ["current", "first"]


def test_an_export_that_fails_says_why_and_leaves_nothing_but_the_earlier_copy(
    database_path: Path, copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(path: Path, body: bytes, usual: Callable[[Path, bytes], int] = Path.write_bytes) -> int:
        if path.name == "meta.json":
            raise OSError(ENOSPC, "No space left on device")
        return usual(path, body)

    shutil.copytree(copy, tmp_path / "copy")
    monkeypatch.setattr(Path, "write_bytes", full)
    for name in each(["copy", "new"]):
        command = ["export", str(tmp_path / name), "--database", str(database_path), "--quick"]
        assert content_command(command) == 1
        assert capsys.readouterr().err == f"{tmp_path / name}: no space left on device\n"
        assert [path.name for path in tmp_path.iterdir()] == ["copy"]
        assert (tmp_path / "copy" / MANIFEST).read_bytes() == (copy / MANIFEST).read_bytes()


def test_search_engines_may_list_every_page_that_the_site_map_of_a_copy_names(copy: Path) -> None:
    named = re.findall("<loc>(.+?)</loc>", (copy / "sitemap.xml").read_text(encoding="utf-8"))
    for path in each(["/citations/pages/2", *named]):
        html = (copy / ("index.html" if path == "/" else f"{path[1:]}.html")).read_text(encoding="utf-8")
        assert "noindex" not in html, path


def test_a_copy_offers_no_search_and_no_filter(copy: Path) -> None:
    for name in ("index.html", "strains.html", "side-effects/nausea.html"):
        html = (copy / name).read_text(encoding="utf-8")
        assert "<form" not in html


def test_the_public_address_is_in_the_site_map_of_a_copy(database_path: Path, tmp_path: Path) -> None:
    export(database_path, tmp_path / "copy", "https://example.org/kratom", quick=True)
    assert "https://example.org/kratom/strains" in (tmp_path / "copy/sitemap.xml").read_text(encoding="utf-8")
    for name, address in (
        ("index.html", "/"),
        ("strains.html", "/strains"),
        ("strains/red-vein.html", "/strains/red-vein"),
    ):
        page = Reader((tmp_path / "copy" / name).read_text(encoding="utf-8"))
        assert page.linked("canonical") == [f"https://example.org/kratom{address}"]
        assert page.linked("search") == [], "a copy has no search"
    assert not (tmp_path / "copy/opensearch.xml").exists()
    missing = Reader((tmp_path / "copy/404.html").read_text(encoding="utf-8"))
    assert {link for link in missing.values("href", "src") if not link.startswith(("/kratom/", "#"))} == set()
    links = json.loads((tmp_path / "copy/v1/strains.json").read_bytes())["links"]
    assert links["self"] == "/kratom/v1/strains"
