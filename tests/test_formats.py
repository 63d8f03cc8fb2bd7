"""Whole lists as CSV and NDJSON: what is read back equals the JSON, whatever is asked for and however."""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.formats.csv import write_csv
from support import (
    COLLECTIONS,
    DOCUMENT,
    RESOURCE,
    ROOT,
    SUMMARIES,
    Ask,
    Object,
    each,
    each_collection,
    fetch,
    query_parameters,
    record_schema,
    refused,
    resolved,
    select,
)

pytestmark = pytest.mark.anyio

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"
LETTERS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
VALUES = (
    st.none()
    | st.booleans()
    | st.integers()
    | LETTERS.filter(bool)
    | st.lists(LETTERS)
    | st.dictionaries(LETTERS, LETTERS)
)


def is_text(schema: Object) -> bool:
    """Whether a field holds text or null."""
    return "string" in resolved(schema).get("type", []) or any(map(is_text, schema.get("anyOf", [])))


def read_back(cell: str, *, as_text: bool) -> Any:
    """The value of a cell, by the rules of docs/formats.md."""
    if not cell:
        return None
    return cell.removeprefix("'") if as_text else json.loads(cell)


def rows(body: bytes) -> Iterator[dict[str, str]]:
    """The rows of a CSV file, as any reader gives them."""
    return csv.DictReader(io.StringIO(body.decode("utf-8-sig"), newline=""), strict=True)


def records_of(body: bytes, path: str, version: str) -> list[Object]:
    """The records of a CSV file of a collection."""
    fields = record_schema(path)["properties"]
    found = []
    for row in rows(body):
        assert row.pop("dataset_version") == version
        assert list(row) == list(fields)
        found.append({name: read_back(cell, as_text=is_text(fields[name])) for name, cell in row.items()})
    return found


# The same records


@each_collection
async def test_csv_and_ndjson_read_back_equal_the_json_of_the_whole_list(path: str, client: httpx.AsyncClient) -> None:
    expected = await select(client, path)
    version = (await fetch(client, path))["meta"]["dataset_version"]
    table = await client.get(f"{path}?format=csv")
    assert records_of(table.content, path, version) == expected
    lines = await client.get(f"{path}?format=ndjson")
    assert [json.loads(line) for line in lines.content.splitlines()] == expected
    assert lines.content.endswith(b"\n")


@pytest.mark.parametrize(
    "query",
    ["sort=-name", "slug=red-vein,white-vein", "vein=red&sort=-slug", "limit=2", "limit=1&offset=1", "offset=2"],
)
async def test_filters_sorts_batches_and_pages_are_the_same_in_every_format(
    query: str, client: httpx.AsyncClient
) -> None:
    page = await fetch(client, f"{RESOURCE}?{query}")
    lines = await client.get(f"{RESOURCE}?{query}&format=ndjson")
    assert [json.loads(line) for line in lines.content.splitlines()] == page["data"]
    table = await client.get(f"{RESOURCE}?{query}&format=csv")
    assert records_of(table.content, RESOURCE, page["meta"]["dataset_version"]) == page["data"]


async def test_a_list_of_nothing_has_a_header_row_and_no_line(client: httpx.AsyncClient) -> None:
    assert len((await client.get(f"{RESOURCE}?slug=nothing&format=csv")).content.splitlines()) == 1
    assert (await client.get(f"{RESOURCE}?slug=nothing&format=ndjson")).content == b""


async def test_every_field_of_the_record_is_a_column_cautions_and_verdicts_included(client: httpx.AsyncClient) -> None:
    for path in each(COLLECTIONS):
        fields = record_schema(path)["properties"]
        header = next(csv.reader(io.StringIO((await client.get(f"{path}?format=csv")).content.decode("utf-8-sig"))))
        assert header == [*fields, "dataset_version"]


