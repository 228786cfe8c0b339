"""Automaton: control × geometry × receptive field, compiled into states and transitions."""
