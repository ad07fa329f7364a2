"""`streamgauge check` against real sockets: what it tells, what it prints as JSON, how it exits."""

from __future__ import annotations

import json
import re
import socketserver
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from click.testing import CliRunner, Result

from dashboard.cli import commands
from dashboard.config import parse
from dashboard.health.report import Report

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"


def chat(*texts: str, finish: str = "stop") -> list[bytes]:
    """An openai-chat stream, one write a text."""
    chunks = [json.dumps({"choices": [{"index": 0, "delta": {"content": text}}]}) for text in texts]
    end = json.dumps({"choices": [{"index": 0, "delta": {}, "finish_reason": finish}]})
    return [HEAD, *(f"data: {chunk}\n\n".encode() for chunk in (*chunks, end)), b"data: [DONE]\n\n"]


class Server(socketserver.ThreadingTCPServer):
    """Answers every request with the next of `answers` (the last one stays): bytes to write, numbers to wait (s)."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        self.answers: list[Sequence[bytes | float]] = []
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        super().__init__(("127.0.0.1", 0), Answer)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Answer(socketserver.StreamRequestHandler):
    server: Server

    def handle(self) -> None:
        line = self.rfile.readline().decode().strip()
        headers = {}
        while text := self.rfile.readline().decode().strip():
            name, _, value = text.partition(":")
            headers[name.lower()] = value.strip()
        self.server.requests.append((line, headers, self.rfile.read(int(headers.get("content-length", 0)))))
        answers = self.server.answers
        for step in answers.pop(0) if len(answers) > 1 else answers[0]:
            if isinstance(step, bytes):
                self.wfile.write(step)
                self.wfile.flush()
            else:
                time.sleep(step)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
        yield running
        running.shutdown()


def check(*arguments: str) -> Result:
    return CliRunner().invoke(commands, ["check", *arguments], catch_exceptions=False)


def report(result: Result) -> dict[str, Any]:
    """The one JSON object on stdout, which is all that stands there."""
    line, end, rest = result.stdout.partition("\n")
    assert (end, rest) == ("\n", "")
    loaded: dict[str, Any] = json.loads(line)
    return loaded


def test_json_is_one_object_with_the_keys_of_the_contract(server: Server) -> None:
    server.answers = [chat("Four", ".")]
    result = check(f"{server.url}/v1/chat/completions", "--json")
    found = report(result)
    assert list(found) == [field.name for field in msgspec.structs.fields(Report)]
    assert found["text"] == "Four."
    assert (found["outcome"], found["dialect"], found["finish_reason"]) == ("completed", "openai-chat", "stop")
    assert list(found["diagnosis"]) == ["kind", "sentence", "evidence", "next"]
    assert (result.exit_code, result.stderr) == (0, "")


def test_a_person_sees_a_line_a_phase_then_verdict_and_diagnosis(server: Server) -> None:
    server.answers = [chat("Four", ".")]
    result = check(f"{server.url}/v1/chat/completions", "-m", "How much?")
    words = ["asking", "guessed from the path", "connecting", "connected", "first event", "first text", "finish"]
    places = [result.stdout.index(word) for word in [*words, "Four.", "completed", "healthy:", "next:"]]
    assert places == sorted(places)
    assert "\x1b" not in result.stdout
    assert result.exit_code == 0
    assert json.loads(server.requests[0][2])["messages"][-1]["content"] == "How much?"


@pytest.mark.parametrize(
    ("steps", "arguments", "code", "missed"),
    [
        (chat("a", "b"), [], 0, None),
        (chat("a", "b")[:-2], [], 1, "outcome truncated"),
        (chat("a", finish="")[:-1], [], 1, "outcome truncated"),
        ([HEAD, 0.3, *chat("a", "b")[1:]], ["--max-ttft", "0.1"], 1, "first text after"),
        ([HEAD, 0.3, *chat("a", "b")[1:]], ["--max-ttft", "5"], 0, None),
        ([*chat("a")[:2], 0.3, *chat("b")[1:]], ["--max-gap", "0.1"], 1, "longest gap"),
        ([*chat("a")[:2], 0.3, *chat("b")[1:]], ["--max-gap", "5"], 0, None),
        ([HEAD, b"data: {broken\n\n", *chat("a")[1:]], ["--strict"], 1, "anomalies malformed_event"),
        ([HEAD, b"data: {broken\n\n", *chat("a")[1:]], [], 0, None),
        (
            [b"HTTP/1.1 503 Busy\r\nContent-Length: 4\r\nContent-Type: text/plain\r\n\r\nbusy"],
            [],
            1,
            "outcome rejected",
        ),
        ([b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"], [], 1, "outcome rejected"),
    ],
)
def test_the_exit_code_says_whether_it_was_well(
    steps: list[bytes | float], arguments: list[str], code: int, missed: str | None, server: Server, tmp_path: Path
) -> None:
    server.answers = [steps]
    file = tmp_path / "config.yaml"
    backend = {"name": "b", "url": f"{server.url}/v1/chat/completions", "dialect": "openai-chat"}
    file.write_text(yaml.safe_dump({"backends": [{**backend, "retry": {"base_s": 0.01, "max_attempts": 2}}]}))
    told = check("b", "--config", str(file), *arguments)
    assert told.exit_code == code
    assert (f"missed: {missed}" in told.stdout) if missed else ("missed:" not in told.stdout)
    assert check("b", "--config", str(file), "--json", *arguments).exit_code == code


def test_a_stall_fails_a_turn_that_completed(server: Server, tmp_path: Path) -> None:
    server.answers = [[*chat("a")[:2], 0.5, *chat("b")[1:]]]
    file = tmp_path / "c.yaml"
    limits = "{stall_after_s: 0.2}"
    url = f"{server.url}/v1/chat/completions"
    file.write_text(f"backends: [{{name: b, url: '{url}', dialect: openai-chat, thresholds: {limits}}}]\n")
    result = check("b", "--config", str(file))
    assert result.exit_code == 1
    assert "stalled" in result.stdout
    assert "recovered" in result.stdout
    assert "missed: stalls 1" in result.stdout


MISTAKES: list[tuple[list[str], str]] = [
    ([], "expected a backend's name, an address or --curl, got none"),
    (["nobody"], "BACKEND: expected one of demo, .* got 'nobody'"),
    (["demo", "--curl", "curl http://h"], "expected either a backend or --curl, got both"),
    (["ftp://h/x"], "URL: expected an http:// or https:// address, got 'ftp://h/x'"),
    (["http://u:secret@h/x"], "URL: expected no user or password"),
    (["http://h/x", "--dialect", "nonsense"], "--dialect: .*expected one of auto, .*got 'nonsense'"),
    (["http://h/x", "--dialect", "custom"], "--dialect custom: expected a backend of config.yaml"),
    (["http://h/x", "-m", ""], "The question is empty"),
    (["http://h/x", "-m", "x" * 8001], "8,001 characters; at most 8,000"),
    (["http://h/x", "--max-ttft", "0"], "--max-ttft"),
    (["http://h/x", "--max-gap", "soon"], "--max-gap"),
    *((["http://h/x", "--max-ttft", word], "--max-ttft.*finite number, got") for word in ("nan", "inf", "1e400")),
    *((["http://h/x", "--max-gap", word], "--max-gap.*finite number, got") for word in ("nan", "inf", "1e400")),
    (["http://h/x", "--header", "nothing"], "--header"),
    (["http://h/x", "--header", "X: a\nb: secret"], "^--header.X: expected one line of text, got a control"),
    (["demo", "--header", "X: a\nb: secret"], "^--header.X: expected one line of text, got a control"),
    (["http://h/x", "--header", "X y: a"], "^--header: expected the name of an HTTP header, got 'X y'"),
    (["http://h/x", "--header", "Content-Length: 3"], "^--header.Content-Length: expected no such header"),
    (["--curl", "curl http://h -d x -H $'X: a\\nb'"], "^--header.X: expected one line of text"),
    (["--curl", "curl http://h -d x -H $'Content-Type: a\\nb'"], "^--curl.Content-Type: expected one line of text"),
    (["--curl", "wget http://h"], "begins with curl"),
    (["--curl", "curl http://h -d '{\"a\": 1}'", "-m", "x"], "-m: expected a request with a field for the question"),
    (["demo", "--config", "/none.yaml"], "/none.yaml: expected a file that can be read"),
    (["--frobnicate"], "No such option"),
]


@pytest.mark.parametrize(("arguments", "said"), MISTAKES)
def test_a_mistake_is_a_sentence_on_stderr_and_exit_2(
    arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("STREAMGAUGE_CONFIG", raising=False)
    result = check(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "secret" not in result.stderr
    assert re.search(said, result.stderr)


def test_headers_and_secrets_are_sent_and_never_told(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answers = [chat("ok")]
    monkeypatch.setenv("TOKEN_IN_ENV", "canary-1")
    file = tmp_path / "c.yaml"
    url = f"{server.url}/v1/chat/completions"
    file.write_text(f"backends: [{{name: b, url: '{url}', headers: {{X-One: '${{TOKEN_IN_ENV}}'}}}}]\n")
    for arguments in (["b", "--config", str(file)], [url, "--header", "X-One: canary-1"]):
        for more in ([], ["--json"]):
            result = check(*arguments, "--header", "X-Two: canary-2", *more)
            assert result.exit_code == 0
            assert "canary" not in result.output
            headers = server.requests[-1][1]
            assert (headers["x-one"], headers["x-two"]) == ("canary-1", "canary-2")


HOSTILE = "\x1b[2J\x1b]0;owned\x07\u202e\x9b31m\r\ud800"


def hostile() -> list[bytes]:
    text = json.dumps({"choices": [{"index": 0, "delta": {"content": f"hi {HOSTILE}"}, "finish_reason": HOSTILE}]})
    head = HEAD.replace(b"event-stream", b"event-stream; x=\x1b[2J".replace(b"\x1b", b"\xc2\x9b"))
    return [head, f"event: {HOSTILE[:20]}\ndata: {text}\n\n".encode("utf-8", "replace"), b"data: [DONE]\n\n"]


@pytest.mark.parametrize("arguments", [[], ["--json"]])
@pytest.mark.parametrize(
    "answer",
    [
        hostile,
        lambda: [f"HTTP/1.1 400 No\r\nConnection: close\r\n\r\n{HOSTILE}".encode("utf-8", "replace")],
        lambda: [HEAD, f"data: {HOSTILE}\n\n".encode("utf-8", "replace") * 9],
        lambda: [HEAD, f"data: {json.dumps({HOSTILE: HOSTILE + ' a b'})}\n\n".encode() * 3],
        lambda: [HEAD, f"data: {json.dumps({'error': {'message': HOSTILE}})}\n\n".encode()],
    ],
)
def test_no_control_character_of_a_back_end_reaches_the_terminal(
    answer: Callable[[], list[bytes]], arguments: list[str], server: Server
) -> None:
    server.answers = [answer()]
    result = check(f"{server.url}/v1/chat/completions", *arguments)
    assert not set(result.output) & set("\x1b\x07\x9b\u202e\r\ud800\x85")


def test_when_nothing_can_be_read_the_frames_and_a_proposal_are_shown(server: Server, tmp_path: Path) -> None:
    tokens = [f"data: {json.dumps({'seq': i, 'out': {'piece': f' word {i}'}})}\n\n".encode() for i in range(8)]
    server.answers = [[HEAD, *tokens, b"data: [DONE]\n\n"]]
    result = check(f"{server.url}/ask", "-m", "What?")
    assert result.exit_code == 1
    shown = [line for line in result.stdout.splitlines() if line.startswith("  data: ")]
    assert shown == ["  " + token.decode().strip() for token in tokens[:5]]
    block = result.stdout[result.stdout.index("backends:") :]
    backend = parse(block).backends[0]
    assert backend.custom is not None
    assert (backend.dialect, backend.custom.text, backend.custom.finish) == ("custom", "out.piece", "[DONE]")
    pasted = tmp_path / "config.yaml"
    pasted.write_text(block)
    again = check("ours", "--config", str(pasted), "--json", "-m", "And now?")
    assert again.exit_code == 0, again.stdout
    assert report(again)["text"] == "".join(f" word {i}" for i in range(8))
    assert "And now?" in server.requests[-1][2].decode()


def test_a_pasted_curl_command_is_asked_as_it_is(server: Server) -> None:
    server.answers = [chat("ok")]
    sent = {"model": "m", "stream": True, "messages": [{"role": "user", "content": "as pasted"}]}
    url = f"{server.url}/v1/chat/completions"
    pasted = f"curl -N {url} -H 'Content-Type: application/json' -H 'Authorization: Bearer t' -d '{json.dumps(sent)}'"
    assert check("--curl", pasted, "--json").exit_code == 0
    line, headers, body = server.requests[-1]
    assert line == "POST /v1/chat/completions HTTP/1.1"
    assert (headers["authorization"], headers["content-type"]) == ("Bearer t", "application/json")
    assert json.loads(body) == sent
    assert check("--curl", pasted, "--json", "-m", "another").exit_code == 0
    sent["messages"] = [{"role": "user", "content": "another"}]
    assert json.loads(server.requests[-1][2]) == sent


def test_a_pasted_get_asks_by_get(server: Server) -> None:
    server.answers = [chat("ok")]
    check("--curl", f"curl -N '{server.url}/v1/chat/completions?q=hi'", "--json", "-m", "you there")
    assert server.requests[0][0] == "GET /v1/chat/completions?q=you+there HTTP/1.1"
    assert server.requests[0][2] == b""


def test_version_and_help_name_the_commands() -> None:
    runner = CliRunner()
    assert runner.invoke(commands, ["--version"]).stdout.startswith("streamgauge 0.")
    shown = runner.invoke(commands, ["--help"]).stdout
    assert all(name in shown for name in ("demo", "serve", "check"))
