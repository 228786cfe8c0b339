"""Keywords: what the public functions take, for type checkers and for completion.

A number may be text as on the command line ("3G", "1/50"). tests/test_keywords.py holds the
budgets to the registry of costs and the question to the options.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal, TypedDict

Input = int | str | Sequence[int | str]
Target = int | str | Sequence[int | str] | None
Targets = int | str | Sequence[int | str]
Amount = int | float | str | Fraction | Decimal
Rounding = Literal["exact", "floor", "ceil"]
Distinct = Literal["family", "costs", "none"]
TotalStride = int | str | Fraction | Sequence[int | str] | None
Costs = Mapping[str, Any]  # of one's own, by name: see rfsearch.request.declared.charges_of
Hold = str | Mapping[str, Amount]


class Budgets(TypedDict, total=False):
    """The least and the greatest that each cost may be, both included; None: no such bound.

    Costs of one's own have such keywords, too, which no type knows.
    """

    min_jump: TotalStride
    max_jump: TotalStride
    min_output_stride: TotalStride
    max_output_stride: TotalStride
    min_depth: Amount | None
    max_depth: Amount | None
    min_params: Amount | None
    max_params: Amount | None
    min_macs: Amount | None
    max_macs: Amount | None
    min_activations: Amount | None
    max_activations: Amount | None
    min_memory: Amount | None
    max_memory: Amount | None
    min_peak_memory: Amount | None
    max_peak_memory: Amount | None
    min_erf_variance: Amount | None
    max_erf_variance: Amount | None
    min_weight_memory: Amount | None
    max_weight_memory: Amount | None
    min_entropy: Amount | None
    max_entropy: Amount | None
    min_deepmad: Amount | None
    max_deepmad: Amount | None
    min_effectiveness: Amount | None
    max_effectiveness: Amount | None
    min_coverage: Amount | None
    max_coverage: Amount | None
    min_arena: Amount | None
    max_arena: Amount | None
    min_flash: Amount | None
    max_flash: Amount | None


class Asked(Budgets, total=False):
    """What Space.search takes beside input and target, running aside."""

    rounding: Rounding
    output_size: Target
    jump: TotalStride
    output_stride: TotalStride
    bytes_per_value: int
    bytes: Mapping[str, int] | None
    reserve: int | str
    hop: Amount | None
    costs: Costs | None
