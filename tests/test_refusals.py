"""Invalid queries are rejected at every path, with a suggested correction where possible."""

import json

import httpx
import pytest

from support import (
    COLLECTIONS,
    PATHS,
    Object,
    answered,
    each,
    example_of,
    extended,
    fetch,
    filter_values,
    query_parameters,
    refused,
    resolved,
    written,
)

pytestmark = pytest.mark.anyio


BROKEN_QUERIES = {
    "slug=%FF": "not_unicode",
    "slug=%ED%A0%80": "not_unicode",
    "=5": "empty_name",
    "slug=" + "a," * 2500: "query_too_long",
    "x" * 60_000: "query_too_long",
}

NOT_CANONICAL = {
    "leading zero": "05",
    "plus": "%2B5",
    "space for a plus": "+5",
    "fraction": "5.0",
    "underscore": "1_0",
    "full-width digit": "%EF%BC%95",
    "arabic digit": "%D9%A5",
    "negative zero": "-0",
    "exponent": "1e2",
    "hexadecimal": "0x10",
    "space before": "%205",
    "space after": "5%20",
    "superscript": "%C2%B2",
    "word": "true",
    "thousands of digits": "9" * 3000,
}

PARAMETERS = tuple(
    (path, name, parameter["schema"]) for path in PATHS for name, parameter in query_parameters(path).items()
)
LISTS = tuple((path, name) for path, name, schema in PARAMETERS if path in COLLECTIONS and schema["type"] == "array")
LISTED = tuple(
    (path, name)
    for path, name, schema in PARAMETERS
    if path in COLLECTIONS and "enum" in resolved(schema.get("items", schema))
)
INTEGERS = tuple((path, name) for path, name, schema in PARAMETERS if "integer" in json.dumps(schema))

STRICT = [path for path in PATHS if not path.startswith("/health/")]
each_strict_path = pytest.mark.parametrize("path", STRICT)
each_path_with_parameters = pytest.mark.parametrize("path", [path for path in PATHS if query_parameters(path)])


@each_strict_path
async def test_an_unknown_parameter_is_named(
    path: str, client: httpx.AsyncClient, records: dict[str, list[Object]]
) -> None:
    error = await refused(client, f"{example_of(path, records)}?colour=red", "colour")
    assert error["code"] == "unknown_parameter"


@each_path_with_parameters
async def test_an_unknown_parameter_near_a_known_one_gets_that_suggested(
    path: str, client: httpx.AsyncClient, records: dict[str, list[Object]]
) -> None:
    for name in each(query_parameters(path)):
        # Nothing is left of `q` without its last letter.
        for near in (name.upper(), f"{name}x", name[:-1] or f"{name}y"):
            error = await refused(client, f"{example_of(path, records)}?{near}=1", near)
            assert error["did_you_mean"] == name


@each_strict_path
async def test_a_repeated_parameter_is_refused_unless_it_is_a_list(
    path: str, client: httpx.AsyncClient, records: dict[str, list[Object]]
) -> None:
    single = [name for name, found in query_parameters(path).items() if found["schema"]["type"] != "array"]
    for name in (*single, "colour"):
        error = await refused(client, f"{example_of(path, records)}?{name}=1&{name}=1", name)
        assert error["detail"].endswith("more than once; give it once, with one value.")
        assert error["code"] == "repeated_parameter"


@pytest.mark.parametrize(("path", "name"), LISTS)
async def test_a_list_may_be_repeated_or_written_with_brackets(
    path: str, name: str, client: httpx.AsyncClient, records: dict[str, list[Object]]
) -> None:
    one, other = map(written, (filter_values(path, name, records[path]) * 2)[:2])
    usual = await fetch(client, f"{path}?{name}={one},{other}")
    for spelling in (f"{name}={one}&{name}={other}", f"{name}[]={one}&{name}[]={other}", f"{name}%5B%5D={one},{other}"):
        assert await fetch(client, f"{path}?{spelling}") == usual, spelling
    most = query_parameters(path)[name]["schema"]["maxItems"]
    await refused(client, f"{path}?" + "&".join([f"{name}={one}"] * 2 + [f"{name}={','.join([one] * most)}"]), name)


@each_path_with_parameters
async def test_an_empty_value_and_a_missing_one_are_refused(
    path: str, client: httpx.AsyncClient, records: dict[str, list[Object]]
) -> None:
    for name in each(query_parameters(path)):
        await refused(client, f"{example_of(path, records)}?{name}=", name)
        error = await refused(client, f"{example_of(path, records)}?{name}", name)
        assert error["code"] == "missing_value"


