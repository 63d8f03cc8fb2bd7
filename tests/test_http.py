"""What HTTP promises at every address: methods, headers, preconditions, negotiation, and nothing taken on trust."""

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it comes without types

from app.database import open_database
from app.main import Service, create_app
from app.settings import Settings

pytestmark = pytest.mark.anyio

Headers = Sequence[tuple[str, str]]

ROOT = Path(__file__).parents[1]
DOCUMENT = json.loads((ROOT / "openapi.json").read_text(encoding="utf-8"))
PAGES = (
    "/",
    "/docs",
    "/openapi.json",
    "/problems",
    "/problems/not-found",
    "/.well-known/api-catalog",
    "/robots.txt",
    "/favicon.ico",
)
DOCUMENTED = tuple(
    path.replace("{slug}", next((p["example"] for p in item["get"].get("parameters", []) if "example" in p), ""))
    for path, item in DOCUMENT["paths"].items()
)
ADDRESSES = (*DOCUMENTED, *PAGES)
UNKNOWN = ("/v1/nothing", "/v1/strains/no-such-strain", "/V1", "/v1/", "/health", "/docs/x")
RESOURCE = "/v1/strains"
METHODS = ("POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "QUERY", "PROPFIND", "LINK", "PURGE", "BREW")
JSON_POLICY = "default-src 'none'; frame-ancestors 'none'"
RELEASED = datetime.fromisoformat(
    json.loads((ROOT / "data/seed.json").read_text(encoding="utf-8"))["release"]["release_date"]
)
LAST_MODIFIED = format_datetime(RELEASED.replace(tzinfo=UTC), usegmt=True)

each_address = pytest.mark.parametrize("path", ADDRESSES)


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    lines: list[tuple[str, str]]
    body: bytes

    @property
    def headers(self) -> dict[str, str]:
        """The header fields, each of which may stand there once."""
        names = [name for name, _ in self.lines]
        assert len(names) == len(set(names)), f"a header is there twice: {names}"
        return dict(self.lines)

    @property
    def problem(self) -> dict[str, Any]:
        """The problem it tells of."""
        assert self.headers["content-type"] == "application/problem+json"
        found: dict[str, Any] = json.loads(self.body)
        assert found["status"] == self.status
        return found


Ask = Callable[..., Awaitable[Answer]]


async def answer_of(
    app: Service,
    address: str,
    headers: Headers = (),
    *,
    method: str = "GET",
    host: str | None = "test",
    version: str = "1.1",
    scheme: str = "http",
    client: str = "192.0.2.1",
) -> Answer:
    """The answer to a request as the server hands it over, which no client library would write as freely."""
    path, _, query = address.partition("?")
    fields = [("host", host), *headers] if host is not None else list(headers)
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": version,
        "method": method,
        "scheme": scheme,
        "path": unquote(path),
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in fields],
        "client": (client, 5000),
        "server": ("192.0.2.2", 80),
    }
    start: dict[str, Any] = {}
    body = b""

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        nonlocal body
        if message["type"] == "http.response.start":
            start.update(message)
        else:
            body += message.get("body", b"")

    await app(scope, receive, send)
    return Answer(start["status"], [(name.decode(), value.decode()) for name, value in start["headers"]], body)


@pytest.fixture
def ask(app: Service) -> Ask:
    async def ask_app(address: str, headers: Headers = (), **how: Any) -> Answer:
        return await answer_of(app, address, headers, **how)

    return ask_app


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
    answer = await ask(path, method="OPTIONS")
    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS"
    assert "content-length" not in answer.headers
    assert "content-type" not in answer.headers


