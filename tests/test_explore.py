"""`rfsearch explore`: who may ask its server, and that its answers are the command's own."""

import http.client
import json
import random
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

import pytest
from conftest import often

import rfsearch
from rfsearch.cli import main
from rfsearch.cli.explore.question import Base, controls
from rfsearch.cli.explore.server import Server
from rfsearch.cli.explore.workers import SupersededError, Worker, Workers
from rfsearch.errors import UsageError

SMALL = {"target_rf": "7", "input": "16", "depth": "1..3", "kernel": "1,3"}
# So many choices that no machine is done before it is told to stop.
SLOW = {"target_rf": "1023", "input": "1024", "rounding": "floor", "depth": "1..48"}


@pytest.fixture(scope="module")
def served():
    with serving(Base(None, SMALL)) as server:
        yield server


@contextmanager
def serving(base):
    with Workers() as workers, Server(0, base, workers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def arguments(question):
    return Base(None, {}).arguments(question)


def _request(server, method, path, body=None, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port)
    connection.request(method, path, body, headers)
    response = connection.getresponse()
    return response.status, response.read().decode(), response.headers


def _ask(server, question, tab="1"):
    """The lines that the server answers with."""
    body = json.dumps({"tab": tab, "question": question})
    status, text, _ = _request(server, "POST", f"/{server.token}/ask", body)
    assert status == 200
    return [json.loads(line) for line in text.splitlines()]


def _command(question, capsys):
    """What the command line says to the same question."""
    argv = [f"--{name.replace('_', '-')}={text}" for name, text in question.items()]
    main([*argv, "--format=json", "--quiet"])
    return json.loads(capsys.readouterr().out)


def test_the_page_is_served_under_its_token_alone(served):
    status, text, _ = _request(served, "GET", urlsplit(served.address).path)
    assert status == 200 and "connect-src 'self'" in text
    for path in ("/", "/ask", f"/{served.token[:-1]}/", f"/{served.token}", "/favicon.ico"):
        assert _request(served, "GET", path)[0] == 403


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "", "127.0.0.1:1"])
def test_a_foreign_host_is_refused(served, host):
    assert _request(served, "GET", f"/{served.token}/", Host=host)[0] == 403
    assert _request(served, "POST", f"/{served.token}/ask", "{}", Host=host)[0] == 403


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1", "file://"])
def test_a_foreign_origin_is_refused(served, origin):
    body = json.dumps({"tab": "1", "question": SMALL})
    assert _request(served, "POST", f"/{served.token}/ask", body, Origin=origin)[0] == 403


def test_its_own_origin_may_ask(served):
    body = json.dumps({"tab": "1", "question": SMALL})
    own = f"http://127.0.0.1:{served.server_port}"
    assert _request(served, "POST", f"/{served.token}/ask", body, Origin=own)[0] == 200


def test_without_the_token_no_answer(served):
    body = json.dumps({"tab": "1", "question": SMALL})
    assert _request(served, "POST", "/ask", body)[0] == 403
    assert _request(served, "POST", "/wrong/ask", body)[0] == 403


@pytest.mark.parametrize("body", ["", "{", "[]", '{"tab": 1}', '{"tab": 1, "question": 3}'])
def test_what_is_no_question_is_refused(served, body):
    assert _request(served, "POST", f"/{served.token}/ask", body)[0] == 400


def test_counts_come_first_then_the_front_then_the_list(served):
    lines = _ask(served, SMALL)
    assert [line["part"] for line in lines] == ["counts", "front", "list", "all"]
    whole = lines[-1]["document"]
    for line, unknown in zip(
        lines, (["front", "results", "nearby"], ["results", "nearby"], ["nearby"], []), strict=True
    ):
        document = line["document"]
        assert not set(unknown) & set(document)
        for key in {"matches", "front", "results"} - set(unknown):
            assert document[key] == whole[key] and whole[key]


def test_answers_of_random_moves_are_those_of_the_command(served, capsys):
    choose = random.Random(17)
    question = dict(SMALL)
    # The benchmark makes two hundred from the default query on.
    for _ in range(often(20, 200)):
        name, texts = choose.choice(
            [
                ("target_rf", ["5", "7", "9", "5..11"]),
                ("input", ["12", "16", "20"]),
                ("kernel", ["1,3", "3,5", "2,3"]),
                ("stride", ["1", "1,2"]),
                ("rounding", ["exact", "floor"]),
                ("max_macs", ["", "20M", "2M"]),
                ("rank_by", ["memory,macs", "params", "max:params,macs"]),
                ("top", ["3", "20"]),
            ]
        )
        question[name] = choose.choice(texts)
        said = {name: text for name, text in question.items() if text}
        found = _ask(served, question)[-1]["document"]
        expected = _command(said, capsys)
        assert {**found, "seconds": 0} == {**expected, "seconds": 0}


def test_an_error_is_the_command_lines_own(served, capsys):
    question = SMALL | {"kernel": "0"}
    main(["--target-rf=7", "--input=16", "--kernel=0"])
    said = capsys.readouterr().err.strip().removeprefix("rfsearch: ")
    assert [line["error"] for line in _ask(served, question)] == [said]


@pytest.mark.parametrize("name", ["output", "report", "plot", "export", "format", "config", "no"])
def test_a_page_cannot_write_files(served, name):
    [line] = _ask(served, SMALL | {name: "/tmp/x"})
    assert line == {"error": f"{name}: not an option of a page"}


def test_no_text_is_taken_for_a_flag():
    argv = Base(None, {}).arguments({"where": "--output=x", "kernel": "-1"})
    assert argv == ["--where=--output=x", "--kernel=-1"]


