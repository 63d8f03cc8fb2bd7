"""Every link and every reference between records resolves, in both directions."""

import re
from collections import Counter
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from support import (
    COLLECTIONS,
    Object,
    answered,
    each,
    each_path,
    example_of,
    link_header,
    walk,
)

pytestmark = pytest.mark.anyio


async def test_every_link_is_a_path_and_leads_somewhere(client: httpx.AsyncClient, bodies: dict[str, Object]) -> None:
    found: dict[str, str] = {}
    for address, body in each(bodies.items()):
        for links in (body.get("links", {}), *walk(body.get("data"))):
            relations = links if "self" in links else {name: links.get(name) for name in ("url", "citation_url")}
            for url in each(relations.values()):
                if url and not url.startswith(("https://", "http://")):
                    assert re.fullmatch(r"/(?!/)\S*", url), f"{address}: {url}"
                    found.setdefault(url, address)
    assert len(found) > 500
    for url, address in each(found.items()):
        response = await client.get(url)
        assert response.status_code == 200, f"{address} links to {url}: {response.status_code}"


@each_path
async def test_the_link_header_has_the_links_of_the_body(
    path: str, client: httpx.AsyncClient, records: dict[str, list[Object]]
) -> None:
    for query in each(("", "?limit=1&offset=1") if path in COLLECTIONS else ("",)):
        response = await client.get((answered(path) if "{" not in path else example_of(path, records)) + query)
        if "links" in response.json():
            assert link_header(response) == {name: url for name, url in response.json()["links"].items() if url}
        elif path.endswith("/bundle"):
            assert link_header(response) == {"describedby": f"/v1/releases/{response.json()['dataset_version']}"}
        elif path in ("/v1/datapackage.json", "/v1/feeds/{feed}"):
            assert link_header(response)["license"] == "https://creativecommons.org/licenses/by/4.0/"
        else:
            assert "Link" not in response.headers


async def test_a_link_header_no_proxy_would_buffer_is_left_out(client: httpx.AsyncClient) -> None:
    batch = ",".join(f"some-slug-that-is-long-{n}" for n in range(100))
    response = await client.get(f"/v1/strains?slug={batch}")
    assert "Link" not in response.headers
    assert dict(parse_qsl(urlsplit(response.json()["links"]["self"]).query))["slug"] == batch


async def test_every_reference_resolves(bodies: dict[str, Object], records: dict[str, list[Object]]) -> None:
    by_url = {f"{path}/{record['slug']}": record for path in COLLECTIONS for record in records[path]}
    seen = Counter[str]()
    for body in each(bodies.values()):
        for value in each(walk(body)):
            if value.keys() == {"type", "slug", "title", "url"}:
                target = by_url[value["url"]]
                assert value["slug"] == target["slug"]
                assert value["title"] == target["title"]
                seen["reference"] += 1
            elif "citation" in value:
                source = by_url[value["citation_url"]]
                assert value["citation"] == source["slug"]
                for field in ("title", "year", "url", "evidence_level", "specificity"):
                    assert value[field] == source[field]
                seen["citation"] += 1
            elif {"verdict", "url", "statement"} <= value.keys():
                claim = by_url[value["url"]]
                assert {key: claim[key] for key in value.keys() - {"url"}} == {
                    k: v for k, v in value.items() if k != "url"
                }
                seen["claim"] += 1
    assert seen["reference"] > 500
    assert seen.keys() == {"reference", "citation", "claim"}


async def test_a_source_is_cited_by_exactly_the_records_that_cite_it(records: dict[str, list[Object]]) -> None:
    citing = {
        (link["citation"], f"{path}/{record['slug']}")
        for path in COLLECTIONS
        for record in records[path]
        for link in record.get("citations", [])
    }
    cited = {(source["slug"], by["url"]) for source in records["/v1/citations"] for by in source["cited_by"]}
    assert cited == citing
    assert sum(len(source["cited_by"]) for source in records["/v1/citations"]) == len(cited)


async def test_every_source_of_a_part_of_a_record_is_a_source_of_the_record(records: dict[str, list[Object]]) -> None:
    for path in each(COLLECTIONS):
        for record in each(records[path]):
            assert ("citations" in record) == (path != "/v1/citations")
            # A claim has the sources of its whole verdict; those that speak of another record are none of this one.
            own = {key: value for key, value in record.items() if key not in ("sections", "claims")}
            parts = {value["citation"] for value in walk(own) if "citation" in value}
            assert parts == {link["citation"] for link in record.get("citations", ())}, f"{path}/{record['slug']}"


async def test_a_claim_bears_on_exactly_the_records_that_show_it(records: dict[str, list[Object]]) -> None:
    bearing = {(c["slug"], r["url"]) for c in records["/v1/claims"] for r in c["bears_on"]}
    shown = {
        (claim["slug"], f"{path}/{record['slug']}")
        for path in COLLECTIONS
        for record in records[path]
        for claim in record.get("claims", [])
    }
    assert shown == bearing
