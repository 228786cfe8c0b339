"""Ladders: one network for each receptive field, all within a tolerance of each other in cost."""

from rfsearch.ladder.ladder import Ladder, Question

__all__ = ["Ladder", "Question"]
