"""The server of `rfsearch explore`: one page, its questions, and who may ask them.

It listens on 127.0.0.1, every path begins with a secret token, and requests with a foreign Host
(a name that was made to point here) or Origin (another site's page) are refused.
"""

from __future__ import annotations

import json
import secrets
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from rfsearch.cli.explore.question import Base, controls
from rfsearch.cli.explore.workers import SupersededError, Turn, Workers
from rfsearch.errors import RfsearchError, UsageError

LARGEST_REQUEST = 100_000


class Server(ThreadingHTTPServer):
    """Listens at once; `address` is where, with the first question in it."""

    daemon_threads = True

    def __init__(self, port: int, base: Base, workers: Workers) -> None:
        try:
            super().__init__(("127.0.0.1", port), Handler)
        except OSError as error:
            raise UsageError(f"--port: {port}: {error.strerror}") from None
        self.base, self.workers = base, workers
        self.token = secrets.token_urlsafe(24)

    @property
    def address(self) -> str:
        """Of the page, for this machine's browser."""
        question = f"?{urlencode(self.base.first)}" if self.base.first else ""
        return f"http://127.0.0.1:{self.server_port}/{self.token}/{question}"

    @property
    def hosts(self) -> set[str]:
        """What a browser may call this server."""
        return {f"{name}:{self.server_port}" for name in ("127.0.0.1", "localhost")}


class Handler(BaseHTTPRequestHandler):
    """GET /TOKEN/ is the page; POST /TOKEN/ask, /TOKEN/sample and /TOKEN/network answer it."""

    server: Server
    server_version = "rfsearch"
    sys_version = ""

    def do_GET(self) -> None:
        path = urlsplit(self.path)
        if self._refused() or path.path != f"/{self.server.token}/":
            self._say(HTTPStatus.FORBIDDEN, b"no access: take the address that rfsearch printed\n")
            return
        self._send(
            HTTPStatus.OK, "text/html; charset=utf-8", self._page(dict(parse_qsl(path.query)))
        )

    def do_POST(self) -> None:
        answers = {"ask": self._ask, "sample": self._sample, "network": self._network}
        name = urlsplit(self.path).path.removeprefix(f"/{self.server.token}/")
        if self._refused() or name not in answers:
            self._say(HTTPStatus.FORBIDDEN, b"no access\n")
            return
        try:
            length = int(self.headers.get("Content-Length") or 0)
            if not 0 < length <= LARGEST_REQUEST:
                raise ValueError("length")
            asked = json.loads(self.rfile.read(length))
            question = asked["question"]
            if not isinstance(question, dict):
                raise ValueError("question")
            answers[name](asked, question)
        except (ValueError, KeyError, TypeError):
            self._say(HTTPStatus.BAD_REQUEST, b"not a question\n")

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the terminal is for what the user should know."""

    def _refused(self) -> bool:
        """Whether it comes from elsewhere than this server's own page."""
        origin = self.headers.get("Origin")
        foreign = origin is not None and origin.removeprefix("http://") not in self.server.hosts
        return foreign or self.headers.get("Host") not in self.server.hosts

    def _page(self, question: dict[str, str]) -> bytes:
        from rfsearch.answer.page.page import page
        from rfsearch.answer.page.wording import costs

        data = {
            "kind": "search",
            "document": {"query": {}},
            "command": "",
            "costs": costs({}),
            "sample": [],
            "networks": {},
            "serving": {
                "options": controls(),
                "question": question,
                "config": self.server.base.config,
            },
        }
        return page(data, "rfsearch explore", serving=True)

    def _ask(self, asked: dict[str, Any], question: dict[str, str]) -> None:
        """Lines of JSON: the parts of the answer as they come, or an error; few if superseded."""
        from rfsearch.answer.page.wording import costs

        base = self.server.base
        turn = self.server.workers.turn(str(asked["tab"]))
        self.server.workers.end(_sampling(asked))
        self._begin("application/x-ndjson")
        try:
            argv = base.arguments(question)
            copies = {"command": base.command(question), "python": base.python(question)}
            for answer in turn.ask(argv):
                declared = answer.get("document", {"query": {}})["query"].get("cost") or {}
                self._line_unless_gone({**answer, **copies, "costs": costs(declared)}, turn)
        except SupersededError:
            self._line_unless_gone({"superseded": True}, turn)
        except RfsearchError as error:
            self._line_unless_gone({"error": str(error)}, turn)

    def _line_unless_gone(self, value: dict[str, Any], turn: Turn) -> None:
        """A line of JSON; where the tab has gone on, its question is over."""
        try:
            self.wfile.write(json.dumps(value).encode() + b"\n")
            self.wfile.flush()
        except (BrokenPipeError, ConnectionResetError):
            turn.supersede()

    def _sample(self, asked: dict[str, Any], question: dict[str, str]) -> None:
        """Rows drawn from all matches; none where that fails, or a newer question has come."""
        # A turn of its own: what comes late can then not end the tab's newest question.
        turn = self.server.workers.turn(_sampling(asked))
        rows: list[dict[str, Any]] = []
        with suppress(SupersededError, RfsearchError):
            for answer in turn.ask(self.server.base.arguments(question), sample=True):
                rows = answer.get("sample", [])
        self._send(HTTPStatus.OK, "application/json", json.dumps(rows).encode())

    def _network(self, asked: dict[str, Any], question: dict[str, Any]) -> None:
        """The drawing of a row's network."""
        from rfsearch.answer.output.plain import json_text
        from rfsearch.answer.page.networks import of_row, with_source

        try:
            found = with_source(of_row(asked["row"], question))
        except RfsearchError as error:
            found = {"error": str(error)}
        self._send(HTTPStatus.OK, "application/json", json_text(found).encode())

    def _say(self, status: HTTPStatus, text: bytes) -> None:
        self._send(status, "text/plain; charset=utf-8", text)

    def _send(self, status: HTTPStatus, kind: str, body: bytes) -> None:
        self._begin(kind, status, len(body))
        self.wfile.write(body)

    def _begin(
        self, kind: str, status: HTTPStatus = HTTPStatus.OK, length: int | None = None
    ) -> None:
        """The head of a response; without a length it ends with the connection."""
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("X-Frame-Options", "DENY")
        self.send_header("Referrer-Policy", "no-referrer")
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.end_headers()


def _sampling(asked: dict[str, Any]) -> str:
    """What a tab's samples take turns under."""
    return f"{asked['tab']} sample"
