"""The files that pages load: cached for good, compressed before the service starts, and found under any prefix."""

import gzip
import re
from hashlib import sha256

import brotli
import httpx
import pytest
import zstandard

from app.http.negotiation import CODINGS, MIN_COMPRESSED_BYTES
from app.pages.assets import ASSETS, COMPRESSED, Asset
from support import Ask, each

pytestmark = pytest.mark.anyio

each_asset = pytest.mark.parametrize("asset", ASSETS.values(), ids=ASSETS)
HTML_PAGES = ("/", "/docs", "/problems", "/problems/not-found")
DECOMPRESS = {b"br": brotli.decompress, b"zstd": zstandard.decompress, b"gzip": gzip.decompress}


@each_asset
async def test_the_address_of_a_file_changes_with_its_content_so_it_is_cached_for_good(
    client: httpx.AsyncClient, asset: Asset
) -> None:
    response = await client.get(f"/{asset.address}")
    assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert sha256(response.content).hexdigest()[:12] in asset.address.split(".")


@pytest.mark.parametrize("path", HTML_PAGES)
async def test_a_page_is_revalidated_so_that_it_never_names_a_file_of_another_release(
    client: httpx.AsyncClient, path: str
) -> None:
    response = await client.get(path)
    assert response.headers["cache-control"] == "no-cache"
    again = await client.get(path, headers={"If-None-Match": response.headers["etag"]})
    assert again.status_code == 304


@each_asset
def test_the_compressed_forms_are_those_of_the_file_and_small(asset: Asset) -> None:
    forms = asset.compressed()
    assert set(forms) == (set(CODINGS) if len(asset.content) >= MIN_COMPRESSED_BYTES else set()), "run: make generate"
    assert {coding: DECOMPRESS[coding](body) for coding, body in forms.items()} == dict.fromkeys(forms, asset.content)
    larger = [coding for coding, body in forms.items() if len(body) > len(CODINGS[coding](asset.content))]
    assert not larger, "a request would compress it better"


def test_no_compressed_form_is_left_of_a_file_that_has_changed() -> None:
    made = {path for asset in ASSETS.values() for path in asset.compressed_files().values()}
    assert set(COMPRESSED.iterdir()) == made, "run: make generate"


@each_asset
async def test_a_file_is_sent_as_it_was_compressed(ask: Ask, asset: Asset) -> None:
    for coding in each(CODINGS):
        response = await ask(f"/{asset.address}", [("accept-encoding", coding.decode())])
        assert response.body == asset.compressed().get(coding, asset.content)
        assert response.headers.get("content-encoding") == (coding.decode() if response.body != asset.content else None)


@pytest.mark.parametrize("path", HTML_PAGES)
async def test_a_page_loads_its_files_and_links_to_others_wherever_it_is_served(
    client: httpx.AsyncClient, path: str
) -> None:
    html = (await client.get(path)).text
    for address in each(re.findall(r'(?:src|href)="([^"]*)"', html)):
        assert not address.startswith("/"), address
