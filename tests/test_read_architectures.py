"""What benchmarks/read_architectures.py measures, and how its table goes on."""

import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

import read_architectures  # noqa: E402
from architectures import Architecture  # noqa: E402


def _begins_at_zero():
    """A norm whose weight begins at zero, as the last of a residual branch does."""
    norm = torch.nn.BatchNorm2d(4)
    torch.nn.init.zeros_(norm.weight)
    return torch.nn.Sequential(
        torch.nn.Conv2d(3, 4, 3), norm, torch.nn.ReLU(), torch.nn.Conv2d(4, 5, 5)
    )


def test_what_stands_behind_a_norm_that_begins_at_zero_is_measured():
    one = Architecture("made", "zero", _begins_at_zero, (1, 3, 16, 16))
    record = read_architectures.compare(one, gradient=True)
    assert (record.result, record.reason, record.rf) == ("agrees", "", "7")
    params, macs = 3 * 4 * 9 + 4 + 8 + 4 * 5 * 25 + 5, 14**2 * 4 * 27 + 10**2 * 5 * 100
    assert (record.params, record.macs) == (params, macs)


def test_a_field_that_is_not_the_gradients_is_told(monkeypatch):
    monkeypatch.setattr(read_architectures, "measure", lambda *_: ((3, 5), (3, 5)))
    one = Architecture("made", "zero", _begins_at_zero, (1, 3, 16, 16))
    record = read_architectures.compare(one, gradient=True)
    assert record.result == "differs" and "sees ((3, 5), (3, 5))" in record.reason


def test_a_table_goes_on_with_the_rows_that_it_has(tmp_path, monkeypatch):
    file = tmp_path / "table.csv"
    two = [Architecture("made", name, _begins_at_zero, (1, 3, 16, 16)) for name in ("a", "b")]
    monkeypatch.setattr(read_architectures, "architectures", lambda packages, each: two)
    monkeypatch.setattr(sys, "argv", ["read", "a", "-o", str(file)])
    assert read_architectures.main() == 0
    first = file.read_text()
    (known,) = read_architectures.read(file)
    known.reason = "as it was"
    read_architectures.write(file, [known])
    monkeypatch.setattr(sys, "argv", ["read", "--resume", "-o", str(file)])
    assert read_architectures.main() == 0
    names = [(one.name, one.reason) for one in read_architectures.read(file)]
    assert first.count("\n") == 2 and names == [("a", "as it was"), ("b", "")]
