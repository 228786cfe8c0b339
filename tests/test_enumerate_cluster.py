"""The same dataset by a Dask cluster, whose workers and scheduler may die at any moment."""

import os
import random
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress

import pytest
from conftest import often
from test_enumerate import SMALL_FLAGS, found, hashes
from test_enumerate_faults import (  # noqa: F401 - fixtures
    LONGER,
    command,
    tests_are_importable,
    unbroken,
    wait_for,
)

import rfsearch
from rfsearch.cli import main
from rfsearch.enumeration.crew import Job, crew_of
from rfsearch.enumeration.crew.cluster import NO_DASHBOARD
from rfsearch.enumeration.dataset import Dataset
from rfsearch.enumeration.making import make
from rfsearch.enumeration.store import store_at
from rfsearch.errors import LimitError

distributed = pytest.importorskip("distributed")

KILLS = often(4, 20)


@pytest.fixture(scope="module")
def cluster():
    """Two worker processes, started again by their nannies when they die."""
    import dask

    # Else a worker that is killed a second time while it is looked for is given up.
    patient = dask.config.set({"distributed.deploy.lost-worker-timeout": "1h"})
    here = os.path.dirname(__file__)
    path = os.pathsep.join(filter(None, [here, os.environ.get("PYTHONPATH")]))
    two = {"n_workers": 2, "threads_per_worker": 1}
    with (
        patient,
        distributed.LocalCluster(
            **two, **NO_DASHBOARD, silence_logs=50, env={"PYTHONPATH": path}
        ) as cluster,
    ):
        yield cluster


def test_a_cluster_writes_the_bytes_that_this_process_writes(cluster, tmp_path):
    found().sink_parquet(tmp_path / "here", part_rows=50)
    out, address = str(tmp_path / "there"), cluster.scheduler_address
    flags = ["-o", out, "--part-rows", "50", "--quiet", "--scheduler", address]
    assert main(["enumerate", *SMALL_FLAGS, *flags]) == 0
    assert hashes(out) == hashes(tmp_path / "here")


def test_a_scheduler_file_and_the_environment_name_a_cluster(cluster, tmp_path, monkeypatch):
    found().sink_parquet(tmp_path / "here", part_rows=300)
    file = tmp_path / "scheduler.json"
    file.write_text(f'{{"address": "{cluster.scheduler_address}"}}')
    flags = [*SMALL_FLAGS, "--part-rows", "300", "--quiet"]
    assert main(["enumerate", *flags, "-o", str(tmp_path / "a"), "--scheduler", str(file)]) == 0
    monkeypatch.setenv("DASK_SCHEDULER_ADDRESS", cluster.scheduler_address)
    monkeypatch.setattr("rfsearch.enumeration.crew.processes.Processes.work", None)
    assert main(["enumerate", *flags, "-o", str(tmp_path / "b")]) == 0
    assert hashes(tmp_path / "a") == hashes(tmp_path / "b") == hashes(tmp_path / "here")


@pytest.mark.compiled
def test_workers_killed_by_their_pids_lose_no_part_and_add_none(cluster, tmp_path, unbroken):  # noqa: F811
    out, moment = str(tmp_path / "d"), random.Random(3)
    assert main(["enumerate", *LONGER, "-o", out, "--part-rows", "250", "--plan", "--quiet"]) == 0
    made, killed = [], set()
    for one in make(Dataset.found(store_at(out)), crew_of(scheduler=cluster.scheduler_address)):
        made.append(one.name)
        time.sleep(moment.uniform(0.0, 0.02))
        # A worker that is killed while it starts ends its nanny, too.
        ready = distributed.Status.running
        nannies = [one for one in cluster.workers.values() if one.status == ready]
        processes = [one.process for one in nannies if one.process]
        pids = {one.pid for one in processes if one.pid and one.status == ready}
        if len(killed) < KILLS and pids - killed:
            pid = moment.choice(sorted(pids - killed))
            os.kill(pid, signal.SIGKILL)
            killed.add(pid)
    assert len(killed) == KILLS
    assert sorted(made) == sorted(set(unbroken) - {"manifest.json"})
    assert hashes(out) == unbroken


def test_a_task_that_kills_every_worker_ends_in_one_line(cluster, monkeypatch):
    monkeypatch.setattr("rfsearch.enumeration.crew.cluster.MOST_DEATHS", 1)
    crew = crew_of(scheduler=cluster.scheduler_address)
    with pytest.raises(LimitError, match=r"workers die at task 7, of lack of memory perhaps"):
        list(crew.work(Job("test_enumerate_faults:die", {}), [7]))


