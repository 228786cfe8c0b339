"""Layers: one layer or block; its text, its parts, its arithmetic, its costs."""
