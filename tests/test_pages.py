"""The HTML pages, without a browser."""

import json
import re
from hashlib import sha256
from html import unescape
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from urllib.parse import urljoin
from xml.etree import ElementTree as ET

import httpx
import pytest

from app import pages
from app.main import Service, create_app
from app.pages.assets import ASSETS, FILES
from app.pages.templates import TEMPLATES
from app.problems import KINDS, Kind, Problem
from app.settings import Settings
from support import each

HTML = "text/html; charset=utf-8"
PROBLEM_PAGES = {f"/problems/{kind.slug}": HTML for kind in KINDS}
HTML_PAGES = ["/", "/docs", "/problems", *PROBLEM_PAGES]
TEXT_TYPES = {"text/css": "text/css; charset=utf-8", "text/javascript": "text/javascript; charset=utf-8"}
MEDIA_TYPES = {
    "/": HTML,
    "/docs": HTML,
    "/problems": HTML,
    **PROBLEM_PAGES,
    "/openapi.json": "application/json",
    "/favicon.ico": "image/x-icon",
    "/robots.txt": "text/plain; charset=utf-8",
    "/.well-known/api-catalog": 'application/linkset+json; profile="https://www.rfc-editor.org/info/rfc9727"',
    **{f"/{asset.address}": TEXT_TYPES.get(asset.media_type, asset.media_type) for asset in ASSETS.values()},
    "/pages/swagger-ui-bundle.js.LICENSE.txt": "text/plain; charset=utf-8",
    "/pages/LICENSE": "text/plain; charset=utf-8",
    "/pages/NOTICE": "text/plain; charset=utf-8",
}
EMPTY_ELEMENTS = {"br", "img", "input", "link", "meta"}


class Elements(HTMLParser):
    """The elements of a page with their attributes, in order; refuses a page whose tags don't match."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(html)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep an element."""
        self.found.append((tag, dict(attrs)))
        if tag not in EMPTY_ELEMENTS:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Hold an end against its beginning."""
        assert self.open.pop() == tag


async def elements(client: httpx.AsyncClient, path: str) -> list[tuple[str, dict[str, str | None]]]:
    return Elements((await client.get(path)).text).found


def shown(html: str, label: str) -> str:
    """The text of an example on a page."""
    found = re.search(rf'aria-label="{label}"><code>(.*?)</code>', html, re.DOTALL)
    assert found
    return unescape(re.sub("<[^>]+>", "", found[1]))


def test_the_pages_known_here_are_all_there_are(app: Service) -> None:
    assert set(app.pipeline.pages) == set(MEDIA_TYPES)


@pytest.mark.parametrize("path", MEDIA_TYPES)
async def test_a_page_has_its_media_type(client: httpx.AsyncClient, path: str) -> None:
    response = await client.get(path)
    assert response.status_code == 200
    assert response.headers["content-type"] == MEDIA_TYPES[path]
    assert response.headers["etag"]


@pytest.mark.parametrize("path", MEDIA_TYPES)
async def test_a_page_ignores_every_parameter(client: httpx.AsyncClient, path: str) -> None:
    plain = await client.get(path)
    assert (await client.get(f"{path}?version=1&utm_source=x&utm_source=y&%zz")).content == plain.content


@pytest.mark.parametrize(
    "path", ["/problems/nothing", "/pages/nothing", "/pages/..%2fproblems.json", "/docs/", "/Docs"]
)
async def test_a_page_that_is_not_there_is_a_problem(client: httpx.AsyncClient, path: str) -> None:
    response = await client.get(path)
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("path", HTML_PAGES)
async def test_the_policy_of_a_page_allows_only_what_it_loads(client: httpx.AsyncClient, path: str) -> None:
    policy = (await client.get(path)).headers["content-security-policy"]
    directives = dict(directive.split(" ", 1) for directive in policy.split("; "))
    assert directives.pop("form-action") == ("'self'" if path == "/" else "'none'")  # the search
    for name in ("default-src", "base-uri", "frame-ancestors"):
        assert directives.pop(name) == "'none'"
    for name, sources in each(directives.items()):
        assert sources == ("'self' data:" if (path, name) == ("/docs", "img-src") else "'self'")


@pytest.mark.parametrize("path", HTML_PAGES)
async def test_a_page_holds_no_script_or_style_of_its_own(client: httpx.AsyncClient, path: str) -> None:
    for tag, attributes in each(await elements(client, path)):
        assert tag != "style"
        assert tag != "script" or attributes["src"]
        assert not [name for name in attributes if name == "style" or name.startswith("on")]


@pytest.mark.parametrize("path", HTML_PAGES)
async def test_a_page_asks_no_other_site_for_anything(client: httpx.AsyncClient, path: str) -> None:
    found = await elements(client, path)
    loaded = [attributes.get("src") for _, attributes in found if "src" in attributes]
    loaded += [attributes["href"] for tag, attributes in found if tag == "link"]
    assert loaded
    assert [url for url in loaded if re.match(r"//|[a-z]+:", str(url))] == []


@pytest.mark.parametrize("path", [path for path in MEDIA_TYPES if path.endswith(".css")])
async def test_a_style_sheet_loads_no_other_file(client: httpx.AsyncClient, path: str) -> None:
    style = (await client.get(path)).text
    assert "@import" not in style
    assert set(re.findall(r"""url\(\s*["']?(.{5})""", style)) <= {"data:"}


