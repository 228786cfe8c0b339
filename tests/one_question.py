"""One question in every form that the package takes: each form must give the same answers.

The forms of a plain space are `Space`, a stage of one slot, the flags, the flags with one that
only says a default, a file of plain keys, and a file with one `[[stage]]`. Of one given stack
they are a block, a slot for each of its layers, and the neighbourhood of no changes.
"""

from __future__ import annotations

import json
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from fractions import Fraction
from io import BytesIO, TextIOWrapper

import rfsearch
from rfsearch.cli import main

OF_SLOTS = ("op", "kernel", "stride", "padding", "dilation", "channels")
OF_SPACES = ("input_channels", "allow_gaps", "allow_holes", "allow_wide_padding")
SWITCHES = ("allow_gaps", "allow_holes", "allow_wide_padding", "count", "quiet")


def fields_of(question):
    """What `rfsearch.Space` takes for a question of `spaces.questions`."""
    return dict(vars(question.space))


def asked_of(question):
    """What its `search` takes: every budget and range as keywords."""
    query = question.query
    low, high = query.target
    asked = {
        "input": query.input,
        "target_rf": low if low == high else (low, high),
        "rounding": query.rounding,
        "bytes_per_value": query.bytes_per_value,
    }
    if query.output:
        asked["output_size"] = query.output
    if query.jump:
        asked["jump"] = query.jump
    return asked | dict(question._bounds())


def slot_of(fields):
    """The slot of a stage that holds the same choices as a plain space of these fields."""
    slot = {name: _listed(fields[name]) for name in OF_SLOTS if fields.get(name) is not None}
    depth = fields.get("depth", (1, 10))
    low, high = depth if isinstance(depth, (tuple, list)) else (depth, depth)
    defaults = {
        "kernel": [1, 2, 3, 5, 7, 11],
        "stride": [1, 2, 3, 4],
        "padding": "any",
        "channels": "double:64:512",
    }
    return defaults | slot | {"repeat": f"{low}..{high}"}


def _listed(value):
    return list(value) if isinstance(value, tuple) else value


def space_of(fields):
    """The plain space."""
    return rfsearch.Space(**fields)


def stage_of(fields):
    """The same choices as one stage of one slot."""
    rest = {name: fields[name] for name in OF_SPACES if name in fields}
    return rfsearch.StagedSpace([slot_of(fields)], **rest)


def group_of(fields):
    """The same choices as one stage that is a group of one slot."""
    rest = {name: fields[name] for name in OF_SPACES if name in fields}
    return rfsearch.StagedSpace([{"slot": [slot_of(fields)]}], **rest)


SPACES = {"space": space_of, "stage": stage_of, "group": group_of}

# A small question with matches, none of which has fewer than three layers.
SMALL = {"kernel": (1, 2, 3), "stride": (1, 2), "depth": (1, 3), "channels": "double:4:16"}
ASKED = {"input": 15, "target_rf": 6}


def both(fields=None, asked=None):
    """What a plain space and one stage find, of the small question with these changes."""
    fields, asked = SMALL | (fields or {}), ASKED | (asked or {})
    return space_of(fields).search(**asked), stage_of(fields).search(**asked)


def outcome(ask):
    """What a question gives, or what it raises: class and text, without the place of a slot."""
    try:
        return ask()
    except rfsearch.RfsearchError as error:
        return type(error).__name__, str(error).removeprefix("stage[0].").removeprefix("stage: ")


# One stack: a block, a slot a layer, the neighbourhood of no changes.


def block_found(stack, asked, input_channels):
    """A space that holds this stack alone, as a block."""
    return rfsearch.StagedSpace(
        [{"block": "mine"}], {"mine": {"stack": stack}}, input_channels=input_channels,
        allow_gaps=True, allow_wide_padding=True,
    ).search(**asked)  # fmt: skip


def like_found(stack, asked, input_channels):
    """The neighbourhood of no changes."""
    return rfsearch.like(
        stack, changes=0, input_channels=input_channels, allow_gaps=True,
        allow_wide_padding=True, padding=0, kernel=3, stride=1, **asked,
    )  # fmt: skip


# The command line.


@dataclass(frozen=True)
class Said:
    """What one command gave: its exit code and its two streams."""

    code: int
    out: str
    err: str

    @property
    def document(self):
        """The JSON object, without the times."""
        document = json.loads(self.out)
        document.pop("seconds", None)
        return document

    @property
    def lines(self):
        """The screen, line by line."""
        return self.out.splitlines()


def said(*words):
    """Run a command in this process."""
    out, err = (TextIOWrapper(BytesIO(), "utf-8", write_through=True) for _ in range(2))
    with redirect_stdout(out), redirect_stderr(err):
        code = main([str(word) for word in words])
    return Said(code, out.buffer.getvalue().decode(), err.buffer.getvalue().decode())


def flags(options):
    """Options as flags; None is left out, a switch stands where it is true."""
    words = []
    for name, value in options.items():
        flag = "--" + name.replace("_", "-")
        if name in SWITCHES:
            words += [flag] if value else []
        elif value is not None:
            words += [flag, flag_text(name, value)]
    return words


def flag_text(name, value):
    """One value as a flag takes it: a list with commas, a range with dots."""
    if name in ("depth", "target_rf", "output_size", "jump") and isinstance(value, tuple):
        low, high = value
        return str(low) if low == high else f"{low}..{high}"
    if isinstance(value, (tuple, list)):
        return ",".join(map(str, value))
    return str(value)


def toml(options):
    """Options as lines of a file; None is left out."""
    lines = []
    for name, value in options.items():
        if value is not None:
            lines.append(f"{name} = {_toml_value(name, value)}")
    return "\n".join(lines) + "\n"


def _toml_value(name, value):
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (str, Fraction)):
        return f'"{value}"'
    if name in ("depth", "target_rf", "output_size", "jump") and isinstance(value, tuple):
        return f'"{flag_text(name, value)}"'
    if isinstance(value, (tuple, list)):
        return "[" + ", ".join(_toml_value("", one) for one in value) + "]"
    return str(value)


def words_as_flags(fields, asked, folder, *more):
    """Everything as flags."""
    return [*flags(fields | asked), *more]


def words_as_flags_with_a_default(fields, asked, folder, *more):
    """Everything as flags, and one that says the default."""
    return [*flags(fields | asked), "--bias", "true", *more]


def words_as_file(fields, asked, folder, *more):
    """Everything in a file of plain keys."""
    path = folder / "plain.toml"
    path.write_text(toml(fields | asked))
    return ["--config", path, *more]


def words_as_stage(fields, asked, folder, *more):
    """A file with one `[[stage]]` of one slot."""
    path = folder / "stage.toml"
    rest = {name: fields[name] for name in OF_SPACES if name in fields}
    path.write_text(toml(asked | rest) + "[[stage]]\n" + toml(slot_of(fields)))
    return ["--config", path, *more]


COMMANDS = {
    "flags": words_as_flags,
    "flags with a default": words_as_flags_with_a_default,
    "file": words_as_file,
    "stage": words_as_stage,
}
