"""Run the tests with the oldest and with the newest supported Python, numba, polars and numpy.

    python tests/versions.py [oldest] [newest] [-- arguments of pytest]
    python tests/versions.py which    # only says where the newest Python is

Each run has a virtual environment of its own, in a temporary folder. `oldest` is the oldest Python
of `requires-python` with the lower bound of every dependency, `newest` the newest Python that is on
this machine, on the path or among those of pyenv, and among the classifiers, with whatever is
newest within the bounds. Exits with 1 where some run fails.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def pythons():
    """The supported versions, ascending."""
    found = [re.fullmatch(r".* :: (3\.\d+)", one) for one in PROJECT["classifiers"]]
    return sorted((one[1] for one in found if one), key=lambda text: int(text.split(".")[1]))


def program(version):
    """The path of such a Python; None where this machine has none that runs."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions")
    kept = [str(one) for one in pyenv.glob(f"{version}.*/bin/python{version}")]
    for one in filter(None, [shutil.which(f"python{version}"), *kept]):
        # A name on the path may lead nowhere.
        if subprocess.run([one, "-c", ""], capture_output=True).returncode == 0:
            return one
    return None


def lowest(requirement):
    """`numba>=0.62,<0.69` as `numba==0.62.*`."""
    name, bound = re.match(r"([\w.-]+)>=([\d.]+)", requirement).groups()
    return f"{name}=={bound}.*"


def environment(which):
    """(version of Python, requirements beside the package's own)."""
    if which == "oldest":
        return PROJECT["requires-python"].removeprefix(">="), [
            lowest(one) for one in PROJECT["dependencies"]
        ]
    return next(one for one in reversed(pythons()) if program(one)), []


def tried(which, arguments):
    """Returns True where all tests pass."""
    version, pinned = environment(which)
    print(f"== {which}: Python {version} {' '.join(pinned)}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([program(version), "-m", "venv", folder], check=True)
        python = str(Path(folder, "bin", "python"))
        install = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check"]
        subprocess.run([*install, "-e", f"{ROOT}[test]", *pinned], check=True)
        subprocess.run([python, "-m", "pip", "list", "--disable-pip-version-check"], check=True)
        return subprocess.run([python, "-m", "pytest", "-q", *arguments], cwd=ROOT).returncode == 0


def main(words):
    """The exit code."""
    if words == ["which"]:
        print(program(environment("newest")[0]))
        return 0
    asked, arguments = words, []
    if "--" in words:
        at = words.index("--")
        asked, arguments = words[:at], words[at + 1 :]
    outcomes = [tried(which, arguments) for which in asked or ["oldest", "newest"]]
    return 0 if all(outcomes) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
