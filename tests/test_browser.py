"""The pages in a real browser, against a real server."""

import json
import re
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import httpx
import pytest

from browser import OVERFLOWING, UNREADABLE, Browser
from support import PATHS

pytestmark = pytest.mark.browser

EXAMPLE = PATHS["/v1/pharmacology"]["get"]["responses"]["200"]["content"]["application/json"]["example"]["data"][0]


SITE = [
    "/jurisdictions",
    "/claims",
    "/side-effects?seriousness=serious",
    "/side-effects/withdrawal-syndrome",
    "/claims/claim-31",
    "/search?q=antidepressants",
    "/dosage-ranges/article-higher",
    "/citations?limit=5",
    "/side-effects/none",
    "/contacts/us-poison-help",
    "/side-effects?seriousness=none",
]
"""HTML pages of every kind."""
LAYOUTS = [(width, scheme) for width in (1280, 390) for scheme in ("light", "dark")]
OPERATION = "#operations-citations-listCitations"


def assert_clean(browser: Browser, server: str, width: int) -> None:
    """The page has no console errors, policy violations, foreign requests, overflow or low contrast."""
    assert [message for message in browser.messages() if "status of 4" not in message] == []
    assert browser.run("return violations") == []
    assert [url for url in browser.requests() if not url.startswith(f"{server}/")] == []
    assert browser.run("return document.documentElement.scrollWidth") <= width
    assert browser.run(OVERFLOWING) == []
    assert browser.run(UNREADABLE) == []


@pytest.mark.parametrize(("width", "scheme"), LAYOUTS)
@pytest.mark.parametrize("path", ["/", "/problems", "/problems/invalid-request", *SITE])
def test_a_page_fits_and_can_be_read(browser: Browser, server: str, path: str, width: int, scheme: str) -> None:
    browser.open(server + path, width, scheme)
    assert browser.run("return document.querySelector('h1').getClientRects().length")
    assert_clean(browser, server, width)


def test_the_examples_name_the_address_the_page_was_read_from(browser: Browser, server: str) -> None:
    browser.open(server, 1280)
    command = browser.run("return document.querySelector('[aria-label=\"Request with curl\"]').innerText")
    assert command.startswith(f'curl "{server}/v1/')
    request = browser.run("return document.querySelector('[aria-label=\"Request with fetch\"]').innerText")
    assert browser.run(f"return (async () => {{ {request}; return data; }})()")
    assert_clean(browser, server, 1280)


def test_the_first_key_leads_past_the_header(browser: Browser, server: str) -> None:
    browser.open(server, 390)
    for key in ("Tab", "Enter"):
        browser.press(key)
    assert browser.wait_for("return document.activeElement.id") == "main"


@pytest.mark.parametrize(("width", "scheme"), LAYOUTS)
def test_the_documentation_shows_every_operation_and_tries_one(
    browser: Browser, server: str, width: int, scheme: str
) -> None:
    browser.open(f"{server}/docs", width, scheme)
    operations = len(httpx.get(f"{server}/openapi.json").json()["paths"])
    browser.wait_for(f"return document.querySelectorAll('.opblock').length === {operations}")
    browser.run(f"document.querySelector('{OPERATION} .opblock-summary-control').click()")
    browser.wait_for(f"return document.querySelector('{OPERATION} .execute')")
    answer = f"{OPERATION} .live-responses-table"
    # A click is lost when the page renders the button anew at that moment, so it is repeated until there is a response.
    browser.wait_for(
        f"if (document.querySelector('{answer}')) return true; document.querySelector('{OPERATION} .execute').click()"
    )
    assert browser.wait_for(f"return document.querySelector('{answer} tbody .response-col_status')?.innerText") == "200"
    assert '"dataset_version"' in browser.run(f"return document.querySelector('{answer} .highlight-code').innerText")
    assert_clean(browser, server, width)


def test_an_operation_has_an_address_in_the_documentation(browser: Browser, server: str) -> None:
    browser.open(f"{server}/docs#/faqs/listFaqs", 1280)
    assert browser.wait_for("return document.querySelector('#operations-faqs-listFaqs.is-open .execute')")


TALL = ["strains", "side-effects", "jurisdictions", "citations"]
SCREEN = 900


@pytest.mark.parametrize("collection", TALL)
def test_an_operation_fits_on_three_screens(browser: Browser, server: str, collection: str) -> None:
    name = "".join(word.capitalize() for word in collection.split("-"))
    browser.open(f"{server}/docs#/{collection}/list{name}", 1280)
    operation = f"#operations-{collection}-list{name}"
    browser.wait_for(f"return document.querySelectorAll('{operation} .response').length === 4")
    browser.wait_for(f"return document.querySelector('{operation} .highlight-code')")
    shown = browser.run(f"return document.querySelector('{operation} .parameters').innerText")
    assert "If-None-Match" not in shown
    assert "Example:" in shown
    assert browser.run(f"return document.querySelector('{operation}').offsetHeight") <= 3 * SCREEN


