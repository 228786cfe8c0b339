"""A dataset in a bucket: the real client against a server of S3, also one that fails."""

import hashlib
import http.client
import threading
import time
from collections import Counter
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import polars as pl
import pytest
from test_enumerate import SMALL_FLAGS, found, hashes

import rfsearch
from rfsearch.cli import main
from rfsearch.enumeration.store import store_at

pytest.importorskip("obstore")
LATE = 1.5  # seconds, more than a patient client's TIMEOUT
moto = pytest.importorskip("moto.server")


class Between(BaseHTTPRequestHandler):
    """Passes requests on to S3; `fault(method, path, number)` says what happens to the answer.

    None: it is passed on; a number: that status, and S3 never hears of it; "lost": S3 does what
    was asked, and the connection ends without an answer; "late": likewise, but after LATE seconds.
    """

    protocol_version = "HTTP/1.1"
    address, fault, asked, lock = "", None, 0, threading.Lock()

    def pass_on(self):
        cls = type(self)
        with cls.lock:
            cls.asked += 1
            number = cls.asked
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        what = cls.fault(self.command, self.path, number) if cls.fault else None
        if isinstance(what, int):
            self._answer(what, {}, b"<Error><Message>Not today</Message></Error>")
            return
        s3 = http.client.HTTPConnection(cls.address)
        s3.request(self.command, self.path, body, dict(self.headers))
        answer = s3.getresponse()
        content = answer.read()
        s3.close()
        if what in ("lost", "late"):
            time.sleep(LATE if what == "late" else 0)
            self.close_connection = True
            return
        self._answer(answer.status, dict(answer.getheaders()), content)

    def _answer(self, status, headers, content):
        self.send_response(status)
        length = headers.get("Content-Length", str(len(content)))
        for name, value in headers.items():
            if name.lower() not in ("content-length", "connection", "transfer-encoding", "date"):
                self.send_header(name, value)
        self.send_header("Content-Length", length)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_PUT = do_HEAD = do_DELETE = do_POST = pass_on

    def log_message(self, *given):
        pass


@pytest.fixture(scope="module")
def server():
    """The port of a server that stands between the client and S3."""
    s3 = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    s3.start()
    Between.address = "{}:{}".format(*s3.get_host_and_port())
    between = ThreadingHTTPServer(("127.0.0.1", 0), Between)
    thread = threading.Thread(target=between.serve_forever, daemon=True)
    thread.start()
    yield between.server_address[1]
    between.shutdown()
    between.server_close()
    s3.stop()


@pytest.fixture
def bucket(server, monkeypatch, request):
    """A bucket of its own; the address of a prefix in it."""
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server}",
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    name = "b" + hashlib.sha256(request.node.name.encode()).hexdigest()[:20]
    s3 = http.client.HTTPConnection(Between.address)
    s3.request("PUT", f"/{name}", headers={"Authorization": "AWS4-HMAC-SHA256 Credential=key/"
               "20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"})  # fmt: skip
    assert s3.getresponse().status == 200
    s3.close()
    yield f"s3://{name}/some/prefix"
    Between.fault, Between.asked = None, 0


def objects(address):
    """Every object with the hash of its bytes."""
    store = store_at(address)
    return {name: hashlib.sha256(store.read(name)).hexdigest() for name in store.names()}


def test_a_bucket_holds_the_bytes_that_a_folder_holds(bucket, tmp_path):
    found().sink_parquet(tmp_path / "d", part_rows=100)
    assert main(["enumerate", *SMALL_FLAGS, "-o", bucket, "--part-rows", "100", "--quiet"]) == 0
    assert objects(bucket) == hashes(tmp_path / "d")
    assert rfsearch.scan(bucket).collect().equals(rfsearch.scan(tmp_path / "d").collect())


def test_rank_and_part_take_a_bucket(bucket, capsys):
    flags = ["--part-rows", "300", "--quiet"]
    assert main(["enumerate", *SMALL_FLAGS, "-o", bucket, "--plan", *flags]) == 0
    assert main(["part", bucket]) == 0
    parts = int(capsys.readouterr().out)
    assert main(["part", f"{bucket}/manifest.json", f"0..{parts - 1}"]) == 0
    capsys.readouterr()
    assert main(["rank", bucket, "--top", "3", "--format", "ndjson"]) == 0
    best = pl.read_ndjson(capsys.readouterr().out.encode())
    assert best["stack"].to_list() == found().top(3, distinct="none")["stack"].to_list()


def test_an_object_that_is_there_is_not_replaced(bucket):
    store = store_at(bucket)
    assert store.create("a", b"first") and not store.create("a", b"second")
    assert store.read("a") == b"first"
    store.remove("a")
    store.remove("a")
    assert store.names() == {}


