"""What notebooks show: of objects tables of HTML, of libraries' chatter nothing."""

import io
import logging
import os
import sys
from contextlib import redirect_stderr, redirect_stdout

import rfsearch
from rfsearch.device.quiet import caught


def test_a_network_shows_its_layer_table():
    html = rfsearch.parse("8C3S2-MP2S2", input=33)._repr_html_()
    assert "<td>8C3S2</td><td>16</td><td>8</td><td>3</td><td>2</td>" in html
    assert html.count("<tr>") == 3


def test_what_was_found_shows_its_counts_by_depth():
    space = rfsearch.Space(kernel=[3], stride=[1], padding=[0], depth=(1, 4))
    html = space.search(input=9, target_rf=5)._repr_html_()
    assert "<td>2</td><td>1</td>" in html


def test_what_was_found_of_several_inputs_is_counted_once_for_each():
    space = rfsearch.StagedSpace([{"kernel": 3, "channels": [2, 4]}])
    html = space.search([9, 11])._repr_html_()
    assert "<b>4</b> of 4 stacks match" in html


def test_what_a_library_prints_is_kept_from_the_cell_that_calls_it():
    """A cell's stdout and stderr are objects of the kernel, not the process's streams."""
    cell = io.StringIO()
    logger = logging.getLogger("of a library")
    with redirect_stdout(cell), redirect_stderr(cell):
        with caught() as printed:
            print("from Python")
            os.write(2, b"from C\n")
            logger.addHandler(handler := logging.StreamHandler())
            logger.warning("logged")
        assert sys.stdout is cell
        logger.warning("after the block")  # to the process's stderr, as in any program
    logger.removeHandler(handler)
    assert sorted(printed.text.splitlines()) == ["from C", "from Python", "logged"]
    assert cell.getvalue() == ""