@pytest.mark.parametrize("method", METHODS)
async def test_any_other_method_is_not_allowed(method: str, ask: Ask) -> None:
    for path in ADDRESSES:
        answer = await ask(path, [("x-secret", "do-not-echo")], method=method)
        assert answer.status == 405, path
        assert answer.headers["allow"] == "GET, HEAD, OPTIONS"
        assert answer.problem["type"] == "/problems/method-not-allowed"
        assert b"do-not-echo" not in answer.body


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
async def test_a_wrong_query_hides_neither_the_methods_nor_that_nothing_is_there(query: str, ask: Ask) -> None:
    for path in ADDRESSES:
        assert (await ask(f"{path}?{query}")).status == 422, path
        refused = await ask(f"{path}?{query}", method="POST")
        assert (refused.status, refused.headers["allow"]) == (405, "GET, HEAD, OPTIONS"), path
        assert (await ask(f"{path}?{query}", method="OPTIONS")).status == 204, path
    for path in ("/v1/nothing", "/V1", "/v1/", "/health", "/docs/x"):
        for method in ("GET", "HEAD", "POST", "OPTIONS"):
            assert (await ask(f"{path}?{query}", method=method)).status == 404, path


@pytest.mark.parametrize("method", [*METHODS, "GET", "HEAD", "OPTIONS"])
async def test_no_method_makes_an_unknown_address_known(method: str, ask: Ask) -> None:
    for path in UNKNOWN:
        answer = await ask(path, method=method)
        assert answer.status == 404, path
        assert "allow" not in answer.headers


@pytest.mark.parametrize(
    "name", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "X-Original-Method", "_method"]
)
async def test_a_header_does_not_change_the_method(name: str, ask: Ask) -> None:
    plain = await ask(RESOURCE, [("x-request-id", "same")])
    assert await ask(RESOURCE, [("x-request-id", "same"), (name, "DELETE")]) == plain
    assert (await ask(RESOURCE, [(name, "GET")], method="POST")).status == 405


# The path


async def test_a_template_of_an_address_is_no_address(ask: Ask) -> None:
    for template in DOCUMENT["paths"]:
        if "{" in template:
            for path in (template, template.replace("{", "%7B").replace("}", "%7d")):
                for method in ("GET", "HEAD", "POST"):
                    assert (await ask(path, method=method)).status == 404, path


async def test_an_escaped_slash_is_no_slash(ask: Ask) -> None:
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
async def test_nothing_a_client_says_of_host_or_proxy_changes_an_answer(path: str, ask: Ask) -> None:
    same = ("x-request-id", "same")
    plain = await ask(path, [same])
    assert await ask(path, [same, *FORWARDED]) == plain
    assert await ask(path, [same], host="evil.test:444", scheme="https", client="198.51.100.9") == plain
    for field in FORWARDED:
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
async def test_any_true_host_is_served(host: str, ask: Ask) -> None:
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
@pytest.mark.parametrize("path", [RESOURCE, "/", "/v1/nothing", "/health/live"])
async def test_an_invalid_host_is_a_bad_request(host: str, path: str, ask: Ask) -> None:
    for method in ("GET", "HEAD", "POST", "OPTIONS"):
        answer = await ask(path, host=host, method=method)
        assert answer.status == 400
        if method != "HEAD":
            assert answer.problem["type"] == "/problems/bad-request"


async def test_there_is_one_host_and_only_http_1_0_may_leave_it_out(ask: Ask) -> None:
    assert (await ask(RESOURCE, host=None)).status == 400
    assert (await ask(RESOURCE, host=None, version="1.0")).status == 200
    for second in ("test", "evil.test"):
        answer = await ask(RESOURCE, [("host", second)])
        assert (answer.status, answer.problem["title"]) == (400, "Malformed request")


# What every answer carries


async def test_every_answer_carries_the_common_headers(ask: Ask) -> None:
    for path in (*ADDRESSES, *UNKNOWN, f"{RESOURCE}?limit=0"):
        for method in ("GET", "HEAD", "OPTIONS", "POST", "TRACE"):
            for headers in ([], [("accept", "image/png")], [("if-none-match", "*")], [("host", "again")]):
                answer = await ask(path, headers, method=method)
                where = f"{method} {path} {headers}: {answer.status}"
                assert answer.headers["x-content-type-options"] == "nosniff", where
                assert answer.headers["referrer-policy"] == "no-referrer", where
                assert answer.headers["cross-origin-resource-policy"] == "cross-origin", where
                assert answer.headers["access-control-allow-origin"] == "*", where
                assert answer.headers["x-request-id"], where
                assert answer.headers["cache-control"], where
                assert "frame-ancestors 'none'" in answer.headers["content-security-policy"], where
                assert {"server", "set-cookie", "x-powered-by", "via"}.isdisjoint(answer.headers), where
                assert "access-control-allow-credentials" not in answer.headers, where
                if answer.status != 304:
                    assert answer.headers["content-language"] == "en", where


