"""Chromium for the tests of pages, spoken to in the words of the WebDriver standard, and what a readable page is."""

import json
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

CHROMIUM, DRIVER = Path("/usr/bin/chromium"), Path("/usr/bin/chromedriver")
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE = 30

WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => violations.push(
    event.violatedDirective + " " + event.blockedURI + " " + event.sourceFile + ":" + event.lineNumber));
"""
UNREADABLE = """
const channels = (colour) => { const all = colour.match(/[\\d.]+/g).map(Number); return all.length < 4 ? [...all, 1] : all; };
const over = ([r, g, b, a], ground) => [r, g, b].map((value, n) => value * a + ground[n] * (1 - a));
const ground = (node) => node
    ? over(channels(getComputedStyle(node).backgroundColor), ground(node.parentElement))
    : matchMedia("(prefers-color-scheme: dark)").matches ? [0, 0, 0] : [255, 255, 255];
const luminance = (colour) => colour
    .map((value) => value / 255)
    .map((value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
    .reduce((sum, value, n) => sum + value * [0.2126, 0.7152, 0.0722][n], 0);
const faint = new Set();
const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (texts.nextNode()) {
    const node = texts.currentNode.parentElement, style = getComputedStyle(node);
    if (!texts.currentNode.data.trim() || !node.getClientRects().length) continue;
    const below = ground(node);
    const [dark, light] = [below, over(channels(style.color), below)].map(luminance).sort((a, b) => a - b);
    const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    const contrast = (light + 0.05) / (dark + 0.05);
    if (contrast < (large ? 3 : 4.5)) faint.add(`${node.tagName}.${node.className} ${contrast.toFixed(2)}`);
}
return [...faint];
"""
OVERFLOWING = """
const width = document.documentElement.clientWidth;
const scrolls = (node) => node && node !== document.body &&
    (/auto|scroll|hidden|clip/.test(getComputedStyle(node).overflowX) || scrolls(node.parentElement));
return [...document.body.querySelectorAll("*")]
    .filter((node) => node.getBoundingClientRect().right > width + 1 && !scrolls(node))
    .map((node) => node.tagName + "." + node.className).slice(0, 10);
"""


class Browser:
    """Chromium with one window, spoken to in the words of the WebDriver standard."""

    def __init__(self, driver: httpx.Client, profile: str) -> None:
        options = {"binary": str(CHROMIUM), "args": [*FLAGS, f"--user-data-dir={profile}"]}
        wanted = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"}}
        self.driver = driver
        self.path = ""
        self.path = f"/session/{self._call('/session', capabilities={'alwaysMatch': wanted})['sessionId']}"
        self.cdp("Page.addScriptToEvaluateOnNewDocument", source=WATCH)

    def _call(self, path: str, **arguments: Any) -> Any:
        answer = self.driver.post(self.path + path, json=arguments)
        assert answer.is_success, answer.text
        return answer.json()["value"]

    def cdp(self, command: str, **parameters: Any) -> Any:
        """The response to a command of the Chrome DevTools Protocol."""
        return self._call("/goog/cdp/execute", cmd=command, params=parameters)

    def open(self, url: str, width: int, scheme: str = "light") -> None:
        """Load a page in a window as wide as this, with empty logs."""
        self.cdp("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 500)
        self._call("/url", url="about:blank")
        self.messages()
        self.requests()
        self._call("/url", url=url)

    def run(self, script: str) -> Any:
        """What a script returns in the page."""
        return self._call("/execute/sync", script=script, args=[])

    def press(self, key: str) -> None:
        """Strike a key."""
        code = {"Tab": 9, "Enter": 13, "Escape": 27, "ArrowUp": 38, "ArrowDown": 40}[key]
        self.cdp(
            "Input.dispatchKeyEvent", type="keyDown", key=key, windowsVirtualKeyCode=code, text="\r" * (code == 13)
        )
        self.cdp("Input.dispatchKeyEvent", type="keyUp", key=key, windowsVirtualKeyCode=code)

    def type(self, text: str) -> None:
        """Write a text where the cursor is."""
        self.cdp("Input.insertText", text=text)

    def wait_for(self, script: str) -> Any:
        """The first true value of a script."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if value := self.run(script):
                return value
            time.sleep(0.1)
        pytest.fail(f"not within {PATIENCE} s: {script}")

    def messages(self) -> list[str]:
        """What the console has received since the last look."""
        return [entry["message"] for entry in self._call("/se/log", type="browser")]

    def requests(self) -> list[str]:
        """The addresses requested since the last call."""
        events = [json.loads(entry["message"])["message"] for entry in self._call("/se/log", type="performance")]
        urls = [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]
        return [url for url in urls if not url.startswith("data:")]

    def quit(self) -> None:
        """Close the window."""
        self.driver.delete(self.path)


@contextmanager
def driver_port() -> Iterator[str]:
    """The port of the browser's driver, which runs while the context lasts."""
    command = [str(DRIVER), "--port=0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            assert process.stdout
            started = (re.search(r"started successfully on port (\d+)", line) for line in process.stdout)
            yield next(found[1] for found in started if found)
        finally:
            process.terminate()
