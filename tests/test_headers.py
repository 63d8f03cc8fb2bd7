"""Headers of every response, for clients, caches and pages of other origins."""

from pathlib import Path

import pytest

from app.main import create_app
from app.settings import Settings
from support import (
    ADDRESSES,
    COLLECTIONS,
    DOCUMENTED,
    RESOURCE,
    UNKNOWN,
    Ask,
    each,
    raw_response,
)

pytestmark = pytest.mark.anyio

SAFELISTED = {"cache-control", "content-language", "content-length", "content-type"}
"""The headers that a page of another origin may always read."""
JSON_POLICY = "default-src 'none'; frame-ancestors 'none'"

# Every response


async def test_every_response_has_the_common_headers(ask: Ask) -> None:
    for path in (*ADDRESSES, *UNKNOWN, f"{RESOURCE}?limit=0"):
        for method in ("GET", "HEAD", "OPTIONS", "POST", "TRACE"):
            for headers in ([], [("accept", "image/png")], [("if-none-match", "*")], [("host", "again")]):
                response = await ask(path, headers, method=method)
                where = f"{method} {path} {headers}: {response.status}"
                assert response.headers["x-content-type-options"] == "nosniff", where
                assert response.headers["referrer-policy"] == "no-referrer", where
                assert response.headers["cross-origin-resource-policy"] == "cross-origin", where
                assert response.headers["access-control-allow-origin"] == "*", where
                assert response.headers["x-request-id"], where
                assert response.headers["cache-control"], where
                assert "frame-ancestors 'none'" in response.headers["content-security-policy"], where
                assert {"server", "set-cookie", "x-powered-by", "via"}.isdisjoint(response.headers), where
                assert "access-control-allow-credentials" not in response.headers, where
                if response.status != 304:
                    assert response.headers["content-language"] == "en", where


@pytest.mark.parametrize("path", DOCUMENTED)
async def test_the_policy_of_json_allows_a_browser_to_load_nothing(path: str, ask: Ask) -> None:
    response = await ask(path)
    is_feed = path.startswith("/v1/feeds/")
    assert response.headers["content-type"] == ("application/feed+json" if is_feed else "application/json")
    assert response.headers["content-security-policy"] == JSON_POLICY


async def test_hsts_is_sent_over_tls_only(database_path: Path, ask: Ask) -> None:
    over_tls = create_app(Settings(database_path=database_path, tls=True))
    for path in (RESOURCE, "/", "/v1/nothing"):
        response = await raw_response(over_tls, path)
        assert response.headers["strict-transport-security"] == "max-age=63072000; includeSubDomains"
        assert "strict-transport-security" not in (await ask(path)).headers
    over_tls.state.database.close()


async def test_responses_may_be_kept_for_as_long_as_is_set_and_errors_not_at_all(database_path: Path, ask: Ask) -> None:
    an_hour = create_app(Settings(database_path=database_path, cache_seconds=3600))
    response = await raw_response(an_hour, RESOURCE)
    assert (
        response.headers["cache-control"] == "public, max-age=3600, stale-while-revalidate=86400, stale-if-error=604800"
    )
    an_hour.state.database.close()
    never = create_app(Settings(database_path=database_path, cache_seconds=0))
    response = await raw_response(never, RESOURCE)
    assert response.headers["cache-control"] == "public, max-age=0, stale-if-error=604800"
    never.state.database.close()
    for path in each(DOCUMENTED):
        response = await ask(path)
        if path.startswith("/health/"):
            assert response.headers["cache-control"] == "no-store"
            assert "etag" not in response.headers
        else:
            seconds = 31_536_000 if path.endswith("/bundle") else 300  # a bundle never changes
            assert response.headers["cache-control"].startswith(f"public, max-age={seconds}, ")
            chosen = path in COLLECTIONS or path.startswith("/v1/citations/")
            assert response.headers["vary"] == ("Accept, Accept-Encoding" if chosen else "Accept-Encoding")
    for path, headers in (("/v1/nothing", []), (f"{RESOURCE}?limit=0", []), (RESOURCE, [("accept", "image/png")])):
        assert (await ask(path, headers)).headers["cache-control"] == "no-store"


async def test_no_response_has_a_modification_date(ask: Ask) -> None:
    for path in each((*ADDRESSES, *UNKNOWN)):
        for headers in ([], [("if-none-match", "*")], [("if-match", '"x"')], [("accept-encoding", "br")]):
            assert "last-modified" not in (await ask(path, headers)).headers


# Pages of other origins


async def test_a_preflight_allows_any_origin_to_read(ask: Ask) -> None:
    for path in each((*ADDRESSES, *UNKNOWN)):
        for asked in ("GET", "DELETE"):
            headers = [
                ("origin", "https://front.test"),
                ("access-control-request-method", asked),
                ("access-control-request-headers", "if-none-match, x-request-id"),
            ]
            response = await ask(path, headers, method="OPTIONS")
            assert (response.status, response.body) == (204, b"")
            assert response.headers["access-control-allow-origin"] == "*"
            assert response.headers["access-control-allow-methods"] == "GET, HEAD, OPTIONS"
            assert response.headers["access-control-allow-headers"] == "*"
            assert int(response.headers["access-control-max-age"]) > 0


async def test_a_preflight_needs_a_host_like_any_request(ask: Ask) -> None:
    asked = [("origin", "https://front.test"), ("access-control-request-method", "GET")]
    for host in (None, "", "a b", "[::::::]"):
        assert (await ask(RESOURCE, asked, method="OPTIONS", host=host)).status == 400
    assert (await ask(RESOURCE, [*asked, ("host", "second")], method="OPTIONS")).status == 400
    # Other faults of the address are reported in the response to the request itself, which a page can read.
    assert (await ask(f"{RESOURCE}?limit=0&limit=0", asked, method="OPTIONS")).status == 204


@pytest.mark.parametrize(
    "path", [RESOURCE, f"{RESOURCE}?format=csv", "/v1/feeds/all.json", "/v1/releases/latest", "/v1/V1"]
)
async def test_a_page_may_read_every_header_that_says_something_of_the_content(path: str, ask: Ask) -> None:
    response = await ask(path, [("origin", "null")])
    exposed = {name.strip().lower() for name in response.headers["access-control-expose-headers"].split(",")}
    for_browsers = ("access-control-", "content-security-", "cross-origin-", "referrer-", "x-content-type-", "vary")
    silent = {
        name for name in response.headers if name not in exposed | SAFELISTED and not name.startswith(for_browsers)
    }
    assert not silent


async def test_a_page_may_read_the_headers_a_client_needs_on_errors_too(ask: Ask) -> None:
    for path in (RESOURCE, "/v1/nothing", f"{RESOURCE}?limit=0"):
        response = await ask(path, [("origin", "null")])
        exposed = {name.strip().lower() for name in response.headers["access-control-expose-headers"].split(",")}
        assert {"etag", "link", "x-request-id", "retry-after", "allow"} <= exposed