def test_a_list_is_asked_for_without_its_examples_and_a_record_with_its_slug(browser: Browser, server: str) -> None:
    for tag, operation, path in (("strains", "listStrains", "/v1/strains"), ("strains", "getStrain", "/v1/strains/")):
        browser.open(f"{server}/docs#/{tag}/{operation}", 1280)
        place = f"#operations-{tag}-{operation}"
        browser.wait_for(f"return document.querySelector('{place} .execute')")
        browser.run(f"document.querySelector('{place} .execute').click()")
        asked = browser.wait_for(f"return document.querySelector('{place} .request-url .microlight')?.innerText")
        assert re.fullmatch(rf"{server}{path}(?:\?view=full&format=json&limit=20&offset=0&sort=slug|[a-z-]*)", asked), (
            asked
        )


@pytest.mark.parametrize(
    ("phrase", "operation"),
    [
        ("DOSAGE", "listDosageRanges"),
        ("side", "listSideEffects"),
        ("side effects list", "listSideEffects"),
        ("seriousness", "listSideEffects"),
        ("help lines", "listContacts"),
        ("liver", "listSideEffects"),
        ("hepatic", "listSideEffects"),
        (EXAMPLE["title"], "listPharmacologyFacts"),
        ("/v1/meta", "getMeta"),
    ],
)
def test_the_filter_finds_operations_by_words(browser: Browser, server: str, phrase: str, operation: str) -> None:
    browser.open(f"{server}/docs", 1280)
    every = len(httpx.get(f"{server}/openapi.json").json()["paths"])
    browser.wait_for(f"return document.querySelectorAll('.opblock').length === {every}")
    enter(browser, phrase)
    browser.wait_for(f"return document.querySelectorAll('.opblock').length < {every}")
    assert browser.run(f"return document.querySelector('[id$=-{operation}]') !== null")
    enter(browser, "")
    browser.wait_for(f"return document.querySelectorAll('.opblock').length === {every}")
    assert_clean(browser, server, 1280)


def test_the_filter_says_when_nothing_is_found(browser: Browser, server: str) -> None:
    browser.open(f"{server}/docs", 390)
    browser.wait_for("return document.querySelector('.opblock')")
    enter(browser, "zebra")
    assert (
        browser.wait_for("return document.querySelector('[role=status]')?.innerText") == "No operation contains: zebra"
    )
    assert_clean(browser, server, 390)


def enter(browser: Browser, phrase: str) -> None:
    """Put words in the filter, in place of those that are there."""
    browser.run(f"""
        const field = document.querySelector('.operation-filter-input');
        Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(field, {json.dumps(phrase)});
        field.dispatchEvent(new Event("input", {{ bubbles: true }}));
    """)


class Prefixed(BaseHTTPRequestHandler):
    """A proxy that serves the service under a prefix and takes that away before it asks."""

    origin = ""
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:  # the name that the base class calls
        """Pass a request on, or refuse what is not under the prefix."""
        under = self.path.startswith("/prefix/")
        answer = httpx.get(self.origin + self.path.removeprefix("/prefix")) if under else httpx.Response(404)
        self.send_response(answer.status_code)
        for name in ("content-type", "content-security-policy"):
            if name in answer.headers:
                self.send_header(name, answer.headers[name])
        self.send_header("Content-Length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)

    def log_message(self, *_: object) -> None:
        """Stay silent."""


def test_the_documentation_works_under_a_prefix(browser: Browser, server: str) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), type("Proxy", (Prefixed,), {"origin": server})) as proxy:
        thread = Thread(target=proxy.serve_forever)
        thread.start()
        try:
            origin = f"http://127.0.0.1:{proxy.server_port}"
            browser.open(f"{origin}/prefix/docs#/strains/listStrains", 1280)
            place = "#operations-strains-listStrains"
            browser.wait_for(f"return document.querySelector('{place} .execute')")
            answer = f"{place} .live-responses-table tbody .response-col_status"
            browser.wait_for(
                f"if (document.querySelector('{answer}')) return true; document.querySelector('{place} .execute').click()"
            )
            assert browser.wait_for(f"return document.querySelector('{answer}')?.innerText") == "200"
            asked = browser.requests()
            assert f"{origin}/prefix/openapi.json" in asked
            assert [url for url in asked if not url.startswith(f"{origin}/prefix/")] == []
            assert [message for message in browser.messages() if "404" not in message] == []
        finally:
            proxy.shutdown()
            thread.join()


OPTIONS = "[...document.querySelectorAll('#suggestions [role=option]')]"
FIELD = "document.querySelector('#q')"
ACTIVE = f"{OPTIONS}.findIndex((option) => option.id === {FIELD}.getAttribute('aria-activedescendant'))"
SAID = "document.querySelector('[role=status]').textContent"
TOP = "document.querySelector('main').getBoundingClientRect().top"


