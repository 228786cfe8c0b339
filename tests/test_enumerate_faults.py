"""Whatever happens to a run, it ends with the bytes of an unbroken one, or with one line."""

import errno
import os
import random
import signal
import subprocess
import sys
import threading
import time
from functools import partial

import pytest
from conftest import often
from test_enumerate import SMALL_FLAGS, found, hashes

import rfsearch
from rfsearch.cli import main
from rfsearch.enumeration import making
from rfsearch.enumeration.crew import Job, processes
from rfsearch.enumeration.crew.processes import Processes
from rfsearch.enumeration.dataset import Dataset
from rfsearch.enumeration.part import part_bytes
from rfsearch.enumeration.store import store_at
from rfsearch.errors import LimitError, UsageError

KILLS = often(4, 20)
LONGER = [*SMALL_FLAGS, "--depth", "1..6"]


def command(*words):
    """A run of its own process; it is to be killed."""
    return subprocess.Popen(
        [sys.executable, "-m", "rfsearch", *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory):
    """The files of a run that nothing happened to."""
    folder = tmp_path_factory.mktemp("unbroken") / "d"
    space = rfsearch.Space(kernel=[1, 2, 3], stride=[1, 2], depth=(1, 6))
    space.search(input=14, target_rf=8).sink_parquet(folder, part_rows=250)
    files = hashes(folder)
    assert len(files) > 40
    return files


@pytest.mark.compiled
def test_a_run_killed_at_random_moments_and_resumed_has_the_bytes_of_an_unbroken_one(
    tmp_path, unbroken
):
    moment, out = random.Random(1), str(tmp_path / "d")
    flags = ["-o", out, "--quiet", "--workers", "1"]
    assert main(["enumerate", *LONGER, *flags, "--part-rows", "250", "--plan"]) == 0
    seen = set()
    for number in range(KILLS):
        before = set(os.listdir(out))
        run = command("enumerate", "--resume", *flags)
        if number % 2:  # while it starts, or perhaps later
            time.sleep(moment.uniform(0.3, 1.5))
        else:  # while it makes parts
            wait_for(partial(_has_more, out, before, run))
            time.sleep(moment.uniform(0, 0.05))
        run.send_signal(signal.SIGKILL)
        run.wait()
        run.stderr.close()
        made = set(hashes(out)) - {"manifest.json"}
        seen.add(len([name for name in made if not name.startswith(".")]))
    # What is damaged is made again, too: replaced, cut short, or with one bit turned.
    for place, name in zip(("all", "end", "bit"), sorted(made), strict=False):
        data = bytearray((tmp_path / "d" / name).read_bytes())
        data[moment.randrange(len(data))] ^= 1 << moment.randrange(8)
        harm = {"all": b"PAR1 and nothing else PAR1", "end": data[: len(data) // 2], "bit": data}
        (tmp_path / "d" / name).write_bytes(harm[place])
    assert main(["enumerate", "--resume", *flags]) == 0
    assert hashes(out) == unbroken
    assert len(seen) > 1, "some were killed while they made parts"


@pytest.mark.compiled
def test_workers_killed_at_random_moments_lose_no_part(tmp_path, unbroken, monkeypatch):
    out, moment, started = str(tmp_path / "d"), random.Random(2), []
    assert main(["enumerate", *LONGER, "-o", out, "--part-rows", "250", "--plan", "--quiet"]) == 0
    start = processes.started
    monkeypatch.setattr(processes, "started", lambda job: started.append(start(job)) or started[-1])
    monkeypatch.setattr(processes, "MOST_DEATHS", KILLS + 1)
    made, killed = [], 0
    for one in making.make(Dataset.found(store_at(out)), Processes(2)):
        made.append(one.name)
        # At the next part, so that the run gets on, and anywhere within it.
        time.sleep(moment.uniform(0.0, 0.02))
        alive = [one for one in started if one.poll() is None]
        if killed < KILLS and alive:
            moment.choice(alive).kill()
            killed += 1
    assert hashes(out) == unbroken
    assert sorted(made) == sorted(set(unbroken) - {"manifest.json"})
    assert killed == KILLS


def test_a_task_at_which_workers_keep_dying_ends_the_job_in_one_line():
    with pytest.raises(LimitError, match=r"task 9: 3 workers ended at it.*exit code -9"):
        list(Processes(1).work(Job("test_enumerate_faults:die", {}), [9]))


def die(common, own):
    """A task that kills its worker, as the system does for lack of memory."""
    os.kill(os.getpid(), signal.SIGKILL)


def test_what_a_task_refuses_is_raised_as_it_was():
    with pytest.raises(UsageError, match="part: 5 is odd"):
        list(Processes(2).work(Job("test_enumerate_faults:even", {}), [2, 4, 5, 6]))


def even(common, own):
    """A task that refuses odd numbers."""
    if own % 2:
        raise UsageError(f"part: {own} is odd")
    return own


@pytest.fixture(autouse=True)
def tests_are_importable(monkeypatch):
    here = os.path.dirname(__file__)
    path = os.pathsep.join(filter(None, [here, os.environ.get("PYTHONPATH")]))
    monkeypatch.setenv("PYTHONPATH", path)


@pytest.mark.compiled
def test_ctrl_c_leaves_whole_parts_and_says_how_to_go_on(tmp_path, unbroken):
    out = str(tmp_path / "d")
    run = command("enumerate", *LONGER, "-o", out, "--part-rows", "250", "--workers", "1")
    wait_for(lambda: len(list((tmp_path / "d").glob("*.parquet"))) > 2)
    run.send_signal(signal.SIGINT)
    said = run.communicate(timeout=30)[1]
    assert run.returncode == 130
    assert f"parts are whole; rfsearch enumerate --resume -o {out} goes on with the rest" in said
    assert "Traceback" not in said
    files = hashes(out)
    assert not [name for name in files if name.startswith(".")]
    assert files.items() <= unbroken.items() and 3 <= len(files) < len(unbroken)
    assert main(["enumerate", "--resume", "-o", out, "--quiet"]) == 0
    assert hashes(out) == unbroken


def _has_more(folder, before, run):
    """Whether there are other files in a folder than before, or the run has ended."""
    return set(os.listdir(folder)) - before or run.poll() is not None


def wait_for(condition):
    """Until it holds, two minutes at most."""
    until = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 2 MiB."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a file system can be mounted by root alone")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_disk_that_fills_up_is_one_line_and_no_half_part(
    small_disk, tmp_path, monkeypatch, capsys
):
    from rfsearch.enumeration.store.folder import Folder

    whole = tmp_path / "whole"
    found().sink_parquet(whole, part_rows=10)
    monkeypatch.setattr(Folder, "free", lambda self: None)  # someone else fills it meanwhile
    filler = small_disk / "filler"
    filler.write_bytes(b"x" * (1900 << 10))
    out = str(small_disk / "d")
    flags = ["-o", out, "--part-rows", "10", "--quiet"]
    assert main(["enumerate", *SMALL_FLAGS, *flags, "--workers", "1"]) == 3
    said = capsys.readouterr().err
    assert f"rfsearch: --output: {out}: the disk is full\n" in said
    assert "goes on with the rest" in said and "Traceback" not in said
    files = hashes(out)
    assert files.items() < hashes(whole).items() and len(files) > 1
    filler.unlink()
    assert main(["enumerate", "--resume", "-o", out, "--quiet", "--workers", "1"]) == 0
    assert hashes(out) == hashes(whole)


def test_a_write_that_fails_leaves_nothing_behind(tmp_path, monkeypatch):
    store = store_at(str(tmp_path / "d"))

    def full(*given):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(LimitError, match="the disk is full"):
        store.create("0-1.parquet", b"bytes")
    assert list((tmp_path / "d").iterdir()) == []


def test_of_many_that_create_one_name_at_once_one_does(tmp_path):
    store, created = store_at(str(tmp_path / "d")), []
    together = threading.Barrier(8)

    def create(number):
        together.wait()
        created.append((store.create("a", str(number).encode()), number))

    threads = [threading.Thread(target=create, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (winner,) = [number for done, number in created if done]
    assert store.read("a") == str(winner).encode()
    assert len(hashes(tmp_path / "d")) == 1


def test_without_hard_links_a_file_is_still_not_replaced(tmp_path, monkeypatch):
    def none(*given):
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", none)
    store = store_at(str(tmp_path / "d"))
    assert store.create("a", b"first") and not store.create("a", b"second")
    assert store.read("a") == b"first"


def test_another_questions_directory_is_refused_naming_the_difference(tmp_path, capsys):
    out = str(tmp_path / "d")
    found().sink_parquet(out, part_rows=100)
    before = hashes(out)
    other = [*SMALL_FLAGS[:-1], "16"]
    assert main(["enumerate", *other, "-o", out, "--part-rows", "100", "--resume"]) == 2
    assert "its input 14, not 16" in capsys.readouterr().err
    assert main(["enumerate", *SMALL_FLAGS, "-o", out, "--part-rows", "50", "--resume"]) == 2
    assert "its rows 100, not 50" in capsys.readouterr().err
    assert main(["enumerate", *SMALL_FLAGS, "-o", out]) == 2
    assert "holds a dataset already" in capsys.readouterr().err
    assert hashes(out) == before


def test_a_folder_with_other_files_is_refused(tmp_path, capsys):
    (tmp_path / "thesis.tex").write_text("mine")
    assert main(["enumerate", *SMALL_FLAGS, "-o", str(tmp_path)]) == 2
    assert "is not empty (thesis.tex)" in capsys.readouterr().err
    assert list(hashes(tmp_path)) == ["thesis.tex"]


def test_a_part_of_another_dataset_under_the_right_name_is_made_again(tmp_path):
    found().sink_parquet(tmp_path / "a", part_rows=100)
    found().sink_parquet(tmp_path / "b", part_rows=100, columns=["stack"])
    name = min(path.name for path in (tmp_path / "a").glob("*.parquet"))
    good = (tmp_path / "a" / name).read_bytes()
    (tmp_path / "a" / name).write_bytes((tmp_path / "b" / name).read_bytes())
    assert main(["enumerate", "--resume", "-o", str(tmp_path / "a"), "--workers", "1"]) == 0
    assert (tmp_path / "a" / name).read_bytes() == good


@pytest.mark.parametrize("cut", [0, 1, 100, -2])
def test_a_manifest_cut_short_is_one_line_whoever_reads_it(cut, tmp_path, capsys):
    out = tmp_path / "d"
    found().sink_parquet(out, part_rows=100)
    manifest = out / "manifest.json"
    manifest.write_text(manifest.read_text()[:cut])
    for words in (["enumerate", "--resume", "-o"], ["part"], ["rank"]):
        assert main([*words, str(out)]) == 2
        assert capsys.readouterr().err == (
            f"rfsearch: {manifest}: the manifest is cut short or changed, so that nothing here can "
            "be told apart; begin again in another place\n"
        )


def test_a_manifest_that_was_edited_is_not_believed(tmp_path, capsys):
    out = tmp_path / "d"
    found().sink_parquet(out)
    manifest = out / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"target_rf": 8', '"target_rf": 9'))
    assert main(["enumerate", "--resume", "-o", str(out)]) == 2
    assert "cut short or changed" in capsys.readouterr().err


def test_a_dataset_of_another_version_is_not_mixed(tmp_path, monkeypatch, capsys):
    out = tmp_path / "d"
    found().sink_parquet(out)
    begun_with = rfsearch.__version__
    monkeypatch.setattr(rfsearch, "__version__", "9.9.9")
    assert main(["enumerate", "--resume", "-o", str(out)]) == 2
    said = capsys.readouterr().err
    assert f"begun with rfsearch {begun_with}, and this is 9.9.9: parts might differ" in said


def test_two_runs_at_once_end_as_one(tmp_path):
    out = str(tmp_path / "d")
    found().sink_parquet(tmp_path / "one", part_rows=20)
    main(["enumerate", *SMALL_FLAGS, "-o", out, "--part-rows", "20", "--plan", "--quiet"])
    dataset = Dataset.found(store_at(out))

    def make():
        for number in range(len(dataset.manifest.ranges)):
            bytes_of = partial(part_bytes, dataset.manifest, found(), number)
            making.ensured(dataset, number, bytes_of)

    both = [threading.Thread(target=make) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert hashes(out) == hashes(tmp_path / "one")
