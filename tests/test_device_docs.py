"""docs/device.md prints what it shows, and its table of names is the one that formulas have."""

import doctest
import re
from pathlib import Path

from rfsearch.device.whole_numbers import MEANINGS

DOCUMENT = Path(__file__).parent.parent / "docs" / "device.md"


def test_the_examples_print_what_is_shown():
    failed, tried = doctest.testfile(str(DOCUMENT), module_relative=False, encoding="utf-8")
    assert tried
    assert not failed


def test_every_name_of_a_formula_is_explained():
    text = DOCUMENT.read_text(encoding="utf-8")
    shown = re.findall(r"^\| `(\w+)` \| (.*) \|$", text, re.MULTILINE)
    assert dict(shown) == MEANINGS