@pytest.mark.parametrize("path", HTML_PAGES)
async def test_every_link_of_a_page_leads_somewhere(client: httpx.AsyncClient, path: str) -> None:
    found = await elements(client, path)
    ids = {attributes["id"] for _, attributes in found if "id" in attributes}
    for _, attributes in each(found):
        url = attributes.get("href") or attributes.get("src") or ""
        if url.startswith("#"):
            assert url[1:] in ids
        elif url and not re.match(r"https://|tel:[0-9-]+$", url):
            assert (await client.get(urljoin(path, url))).status_code == 200, url


@pytest.mark.parametrize("path", HTML_PAGES)
async def test_a_page_can_be_read_by_everyone(client: httpx.AsyncClient, path: str) -> None:
    found = await elements(client, path)
    tags = [tag for tag, _ in found]
    assert ("html", {"lang": "en"}) in found
    assert [tags.count(tag) for tag in ("title", "h1", "header", "nav", "main")] == [1, 1, 1, 1, 1]
    assert next(attributes for tag, attributes in found if tag == "a")["href"] == "#main"
    assert [attributes for tag, attributes in found if tag == "img" and "alt" not in attributes] == []
    levels = [int(tag[1]) for tag in tags if re.fullmatch("h[1-6]", tag)]
    assert [(before, after) for before, after in pairwise(levels) if after > before + 1] == []
    ids = [attributes["id"] for _, attributes in found if "id" in attributes]
    assert len(ids) == len(set(ids))
    named = [attributes["aria-labelledby"] for _, attributes in found if "aria-labelledby" in attributes]
    assert set(named) <= set(ids)


async def test_the_landing_page_describes_the_data(client: httpx.AsyncClient) -> None:
    html = unescape((await client.get("/")).text)
    release = (await client.get("/v1/meta")).json()["data"]
    for told in ("dataset_version", "disclaimer", "review_status", "source", "conflict_of_interest"):
        assert release[told] in html
    for collection in each(release["collections"]):
        row = html.partition(f'<th scope="row"><a href="{collection["name"]}">')[2].partition("</tr>")[0]
        assert f'href="{collection["url"][1:]}"' in row
        assert f'<td class="number">{collection["total"]}</td><td>{collection["coverage"]}</td>' in row
    for contact in each((await client.get("/v1/contacts")).json()["data"]):
        assert f'{contact["name"]}: <a href="tel:{contact["value"]}">{contact["value"]}</a>' in html


async def test_the_landing_page_shows_the_real_response_to_its_first_request(client: httpx.AsyncClient) -> None:
    html = (await client.get("/")).text
    command = re.fullmatch(r'curl "http://127\.0\.0\.1:8000(/.*)"', shown(html, "Request with curl"))
    assert command
    assert f'fetch("http://127.0.0.1:8000{command[1]}")' in shown(html, "Request with fetch")
    response = (await client.get(command[1])).json()
    assert response["data"]
    assert json.loads(shown(html, "Response in JSON")) == pages.shortened(response)


def test_an_example_is_shortened_where_it_says_so() -> None:
    long = "word " * 100
    told = pages.shortened({"text": long, "list": [1, 2, 3], "short": ["one"], "number": 7, "nothing": None})
    assert told["text"].endswith("word …")
    assert len(told["text"]) < 100
    assert told == {"text": told["text"], "list": [1, "…"], "short": ["one"], "number": 7, "nothing": None}


def test_templates_escape_every_value() -> None:
    template = TEMPLATES.from_string('<p title="{{ x }}">{{ x }}</p>{% for y in ys %}<i>{{ y.z }}</i>{% endfor %}')
    html = template.render(x='<{{ x }}> "$1', ys=[{"z": "<b>&"}])
    assert html == '<p title="&lt;{{ x }}&gt; &#34;$1">&lt;{{ x }}&gt; &#34;$1</p><i>&lt;b&gt;&amp;</i>'


