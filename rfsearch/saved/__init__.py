"""Compiled questions as files: read back, they are asked on without being compiled again.

own form    a zip of automaton.json (the question, the links) and arrays, checked by SHA-256
OpenFst     text of an acceptor whose paths are the matches, for other tools
"""
