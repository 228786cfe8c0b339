"""Every preset's report as people see it: in Chromium, at a desk and on a phone, light and dark.

Screenshots are left in pytest's folder, to be looked at:
`RFSEARCH_NIGHTLY=1 pytest --basetemp=shots tests/test_page_presets.py`.
"""

from pathlib import Path

import pytest
from browser import Opened, chromium, crowded, fits

from rfsearch.cli import main

CONFIGS = sorted((Path(__file__).parents[1] / "configs").glob("*.toml"))
pytestmark = [pytest.mark.compiled, pytest.mark.nightly]


@pytest.fixture(scope="module")
def browser():
    with chromium() as running:
        yield running


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: config.stem)
def test_the_report_of_a_preset_is_legible(browser, config, tmp_path):
    file = tmp_path / "report.html"
    asked = ["--config", str(config), "--top", "50", "--time-limit", "60", "--quiet"]
    # Stopped at the limit it still has its page.
    assert main([*asked, "-o", str(tmp_path / "answer.txt"), "--report", str(file)]) in (0, 3)
    for width in (1280, 390):
        for scheme in ("light", "dark"):
            page = Opened(browser, file, width=width, color_scheme=scheme)
            page.page.wait_for_selector(".volume")
            page.page.screenshot(path=tmp_path / f"{width}-{scheme}.png", full_page=True)
            assert (crowded(page.page), fits(page.page), page.complaints) == ([], True, [])
            page.close()
