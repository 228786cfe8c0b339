"""The questions, one file each: a pass over the automaton's transitions."""
