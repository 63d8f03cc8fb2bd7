"""The pages on a phone, in a real browser: what is on the first screen, what can be tapped, and what needs no scrolling."""

import httpx
import pytest

from browser import Browser
from support import COLLECTIONS

pytestmark = pytest.mark.browser

CAUTIONED = [path for path in COLLECTIONS if path != "/v1/citations"]


@pytest.mark.parametrize("path", CAUTIONED)
def test_title_summary_cautions_and_disclaimer_are_above_the_fold_of_a_phone(
    browser: Browser, server: str, path: str
) -> None:
    """Of the record of each collection that has the most to say there."""
    records = httpx.get(f"{server}{path}?view=summary&limit=500").json()["data"]
    sizes = {
        record["slug"]: len(record["title"] + record["summary"] + "".join(record["cautions"])) for record in records
    }
    browser.open(f"{server}{path.removeprefix('/v1')}/{max(sizes, key=sizes.__getitem__)}", 390)
    assert browser.run("return document.querySelector('.disclaimer').getBoundingClientRect().bottom") <= 844


CONTROLS = (
    ".urgent a, .crumbs a, .chosen .remove, .search input, .search button, .filters summary, .call a, .filters button"
)
SMALLEST = 24


@pytest.mark.parametrize(
    "path", ["/claims/claim-31", "/side-effects?seriousness=serious&q=heart", "/contacts", "/side-effects?sort=price"]
)
def test_what_is_tapped_is_large_enough_on_a_phone(browser: Browser, server: str, path: str) -> None:
    browser.open(server + path, 390)
    sizes = browser.run(f"""
        return [...document.querySelectorAll("{CONTROLS}")].map((control) => {{
            const {{ width, height }} = control.getBoundingClientRect();
            return [control.textContent, Math.min(width, height)];
        }});
    """)
    assert len(sizes) >= 4
    assert [name for name, size in sizes if size < SMALLEST] == []


@pytest.mark.parametrize("path", ["/claims", "/side-effects", "/citations"])
def test_a_picture_needs_no_scrolling_on_a_phone(browser: Browser, server: str, path: str) -> None:
    browser.open(server + path, 390)
    shown = browser.run("""
        const [wide, narrow] = document.querySelectorAll(".picture");
        const right = narrow.getBoundingClientRect().right;
        const beyond = [...narrow.querySelectorAll("text, circle")].filter((it) => it.getBoundingClientRect().right > right);
        return [getComputedStyle(wide).display, beyond.map((it) => it.textContent), narrow.parentNode.scrollWidth];
    """)
    assert shown[:2] == ["none", []]
    assert shown[2] <= 390
    browser.open(server + path, 1280)
    displays = "return [...document.querySelectorAll('.picture')].map((it) => getComputedStyle(it).display)"
    assert browser.run(displays) == ["block", "none"]


def test_the_focus_can_be_seen_on_the_line_about_emergencies(browser: Browser, server: str) -> None:
    browser.open(server + "/strains/red-vein", 390)
    for key in ("Tab", "Tab"):
        browser.press(key)
    assert browser.run("return document.activeElement.textContent") == "Warning signs"
    colour = browser.run("return getComputedStyle(document.activeElement).outlineColor")
    assert colour == "rgb(255, 255, 255)", "the ground is dark red"
