"""Edits: the grammar of a neighbourhood, networks within so many changes of one."""
