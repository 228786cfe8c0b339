"""The notation of stacks (docs/notation.md): text to layers and back.

`96C11S4-MP3S2-256C5P2`: layers joined by `-`, each `[channels] OP kernel` with S, P, D, G and
suffixes. Blocks: residual `R(…)`, inverted `I(…)`, branches `(…|…)` concatenated, `(…+…)` added,
`(…*…)` multiplied, `ID` for a branch that only passes its input on, `A(…)` for an output put
aside (collected by `SUM` or `CAT`). Repetition `(…)x3` is written out: what is printed shows
every layer.
"""

from rfsearch.layers.notation.format import format_stack
from rfsearch.layers.notation.parse import LAYER_LIMIT, parse_stack

__all__ = ["LAYER_LIMIT", "format_stack", "parse_stack"]