@pytest.mark.parametrize("kind", KINDS, ids=[kind.slug for kind in KINDS])
async def test_every_kind_of_problem_has_its_page(client: httpx.AsyncClient, kind: Kind) -> None:
    html = (await client.get(f"/problems/{kind.slug}")).text
    assert f'<h1><span class="status">{kind.status}</span> {kind.title}</h1>' in html
    assert kind.explanation in unescape(html)
    example = Problem.model_validate_json(shown(html, "Response in JSON"))
    assert (example.type, example.title, example.status) == (f"/problems/{kind.slug}", kind.title, kind.status)
    assert f'href="problems/{kind.slug}"' in (await client.get("/problems")).text


EXAMPLES = json.loads((FILES / "problems.json").read_bytes())
REQUEST = re.compile(r"(GET|DELETE) (/\S*)(?: with ([\w-]+): (.+))?")


@pytest.mark.parametrize("slug", [slug for slug, told in EXAMPLES.items() if REQUEST.fullmatch(told["request"])])
async def test_the_example_of_a_problem_is_the_real_response(client: httpx.AsyncClient, slug: str) -> None:
    request = REQUEST.fullmatch(EXAMPLES[slug]["request"])
    assert request
    method, path, header, value = request.groups()
    response = (await client.request(method, path, headers={header: value} if header else {})).json()
    example = json.loads(shown((await client.get(f"/problems/{slug}")).text, "Response in JSON"))
    assert example == response | {"request_id": example["request_id"]}


def test_no_example_is_of_a_problem_that_is_not_there() -> None:
    assert set(EXAMPLES) <= {kind.slug for kind in KINDS}


async def test_the_api_catalog_links_to_the_api_and_its_description(client: httpx.AsyncClient) -> None:
    response = await client.get("/.well-known/api-catalog")
    assert 'rel="api-catalog"' in response.headers["link"]
    (catalog, interface) = response.json()["linkset"]
    assert (catalog["anchor"], catalog["item"][0]["href"]) == ("/.well-known/api-catalog", interface["anchor"])
    relations = {name: targets[0] for name, targets in interface.items() if name != "anchor"}
    assert {name: target["href"] for name, target in relations.items()} == {
        "service-desc": "/openapi.json",
        "service-doc": "/docs",
        "service-meta": "/v1/meta",
        "status": "/health/ready",
    }
    for target in each(relations.values()):
        assert (await client.get(target["href"])).headers["content-type"].partition(";")[0] == target["type"]


async def test_the_committed_document_is_the_one_that_is_served(client: httpx.AsyncClient) -> None:
    assert (await client.get("/openapi.json")).json() == json.loads(pages.OPENAPI.read_bytes())


async def test_without_the_committed_document_the_derived_one_is_served(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, database_path: Path
) -> None:
    monkeypatch.setattr(pages, "OPENAPI", tmp_path / "openapi.json")
    service = create_app(Settings(database_path=database_path))
    transport = httpx.ASGITransport(app=service)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        assert (await client.get("/openapi.json")).json() == service.openapi()
    service.state.database.close()


@pytest.mark.parametrize("path", ["/", "/docs", "/.well-known/api-catalog"])
async def test_a_page_does_not_depend_on_the_host_that_was_asked(client: httpx.AsyncClient, path: str) -> None:
    elsewhere = await client.get(path, headers={"Host": "elsewhere.example"})
    assert elsewhere.content == (await client.get(path)).content


def test_swagger_ui_is_the_published_one() -> None:
    folder = FILES / "swagger-ui"
    vendored = json.loads((folder / "vendored.json").read_bytes())
    digests = {path.name: sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
    del digests["vendored.json"]
    assert digests == vendored["sha256"]
    assert f'"{vendored["version"]}"' in (folder / "swagger-ui-bundle.js").read_text(encoding="utf-8")


def test_the_icons_are_pictures() -> None:
    assert ET.parse(FILES / "icon.svg").getroot().tag == "{http://www.w3.org/2000/svg}svg"  # noqa: S314  # our own file
    icon = (FILES / "favicon.ico").read_bytes()
    assert icon[:6] == b"\x00\x00\x01\x00\x01\x00"
    assert icon[22:].startswith(b"\x89PNG")


async def test_the_readme_shows_the_real_response(client: httpx.AsyncClient) -> None:
    readme = (pages.OPENAPI.parent / "README.md").read_text(encoding="utf-8")
    shown = json.loads(readme.partition("```json\n")[2].partition("```")[0])
    response = (await client.get(shown["links"]["self"])).json()
    # The version changes with every word of the content; the rest of the response need not.
    assert (shown["data"], shown["links"]) == (response["data"], response["links"])
    assert shown["meta"].keys() == response["meta"].keys()
