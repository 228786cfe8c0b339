"""The second process of a first run: what it compiles has to go through to its end."""

from rfsearch import warm


def test_what_is_compiled_last_runs_to_its_end():
    warm.compile_last()


def test_the_second_process_ends_well_wherever_it_is_started(tmp_path):
    """A folder that holds another package of this name, as a clone does, is not imported from."""
    (tmp_path / "rfsearch").mkdir()
    (tmp_path / "rfsearch" / "__init__.py").write_text("")
    process = warm.start(cwd=tmp_path)
    assert process is not None
    assert process.wait(timeout=300) == 0
