"""The number of the schema of every JSON object that a word writes: docs/json.md names the keys."""

SCHEMA = 2
