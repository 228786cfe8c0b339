"""The build backend: setuptools' own, and compiled kernels in a wheel that is built from an sdist.

`python -m build` makes an sdist, and the wheel from it, for this platform, with the object files
of every kernel. What is installed from a clone has none, and compiles what it uses at first use:
a build of it takes seconds, and needs no numba. RFSEARCH_KERNELS=1 or 0 chooses otherwise.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from setuptools import build_meta
from setuptools.build_meta import (
    build_editable,
    build_sdist,
    get_requires_for_build_editable,
    get_requires_for_build_sdist,
    prepare_metadata_for_build_editable,
    prepare_metadata_for_build_wheel,
)

__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
    "prepare_metadata_for_build_editable",
    "prepare_metadata_for_build_wheel",
]

OBJECTS = Path("rfsearch/kernels/objects")


def get_requires_for_build_wheel(config_settings=None):
    """What setuptools asks for; and numba, in the versions that the project declares."""
    required = build_meta.get_requires_for_build_wheel(config_settings)
    return [*required, *_compilers()] if _compiles() else required


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    """A wheel: with kernels, and then for this platform; or a pure one."""
    if not _compiles():
        return build_meta.build_wheel(wheel_directory, config_settings, metadata_directory)
    platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
    settings = dict(config_settings or {})
    options = settings.get("--build-option", [])
    options = [options] if isinstance(options, str) else list(options)
    settings["--build-option"] = [*options, f"--plat-name={platform}"]
    try:
        _compile_all()
        return build_meta.build_wheel(wheel_directory, settings, metadata_directory)
    finally:
        shutil.rmtree(OBJECTS, ignore_errors=True)


def _compiles():
    chosen = os.environ.get("RFSEARCH_KERNELS")
    return Path("PKG-INFO").exists() if chosen is None else chosen == "1"


def _compilers():
    import tomllib

    declared = tomllib.loads(Path("pyproject.toml").read_text())["project"]["dependencies"]
    return [one for one in declared if one.startswith(("numba", "numpy"))]


def _compile_all():
    """For each level of processors, by as many processes as there are cores."""
    environment = {**os.environ, "PYTHONPATH": os.getcwd(), "PYTHONDONTWRITEBYTECODE": "1"}
    ask = [sys.executable, "-c", "from rfsearch.kernels.native.shipped import LEVELS"]
    ask[-1] += "; print(*LEVELS)"
    levels = subprocess.run(ask, env=environment, check=True, capture_output=True, text=True)
    for level in levels.stdout.split():
        with tempfile.TemporaryDirectory() as claims:
            work = [sys.executable, "-m", "rfsearch.kernels.native.shipped", level, claims]
            processes = [
                subprocess.Popen(work, env=environment) for _ in range(os.cpu_count() or 1)
            ]
            codes = [process.wait() for process in processes]
            if any(codes):
                raise RuntimeError(f"kernels for {level} were not compiled")
