"""Request: what is asked. Options, files, queries."""