@pytest.mark.parametrize(("path", "name"), LISTS)
async def test_an_empty_item_in_a_list_of_values_is_refused(
    path: str, name: str, client: httpx.AsyncClient, records: dict[str, list[Object]]
) -> None:
    value = written(filter_values(path, name, records[path])[0])
    for broken in (f"{value},", f",{value}", f"{value},,{value}", ",", f"{value},%20"):
        await refused(client, f"{path}?{name}={broken}", name)


@pytest.mark.parametrize(("path", "name"), INTEGERS)
async def test_only_plain_digits_are_an_integer(path: str, name: str, client: httpx.AsyncClient) -> None:
    for value in each(NOT_CANONICAL.values()):
        error = await refused(client, f"{path}?{name}={value}", name)
        assert error["code"] == "integer_canonical"


@pytest.mark.parametrize(("path", "name"), INTEGERS)
async def test_an_integer_out_of_its_documented_bounds_is_refused_and_one_at_a_bound_is_not(
    path: str, name: str, client: httpx.AsyncClient
) -> None:
    schema = query_parameters(path)[name]["schema"]
    bounds = schema.get("items", schema)
    for outside in (bounds["minimum"] - 1, bounds["maximum"] + 1, 2**31, 2**63):
        await refused(client, f"{path}?{name}={outside}", name)
    for inside in (bounds["minimum"], bounds["maximum"]):
        await fetch(client, extended(answered(path), f"{name}={inside}"))


@pytest.mark.parametrize(("path", "name"), LISTED)
async def test_a_value_that_is_not_listed_is_refused_and_the_near_one_suggested(
    path: str, name: str, client: httpx.AsyncClient
) -> None:
    parameter = query_parameters(path)[name]
    listed = resolved(parameter["schema"].get("items", parameter["schema"]))["enum"]
    for value in each(listed[:3]):
        for wrong in (f"{value}x", f"{value}X".upper()):
            error = await refused(client, f"{path}?{name}={wrong}", name)
            assert error["did_you_mean"] in listed
    await refused(client, f"{path}?{name}=nonsense", name)


@pytest.mark.parametrize(("path", "name"), LISTS)
async def test_more_values_than_documented_are_refused(
    path: str, name: str, client: httpx.AsyncClient, records: dict[str, list[Object]]
) -> None:
    most = query_parameters(path)[name]["schema"]["maxItems"]
    value = written(filter_values(path, name, records[path])[0])
    await fetch(client, f"{path}?{name}={','.join([value] * most)}")
    error = await refused(client, f"{path}?{name}={','.join([value] * (most + 1))}", name)
    assert error["code"] == "too_long"


@each_strict_path
async def test_control_characters_are_refused(
    path: str, client: httpx.AsyncClient, records: dict[str, list[Object]]
) -> None:
    for character in ("%00", "%0A", "%0D%0A", "%1B", "%7F", "%C2%85"):
        error = await refused(client, f"{example_of(path, records)}?slug=a{character}b", "slug")
        assert error["code"] == "control_character"


@each_strict_path
async def test_a_query_that_is_broken_as_a_whole_is_refused(
    path: str, client: httpx.AsyncClient, records: dict[str, list[Object]]
) -> None:
    for query, code in each(BROKEN_QUERIES.items()):
        response = await client.get(f"{example_of(path, records)}?{query}")
        assert response.status_code == 422, query[:20]
        assert [response.json()["errors"][0][key] for key in ("pointer", "code")] == ["/query", code]


@each_strict_path
async def test_a_percent_sign_without_two_digits_is_refused(
    path: str, client: httpx.AsyncClient, records: dict[str, list[Object]]
) -> None:
    # Written as raw bytes, because a client library would escape the sign.
    url = httpx.URL("http://test").copy_with(raw_path=f"{example_of(path, records)}?slug=a%zz".encode())
    response = await client.get(url)
    assert response.status_code == 422
    assert response.json()["errors"][0]["code"] == "broken_escape"


@pytest.mark.parametrize(
    "value",
    [
        "%27",
        "a%27%20OR%20%271%27=%271",
        "%25",
        "a%25",
        "_",
        "a*",
        "%22",
        "a%20OR%20b",
        "NEAR(a,b)",
        "{}",
        "$where",
        "../a",
    ],
)
async def test_every_value_is_treated_as_plain_text(value: str, client: httpx.AsyncClient) -> None:
    for path in each(COLLECTIONS):
        await refused(client, f"{path}?slug={value}", "slug")
        response = await client.get(f"{path}/{value}")
        assert response.status_code == 404
