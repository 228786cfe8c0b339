"""Measure: the time of each item of a space on this machine, as a table that a search takes."""
