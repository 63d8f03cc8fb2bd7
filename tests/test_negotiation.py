"""Content negotiation follows RFC 9110, and ranges are ignored."""

import pytest

from app.pages.assets import ASSETS
from support import RESOURCE, Ask, Headers

pytestmark = pytest.mark.anyio

STYLE = f"/{ASSETS['style.css'].address}"


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (200, []),
        (200, [("accept", "")]),
        (200, [("accept", ",")]),
        (200, [("accept", "*/*")]),
        (200, [("accept", "application/json")]),
        (200, [("accept", "APPLICATION/JSON")]),
        (200, [("accept", "application/json; charset=utf-8")]),
        (200, [("accept", "application/*")]),
        (200, [("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")]),
        (200, [("accept", "application/json;q=0.001")]),
        (200, [("accept", "application/json ; q=0.5 , text/html")]),
        (200, [("accept", "text/html"), ("accept", "application/json")]),
        (200, [("accept", "*/*;q=0, application/json")]),
        (200, [("accept", "application/*;q=0, application/json;q=0.1")]),
        (200, [("accept", "application/json, application/json;profile=x;q=0")]),
        (200, [("accept", "application/json;v=2;q=0, */*")]),
        (200, [("accept", "application/json;q=nonsense")]),
        (200, [("accept", "text/html, image/gif, *; q=.2, */*; q=.2")]),
        (200, [("accept", "*")]),
        (200, [("accept", "*;q=0.1, text/html")]),
        (200, [("accept", "application/vnd.api+json")]),
        (200, [("accept", "application/problem+json")]),
        (200, [("accept", "application/vnd.oai.openapi+json;version=3.1")]),
        (200, [("accept", "text/json")]),
        (200, [("accept", "application/vnd.api+json;q=0, */*")]),
        (406, [("accept", "application/vnd.api+json, application/json;q=0")]),
        (406, [("accept", "application/vnd.api+json;q=0")]),
        (406, [("accept", "application/vnd.api+xml")]),
        (406, [("accept", "*;q=0")]),
        (406, [("accept", "text/html")]),
        (406, [("accept", "text/plain")]),
        (406, [("accept", "image/png, text/html;q=0.9")]),
        (406, [("accept", "application/xml")]),
        (406, [("accept", "application/json;q=0")]),
        (406, [("accept", "application/json; q=0.000")]),
        (406, [("accept", "application/json;q=0, */*")]),
        (406, [("accept", "application/json;q=0, application/*;q=1, */*;q=1")]),
        (406, [("accept", "application/*;q=0, */*")]),
        (406, [("accept", "*/*;q=0")]),
        (406, [("accept", "application/json;v=2;q=0")]),
        (406, [("accept", "json")]),
        (406, [("accept", "text/html"), ("accept", "image/png")]),
        (406, [("accept-encoding", "identity;q=0, *;q=0")]),
    ],
)
async def test_the_accept_header_is_weighed_with_the_most_specific_range_deciding(
    status: int, headers: Headers, ask: Ask
) -> None:
    for path in (
        "/v1/strains/red-vein",
        "/v1/strains?view=summary",
        "/v1/meta",
        "/openapi.json",
        "/.well-known/api-catalog",
    ):
        if path.startswith("/.") and any("application/json" in value and "q=0" in value for _, value in headers):
            continue  # it is application/linkset+json, of which such a header says nothing
        response = await ask(path, headers)
        assert response.status == status
        # A cache may serve one stored response whatever a client accepts: only a refusal depends on that.
        assert response.headers["vary"] == ("Accept-Encoding" if status == 200 else "Accept, Accept-Encoding")
        if status == 406:
            assert response.problem["type"] == "/problems/not-acceptable"
            assert response.headers["cache-control"] == "no-store"


async def test_a_refusal_names_what_is_on_offer(ask: Ask) -> None:
    for path, media_type in ((RESOURCE, "application/json"), ("/", "text/html"), (STYLE, "text/css")):
        problem = (await ask(path, [("accept", "image/png")])).problem
        assert media_type in problem["detail"]
        assert [error["pointer"] for error in problem["errors"]] == ["/header/accept"]
        problem = (await ask(path, [("accept-encoding", "*;q=0")])).problem
        assert "br, zstd, gzip and identity" in problem["detail"]
        assert [error["pointer"] for error in problem["errors"]] == ["/header/accept-encoding"]


async def test_an_error_is_sent_whatever_the_client_accepts(ask: Ask) -> None:
    for accept in ("text/html", "application/json", "image/png", "*/*;q=0"):
        assert (await ask("/v1/nothing", [("accept", accept)])).problem["status"] == 404
        assert (await ask(f"{RESOURCE}?limit=0", [("accept", accept)])).problem["status"] == 422


@pytest.mark.parametrize(
    "asked", ["bytes=0-9", "bytes=-5", "bytes=0-0,5-6", "bytes=999999999-", "lines=1-2", "nonsense"]
)
async def test_a_range_is_ignored(asked: str, ask: Ask) -> None:
    whole = await ask(RESOURCE, [("x-request-id", "same")])
    assert await ask(RESOURCE, [("x-request-id", "same"), ("range", asked)]) == whole
    assert (
        await ask(RESOURCE, [("x-request-id", "same"), ("range", asked), ("if-range", whole.headers["etag"])]) == whole
    )
    assert "accept-ranges" not in whole.headers
