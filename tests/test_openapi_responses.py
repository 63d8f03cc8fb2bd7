"""What the OpenAPI document promises of responses and examples, held against the responses of the service."""

import json
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from app.problems import KINDS
from document import COMPONENTS, OPERATIONS, all_parameters, all_responses, resolved, validator
from support import COLLECTIONS, DOCUMENT, Object, answered, each, extended, filled

pytestmark = pytest.mark.anyio


def test_every_response_is_described_with_its_headers_and_json_comes_first() -> None:
    for path, status, response in each(all_responses()):
        where = f"{path} {status}"
        assert response["description"].strip(), where
        assert {"X-Request-ID", "Cache-Control"} <= response["headers"].keys(), where
        if status in {"304", "308"}:
            assert "content" not in response
        else:
            first, *others = response["content"]
            own = ["application/feed+json", "application/atom+xml"] if path == FEED else ["application/json"]
            assert [first, *others] == (own if status == "200" else ["application/problem+json"]), where
    for header in each(COMPONENTS["headers"].values()):
        assert header["description"].strip()


def test_parameters_that_operations_share_are_components() -> None:
    for path, operation in each(OPERATIONS.items()):
        for status, response in each(operation["responses"].items()):
            assert status == "200" or "$ref" in response or path.startswith("/health/"), f"{path} {status}"
            inline = [name for name, header in response.get("headers", {}).items() if "$ref" not in header]
            assert not inline, f"{path} {status}"
        assert "header" not in {resolved(parameter)["in"] for parameter in operation.get("parameters", [])}, path


def examples_in(content: Object) -> list[Any]:
    """The examples of a media type: one, or several by name."""
    return [content["example"]] if "example" in content else [named["value"] for named in content["examples"].values()]


JSON = ("application/json", "application/feed+json", "application/problem+json")
FEED = "/v1/feeds/{feed}"


def test_every_example_is_as_its_schema_says() -> None:
    seen = 0
    for path, status, response in each(found for found in all_responses() if "content" in found[2]):
        # The text of other formats has its example in the schema.
        described = [content for name, content in response["content"].items() if name in JSON]
        for content in each(described):
            for example in each(examples_in(content)):
                faults = [fault.message for fault in validator(content["schema"]).iter_errors(example)]
                assert not faults, f"{path} {status}"
                seen += 1
    for _, parameter in each(all_parameters()):
        validator(parameter["schema"]).validate(parameter["example"])
    assert seen > len(OPERATIONS)


def in_text(value: Any) -> str:
    """A value as text, true and false as JSON has them."""
    return value if isinstance(value, str) else json.dumps(value)


def in_query(parameters: list[Object]) -> str:
    """The examples of parameters as a query has them."""
    written = [
        ",".join(map(str, p["example"])) if isinstance(p["example"], list) else in_text(p["example"])
        for p in parameters
    ]
    return "&".join(f"{p['name']}={quote(value, safe=',')}" for p, value in zip(parameters, written, strict=True))


@pytest.mark.parametrize("path", COLLECTIONS)
async def test_the_example_of_every_parameter_matches_records_alone_and_with_all_others(
    path: str, client: httpx.AsyncClient
) -> None:
    parameters = [p for p in map(resolved, OPERATIONS[path]["parameters"]) if p["in"] == "query"]
    for asked in each([*([parameter] for parameter in parameters), parameters]):
        response = await client.get(f"{path}?{in_query(asked)}")
        assert response.status_code == 200, response.text
        assert response.json()["data"], response.url


def same_as_far_as_shown(shown: Any, served: Any) -> bool:
    """Whether an example is what is served, with lists and long texts cut short."""
    if isinstance(shown, dict):
        return shown.keys() == served.keys() and all(same_as_far_as_shown(shown[key], served[key]) for key in shown)
    if isinstance(shown, list):
        return len(served) >= len(shown) and all(map(same_as_far_as_shown, shown, served))
    if isinstance(shown, str) and shown.endswith(" …"):
        return bool(served.startswith(shown.removesuffix(" …")))
    return bool(shown == served)


async def test_every_example_is_a_response_of_this_service(client: httpx.AsyncClient) -> None:
    for path, operation in each(OPERATIONS.items()):
        content, *_ = operation["responses"]["200"]["content"].values()
        shown = content["example"]
        served = (await client.get(shown.get("links", {"self": answered(path)})["self"])).json()
        assert same_as_far_as_shown(shown, served), path