async def test_every_cell_fits_into_a_spreadsheet_but_the_one_that_the_page_names(client: httpx.AsyncClient) -> None:
    page = (ROOT / "docs/formats.md").read_text(encoding="utf-8")
    assert "One cell has more: the `sections` of the article" in page
    too_long = []
    for path in each(COLLECTIONS):
        for row in each(rows((await client.get(f"{path}?format=csv")).content)):
            too_long += [(path, name) for name, cell in row.items() if len(cell) > 32_767]
            # Python's own reader refuses a longer one unless it is told otherwise.
            assert max(map(len, row.values())) < csv.field_size_limit()
    assert too_long == [("/v1/articles", "sections")]


@given(st.lists(st.fixed_dictionaries({"a": VALUES, "b": VALUES}), max_size=4))
def test_any_value_is_read_back_from_csv(records: list[Object]) -> None:
    body = b"".join(write_csv(["a", "b"], [json.dumps(record).encode() for record in records], "1"))
    found = [
        {name: read_back(row[name], as_text=isinstance(record[name], str)) for name in record}
        for row, record in zip(rows(body), records, strict=True)
    ]
    assert found == records


@pytest.mark.parametrize(
    "start", ["=", "+", "-", "@", "\t", "\r", "\n", " =", '"=', '" \t@', "\uff1d", "\uff0b", "'", "'="]
)
def test_no_cell_of_csv_can_be_a_formula_and_the_text_is_read_back(start: str) -> None:
    text = f"{start}SUM(1,2)|cmd"
    (row,) = rows(b"".join(write_csv(["text"], [json.dumps({"text": text}).encode()], "1")))
    assert row["text"] == f"'{text}"
    assert read_back(row["text"], as_text=True) == text


def test_csv_is_as_rfc_4180_has_it_with_a_byte_order_mark() -> None:
    documents = [json.dumps({"a": 'say "é", now\r\nor', "b": None}).encode(), b'{"a":"x","b":[1,true,"\xc3\xa9"]}']
    assert b"".join(write_csv(["a", "b"], documents, "v")).decode() == (
        '\ufeffa,b,dataset_version\r\n"say ""é"", now\r\nor",,v\r\nx,"[1,true,""é""]",v\r\n'
    )


# How it is asked for


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        (None, "application/json"),
        ("*/*", "application/json"),
        ("application/*", "application/json"),
        ("application/vnd.api+json", "application/json"),
        ("application/json, text/plain, */*", "application/json"),
        (BROWSER, "application/json"),
        ("application/json, text/csv", "application/json"),
        ("text/csv", "text/csv; charset=utf-8"),
        ("TEXT/CSV; charset=utf-8", "text/csv; charset=utf-8"),
        ("text/*", "text/csv; charset=utf-8"),
        ("text/csv, */*", "text/csv; charset=utf-8"),
        ("text/csv, application/json;q=0.5", "text/csv; charset=utf-8"),
        ("application/json;q=0, */*", "text/csv; charset=utf-8"),
        ("application/x-ndjson", "application/x-ndjson"),
        ("application/x-ndjson, */*;q=0.1", "application/x-ndjson"),
    ],
)
async def test_accept_chooses_the_format_and_vary_says_so_cached_or_not(
    accept: str | None, content_type: str, ask: Ask
) -> None:
    headers = [("accept", accept)] if accept else []
    first, again = await ask(RESOURCE, headers), await ask(RESOURCE, headers)
    for response in (first, again):
        assert response.status == 200
        assert response.headers["content-type"] == content_type
        assert response.headers["vary"] == "Accept, Accept-Encoding"
    assert first.body == again.body


async def test_no_representation_is_served_for_another_from_the_cache(ask: Ask) -> None:
    wanted = {
        "application/json": "application/json",
        "text/csv": "text/csv",
        "application/x-ndjson": "application/x-ndjson",
    }
    tags = set()
    for accept in each([*wanted, *reversed(wanted)]):
        response = await ask(RESOURCE, [("accept", accept)])
        assert response.headers["content-type"].startswith(wanted[accept])
        tags.add(response.headers["etag"])
        unchanged = await ask(RESOURCE, [("accept", accept), ("if-none-match", response.headers["etag"])])
        assert (unchanged.status, unchanged.body) == (304, b"")
        assert unchanged.headers["vary"] == "Accept, Accept-Encoding"
    assert len(tags) == len(wanted)


