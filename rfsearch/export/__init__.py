"""Networks as source and files of other frameworks: planned once, written by each."""
