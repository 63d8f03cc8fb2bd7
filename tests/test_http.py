"""HTTP at every path: methods, the path, the host, and untrusted headers."""

import httpx
import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it comes without types

from support import (
    ADDRESSES,
    DOCUMENT,
    PAGES,
    RESOURCE,
    UNKNOWN,
    UNKNOWN_RECORD,
    Ask,
    Headers,
    each,
    each_address,
    extended,
)

pytestmark = pytest.mark.anyio


METHODS = ("POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "QUERY", "PROPFIND", "LINK", "PURGE", "BREW")

# Methods


@pytest.mark.parametrize("path", [*ADDRESSES, *UNKNOWN, f"{RESOURCE}?limit=0", f"{RESOURCE}?a=1&a=2"])
async def test_head_is_get_without_the_body(path: str, ask: Ask) -> None:
    named = [("x-request-id", "same"), ("accept-encoding", "gzip")]
    whole, head = await ask(path, named), await ask(path, named, method="HEAD")
    assert head.body == b""
    assert (head.status, sorted(head.lines)) == (whole.status, sorted(whole.lines))
    assert int(whole.headers["content-length"]) == len(whole.body)


@each_address
async def test_options_names_the_methods(path: str, ask: Ask) -> None:
    response = await ask(path, method="OPTIONS")
    assert (response.status, response.body) == (204, b"")
    assert response.headers["allow"] == "GET, HEAD, OPTIONS"
    assert "content-length" not in response.headers
    assert "content-type" not in response.headers


@pytest.mark.parametrize("method", METHODS)
async def test_any_other_method_is_not_allowed(method: str, ask: Ask) -> None:
    for path in each(ADDRESSES):
        response = await ask(path, [("x-secret", "do-not-echo")], method=method)
        assert response.status == 405, path
        assert response.headers["allow"] == "GET, HEAD, OPTIONS"
        assert response.problem["type"] == "/problems/method-not-allowed"
        assert b"do-not-echo" not in response.body


WRONG_QUERIES = (
    "a",
    "=1",
    "limit=1&limit=1",
    "limit=%00",
    "limit=%ff",
    "x=%zz",
    "&".join("a=1" for _ in range(51)),
    "nonsense=1",
)


@pytest.mark.parametrize("query", WRONG_QUERIES)
async def test_an_invalid_query_hides_neither_a_405_nor_a_404(query: str, ask: Ask) -> None:
    for path in each(ADDRESSES):
        ignored = path in PAGES or path.startswith("/health/")
        assert (await ask(extended(path, query))).status == (200 if ignored else 422), path
        refused = await ask(extended(path, query), method="POST")
        assert (refused.status, refused.headers["allow"]) == (405, "GET, HEAD, OPTIONS"), path
        assert (await ask(extended(path, query), method="OPTIONS")).status == 204, path
    for path in ("/v1/nothing", "/V1", "/v1/", "/health", "/docs/x"):
        for method in ("GET", "HEAD", "POST", "OPTIONS"):
            assert (await ask(f"{path}?{query}", method=method)).status == 404, path


@pytest.mark.parametrize("method", [*METHODS, "GET", "HEAD", "OPTIONS"])
async def test_an_unknown_address_is_a_404_whatever_the_method(method: str, ask: Ask) -> None:
    for path in each(path for path in UNKNOWN if path != UNKNOWN_RECORD):
        response = await ask(path, method=method)
        assert response.status == 404, path
        assert "allow" not in response.headers


async def test_the_methods_of_a_record_do_not_tell_whether_it_exists(ask: Ask) -> None:
    assert (await ask(UNKNOWN_RECORD)).status == 404
    assert (await ask(UNKNOWN_RECORD, method="POST")).status == 405
    assert (await ask(UNKNOWN_RECORD, method="OPTIONS")).status == 204


@pytest.mark.parametrize(
    "name", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "X-Original-Method", "_method"]
)
async def test_a_header_does_not_change_the_method(name: str, ask: Ask) -> None:
    plain = await ask(RESOURCE, [("x-request-id", "same")])
    assert await ask(RESOURCE, [("x-request-id", "same"), (name, "DELETE")]) == plain
    assert (await ask(RESOURCE, [(name, "GET")], method="POST")).status == 405


# The path


async def test_a_path_template_is_not_an_address(ask: Ask) -> None:
    for template in each(path for path in DOCUMENT["paths"] if "{" in path):
        for path in (template, template.replace("{", "%7B").replace("}", "%7d")):
            for method in ("GET", "HEAD"):
                assert (await ask(path, method=method)).status == 404, path


async def test_an_escaped_slash_does_not_separate_path_segments(ask: Ask) -> None:
    for path in ("/v1%2Fstrains", "/v1/strains%2fred-vein", "%2Fv1", "/v1/strains/%2F"):
        await ask(path.replace("%2F", "/").replace("%2f", "/"))
        for method in ("GET", "HEAD", "OPTIONS", "POST"):
            assert (await ask(path, method=method)).status == 404
    # Other escapes are another spelling of the same address.
    assert (await ask("/v1/str%61ins")).status == 200


# What others say of the request