def test_a_newer_question_ends_the_older_one_of_its_tab(served):
    lines = []
    older = threading.Thread(target=lambda: lines.extend(_ask(served, SLOW, "two")))
    older.start()
    while "two" not in served.workers._turns:
        older.join(0.05)
    assert _ask(served, SMALL, "two")[-1]["part"] == "all"
    older.join()
    assert lines[-1] == {"superseded": True}


def test_a_question_that_is_told_to_stop_leaves_its_worker_warm():
    with Workers() as workers:
        worker = workers.take()
        answers = worker.ask(arguments(SLOW))
        worker.stop()
        with pytest.raises(SupersededError):
            list(answers)
        assert not worker.ended
        assert [one["part"] for one in worker.ask(arguments(SMALL))][-1] == "all"
        workers.give_back(worker)


def test_a_question_that_does_not_stop_is_ended_with_its_process(monkeypatch):
    monkeypatch.setattr("rfsearch.cli.explore.workers.GRACE", 0.0)
    monkeypatch.setattr(Worker, "stop", lambda worker: None)
    with Workers() as workers:
        turn = workers.turn("1")

        def ask():
            with suppress(SupersededError):
                list(turn.ask(arguments(SLOW)))

        asked = threading.Thread(target=ask, daemon=True)
        asked.start()
        while (worker := turn.worker) is None:
            asked.join(0.05)
        turn.supersede()
        worker.process.wait(60)
        assert worker.ended


def test_two_tabs_do_not_end_each_others_questions(served):
    lines = {}

    def ask(tab):
        lines[tab] = _ask(served, SMALL | {"input": f"1{tab}"}, tab)

    tabs = [threading.Thread(target=ask, args=(str(tab),)) for tab in range(2, 6)]
    for one in tabs:
        one.start()
    for one in tabs:
        one.join()
    assert {tab: found[-1]["document"]["query"]["input"] for tab, found in lines.items()} == {
        str(tab): 10 + tab for tab in range(2, 6)
    }


def test_ended_workers_leave_no_process():
    with Workers() as workers:
        turn = workers.turn("1")
        worker = workers.take()
        workers.give_back(worker)
    assert worker.process.poll() is not None
    with pytest.raises(SupersededError):
        list(turn.ask(["--count"]))


def test_a_network_is_drawn_when_it_is_asked_for(served):
    row = {"stack": "16C3P1-32C3S2P1"}
    body = json.dumps({"row": row, "question": {"input": 16, "input_channels": 3}})
    _, text, _ = _request(served, "POST", f"/{served.token}/network", body)
    assert json.loads(text)["tensors"][2]["sizes"] == [8, 8]
    bad = json.dumps({"row": {"stack": "16C99"}, "question": {"input": 16}})
    assert "error" in json.loads(_request(served, "POST", f"/{served.token}/network", bad)[1])


def test_a_sample_is_drawn_from_all_matches(served):
    body = json.dumps({"tab": "1", "question": SMALL})
    rows = json.loads(_request(served, "POST", f"/{served.token}/sample", body)[1])
    space = rfsearch.Space(kernel=[1, 3], depth=(1, 3))
    drawn = space.search(input=16, target_rf=7).sample(1_000, seed=0)
    assert [row["macs"] for row in rows] == drawn["macs"].to_list()
    for unknown in ({"kernel": "0"}, {"no": "1"}):
        body = json.dumps({"tab": "1", "question": SMALL | unknown})
        assert _request(served, "POST", f"/{served.token}/sample", body)[:2] == (200, "[]")


def test_a_newer_question_ends_the_sample_of_an_older_one(served):
    said = []
    body = json.dumps({"tab": "six", "question": SLOW})

    def sample():
        said.append(_request(served, "POST", f"/{served.token}/sample", body)[:2])

    older = threading.Thread(target=sample)
    older.start()
    while "six sample" not in served.workers._turns:
        older.join(0.05)
    assert _ask(served, SMALL, "six")[-1]["part"] == "all"
    older.join()
    assert said == [(200, "[]")]


def test_copies_reproduce_the_answer(served, capsys):
    question = SMALL | {"max_macs": "20M", "allow_gaps": "true"}
    line = _ask(served, question)[-1]
    words = line["command"].split()
    assert words[0] == "rfsearch"
    main([*words[1:], "--format=json", "--quiet"])
    assert json.loads(capsys.readouterr().out)["matches"] == line["document"]["matches"]
    names: dict = {}
    exec(line["python"], names)
    assert names["found"].count() == line["document"]["matches"]
    assert names["found"].front()["stack"].to_list() == [
        row["stack"] for row in line["document"]["front"]
    ]


def test_python_of_a_file_runs_the_command():
    text = Base("a.toml", {}).python({"target_rf": "7"})
    assert "['rfsearch', '--config', 'a.toml', '--target-rf=7', '--format', 'json']" in text
    compile(text, "copied", "exec")


def test_controls_offer_no_option_that_writes():
    names = {one["name"] for one in controls()}
    assert {"target_rf", "input", "kernel", "max_macs", "rank_by"} <= names
    assert not names & {"output", "report", "plot", "export", "format", "stage"}


def test_flags_are_the_first_question_and_answers_to_a_terminal_are_refused(capsys):
    assert main(["explore", "--format", "json"]) == 2
    assert "explore" in capsys.readouterr().err
    with pytest.raises(UsageError, match="not an option"):
        Base(None, {}).arguments({"stage": "x"})


def test_the_word_prints_its_address_and_ends_with_an_interrupt():
    command = [sys.executable, "-m", "rfsearch", "explore", "--no-browser", "--input", "20"]
    ran = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    address = ran.stdout.readline().strip()
    assert address.startswith("http://127.0.0.1:") and address.endswith("?target_rf=224&input=20")
    ran.send_signal(signal.SIGINT)
    assert ran.wait(30) == 130
