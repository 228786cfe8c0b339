"""Explicit candidates in, costs out: millions of stacks scored by one kernel."""
