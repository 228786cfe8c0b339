"""Headless Chromium for the tests of the page, cut off from every network.

Where it is missing the tests are skipped; `.ci/run` installs it and lets none be skipped.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
# A name of another site that points to this machine, as an attacker's would.
ELSEWHERE = "elsewhere.example"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--host-resolver-rules=MAP {ELSEWHERE} 127.0.0.1",
]
AXE = Path(__file__).parents[1] / "page/node_modules/axe-core/axe.min.js"


@contextmanager
def chromium() -> Iterator[Any]:
    """A running browser; the test is skipped where there is none."""
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="the page's tests need playwright: see CONTRIBUTING"
    )
    if CHROMIUM is None:
        pytest.skip("the page's tests need the program chromium: see CONTRIBUTING")
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


# The texts of charts that are cut by their chart's edge, or lie over each other.
CROWDED = """() => {
    const found = [];
    for (const chart of document.querySelectorAll("svg")) {
        const edge = chart.getBoundingClientRect();
        const texts = [...chart.querySelectorAll("text")]
            .map((text) => [text.textContent, text.getBoundingClientRect()])
            .filter(([, box]) => box.width);
        texts.forEach(([text, box], at) => {
            const [left, right] = [box.left - edge.left, edge.right - box.right];
            const [top, bottom] = [box.top - edge.top, edge.bottom - box.bottom];
            if (Math.min(left, right, top, bottom) < -1) found.push(`${text} is cut`);
            for (const [other, beside] of texts.slice(at + 1)) {
                const wide = Math.min(box.right, beside.right) - Math.max(box.left, beside.left);
                const tall = Math.min(box.bottom, beside.bottom) - Math.max(box.top, beside.top);
                if (wide > 1 && tall > 3) found.push(`${text} over ${other}`);
            }
        });
    }
    return found;
}"""


def violations(page: Any) -> list[Any]:
    """What axe-core finds serious or critical on a page, its details open.

    The test is skipped where axe-core is not installed.
    """
    if not AXE.exists():
        pytest.skip("axe-core is not there: npm ci in page/")
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run()")["violations"]
    return [one for one in found if one["impact"] in ("serious", "critical")]


def crowded(page: Any) -> list[str]:
    """What is illegible on a page: texts of charts that are cut or lie over each other."""
    found: list[str] = page.evaluate(CROWDED)
    return found


def fits(page: Any) -> bool:
    """Whether a page needs no scrolling sideways."""
    return bool(
        page.evaluate(
            "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        )
    )


class Opened:
    """A page opened from disk, offline; what went wrong on it is in `complaints`."""

    def __init__(self, browser: Any, path: Path, width: int = 1280, **options: Any) -> None:
        self.context = browser.new_context(
            viewport={"width": width, "height": 900}, offline=True, **options
        )
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda said: self.complaints.append(said.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda asked: self.requests.append(asked.url))
        self.page.goto(path.as_uri())
        self.page.set_default_timeout(120_000)
        self.page.wait_for_selector("main section")

    def figure(self, name: str) -> str:
        """The exact value of a figure that the page shows."""
        return self.page.get_attribute(f'[data-figure="{name}"]', "data-value")

    def column(self, name: str) -> list[str]:
        """The exact values of a column of the table of networks, in the order shown."""
        cells = self.page.query_selector_all(f'#table td[data-column="{name}"]')
        return [cell.get_attribute("data-value") for cell in cells]

    def stacks(self) -> list[str]:
        """The stacks of the table, in the order shown."""
        return [one.inner_text() for one in self.page.query_selector_all("#table td.stack button")]

    def choose(self, label: str, value: str) -> None:
        """Pick from the list with this label."""
        self.page.locator(f"label:has(> span:text-is('{label}')) select").select_option(value)

    def close(self) -> None:
        self.context.close()