REACHED_BY: dict[str, Object] = {
    "200": {},
    "304": {"headers": {"If-None-Match": "*"}},
    "400": {"headers": {"Host": "not a host"}},
    "404": {"slug": "no-such-record"},
    "405": {"method": "DELETE"},
    "406": {"headers": {"Accept": "image/png"}},
    "410": {},
    "412": {"headers": {"If-Match": '"x"'}},
    "422": {"query": "nonsense=1"},
}
# A broken connection, a broken program and a broken database are made elsewhere.
GONE = {
    "/v1/citations/{slug}": "/v1/citations/pq_mdpi",
    "/v1/releases/{version}": "/v1/releases/2020-01-01+00000000",
    "/v1/releases/{version}/bundle": "/v1/releases/2020-01-01+00000000/bundle",
    "/v1/changes": "/v1/changes?since=2020-01-01%2B00000000",
}
# The data has no renamed record; tests/test_former_slugs.py makes one.
OUT_OF_REACH = {"308", "408", "431", "500", "503"}
WITH_ONE_STATUS = {"405": {"Retry-After"}, "503": {"Allow"}}
"""The headers of the default response that a status does not have, where that differs from most."""
ON_EVERY_RESPONSE = {
    "access-control-allow-origin",
    "access-control-expose-headers",
    "content-encoding",
    "content-language",
    "content-security-policy",
    "cross-origin-resource-policy",
    "referrer-policy",
    "strict-transport-security",
    "vary",
    "x-content-type-options",
}
"""The headers that the description of the document names, rather than each operation."""


def test_the_description_names_the_headers_that_no_operation_does() -> None:
    for name in each(ON_EVERY_RESPONSE):
        assert f"`{name}`" in DOCUMENT["info"]["description"].lower()


@pytest.mark.parametrize("path", OPERATIONS)
async def test_every_documented_status_is_reached_and_is_as_documented(path: str, client: httpx.AsyncClient) -> None:
    responses = OPERATIONS[path]["responses"]
    assert responses.keys() <= REACHED_BY.keys() | OUT_OF_REACH | {"default"}
    # A probe may send any Host.
    reached_by = (
        REACHED_BY | {"400": {"headers": {"If-Match": "x" * 8001}}} if path.startswith("/health/") else REACHED_BY
    )
    for status, how in each(reached_by.items()):
        if (status == "404" and "{" not in path) or (status == "410" and path not in GONE):
            assert status not in responses or "{slug}" in path
            continue
        address = filled(path, how["slug"]) if "slug" in how else answered(path)
        if query := how.get("query"):
            address = extended(address, query)
        address = GONE[path] if status == "410" else address
        response = await client.request(how.get("method", "GET"), address, headers=how.get("headers"))
        ignored = path.startswith("/health/") and status in {"406", "422"}  # a probe may send any Accept and any query
        assert str(response.status_code) == ("200" if ignored else status), address
        documented = resolved(responses["200" if ignored else status if status in responses else "default"])
        named = {name.lower() for name in documented["headers"]} | ON_EVERY_RESPONSE
        assert {*response.headers} - {"connection", "content-type", "content-length"} <= named, f"{path} {status}"
        for name in each(documented["headers"].keys() - WITH_ONE_STATUS.get(status, {"Allow", "Retry-After"})):
            assert name in response.headers, f"{path} {status} has no {name}"
            header = resolved(documented["headers"][name])
            validator(header["schema"]).validate(response.headers[name])
        if "content" in documented:
            content = documented["content"][response.headers["Content-Type"]]
            assert not [fault.message for fault in validator(content["schema"]).iter_errors(response.json())]
        else:
            assert response.content == b""


def test_every_kind_of_problem_is_documented() -> None:
    for path, operation in each(OPERATIONS.items()):
        default = resolved(operation["responses"]["default"])
        for kind in each(KINDS):
            impossible = kind.status == 404 and "{" not in path
            impossible |= kind.status == 410 and "{" not in path and path != "/v1/changes"
            impossible |= kind.status == 410 and path == FEED
            impossible |= path.startswith("/health/") and kind.status == 422
            named = (
                str(kind.status) in operation["responses"]
                or f"{kind.status} {kind.title.lower()}" in default["description"]
            )
            assert named != impossible, f"{path} {kind.status}"
        assert default["content"]["application/problem+json"]["schema"] == {"$ref": "#/components/schemas/Problem"}
