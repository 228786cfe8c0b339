"""Edits: the steps of a neighbourhood, networks within so many changes of one."""
