"""The same question asked of the command in every form: the same screen, JSON and files.

The forms: flags; flags with one that only says a default; a file of plain keys; a file with one
`[[stage]]`. Expected failures are today's differences, a reason each: whoever settles one removes
its line.
"""

import pytest
from conftest import FIXED, PLAIN_PYTHON, TIMES
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from one_question import ASKED, COMMANDS, SMALL, asked_of, fields_of, said
from spaces import cost_lists, questions

held = settings(
    deadline=None,
    max_examples=TIMES * (3 if PLAIN_PYTHON else 12),
    derandomize=FIXED,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
held_but_differing = settings(held, phases=(Phase.generate,))  # nothing is made smaller
OTHERS = [name for name in COMMANDS if name != "flags"]
STAGED = ("flags with a default", "stage")
NOTHING = ASKED | {"target_rf": 14}  # no stack of SMALL has it
FIGURES = ("rank", "twins", "rf", "jump", "centre", "padding_total", "output_size", "stack")


def documents(form, fields, asked, folder, *more):
    """The JSON objects of the flags and of another form, and their exit codes."""
    answers = [
        said(*COMMANDS[one](fields, asked, folder, *more, "--format", "json"))
        for one in ("flags", form)
    ]
    return [answer.document for answer in answers], [answer.code for answer in answers]


def pairs(keys):
    """(key, form) as parameters."""
    return [(key, form) for key in keys for form in OTHERS]


KEYS = (
    "schema", "space", "matches", "families", "matches_by_depth", "front", "results", "why",
    "nearby", "query",
)  # fmt: skip


@pytest.mark.parametrize("key, form", pairs(KEYS))
def test_the_json_object_is_the_same(key, form, tmp_path):
    """Key by key, where there are matches."""
    (first, second), codes = documents(form, SMALL, ASKED, tmp_path, "--top", 3)
    assert codes == [0, 0]
    assert list(first) == list(second)
    if key == "query" and form == "stage":  # the space is told as it was given: in stages
        first, second = ({"query": question_of(one["query"])} for one in (first, second))
    assert first[key] == second[key]


def question_of(query):
    """The keys of a query without those that say the space."""
    of_space = {*SMALL, "op", "padding", "dilation", "input_channels", "stage", "block", "bias"}
    of_space |= {"allow_gaps", "allow_holes", "allow_wide_padding", "norm", "stem", "head", "axes"}
    return {key: value for key, value in query.items() if key not in of_space}


@pytest.mark.parametrize("key, form", pairs(KEYS))
def test_the_json_object_of_no_match_is_the_same(key, form, tmp_path):
    """Key by key, where nothing matches."""
    (first, second), codes = documents(form, SMALL, NOTHING, tmp_path)
    assert codes == [1, 1]
    assert list(first) == list(second)
    if key == "query" and form == "stage":
        first, second = ({"query": question_of(one["query"])} for one in (first, second))
    assert first[key] == second[key]


@pytest.mark.parametrize(
    "name",
    OTHERS,
)
def test_how_an_answer_is_written_is_no_part_of_its_query(name, tmp_path):
    words = COMMANDS[name](SMALL, ASKED, tmp_path, "--format", "json", "--quiet", "--top", 1)
    assert not {"format", "quiet", "output", "threads", "count"} & set(
        said(*words).document["query"]
    )


# Random questions: what agrees


@pytest.mark.parametrize("form", OTHERS)
@held
@given(questions(), cost_lists(most=3), st.sampled_from(("family", "costs", "none")))
def test_any_question_has_the_same_counts_and_rows(form, tmp_path, question, by, distinct):
    """Counts, families, the front's and the list's stacks and figures, and the exit code."""
    fields, asked = fields_of(question), asked_of(question)
    more = ("--top", 5, "--distinct", distinct, "--rank-by", ",".join(by))
    (first, second), codes = documents(form, fields, asked, tmp_path, *more)
    assert codes[0] == codes[1] == (0 if question.matches else 1)
    for key in ("matches", "families", "space"):
        assert first[key] == second[key]
    assert first["matches"] == len(question.matches)
    for key in ("front", "results"):
        for row, other in zip(first[key], second[key], strict=True):
            assert {name: row[name] for name in row if name in FIGURES} == {
                name: other[name] for name in other if name in FIGURES
            }
            assert all(other[name] == value for name, value in row.items())


@pytest.mark.parametrize("form", OTHERS)
@held_but_differing
@given(questions())
def test_any_question_has_the_same_json_object(form, tmp_path, question):
    """Every key, reasons and neighbours among them; the query but for what says the space."""
    fields, asked = fields_of(question), asked_of(question)
    (first, second), codes = documents(form, fields, asked, tmp_path, "--top", 3)
    assert codes[0] == codes[1]
    if form == "stage":
        first, second = (one | {"query": question_of(one["query"])} for one in (first, second))
    assert first == second


@pytest.mark.parametrize("form", OTHERS)
@held_but_differing
@given(questions())
def test_any_question_has_the_same_screen(form, tmp_path, question):
    """Both streams, and the exit code."""
    fields, asked = fields_of(question), asked_of(question)
    first, second = (
        said(*COMMANDS[one](fields, asked, tmp_path, "--top", 3)) for one in ("flags", form)
    )
    assert first == second


# The screen

HEADINGS = ("Why", "Front", "The best", "Nearby", "Next")


def parts(lines):
    """The screen in parts: the question, the counts, and each part under its heading."""
    found = {"question": lines[0], "counts": []}
    name = "counts"
    for line in lines[1:]:
        name = next((heading for heading in HEADINGS if line.startswith(heading)), name)
        found.setdefault(name, []).append(line)
    return found


SCREEN = ("question", "counts", *HEADINGS)


@pytest.mark.parametrize("part, form", pairs(SCREEN))
def test_the_screen_is_the_same(part, form, tmp_path):
    """Part by part, where there are matches."""
    screens = [
        parts(said(*COMMANDS[one](SMALL, ASKED, tmp_path, "--top", 3)).lines)
        for one in ("flags", form)
    ]
    assert set(screens[0]) == set(screens[1])
    assert screens[0][part] == screens[1][part]


@pytest.mark.parametrize("part, form", pairs(("question", "counts", "reasons")))
def test_the_screen_of_no_match_is_the_same(part, form, tmp_path):
    """The question and the counts on stdout, the reasons on stderr."""
    answers = [said(*COMMANDS[one](SMALL, NOTHING, tmp_path)) for one in ("flags", form)]
    assert [answer.code for answer in answers] == [1, 1]
    first, second = (
        {"question": answer.lines[0], "counts": answer.lines[1:], "reasons": answer.err}
        for answer in answers
    )
    assert first["reasons"]
    assert first[part] == second[part]


@pytest.mark.parametrize(
    "part, form",
    pairs(("question", "counts")),
)
def test_the_screen_of_counts_is_the_same(part, form, tmp_path):
    """With --count, where several depths match."""
    asked = ASKED | {"target_rf": 5}
    first, second = (
        said(*COMMANDS[one](SMALL, asked, tmp_path, "--count")).lines for one in ("flags", form)
    )
    assert len(first) > 2
    assert (first[0] == second[0]) if part == "question" else (first[1:3] == second[1:3])


# Files


@pytest.mark.parametrize("kind", ("csv", "ndjson", "parquet"))
@pytest.mark.parametrize("form", OTHERS)
def test_files_are_the_same(form, kind, tmp_path):
    """The same bytes, whatever form the question has."""
    files = []
    for one in ("flags", form):
        path = tmp_path / f"{len(files)}.{kind}"
        words = COMMANDS[one](SMALL, ASKED, tmp_path, "--distinct", "none", "-o", path)
        assert said(*words).code == 0
        files.append(path.read_bytes())
    assert files[0] == files[1]


@pytest.mark.parametrize("form", OTHERS)
def test_a_condition_keeps_the_same_rows(form, tmp_path):
    more = ("--distinct", "none", "--where", "macs > 43000 and memory > 10000")
    (first, second), _ = documents(form, SMALL, ASKED, tmp_path, *more)
    stacks = [[row["stack"] for row in one["results"]] for one in (first, second)]
    assert stacks[0] == stacks[1]
    assert 0 < len(stacks[0]) < first["matches"]


# Reach and ladder

REACH = ("schema", "query", "reach")


@pytest.mark.parametrize(
    "key, form",
    pairs(REACH),
)
def test_reach_of_a_range_is_the_same(key, form, tmp_path):
    documents = reached(form, tmp_path, "--target-rf", "2..9", "--greatest", "macs")
    if key == "query" and form == "stage":
        documents = [{"query": question_of(one["query"])} for one in documents]
    assert documents[0][key] == documents[1][key]


def reached(form, folder, *more):
    """The JSON objects of reach; without a target but for what the words say."""
    asked = {name: value for name, value in ASKED.items() if name != "target_rf"}
    asked["input"] = 9
    return [
        said("reach", *COMMANDS[one](SMALL, asked, folder, "--format", "json", *more)).document
        for one in ("flags", form)
    ]


@pytest.mark.parametrize("form", OTHERS)
def test_reach_without_a_target_is_the_same(form, tmp_path):
    first, second = reached(form, tmp_path)
    assert [row["rf"] for row in first["reach"]] == [row["rf"] for row in second["reach"]]


LADDER = ("tightness", "bound", "complete", "within", "spread", "rungs", "impossible", "query")


@pytest.mark.parametrize(
    "key, form",
    pairs(LADDER),
)
def test_a_ladder_is_the_same(key, form, tmp_path):
    asked = {name: value for name, value in ASKED.items() if name != "target_rf"}
    more = ("--format", "json", "--target-rf", "5,6,15")
    documents = [
        said("ladder", *COMMANDS[one](SMALL, asked, tmp_path, *more)).document
        for one in ("flags", form)
    ]
    if key == "query" and form == "stage":
        documents = [{"query": question_of(one["query"])} for one in documents]
    assert documents[0][key] == documents[1][key]