@pytest.mark.parametrize("path", DOCUMENTED)
async def test_json_may_load_nothing_when_a_browser_shows_it(path: str, ask: Ask) -> None:
    answer = await ask(path)
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["content-security-policy"] == JSON_POLICY


async def test_hsts_is_sent_where_clients_come_over_tls_and_only_there(database_path: Path, ask: Ask) -> None:
    over_tls = create_app(Settings(database_path=database_path, tls=True))
    for path in (RESOURCE, "/", "/v1/nothing"):
        answer = await answer_of(over_tls, path)
        assert answer.headers["strict-transport-security"] == "max-age=63072000; includeSubDomains"
        assert "strict-transport-security" not in (await ask(path)).headers
    over_tls.state.database.close()


async def test_nothing_was_modified_in_the_future(database_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prepared = replace(open_database(database_path), release_date=RELEASED.date() + timedelta(days=36_500))
    monkeypatch.setattr("app.main.open_database", lambda _: prepared)
    answer = await answer_of(create_app(Settings(database_path=database_path)), RESOURCE)
    assert parsedate_to_datetime(answer.headers["last-modified"]) <= datetime.now(UTC)
    prepared.close()


async def test_answers_may_be_kept_for_as_long_as_is_set_and_errors_not_at_all(database_path: Path, ask: Ask) -> None:
    an_hour = create_app(Settings(database_path=database_path, cache_seconds=3600))
    answer = await answer_of(an_hour, RESOURCE)
    assert (
        answer.headers["cache-control"] == "public, max-age=3600, stale-while-revalidate=86400, stale-if-error=604800"
    )
    an_hour.state.database.close()
    for path in DOCUMENTED:
        answer = await ask(path)
        if path.startswith("/health/"):
            assert answer.headers["cache-control"] == "no-store"
            assert {"etag", "last-modified"}.isdisjoint(answer.headers)
        else:
            assert answer.headers["cache-control"].startswith("public, max-age=300, ")
            assert answer.headers["last-modified"] == LAST_MODIFIED
            assert answer.headers["vary"] == "Accept, Accept-Encoding"
    for path, headers in (("/v1/nothing", []), (f"{RESOURCE}?limit=0", []), (RESOURCE, [("accept", "image/png")])):
        assert (await ask(path, headers)).headers["cache-control"] == "no-store"


# Pages of other origins


async def test_a_preflight_is_granted_for_reading_anywhere(ask: Ask) -> None:
    for path in (*ADDRESSES, *UNKNOWN):
        for asked in ("GET", "DELETE"):
            headers = [
                ("origin", "https://front.test"),
                ("access-control-request-method", asked),
                ("access-control-request-headers", "if-none-match, x-request-id"),
            ]
            answer = await ask(path, headers, method="OPTIONS")
            assert (answer.status, answer.body) == (204, b"")
            assert answer.headers["access-control-allow-origin"] == "*"
            assert answer.headers["access-control-allow-methods"] == "GET, HEAD, OPTIONS"
            assert answer.headers["access-control-allow-headers"] == "*"
            assert int(answer.headers["access-control-max-age"]) > 0


async def test_a_preflight_needs_a_host_like_any_request(ask: Ask) -> None:
    asked = [("origin", "https://front.test"), ("access-control-request-method", "GET")]
    for host in (None, "", "a b", "[::::::]"):
        assert (await ask(RESOURCE, asked, method="OPTIONS", host=host)).status == 400
    assert (await ask(RESOURCE, [*asked, ("host", "second")], method="OPTIONS")).status == 400
    # What else is wrong with the address is told in the answer to the request itself, where a page can read it.
    assert (await ask(f"{RESOURCE}?limit=0&limit=0", asked, method="OPTIONS")).status == 204


async def test_a_page_may_read_the_headers_a_client_needs_on_errors_too(ask: Ask) -> None:
    for path in (RESOURCE, "/v1/nothing", f"{RESOURCE}?limit=0"):
        answer = await ask(path, [("origin", "null")])
        exposed = {name.strip().lower() for name in answer.headers["access-control-expose-headers"].split(",")}
        assert {"etag", "link", "last-modified", "x-request-id", "retry-after", "allow"} <= exposed


# Preconditions


DAY = timedelta(days=1)


def http_date(moment: datetime, form: str = "%a, %d %b %Y %H:%M:%S GMT") -> str:
    return moment.strftime(form)


RFC850, ASCTIME = "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y"
LATER, EARLIER = http_date(RELEASED + DAY), http_date(RELEASED - DAY)
# In what follows <etag> stands for the current entity tag.
PRECONDITIONS: tuple[tuple[int, Headers], ...] = (
    # If-None-Match compares weakly.
    (304, [("if-none-match", "<etag>")]),
    (304, [("if-none-match", "W/<etag>")]),
    (304, [("if-none-match", '"x", <etag>')]),
    (304, [("if-none-match", '"x" ,\t W/<etag> , "y"')]),
    (304, [("if-none-match", '"a,b", <etag>')]),
    (304, [("if-none-match", ",, <etag>")]),
    (304, [("if-none-match", '"x"'), ("if-none-match", "<etag>")]),
    (304, [("if-none-match", "*")]),
    (200, [("if-none-match", '"x"')]),
    (200, [("if-none-match", '""')]),
    (200, [("if-none-match", '"*"')]),
    (200, [("if-none-match", "")]),
    (200, [("if-none-match", "x")]),
    (200, [("if-none-match", '"')]),
    (200, [("if-none-match", '"unfinished')]),
    (200, [("if-none-match", '*, "x"')]),
    # If-Modified-Since, in the three forms of an HTTP date; anything else counts as absent.
    (304, [("if-modified-since", LAST_MODIFIED)]),
    (304, [("if-modified-since", LATER)]),
    (304, [("if-modified-since", http_date(RELEASED, RFC850))]),
    (304, [("if-modified-since", http_date(RELEASED, ASCTIME))]),
    (200, [("if-modified-since", EARLIER)]),
    (200, [("if-modified-since", http_date(RELEASED - timedelta(seconds=1)))]),
    (200, [("if-modified-since", http_date(RELEASED - DAY, RFC850))]),
    (200, [("if-modified-since", http_date(RELEASED - DAY, ASCTIME))]),
    (200, [("if-modified-since", "")]),
    (200, [("if-modified-since", "yesterday")]),
    (200, [("if-modified-since", LATER.replace("GMT", "+0000"))]),
    (200, [("if-modified-since", LATER.replace("GMT", "CET"))]),
    (200, [("if-modified-since", LATER.removesuffix(" GMT"))]),
    (200, [("if-modified-since", (RELEASED + DAY).isoformat())]),
    (200, [("if-modified-since", "Tue, 31 Feb 2099 00:00:00 GMT")]),
    (200, [("if-modified-since", "99999999999")]),
    (200, [("if-modified-since", f"{LATER}, {LATER}")]),
    (200, [("if-modified-since", LATER), ("if-modified-since", LATER)]),
    # If-None-Match goes first.
    (200, [("if-none-match", '"x"'), ("if-modified-since", LATER)]),
    (200, [("if-none-match", "broken"), ("if-modified-since", LATER)]),
    (304, [("if-none-match", "<etag>"), ("if-modified-since", EARLIER)]),
    # If-Match compares strongly.
    (200, [("if-match", "<etag>")]),
    (200, [("if-match", '"x", <etag>')]),
    (200, [("if-match", '"x"'), ("if-match", "<etag>")]),
    (200, [("if-match", "*")]),
    (412, [("if-match", '"x"')]),
    (412, [("if-match", "W/<etag>")]),
    (412, [("if-match", "broken")]),
    (412, [("if-match", "")]),
    # If-Unmodified-Since, and If-Match before it.
    (200, [("if-unmodified-since", LAST_MODIFIED)]),
    (200, [("if-unmodified-since", LATER)]),
    (200, [("if-unmodified-since", http_date(RELEASED, RFC850))]),
    (200, [("if-unmodified-since", http_date(RELEASED, ASCTIME))]),
    (200, [("if-unmodified-since", "nonsense")]),
    (200, [("if-unmodified-since", f"{EARLIER}, {EARLIER}")]),
    (412, [("if-unmodified-since", EARLIER)]),
    (412, [("if-unmodified-since", http_date(RELEASED - DAY, RFC850))]),
    (412, [("if-unmodified-since", http_date(RELEASED - DAY, ASCTIME))]),
    (200, [("if-match", "<etag>"), ("if-unmodified-since", EARLIER)]),
    (412, [("if-match", '"x"'), ("if-unmodified-since", LATER)]),
    # Those that guard come before those that save.
    (304, [("if-match", "<etag>"), ("if-none-match", "<etag>")]),
    (304, [("if-match", "*"), ("if-modified-since", LATER)]),
    (412, [("if-match", '"x"'), ("if-none-match", "<etag>")]),
    (412, [("if-unmodified-since", EARLIER), ("if-none-match", "<etag>")]),
    (304, [("if-unmodified-since", LATER), ("if-modified-since", LATER)]),
    # No entity tags need this much.
    (400, [("if-none-match", '"' + "x" * 8000 + '"')]),
    (400, [("if-modified-since", "x" * 8001)]),
)


@pytest.mark.parametrize("case", range(len(PRECONDITIONS)))
async def test_each_precondition_is_evaluated(case: int, ask: Ask) -> None:
    status, headers = PRECONDITIONS[case]
    for path in (RESOURCE, f"{RESOURCE}?limit=1", "/v1/strains/red-vein", "/v1/meta", "/openapi.json", "/"):
        current = (await ask(path)).headers["etag"]
        fields = [(name, value.replace("<etag>", current)) for name, value in headers]
        for more in ([], [("cache-control", "no-cache")], [("pragma", "no-cache"), ("range", "bytes=0-0")]):
            for method in ("GET", "HEAD"):
                answer = await ask(path, [*fields, *more], method=method)
                assert answer.status == status, f"{method} {path} {fields} {more}"
                if status == 304:
                    assert answer.body == b""


@each_address
async def test_a_304_carries_what_a_cache_needs_and_nothing_of_the_body(path: str, ask: Ask) -> None:
    whole = (await ask(path, [("x-request-id", "same")])).headers
    unchanged = await ask(path, [("x-request-id", "same"), ("if-none-match", whole.get("etag", "*"))])
    assert unchanged.status == 304
    missing = whole.keys() - unchanged.headers.keys()
    assert missing == {"content-type", "content-length", "content-language"}
    assert unchanged.headers == {name: value for name, value in whole.items() if name not in missing}


@pytest.mark.parametrize("path", [path for path in ADDRESSES if path.startswith("/health/")])
async def test_what_has_no_validators_matches_none(path: str, ask: Ask) -> None:
    for status, headers in (
        (412, [("if-match", '"x"')]),
        (412, [("if-match", '"x"'), ("if-none-match", "*")]),
        (304, [("if-none-match", "*")]),
        (200, [("if-match", "*")]),
        (200, [("if-none-match", '"x"')]),
        (200, [("if-modified-since", LATER)]),
        (200, [("if-unmodified-since", EARLIER)]),
        (400, [("if-match", "x" * 8001)]),
    ):
        answer = await ask(path, headers)
        assert answer.status == status, headers
        assert answer.headers["vary"] == "Accept"
        assert answer.headers["cache-control"] == "no-store"
        assert (answer.body == b"") == (status == 304)


async def test_a_failed_precondition_is_told_as_a_problem(ask: Ask) -> None:
    answer = await ask(RESOURCE, [("if-match", '"x"')])
    assert answer.problem["type"] == "/problems/precondition-failed"
    assert {"etag", "last-modified"}.isdisjoint(answer.headers)


@pytest.mark.parametrize("headers", [[("if-none-match", "*")], [("if-match", "*")], [("if-modified-since", LATER)]])
async def test_a_precondition_does_not_hide_another_error(headers: Headers, ask: Ask) -> None:
    assert (await ask("/v1/nothing", headers)).status == 404
    assert (await ask("/v1/strains/no-such-strain", headers)).status == 404
    assert (await ask(f"{RESOURCE}?limit=0", headers)).status == 422
    assert (await ask(RESOURCE, headers, method="POST")).status == 405
    assert (await ask(RESOURCE, [*headers, ("accept", "image/png")])).status == 406


async def test_entity_tags_are_strong_and_the_same_in_every_process(database_path: Path, ask: Ask) -> None:
    other = create_app(Settings(database_path=database_path, cache_bytes=0))
    tags: dict[str, str] = {}
    for path in (*ADDRESSES, f"{RESOURCE}?limit=1", f"{RESOURCE}?limit=2"):
        for coding in ("identity", "gzip", "br", "zstd"):
            answer = await ask(path, [("accept-encoding", coding)])
            if etag := answer.headers.get("etag"):
                assert etag.startswith('"')
                assert answer.headers["last-modified"] == LAST_MODIFIED
                again = await answer_of(other, path, [("accept-encoding", coding)])
                assert (again.headers["etag"], again.body) == (etag, answer.body)
                tags[f"{path} {answer.headers.get('content-encoding')}"] = etag
    assert len(set(tags.values())) == len(tags), "two representations share an entity tag"
    other.state.database.close()


async def test_the_entity_tag_of_one_coding_does_not_stand_for_another(ask: Ask) -> None:
    plain, packed = await ask(RESOURCE), await ask(RESOURCE, [("accept-encoding", "gzip")])
    assert packed.headers["content-encoding"] == "gzip"
    held = [("if-none-match", plain.headers["etag"]), ("accept-encoding", "gzip")]
    assert (await ask(RESOURCE, held)).status == 200
    assert (await ask(RESOURCE, [("if-none-match", packed.headers["etag"])])).status == 200


# Negotiation


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
        (406, [("accept", "text/html")]),
        (406, [("accept", "text/*")]),
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
    for path in (RESOURCE, "/v1/strains/red-vein", "/v1/meta"):
        answer = await ask(path, headers)
        assert answer.status == status
        assert answer.headers["vary"] == "Accept, Accept-Encoding"
        if status == 406:
            assert answer.problem["type"] == "/problems/not-acceptable"


async def test_an_error_is_told_whatever_the_client_accepts(ask: Ask) -> None:
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


# Request identifiers


@pytest.mark.parametrize("sent", ["a", "0f6c2d9b-e14a", "A.b_c-9", "x" * 64])
async def test_a_plain_request_identifier_is_kept(sent: str, ask: Ask) -> None:
    for path in (RESOURCE, "/v1/nothing", "/health/live"):
        answer = await ask(path, [("x-request-id", sent)])
        assert answer.headers["x-request-id"] == sent
        if answer.status == 404:
            assert answer.problem["request_id"] == sent


@pytest.mark.parametrize("sent", ["", "x" * 65, "a b", "<script>", "a\tb", "é", "a,b", '"a"', "../a", "a\x00b"])
async def test_any_other_request_identifier_is_replaced(sent: str, ask: Ask) -> None:
    for path in (RESOURCE, "/v1/nothing"):
        answer = await ask(path, [("x-request-id", sent)])
        assert answer.headers["x-request-id"].replace("-", "").isalnum()
        if answer.status == 404:
            assert answer.problem["request_id"] == answer.headers["x-request-id"] != sent


async def test_two_request_identifiers_are_none_and_every_request_has_its_own(ask: Ask) -> None:
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
