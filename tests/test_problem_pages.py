"""Whoever reads HTML is told of a problem in HTML, with a way on; under /v1 every problem stays JSON."""

from collections.abc import Iterator
from pathlib import Path
from unittest.mock import Mock
from urllib.parse import urljoin

import httpx
import pytest

from app.main import Service, create_app
from app.problems import Problem
from app.settings import Settings
from readers import Reader
from support import Ask, each

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
READER = {"Accept": BROWSER}
WRONG = [
    ("/nothing", 404, "There is nothing at this address"),
    ("/a/b/c", 404, "There is nothing at this address"),
    ("/Side-Effects/", 404, "Did you mean: Side effects"),
    ("/Strains/Red-Vein", 404, "Did you mean: Red vein: a marketing name"),
    ("/Search", 404, "Did you mean: /search"),
    ("/side-effects/nausae", 404, "Did you mean: Nausea"),
    ("/side-effects/%3Cscript%3Ealert(1)%3C", 404, "“<script>alert(1)<”"),
    ("/strains?vein=purple", 422, "“Vein” cannot be “purple”"),
    ("/strains?limit=many&sort=price", 422, "The list has no order called “price”"),
    (f"/search?q={'x' * 300}", 422, "longer than 200 characters"),
]
PROGRAMS = [
    "/v1/nothing",
    "/v1/strains/nothing",
    "/v1/strains?vein=purple",
    "/V1/strains",
    "/docs/x",
    "/health/x",
    "/pages/x.css",
]


@pytest.fixture
def public(database_path: Path) -> Iterator[Service]:
    service = create_app(Settings(database_path=database_path, public_url="https://api.example.org/kratom"))
    yield service
    service.state.database.close()


@pytest.mark.parametrize(("address", "status", "said"), WRONG)
async def test_a_reader_is_told_what_is_wrong_and_where_to_go_on(
    address: str, status: int, said: str, client: httpx.AsyncClient
) -> None:
    response = await client.get(address, headers=READER)
    assert response.status_code == status
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    page = Reader(response.text)
    assert said in page.text
    assert '<meta name="robots" content="noindex">' in response.text
    assert "<script>alert" not in response.text
    actions = [attributes["action"] for tag, attributes in page.elements if tag == "form"]
    links = [urljoin(f"http://test{address}", str(link)) for link in (*actions, *page.values("href", "src"))]
    assert "http://test/search" in links
    for link in each({link for link in links if "#" not in link}):
        assert (await client.get(link)).status_code == 200, link


@pytest.mark.parametrize(("address", "status"), [(address, status) for address, status, _ in WRONG])
async def test_a_problem_page_is_not_stored_varies_by_accept_and_has_the_common_headers(
    address: str, status: int, ask: Ask
) -> None:
    response = await ask(address, [("accept", BROWSER)])
    assert response.status == status
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["vary"] == "Accept"
    assert response.headers["content-security-policy"].startswith("default-src 'none'")
    assert "unsafe" not in response.headers["content-security-policy"]
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["content-length"] == str(len(response.body))
    head = await ask(address, [("accept", BROWSER)], method="HEAD")
    assert head.body == b""
    assert {name: value for name, value in head.headers.items() if name != "x-request-id"} == {
        name: value for name, value in response.headers.items() if name != "x-request-id"
    }


@pytest.mark.parametrize(("address", "status"), [(address, status) for address, status, _ in WRONG])
async def test_a_program_gets_the_same_problem_as_json(address: str, status: int, client: httpx.AsyncClient) -> None:
    for accept in ("application/json", "application/problem+json", "text/html;q=0.5, application/problem+json"):
        response = await client.get(address, headers={"Accept": accept})
        assert response.headers["Content-Type"] == "application/problem+json"
        assert response.headers["Vary"] == "Accept"
        assert Problem.model_validate(response.json()).status == response.status_code == status


async def test_an_unknown_address_is_html_only_for_a_client_that_names_html(client: httpx.AsyncClient) -> None:
    for path, media_type in (
        ("/nothing", "application/problem+json"),
        ("/strains/nothing", "text/html; charset=utf-8"),
    ):
        response = await client.get(path, headers={"Accept": "*/*"})
        assert response.headers["Content-Type"] == media_type


@pytest.mark.parametrize("address", PROGRAMS)
async def test_problems_at_addresses_for_programs_are_always_json(address: str, client: httpx.AsyncClient) -> None:
    response = await client.get(address, headers=READER)
    assert response.headers["Content-Type"] == "application/problem+json"
    assert Problem.model_validate(response.json()).status == response.status_code


async def test_a_problem_of_another_method_is_json(client: httpx.AsyncClient) -> None:
    response = await client.post("/strains", headers=READER)
    assert (response.status_code, response.headers["Content-Type"]) == (405, "application/problem+json")


async def test_a_problem_at_an_address_with_an_escaped_slash_is_json(client: httpx.AsyncClient) -> None:
    """Relative links would lead elsewhere."""
    response = await client.get("/a%2Fb", headers=READER)
    assert (response.status_code, response.headers["Content-Type"]) == (404, "application/problem+json")


async def test_a_long_address_makes_no_long_page(client: httpx.AsyncClient) -> None:
    for depth in (10, 11, 1000):
        response = await client.get("/a" * depth, headers=READER)
        assert response.status_code == 404
        assert len(response.content) <= 5_000


async def test_a_failure_is_told_in_html_too_without_what_is_inside(
    public: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr("app.routers.html_pages.record_html", fail)
    # A service of its own: another test may have asked for the page, which is kept then.
    transport = httpx.ASGITransport(app=public)
    async with httpx.AsyncClient(transport=transport, base_url="https://api.example.org", headers=READER) as client:
        response = await client.get("/kratom/strains/red-vein")
    assert (response.status_code, response.headers["Content-Type"]) == (500, "text/html; charset=utf-8")
    assert "Something went wrong. The fault is in this service. Try again later." in response.text
    assert "secret" not in response.text


async def test_a_service_that_is_short_of_something_asks_to_try_again(
    public: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.routers.html_pages.record_html", Mock(side_effect=MemoryError))
    transport = httpx.ASGITransport(app=public)
    async with httpx.AsyncClient(transport=transport, base_url="https://api.example.org", headers=READER) as client:
        response = await client.get("/kratom/strains/red-vein")
    assert (response.status_code, response.headers["Content-Type"]) == (503, "text/html; charset=utf-8")
    assert "This page cannot be shown right now" in response.text
    assert "Try again in a few seconds." in response.text


async def test_under_a_prefix_every_link_stays_below_it(public: Service) -> None:
    transport = httpx.ASGITransport(app=public)
    async with httpx.AsyncClient(transport=transport, base_url="https://api.example.org", headers=READER) as client:
        for address, status in (
            ("/kratom/nothing", 404),
            ("/kratom/a/b", 404),
            ("/kratom/side-effects/nausae", 404),
            ("/kratom/Side-Effects", 404),
            ("/kratom/side-effects?seriousness=deadly,mild", 422),
            ("/kratom/side-effects/nausea?%zz=1", 422),
            ("/kratom/search?q=liver&type=pill", 422),
        ):
            response = await client.get(address)
            assert response.status_code == status
            for link in each(set(Reader(response.text).values("href", "src", "action")) - {"#main"}):
                target = urljoin(f"https://api.example.org{address}", link)
                assert target.startswith("https://api.example.org/kratom/"), link
                assert (await client.get(target)).status_code == 200, target