def test_a_damaged_object_is_made_again(bucket):
    found().sink_parquet(bucket, part_rows=100)
    before, store = objects(bucket), store_at(bucket)
    name = min(before)
    data = store.read(name)
    store.remove(name)
    store.create(name, data[:-100])
    assert main(["enumerate", "--resume", "-o", bucket, "--quiet", "--workers", "1"]) == 0
    assert objects(bucket) == before


def test_answers_that_are_lost_or_late_leave_the_same_objects(bucket, tmp_path):
    found().sink_parquet(tmp_path / "d", part_rows=100)
    asked, whole = Counter(), hashes(tmp_path / "d")

    def fault(method, path, number):
        # Of each request, so that it does not matter in which order they come.
        asked[method, path] += 1
        if asked[method, path] == 1:
            return 503  # try again
        return "lost" if method == "PUT" and asked[method, path] == 2 else None

    Between.fault = staticmethod(fault)
    found().sink_parquet(bucket, part_rows=100)
    Between.fault = None
    assert objects(bucket) == whole
    puts = [times for (method, _), times in asked.items() if method == "PUT"]
    assert len(puts) == len(whole) and min(puts) >= 3


@pytest.fixture
def impatient(monkeypatch):
    """A client that waits half a second for an answer, and tries twice more."""
    from rfsearch.enumeration.store import bucket

    monkeypatch.setattr(bucket, "_TIMEOUT", timedelta(seconds=0.5))
    retry = {"max_retries": 2, "retry_timeout": timedelta(seconds=5)}
    monkeypatch.setattr(bucket, "_RETRY", retry)


def test_requests_that_time_out_are_made_again_and_leave_the_same_objects(
    bucket, impatient, tmp_path
):
    found().sink_parquet(tmp_path / "d", part_rows=400)
    puts = Counter()

    def fault(method, path, number):
        puts[path] += method == "PUT"
        return "late" if method == "PUT" and puts[path] == 1 else None

    Between.fault = staticmethod(fault)
    found().sink_parquet(bucket, part_rows=400)
    Between.fault = None
    assert objects(bucket) == hashes(tmp_path / "d")
    assert min(times for times in puts.values() if times) >= 2


def test_a_bucket_that_never_answers_is_one_line(bucket, impatient, capsys):
    Between.fault = staticmethod(lambda method, path, number: "late")
    assert main(["enumerate", *SMALL_FLAGS, "-o", bucket, "--quiet"]) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"rfsearch: --output: {bucket}: ") and err.count("\n") == 1


@pytest.mark.parametrize("status, said", [(403, "Not today"), (404, "Not today")])
def test_a_bucket_that_refuses_is_one_line(bucket, status, said, capsys):
    Between.fault = staticmethod(lambda method, path, number: status)
    assert main(["enumerate", *SMALL_FLAGS, "-o", bucket, "--quiet"]) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"rfsearch: --output: {bucket}: ") and said in err
    assert err.count("\n") == 1


def test_a_bucket_that_refuses_in_mid_run_leaves_whole_parts_to_go_on_with(
    bucket, tmp_path, capsys
):
    found().sink_parquet(tmp_path / "d", part_rows=100)
    puts = []

    def fault(method, path, number):
        puts.extend([path] if method == "PUT" else [])
        return 403 if method == "PUT" and len(puts) > 3 else None

    Between.fault = staticmethod(fault)
    flags = ["-o", bucket, "--quiet", "--workers", "1"]
    assert main(["enumerate", *SMALL_FLAGS, "--part-rows", "100", *flags]) == 2
    said = capsys.readouterr().err
    assert f"rfsearch enumerate --resume -o {bucket} goes on with the rest" in said
    assert "Not today" in said and "Traceback" not in said
    Between.fault = None
    whole = hashes(tmp_path / "d")
    assert objects(bucket).items() < whole.items() and len(objects(bucket)) == 3
    assert main(["enumerate", "--resume", *flags]) == 0
    assert objects(bucket) == whole


def test_no_server_at_all_is_one_line(bucket, monkeypatch, capsys):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    assert main(["enumerate", "--resume", "-o", bucket]) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"rfsearch: --output: {bucket}: ") and err.count("\n") == 1


def test_without_obstore_the_extra_is_named(monkeypatch, capsys):
    monkeypatch.setitem(__import__("sys").modules, "obstore.store", None)
    assert main(["enumerate", *SMALL_FLAGS, "-o", "s3://b/c"]) == 2
    assert capsys.readouterr().err == (
        "rfsearch: --output: s3://b/c: object stores take obstore: pip install 'rfsearch[s3]'\n"
    )


def test_an_address_of_no_kind_is_refused(capsys):
    assert main(["enumerate", *SMALL_FLAGS, "-o", "ftp://b/c"]) == 2
    assert capsys.readouterr().err == (
        "rfsearch: --output: ftp://b/c: not a folder, nor s3://, gs:// or az://\n"
    )
