"""`python -m orchestrator_stub` as a process."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

pytestmark = pytest.mark.system


@contextmanager
def running(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [sys.executable, "-m", "orchestrator_stub", *arguments]
    env = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("stub: http://127.0.0.1:")
        assert line.endswith("/process/stream\n")
        yield process, line.removeprefix("stub: ").strip()
    finally:
        process.kill()
        process.communicate()


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "orchestrator_stub", *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_it_says_where_it_listens_and_stops_at_a_signal_with_streams_open(name: str) -> None:
    with running("--port", "0", "--scenario", "stall-forever", "--speed", "50") as (process, url):
        with urllib.request.urlopen(url + "?message=x", timeout=60) as stream:
            assert stream.readline() == b"retry: 1000\n"
            process.send_signal(getattr(signal, name))
            assert process.wait(timeout=60) == 0
        out, err = process.communicate()
        assert (out, err) == ("", "")


def test_a_port_in_use_is_one_sentence_and_exit_2() -> None:
    with running("--port", "0") as (_, url):
        port = url.split(":")[2].split("/")[0]
        second = run("--port", port)
    assert second.returncode == 2
    assert second.stdout == ""
    assert second.stderr.startswith(f"stub: port {port} on 127.0.0.1 is in use; ")
    assert second.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--scenario", "nope"], "expected one of happy, "),
        (["--cors-origin", "*"], "expected an origin like http://localhost:5006, got '*'"),
        (["--port", "70000"], "70000"),
        (["--speed", "0"], "--speed"),
        (["--recordings", "/nowhere/at/all"], "'/nowhere/at/all' does not exist"),
        (["--host", "203.0.113.1", "--port", "0"], "stub: port 0 on 203.0.113.1 cannot be listened on: "),
    ],
)
def test_a_wrong_option_is_exit_2(arguments: list[str], sentence: str) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_origins_are_repeatable() -> None:
    with running("--port", "0", "--cors-origin", "http://a.example", "--cors-origin", "http://b.example") as (_, url):
        request = urllib.request.Request(
            url.replace("/process/stream", "/health"), headers={"Origin": "http://b.example"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            assert answer.headers["Access-Control-Allow-Origin"] == "http://b.example"
            assert json.load(answer)["status"] == "ok"


def test_recordings_in_a_folder_can_be_played(tmp_path: Path) -> None:
    row = json.dumps({"t": 0.1, "b64": base64.b64encode(b"data: mine\n\n").decode()})
    end = json.dumps({"t": 0.2, "b64": "", "end": "complete"})
    (tmp_path / "mine.jsonl").write_text(f'{{"meta": {{"status": 200}}}}\n{row}\n{end}\n')
    with (
        running("--port", "0", "--recordings", str(tmp_path), "--scenario", "mine") as (_, url),
        urllib.request.urlopen(url + "?message=x", timeout=60) as stream,
    ):
        assert stream.read() == b"data: mine\n\n"


def test_a_file_that_is_no_recording_is_one_sentence_and_exit_2(tmp_path: Path) -> None:
    (tmp_path / "mine.jsonl").write_text("hello")
    done = run("--port", "0", "--recordings", str(tmp_path))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "stub: mine.jsonl: line 1: expected {\"meta\": …}, got 'hello'\n"


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX devices and signals")
def test_it_serves_also_when_its_address_cannot_be_told() -> None:
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "orchestrator_stub", "--port", "0"]
        process = subprocess.Popen(command, stdout=full, stderr=subprocess.PIPE, text=True)
        try:
            assert process.stderr is not None
            assert process.stderr.readline() == "stub: standard output cannot be written: No space left on device\n"
            assert process.poll() is None
            process.terminate()
            assert process.wait(30) == 0
            assert process.stderr.read() == ""
        finally:
            process.kill()
            process.communicate()
