"""`rfsearch explore`: 200 random moves of its controls from the default query on, over HTTP.

Every answer is held against the JSON of the command.
"""

from __future__ import annotations

import http.client
import json
import random
import threading
import time

from rfsearch.cli import main
from rfsearch.cli.explore.question import Base
from rfsearch.cli.explore.server import Server
from rfsearch.cli.explore.workers import Workers

FIRST = {"target_rf": "224", "input": "227"}
MOVES = 200
WARMING = 5
TEXTS = {
    "rounding": ["exact", "floor"],
    "stride": ["", "1,2,3", "1..4"],
    "kernel": ["", "1,2,3,5,7", "1,3,5,7,11"],
    "depth": ["1..8", "1..10", ""],
    "max_peak_memory": ["", "2MiB", "3MiB"],
    "rank_by": ["", "params,macs", "macs"],
    "front": ["", "params,macs"],
}


def moved(question, choose):
    """One control moved: two of three times a slider, by a few pixels."""
    if choose.random() < 2 / 3:
        name = choose.choice(["target_rf", "input"])
        text = str(max(32, int(question[name]) + choose.choice([-4, -2, -1, 1, 2, 4])))
    else:
        name = choose.choice(sorted(TEXTS))
        text = choose.choice(TEXTS[name])
    return {**question, name: text}


def asked(server, question):
    """Seconds until each part of the answer came, and the whole of it."""
    body = json.dumps({"tab": "1", "question": question})
    began = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port)
    connection.request("POST", f"/{server.token}/ask", body)
    seconds, line = {}, {}
    for text in connection.getresponse():
        line = json.loads(text)
        seconds[line["part"]] = time.perf_counter() - began
    return seconds, line["document"]


def test_moves(note, capsys):
    """The time of the 95th of 100 moves for each part; of those too that nothing answers."""
    choose, question, answers = random.Random(17), FIRST, []
    times = {"counts": [], "front": [], "list": [], "all, with the questions next door": []}
    with Workers() as workers, Server(0, Base(None, FIRST), workers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for move in range(WARMING + MOVES):
            question = moved(question, choose)
            seconds, document = asked(server, question)
            argv = server.base.arguments({k: v for k, v in question.items() if v})
            answers.append((argv, document))
            if move >= WARMING:
                for part, found in times.items():
                    found.append(seconds[part.split(",")[0]])
        server.shutdown()
    # Afterwards, so that nothing else runs between the moves.
    for argv, document in answers:
        main([*argv, "--format=json", "--quiet"])
        expected = json.loads(capsys.readouterr().out)
        assert {**document, "seconds": 0} == {**expected, "seconds": 0}, argv
    for part, found in times.items():
        found.sort()
        aim = "≤ 0.2" if part in ("counts", "front", "list") else ""
        note(f"{part}: seconds, 95 of 100", found[MOVES * 95 // 100 - 1], aim)
        note(f"{part}: seconds, median", found[MOVES // 2])
