"""`rfsearch explore` in headless Chromium: controls, address, copies, and a server that ends."""

import pytest
from browser import chromium
from test_explore import SLOW, SMALL, serving

from rfsearch.cli.explore.question import Base


@pytest.fixture(scope="module")
def browser():
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def served():
    with serving(Base(None, SMALL)) as server:
        yield server


@pytest.fixture
def page(browser, served):
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.complaints = []
    page.on("console", lambda said: page.complaints.append(said.text))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.goto(served.address)
    _answered(page)
    yield page
    context.close()


def _answered(page):
    page.wait_for_selector(".state:has-text('Answered in')", timeout=60_000)


def _matches(page):
    return int(page.get_attribute('[data-figure="matches"]', "data-value"))


def _set(page, name, text):
    before = page.get_attribute('[data-figure="matches"]', "data-value")
    page.fill(f'input[name="{name}"]', text)
    page.wait_for_function(
        """before => document.querySelector('[data-figure="matches"]').dataset.value !== before
            && document.querySelector('.state').innerText.includes('Answered in')""",
        arg=before,
        timeout=60_000,
    )


def test_a_change_asks_again_and_back_and_forward_ask_what_was_asked(page):
    first = _matches(page)
    _set(page, "target_rf", "5")
    second = _matches(page)
    assert "target_rf=5" in page.url and second != first
    for step, count in ((page.go_back, first), (page.go_forward, second)):
        step()
        page.wait_for_selector(f'[data-figure="matches"][data-value="{count}"]')
    assert page.complaints == []


def test_the_address_is_the_question(page, browser):
    _set(page, "target_rf", "5")
    other = browser.new_page()
    other.goto(page.url)
    _answered(other)
    assert _matches(other) == _matches(page)
    other.close()


def test_an_error_is_said_beside_the_controls(page):
    page.fill('input[name="kernel"]', "0")
    page.wait_for_selector(".state .warning")
    assert page.inner_text(".state") == "--kernel: 0 is not ≥ 1"


def test_a_slow_question_gives_way_to_a_newer_one(page):
    _set(page, "target_rf", "5")
    count = _matches(page)
    for name in ("target_rf", "input", "depth"):
        page.fill(f'input[name="{name}"]', SLOW[name])
    page.wait_for_selector(".state:has-text('Asking')")
    for name, text in (SMALL | {"target_rf": "5"}).items():
        page.fill(f'input[name="{name}"]', text)
    page.wait_for_selector(f'[data-figure="matches"][data-value="{count}"]', timeout=60_000)
    _answered(page)


def test_a_neighbour_is_asked_by_its_button(page):
    row = page.locator("#nearby tbody tr").first
    expected = row.locator("td.number").first.get_attribute("data-value")
    row.locator("button").click()
    page.wait_for_selector(f'[data-figure="matches"][data-value="{expected}"]', timeout=60_000)


def test_copies_are_on_the_clipboard(page):
    page.click("text=Copy as command")
    page.wait_for_selector("text=Copied")
    assert page.evaluate("navigator.clipboard.readText()") == (
        "rfsearch --target-rf=7 --input=16 --depth=1..3 --kernel=1,3"
    )


def test_the_chosen_network_is_drawn(page):
    page.wait_for_selector(".volume")
    stack = page.get_attribute("article.network", "data-network")
    assert len(page.query_selector_all(".volume")) == 2 + stack.count("-")


def test_a_dead_server_is_said_plainly(browser):
    with serving(Base(None, SMALL)) as server:
        page = browser.new_page()
        page.goto(server.address)
        _answered(page)
    server.server_close()
    page.fill('input[name="target_rf"]', "9")
    page.wait_for_selector(".state .warning")
    assert "server does not answer" in page.inner_text(".state")