FORWARDED: Headers = (
    ("Forwarded", "for=198.51.100.9;host=evil.test;proto=https"),
    ("X-Forwarded-For", "198.51.100.9"),
    ("X-Forwarded-Host", "evil.test"),
    ("X-Forwarded-Proto", "https"),
    ("X-Forwarded-Scheme", "https"),
    ("X-Forwarded-Port", "444"),
    ("X-Forwarded-Prefix", "/evil"),
    ("X-Forwarded-Server", "evil.test"),
    ("X-Real-IP", "198.51.100.9"),
    ("X-Original-URL", "/v1/citations"),
    ("X-Rewrite-URL", "/v1/citations"),
    ("X-Host", "evil.test"),
    ("X-Script-Name", "/evil"),
    ("Origin", "https://evil.test"),
    ("Referer", "https://evil.test/"),
    ("Cookie", "session=1"),
    ("Authorization", "Bearer x"),
    ("Accept-Language", "de"),
    ("User-Agent", "evil/1"),
)


@pytest.mark.parametrize("path", [*ADDRESSES, UNKNOWN[0]])
async def test_no_host_or_proxy_header_changes_a_response(path: str, ask: Ask) -> None:
    same = ("x-request-id", "same")
    plain = await ask(path, [same])
    assert await ask(path, [same, *FORWARDED]) == plain
    assert await ask(path, [same], host="evil.test:444", scheme="https", client="198.51.100.9") == plain
    for field in each(FORWARDED):
        assert await ask(path, [same, field]) == plain


@pytest.mark.parametrize(
    "host",
    [
        "test",
        "test:8000",
        "TEST.example.",
        "127.0.0.1:80",
        "test:65535",
        "test:",
        "[::1]:8000",
        "[::1]",
        "[::ffff:192.0.2.1]",
        "a_b.test",
        "xn--bcher-kva.test",
    ],
)
async def test_any_valid_host_is_served(host: str, ask: Ask) -> None:
    assert (await ask(RESOURCE, host=host)).status == 200


@pytest.mark.parametrize(
    "host",
    [
        "",
        " ",
        "a b",
        "a/b",
        "user@test",
        "test:port",
        "test:123456",
        "test:65536",
        "a..b",
        "..",
        ".test",
        "%00",
        "a!b",
        "a" * 64 + ".test",
        "a." * 127 + "b",
        "[::::::]",
        "[::1]x",
        "<script>",
        "a,b\t",
        "test#x",
        "test?x",
        "é",
        "[::1",
        "::1",
        "a" * 40 + "/",
    ],
)
@pytest.mark.parametrize("path", [RESOURCE, "/", "/v1/nothing"])
async def test_an_invalid_host_is_a_bad_request(host: str, path: str, ask: Ask) -> None:
    for method in ("GET", "HEAD", "POST", "OPTIONS"):
        response = await ask(path, host=host, method=method)
        assert response.status == 400
        if method != "HEAD":
            assert response.problem["type"] == "/problems/bad-request"


@pytest.mark.parametrize("host", ["*", "outbound|8000||svc.local", "a b", "", None])
async def test_a_probe_gets_200_whatever_it_sends(host: str | None, ask: Ask) -> None:
    for path in ("/health/live", "/health/ready"):
        for accept in ("text/plain", "image/*;q=0", "*/*;q=0", "nonsense"):
            response = await ask(f"{path}?verbose&verbose&x=%zz", [("accept", accept)], host=host)
            assert response.status == 200


async def test_there_is_one_host_and_only_http_1_0_may_leave_it_out(ask: Ask) -> None:
    assert (await ask(RESOURCE, host=None)).status == 400
    assert (await ask(RESOURCE, host=None, version="1.0")).status == 200
    for second in ("test", "evil.test"):
        response = await ask(RESOURCE, [("host", second)])
        assert (response.status, response.problem["title"]) == (400, "Malformed request")


# Request identifiers


@pytest.mark.parametrize("sent", ["a", "0f6c2d9b-e14a", "A.b_c-9", "x" * 64])
async def test_a_valid_request_identifier_is_returned(sent: str, ask: Ask) -> None:
    for path in (RESOURCE, "/v1/nothing", "/health/live"):
        response = await ask(path, [("x-request-id", sent)])
        assert response.headers["x-request-id"] == sent
        if response.status == 404:
            assert response.problem["request_id"] == sent


@pytest.mark.parametrize("sent", ["", "x" * 65, "a b", "<script>", "a\tb", "é", "a,b", '"a"', "../a", "a\x00b"])
async def test_any_other_request_identifier_is_replaced(sent: str, ask: Ask) -> None:
    for path in (RESOURCE, "/v1/nothing"):
        response = await ask(path, [("x-request-id", sent)])
        assert response.headers["x-request-id"].replace("-", "").isalnum()
        if response.status == 404:
            assert response.problem["request_id"] == response.headers["x-request-id"] != sent


async def test_repeated_request_identifiers_are_replaced_by_a_new_one(ask: Ask) -> None:
    seen = {
        (await ask(RESOURCE, [("x-request-id", "a"), ("x-request-id", "b")])).headers["x-request-id"] for _ in range(9)
    }
    assert len(seen) == 9
    assert seen.isdisjoint({"a", "b", "a,b", "a, b"})


# The client library's view, once: what is above speaks to the application without one.


async def test_an_ordinary_client_is_served(client: httpx.AsyncClient) -> None:
    response = await client.get(RESOURCE)
    assert response.status_code == 200
    schema = DOCUMENT["paths"][RESOURCE]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    Draft202012Validator(schema | {"components": DOCUMENT["components"]}).validate(response.json())