async def test_the_format_in_the_address_overrides_accept_and_does_not_vary(ask: Ask) -> None:
    for form, content_type in each(
        {"json": "application/json", "csv": "text/csv", "NDJSON": "application/x-ndjson"}.items()
    ):
        for accept in ("text/csv", "application/json", "image/png", BROWSER):
            response = await ask(f"{RESOURCE}?format={form}", [("accept", accept)])
            assert response.status == 200
            assert response.headers["content-type"].startswith(content_type)
            assert response.headers["vary"] == "Accept-Encoding"


async def test_a_refusal_names_every_format(ask: Ask) -> None:
    for _ in range(2):
        problem = (await ask(RESOURCE, [("accept", "image/png, text/html")])).problem
        assert "application/json, text/csv and application/x-ndjson are on offer" in problem["detail"]


async def test_links_of_json_keep_the_format_that_was_asked_for(client: httpx.AsyncClient) -> None:
    page = await fetch(client, f"{RESOURCE}?limit=1&format=JSON")
    assert page["links"]["next"] == f"{RESOURCE}?format=json&limit=1&offset=1"


@each_collection
async def test_parameters_are_as_strict_as_any(path: str, client: httpx.AsyncClient) -> None:
    error = await refused(client, f"{path}?format=cvs", "format")
    assert (error["code"], error["did_you_mean"]) == ("enum", "csv")
    await refused(client, f"{path}?format=xml", "format")
    await refused(client, f"{path}?format=csv&format=csv", "format")
    error = await refused(client, f"{path}?view=summary&format=csv", "format")
    assert "json in the summary view" in error["detail"]
    await refused(client, f"{SUMMARIES[path]}?format=csv", "format")
    assert (await client.get(f"{SUMMARIES[path]}?format=json")).status_code == 200


async def test_counts_and_the_brief_view_are_json_alone(client: httpx.AsyncClient, ask: Ask) -> None:
    # Counts stand in `meta`, for which other formats have no room.
    plain, counted = [await client.get(f"{RESOURCE}?format=csv{more}") for more in ("", "&facet=vein")]
    assert counted.content == plain.content
    for query in ("facet=vein", "view=summary"):
        assert (await ask(f"{RESOURCE}?{query}", [("accept", "text/csv")])).status == 406
        assert (await ask(f"{RESOURCE}?{query}")).headers["vary"] == "Accept-Encoding"


# How it is sent


@pytest.mark.parametrize("form", ["csv", "ndjson"])
async def test_it_is_a_file_with_a_name_a_licence_and_all_that_other_responses_have(form: str, ask: Ask) -> None:
    address = f"/v1/citations?format={form}"
    response = await ask(address)
    version = json.loads((await ask("/v1/meta")).body)["data"]["dataset_version"]
    assert response.headers["content-disposition"] == f'attachment; filename="citations-{version}.{form}"'
    assert '<https://creativecommons.org/licenses/by/4.0/>; rel="license"' in response.headers["link"]
    assert response.headers["access-control-allow-origin"] == "*"
    head = await ask(address, method="HEAD")
    assert head.headers["content-length"] == response.headers["content-length"]
    small = await ask(address, [("accept-encoding", "br")])
    assert small.headers["content-encoding"] == "br"
    assert len(small.body) < len(response.body) / 4


def test_the_document_describes_json_so_that_each_operation_has_one_type_and_names_the_other_formats() -> None:
    for path in each(COLLECTIONS):
        content = DOCUMENT["paths"][path]["get"]["responses"]["200"]["content"]
        assert list(content) == ["application/json"]
        parameter = query_parameters(path)["format"]
        assert parameter["schema"]["enum"] == ["json"]
        assert [name for name in ("csv", "ndjson", "bibtex") if f"`{name}`" not in parameter["description"]] == []
