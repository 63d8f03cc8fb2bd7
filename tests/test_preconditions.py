"""Preconditions follow RFC 9110, and entity tags are reliable."""

from pathlib import Path

import pytest

from app.main import create_app
from app.settings import Settings
from support import ADDRESSES, RESOURCE, Ask, Headers, each_address, raw_response

pytestmark = pytest.mark.anyio


LATER, EARLIER = "Fri, 01 Jan 2100 00:00:00 GMT", "Thu, 01 Jan 1970 00:00:00 GMT"
DATES = (LATER, EARLIER, "Monday, 23-Nov-26 00:00:00 GMT", "Mon Nov 23 00:00:00 2026", "yesterday", "", "x" * 8001)
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
    # There is no date to compare with, so conditions on one are ignored, whatever they say.
    *((200, [(name, date)]) for name in ("if-modified-since", "if-unmodified-since") for date in DATES),
    (200, [("if-none-match", '"x"'), ("if-modified-since", LATER)]),
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
    (200, [("if-match", "<etag>"), ("if-unmodified-since", EARLIER)]),
    (412, [("if-match", '"x"'), ("if-unmodified-since", LATER)]),
    # Those that guard come before those that save.
    (304, [("if-match", "<etag>"), ("if-none-match", "<etag>")]),
    (200, [("if-match", "*"), ("if-modified-since", LATER)]),
    (412, [("if-match", '"x"'), ("if-none-match", "<etag>")]),
    (304, [("if-unmodified-since", EARLIER), ("if-none-match", "<etag>")]),
    (200, [("if-unmodified-since", LATER), ("if-modified-since", LATER)]),
    # No entity tags need this much.
    (400, [("if-none-match", '"' + "x" * 8000 + '"')]),
    (400, [("if-match", "x" * 8001)]),
)


@pytest.mark.parametrize("case", range(len(PRECONDITIONS)))
async def test_each_precondition_is_evaluated(case: int, ask: Ask) -> None:
    status, headers = PRECONDITIONS[case]
    for path in (RESOURCE, f"{RESOURCE}?limit=1", "/v1/strains/red-vein", "/v1/meta", "/openapi.json", "/"):
        current = (await ask(path)).headers["etag"]
        fields = [(name, value.replace("<etag>", current)) for name, value in headers]
        for more in ([], [("cache-control", "no-cache")], [("pragma", "no-cache"), ("range", "bytes=0-0")]):
            for method in ("GET", "HEAD"):
                response = await ask(path, [*fields, *more], method=method)
                assert response.status == status, f"{method} {path} {fields} {more}"
                if status == 304:
                    assert response.body == b""


@each_address
async def test_a_304_has_the_headers_a_cache_needs_and_no_body(path: str, ask: Ask) -> None:
    whole = (await ask(path, [("x-request-id", "same")])).headers
    unchanged = await ask(path, [("x-request-id", "same"), ("if-none-match", whole.get("etag", "*"))])
    assert unchanged.status == 304
    missing = whole.keys() - unchanged.headers.keys()
    of_the_body = {"content-type", "content-length", "content-language"}
    assert missing == of_the_body | ({"repr-digest"} if path.endswith("/bundle") else set())
    assert unchanged.headers == {name: value for name, value in whole.items() if name not in missing}


@pytest.mark.parametrize("path", [path for path in ADDRESSES if path.startswith("/health/")])
async def test_a_response_without_an_entity_tag_matches_no_listed_tag(path: str, ask: Ask) -> None:
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
        response = await ask(path, headers)
        assert response.status == status, headers
        assert response.headers["cache-control"] == "no-store"
        assert (response.body == b"") == (status == 304)


async def test_a_failed_precondition_is_a_problem_response(ask: Ask) -> None:
    response = await ask(RESOURCE, [("if-match", '"x"')])
    assert response.problem["type"] == "/problems/precondition-failed"
    assert "etag" not in response.headers


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
            response = await ask(path, [("accept-encoding", coding)])
            if etag := response.headers.get("etag"):
                assert etag.startswith('"')
                again = await raw_response(other, path, [("accept-encoding", coding)])
                assert (again.headers["etag"], again.body) == (etag, response.body)
                tags[f"{path} {response.headers.get('content-encoding')}"] = etag
    assert len(set(tags.values())) == len(tags), "two representations share an entity tag"
    other.state.database.close()


async def test_the_entity_tag_of_one_coding_does_not_stand_for_another(ask: Ask) -> None:
    plain, packed = await ask(RESOURCE), await ask(RESOURCE, [("accept-encoding", "gzip")])
    assert packed.headers["content-encoding"] == "gzip"
    held = [("if-none-match", plain.headers["etag"]), ("accept-encoding", "gzip")]
    assert (await ask(RESOURCE, held)).status == 200
    assert (await ask(RESOURCE, [("if-none-match", packed.headers["etag"])])).status == 200
