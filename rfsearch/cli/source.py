"""Files that the command line reads."""

from __future__ import annotations

from pathlib import Path

from rfsearch.errors import UsageError


def content(path: str) -> bytes:
    """The bytes of a config file; UsageError where it cannot be read."""
    try:
        return Path(path).read_bytes()
    except OSError as error:
        from rfsearch.cli.init import presets

        said = f"--config: {path}: {error.strerror or error}"
        if path in presets():
            said += f"; rfsearch init {path} writes the preset's file, {path}.toml"
        raise UsageError(said) from None
