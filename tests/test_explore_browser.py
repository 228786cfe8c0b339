"""`rfsearch explore` in headless Chromium: controls, address, copies, and a server that ends."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from browser import ELSEWHERE, chromium, crowded, fits, violations
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


def test_two_tabs_have_an_answer_each(page, served):
    other = page.context.new_page()
    other.goto(served.address)
    _answered(other)
    for name in ("target_rf", "input", "depth"):
        page.fill(f'input[name="{name}"]', SLOW[name])
    page.wait_for_selector(".state:has-text('Asking')")
    _set(other, "target_rf", "5")
    assert page.inner_text(".state").startswith("Asking")
    for name, text in (SMALL | {"target_rf": "9"}).items():
        page.fill(f'input[name="{name}"]', text)
    _answered(page)
    assert "target_rf=9" in page.url and "target_rf=5" in other.url
    assert _matches(page) != _matches(other)


def test_a_neighbour_is_asked_by_its_button(page):
    row = page.locator("#nearby tbody tr").first
    expected = row.locator("td.number").first.get_attribute("data-value")
    row.locator("button").click()
    page.wait_for_selector(f'[data-figure="matches"][data-value="{expected}"]', timeout=60_000)


def test_copies_are_on_the_clipboard(page):
    copied = {}
    for language in ("command", "Python"):
        page.click(f"text=Copy as {language}")
        page.wait_for_selector("text=Copied")
        copied[language] = page.evaluate("navigator.clipboard.readText()")
        page.wait_for_selector(f"text=Copy as {language}")
    assert copied["command"] == "rfsearch --target-rf=7 --input=16 --depth=1..3 --kernel=1,3"
    assert copied["Python"] == Base(None, SMALL).python(SMALL)


def test_the_chosen_network_is_drawn(page):
    page.wait_for_selector(".volume")
    stack = page.get_attribute("article.network", "data-network")
    assert len(page.query_selector_all(".volume")) == 2 + stack.count("-")


def test_the_front_is_drawn_over_a_sample_of_all_matches(page):
    page.wait_for_selector("text=a sample of all matches")
    page.check("label:has-text('a sample of all matches') input")
    dots = page.get_attribute("#scatter [clip-path] path.sample", "d")
    assert dots.count("M") == 1_000


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_the_controls_are_legible_and_accessible(page, scheme, width):
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    page.click("summary:has-text('Every option')")
    assert crowded(page) == [] and fits(page)
    assert json.dumps(violations(page), indent=1) == "[]"


def test_a_dead_server_is_said_plainly(browser):
    with serving(Base(None, SMALL)) as server:
        page = browser.new_page()
        page.goto(server.address)
        _answered(page)
    server.server_close()
    page.fill('input[name="target_rf"]', "9")
    page.wait_for_selector(".state .warning")
    assert "server does not answer" in page.inner_text(".state")


def test_without_the_token_the_browser_is_shown_nothing(browser, served):
    page = browser.new_page()
    for host in (
        f"127.0.0.1:{served.server_port}",
        f"{ELSEWHERE}:{served.server_port}/{served.token}",
    ):
        assert page.goto(f"http://{host}/").status == 403
        assert page.inner_text("body").startswith("no access")
    page.close()


def test_another_sites_page_gets_no_answer(browser, served):
    with HTTPServer(("127.0.0.1", 0), _Elsewhere) as elsewhere:
        threading.Thread(target=elsewhere.serve_forever, daemon=True).start()
        page = browser.new_page()
        statuses = []
        page.on("response", lambda said: statuses.append(said.status))
        page.goto(f"http://{ELSEWHERE}:{elsewhere.server_port}/")
        page.evaluate(
            "(url) => fetch(url, { method: 'POST', mode: 'no-cors', body: '{}' })",
            f"http://127.0.0.1:{served.server_port}/{served.token}/ask",
        )
        assert statuses == [200, 403]
        page.close()
        elsewhere.shutdown()


class _Elsewhere(BaseHTTPRequestHandler):
    """Another site, of a name that was made to point to this machine."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format, *args):
        pass
