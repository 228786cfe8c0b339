"""Every command that an answer prints, run: it shows the row that it stands beside.

Under "Next" stands the command that shows the first row, under "What does match" one for each
change that helps, under "Why" the flags that bring back what is left out.
"""

import re
import shlex
from pathlib import Path

import pytest
import staged_spaces
from conftest import TIMES
from hypothesis import HealthCheck, given, settings
from one_question import asked_of, fields_of, said, toml
from spaces import questions

CONFIGS = Path(__file__).parent.parent / "configs"
PRESETS = sorted(path.stem for path in CONFIGS.glob("*.toml") if path.stem != "main")
LIMITED = ("--time-limit", "60")

# Of a row, what no described network has: its place in the list, and costs of the search alone.
OF_LISTS = {
    "rank", "twins", "stack", "input", "changes", "changed", "sizes", "arena", "flash",
    "rf_seconds", "bodies",
}  # fmt: skip
held = settings(
    deadline=None,
    max_examples=TIMES * 6,
    derandomize=TIMES == 1,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


def agreed(value):
    """One number where all axes have the same."""
    if isinstance(value, list):
        return value[0] if len(set(value)) == 1 else tuple(value)
    return value


def check_next(words):
    """The command under "Next" gives the figures of the first row, of the front or the list."""
    document = said(*words, "--format", "json").document
    rows = document.get("front") or document.get("results")
    screen = said(*words).out
    printed = re.findall(r"layer by layer: (.*)", screen)
    if not rows:
        assert not printed
        return 0
    (command,) = printed
    program, word, stack, *rest = shlex.split(command)
    assert (program, word) == ("rfsearch", "show")
    row = next(row for row in rows if row["stack"] == stack)
    assert row is rows[0] or "gap" in document  # cut short, two answers may differ
    shown = said(word, stack, *rest, "--format", "json")
    assert shown.code == 0, (command, shown.err)
    figures = shown.document | shown.document["totals"] | shown.document["scores"]
    for name, value in row.items():
        if name in OF_LISTS:
            continue
        expected, found = agreed(value), agreed(figures[name])
        if isinstance(expected, float):
            assert found == pytest.approx(expected, rel=1e-6, abs=1e-9), (name, command)
        else:
            assert found == expected, (name, command)
    return 1


def check_rescues(words, stderr, without):
    """Each change under "What does match" has as many matches as it says."""
    lines = stderr.partition("What does match:\n")[2].splitlines()
    for line in lines:
        found = re.fullmatch(r"  (.*): (at least )?([\d,]+) matches(?: \((.*)\))?", line)
        if found is None:
            break  # what stopped
        label, at_least, number, flags = found.groups()
        flags = label if flags is None else flags
        number = int(number.replace(",", ""))
        if flags.startswith("without --"):
            changed = without(flags.removeprefix("without --").replace("-", "_"))
        else:
            changed = [*words, *shlex.split(flags)]
        document = said(*changed, "--count", "--format", "json").document
        if at_least:
            assert document["matches_at_least"] == number or document["matches"] >= number, line
        else:
            assert document["matches"] == number, line
    return len(lines)


def check_left_out(words, document):
    """Flags that bring back what is left out are taken, and add as many stacks as are said."""
    for line in document["why"]:
        if not line.startswith("left out: ") or "LIST" in line:
            continue
        flag = shlex.split(line.rsplit(": ", 1)[1].split(", ")[0])
        more = said(*words, *flag, "--count", "--format", "json").document
        if "matches" not in document or "matches" not in more:
            continue
        number = re.match(r"left out: ([\d,]+) stacks? with holes", line)
        if number:
            added = int(number[1].replace(",", ""))
            assert more["matches"] == document["matches"] + added, line
        else:
            assert more["matches"] >= document["matches"], line


def check_all(words, without):
    """Everything that is printed for one question; how many commands that were."""
    given = said(*words, "--format", "json")
    assert given.code in (0, 1, 3), given.err
    if given.code == 1:
        return check_rescues(words, said(*words).err, without)
    check_left_out(words, given.document)
    return check_next(words)


def asked(folder, options, space, skipped=None):
    """A file of a question as the words of a command."""
    path = folder / "asked.toml"
    kept = {name: value for name, value in options.items() if name != skipped}
    path.write_text(toml(kept) + space)
    return ["--config", path, "--top", 2]


@held
@given(questions())
def test_commands_of_plain_spaces_show_what_they_stand_beside(tmp_path, question):
    fields, options = fields_of(question), asked_of(question)

    def words(skipped=None):
        return asked(tmp_path, fields | options, "", skipped)

    def without(name):
        return words(name) if name in fields | options else [*words(), f"--{name}"]

    check_all(words(), without)


@held
@given(staged_spaces.questions())
def test_commands_of_stages_show_what_they_stand_beside(tmp_path, question):
    query = question.query
    inputs = [staged_spaces.shown_sizes(sizes) for sizes in query.inputs]
    options = {
        "input": inputs,
        "target_rf": staged_spaces.shown_span(query.target),
        "rounding": query.rounding,
        "output_size": staged_spaces.shown_span(query.output),
        "jump": staged_spaces.shown_span(query.jump),
        "reserve": query.reserve,
        **dict(question._bounds()),
    }
    stored = f"bytes = {{ weight = {query.weight_bytes}, activation = {query.activation_bytes} }}\n"

    def words(skipped=None):
        return asked(tmp_path, options, stored + question.staged.to_toml(), skipped)

    check_all(words(), words)


SAID = {
    "bytes and channels": "--target-rf 24 --input 28 --input-channels 1 --kernel 2,3,5 --stride 1,2"
    " --channels 32 --depth 1..5 --rounding floor --bytes-per-value 1",
    "one axis": "--axes 1 --target-rf 7 --input 64 --input-channels 4 --kernel 3 --stride 1"
    " --depth 1..3 --channels 8",
    "three axes": "--axes 3 --target-rf 5 --input 8 --kernel 3 --stride 1 --depth 1..3"
    " --channels 4",
    "seconds": "--axes 1 --hop 10ms --target-rf 80ms..120ms --input 64 --kernel 3,5 --stride 1"
    " --padding causal --channels 4 --depth 1..3",
    "ceil": "--target-rf 8 --input 15 --rounding ceil --op conv,maxpool --kernel 2,3 --stride 1,2"
    " --depth 1..3 --channels 4",
    "same": "--target-rf 9 --input 16 --padding valid,same --kernel 2,3 --stride 1,2 --depth 1..4"
    " --channels 4",
    "several inputs": "--target-rf 7.. --input 12,15 --kernel 2,3 --stride 1,2 --depth 1..3"
    " --channels 4",
    "a rectangle": "--target-rf 3..5x5..7 --input 12x16 --kernel 1,3 --stride 1 --padding half"
    " --depth 1..2 --channels 4",
    "holes": "--target-rf 33 --input 64 --kernel 3 --stride 1 --padding half --dilation 1,2,4,8,16"
    " --channels 16 --depth 1..5 --allow-holes --front none --rank-by depth",
    "holes left out": "--target-rf 33 --input 64 --kernel 3 --stride 1 --padding half"
    " --dilation 1,2,4,8,16 --channels 16 --depth 1..5",
    "a head with a window": "--target-rf 9..11 --input 32 --kernel 3,5 --stride 1,2 --depth 3"
    " --channels 8 --head 8C3P1-GAP-10FC --rounding floor",
    "scores": "--target-rf 9 --input 15 --kernel 3 --stride 1,2 --padding half --channels 4,8"
    " --depth 1..4 --rounding floor --rank-by max:deepmad --max-effectiveness 2 --front none",
    "like": "--like 4C3P1-MP2S2-8C3P1 --changes 1 --input 16 --target-rf 8..10 --kernel 3,5"
    " --stride 1 --padding half",
    "weights of two bytes": "--target-rf 9 --input 15 --kernel 2,3 --stride 1,2 --depth 1..3"
    " --channels 4 --max-weight-memory 8KiB",
}


@pytest.mark.parametrize("name", SAID)
def test_a_command_shows_the_row_that_it_stands_beside(name):
    words = [*shlex.split(SAID[name]), "--top", "2"]
    assert check_all(words, None) == 1


NOTHING = {
    "a target beside": "--target-rf 31 --input 48 --depth 1..4 --kernel 3,5 --stride 1,2"
    " --channels 16",
    "a budget": "--target-rf 9 --input 15 --kernel 2,3 --stride 1,2 --depth 1..4 --channels 4"
    " --max-macs 100",
    "a size": "--target-rf 9 --input 16 --kernel 2,3 --stride 1,2 --depth 1..3 --channels 4"
    " --output-size 9",
    "a rectangle": "--target-rf 9x9 --input 20x24 --kernel 3 --stride 1,2 --depth 1..3"
    " --channels 4",
    "holes": "--target-rf 9 --input 20 --kernel 2 --stride 1 --dilation 4 --depth 1..3"
    " --channels 4",
}


@pytest.mark.parametrize("name", NOTHING)
def test_what_does_match_has_as_many_matches_as_it_says(name):
    words = [*shlex.split(NOTHING[name]), "--top", "2"]

    def without(option):
        at = words.index("--" + option.replace("_", "-"))
        return words[:at] + words[at + 2 :]

    assert check_all(words, without) > 0


@pytest.mark.compiled
@pytest.mark.nightly
@pytest.mark.parametrize("preset", PRESETS)
def test_the_commands_of_a_preset_show_what_they_stand_beside(preset):
    words = ["--config", CONFIGS / f"{preset}.toml", "--top", 3, *LIMITED]
    assert check_next(words) == 1


def test_every_other_step_is_taken_by_the_same_question():
    words = shlex.split(SAID["bytes and channels"])
    steps = said(*words).out.partition("\nNext\n")[2].splitlines()
    flags = [line.split(": ", 1)[1] for line in steps if ": --" in line]
    assert len(flags) == 4
    for one in flags:
        for part in one.replace("csv, ndjson, parquet", "").split(", "):
            more = [word for word in shlex.split(part) if word not in ("or", "-o", "found.json")]
            assert said(*words, *more, "--top", 1).code in (0, 1), part