def suggested(browser: Browser, text: str) -> int:
    """How many records are suggested for a text that is typed now."""
    browser.run(f"{FIELD}.focus()")
    browser.type(text)
    return int(browser.wait_for(f"return {FIELD}.getAttribute('aria-expanded') === 'true' && {OPTIONS}.length"))


@pytest.mark.parametrize("path", ["/", "/strains/red-vein"])
def test_the_search_box_is_a_combobox_for_the_keyboard(browser: Browser, server: str, path: str) -> None:
    browser.open(server + path, 1280)
    top = browser.run(f"return {TOP}")
    last = suggested(browser, "kratom") - 1
    assert last > 0
    assert browser.run(f"return {TOP}") == top, "nothing may move while a reader types"
    assert browser.run(f"return {FIELD}.getAttribute('role') + {FIELD}.getAttribute('aria-controls')") == (
        "comboboxsuggestions"
    )
    assert browser.run(f"return {SAID}") == f"{last + 1} suggestions"
    for key, active in (("ArrowUp", last), ("ArrowDown", 0), ("ArrowDown", 1), ("ArrowUp", 0), ("ArrowUp", last)):
        browser.press(key)
        assert browser.run(f"return {ACTIVE}") == active
        selected = f"return {OPTIONS}.map((option) => option.getAttribute('aria-selected')).indexOf('true')"
        assert browser.run(selected) == active
    browser.press("Escape")
    assert browser.run("return document.querySelector('#suggestions').hidden")
    assert browser.run(f"return {FIELD}.getAttribute('aria-expanded')") == "false"
    assert browser.run(f"return {FIELD}.value") == "kratom"
    assert browser.run(f"return {SAID}") == ""
    browser.press("ArrowDown")
    browser.wait_for("return !document.querySelector('#suggestions').hidden")
    browser.press("ArrowDown")
    wanted = browser.run(f"return {OPTIONS}[0].textContent")
    browser.press("Enter")
    browser.wait_for(f"return location.pathname !== {json.dumps(path)}")
    assert browser.wait_for("return document.querySelector('h1')?.textContent") == wanted
    assert_clean(browser, server, 1280)
    browser.run("history.back()")
    browser.wait_for(f"return location.pathname === {json.dumps(path)} && {FIELD}.getAttribute('role')")
    assert browser.run("return document.querySelector('#suggestions').hidden"), "the list was left open"


def test_a_failing_network_leaves_the_plain_search(browser: Browser, server: str) -> None:
    browser.open(server + "/strains/red-vein", 390)
    suggested(browser, "kratom")
    browser.run("window.fetch = () => Promise.reject(new TypeError('Failed to fetch'))")
    browser.type(" liver")
    browser.wait_for("return document.querySelector('#suggestions').hidden")
    browser.press("Enter")
    browser.wait_for("return location.pathname === '/search'")
    assert browser.run("return location.search") == "?q=kratom+liver"


def test_suggestions_are_asked_for_once_a_reader_pauses_and_never_after_the_list_was_closed(
    browser: Browser, server: str
) -> None:
    browser.open(server + "/strains/red-vein", 390)
    browser.requests()
    browser.run(f"""
        {FIELD}.focus();
        for (const text of ["be", "ben", "benz", "benzo"]) {{
            {FIELD}.value = text;
            {FIELD}.dispatchEvent(new Event("input"));
        }}
    """)
    browser.wait_for("return !document.querySelector('#suggestions').hidden")
    assert [url.partition("?")[2] for url in browser.requests()] == ["q=benzo"]
    browser.run(f"""
        {FIELD}.value = "opioid";
        {FIELD}.dispatchEvent(new Event("input"));
        {FIELD}.dispatchEvent(new KeyboardEvent("keydown", {{ key: "Escape" }}));
    """)
    time.sleep(0.4)
    assert browser.run("return document.querySelector('#suggestions').hidden")
    assert browser.requests() == []


def test_a_suggestion_can_be_clicked(browser: Browser, server: str) -> None:
    browser.open(server + "/strains/red-vein", 390)
    suggested(browser, "kratom")
    wanted = browser.run(f"{OPTIONS}[1].click(); return {OPTIONS}[1]?.textContent")
    browser.wait_for("return location.pathname !== '/strains/red-vein'")
    assert browser.wait_for("return document.querySelector('h1')?.textContent") == wanted


def test_the_search_works_without_a_script(browser: Browser, server: str) -> None:
    browser.cdp("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.open(server + "/", 390)
        browser.cdp("Emulation.setScriptExecutionDisabled", value=False)
        browser.run("document.querySelector('#q').focus()")
        browser.cdp("Emulation.setScriptExecutionDisabled", value=True)
        browser.type("overdose")
        browser.press("Enter")
        time.sleep(1)
    finally:
        browser.cdp("Emulation.setScriptExecutionDisabled", value=False)
    assert browser.wait_for("return document.querySelector('.results h3')?.textContent")
    assert browser.run("return location.search") == "?q=overdose"