@pytest.fixture
def killable(tmp_path):
    """A scheduler and two workers, processes of their own; (the scheduler, its file)."""
    file = tmp_path / "scheduler.json"
    here = os.path.dirname(__file__)
    path = os.pathsep.join(filter(None, [here, os.environ.get("PYTHONPATH")]))
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}

    def started(kind, *flags):
        words = [sys.executable, "-m", f"distributed.cli.dask_{kind}", "--no-dashboard", *flags]
        return subprocess.Popen(words, env={**os.environ, "PYTHONPATH": path}, **silent)

    scheduler = started("scheduler", "--port", "0", "--scheduler-file", str(file))
    until = time.monotonic() + 60
    while not file.exists():
        assert time.monotonic() < until and scheduler.poll() is None
        time.sleep(0.05)
    workers = started("worker", "--scheduler-file", str(file), "--nworkers", "2", "--nthreads", "1")
    yield scheduler, str(file)
    for process in (scheduler, workers):
        process.terminate()
    for process in (scheduler, workers):
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:  # a machine that is busy; what is tested is past
            process.kill()
            process.wait(30)


@pytest.mark.compiled
def test_a_scheduler_that_is_killed_is_one_line_and_the_run_goes_on_without_it(
    killable, tmp_path, unbroken  # noqa: F811
):  # fmt: skip
    scheduler, file = killable
    out = tmp_path / "d"
    run = command("enumerate", *LONGER, "-o", str(out), "--part-rows", "250", "--quiet",
                  "--scheduler", file)  # fmt: skip
    wait_for(lambda: len(list(out.glob("*.parquet"))) > 2)
    scheduler.kill()
    said = run.communicate(timeout=60)[1].splitlines()
    assert run.returncode == 3
    assert said[-1] == f"rfsearch: --scheduler: {file}: the scheduler is gone"
    assert f"rfsearch enumerate --resume -o {out} goes on with the rest" in said[-2]
    assert not any(said[:-2])
    files = {name for name in hashes(out) if not name.startswith(".")}
    assert 3 <= len(files) - 1 < len(unbroken) - 1
    # Workers may still be at the parts that they were given: as whole as any.
    assert main(["enumerate", "--resume", "-o", str(out), "--quiet", "--workers", "2"]) == 0
    assert hashes(out) == unbroken


@pytest.fixture
def the_dashboards_port_is_taken():
    """By this test, or by whoever had it before."""
    with socket.socket() as taken:
        with suppress(OSError):
            taken.bind(("127.0.0.1", 8787))
            taken.listen()
        yield


def test_a_local_cluster_is_started_and_ended(tmp_path, the_dashboards_port_is_taken):
    found().sink_parquet(tmp_path / "here", part_rows=300)
    flags = ["-o", str(tmp_path / "d"), "--part-rows", "300", "--quiet"]
    # Where kernels run as plain Python, numpy warns of hashes that wrap on purpose.
    wrapping = "ignore:overflow encountered:RuntimeWarning"
    run = subprocess.run(
        [sys.executable, "-m", "rfsearch", "enumerate", *SMALL_FLAGS, *flags,
         "--scheduler", "local:2"],
        env={**os.environ, "PYTHONWARNINGS": wrapping},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (run.returncode, run.stderr) == (0, "")
    assert hashes(tmp_path / "d") == hashes(tmp_path / "here")


@pytest.mark.parametrize(
    "scheduler, said",
    [
        ("tcp://127.0.0.1:9", "no answer within 5 s"),
        ("nowhere.json", "there is no such file"),
        ("nonsense", "not tcp://HOST:PORT, a scheduler.json file, or local:N"),
        ("local:0", "0 is not ≥ 1"),
        ("local:two", "two is not a whole number"),
    ],
)
def test_a_scheduler_that_is_not_there_fails_at_once_in_one_line(scheduler, said, tmp_path, capsys):
    out = tmp_path / "d"
    assert main(["enumerate", *SMALL_FLAGS, "-o", str(out), "--scheduler", scheduler]) == 2
    err = capsys.readouterr().err
    assert err.startswith("rfsearch: --scheduler: ") and said in err and err.count("\n") == 1
    assert not out.exists()


def test_workers_of_another_version_are_refused(cluster, tmp_path, monkeypatch, capsys):
    theirs = rfsearch.__version__
    monkeypatch.setattr("rfsearch.__version__", "9.9.9")
    flags = ["-o", str(tmp_path / "d"), "--scheduler", cluster.scheduler_address]
    assert main(["enumerate", *SMALL_FLAGS, *flags]) == 2
    said = capsys.readouterr().err
    assert f"has rfsearch {theirs}, and this is 9.9.9: parts might differ" in said
