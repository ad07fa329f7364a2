"""Ctrl-C and SIGTERM mid-turn: the commands that ask end in order, with a verdict, a whole file and no further question."""

from __future__ import annotations

import json
import signal
import socket
import sys
import time
from pathlib import Path

import httpx
import pytest

from dashboard.telemetry.recording import read_recording
from tests.system.processes import program, stub

pytestmark = [pytest.mark.system, pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")]


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return {"STREAMGAUGE_CONFIG": "", "HOME": str(tmp_path)}


def runs_of(url: str) -> int:
    """How many questions the stub was asked."""
    told = httpx.get(url.replace("/process/stream", "/health"), trust_env=False, timeout=60).json()
    return int(told["turns"]["started"])


@pytest.mark.parametrize(
    ("number", "who"), [(signal.SIGINT, "The person stopped it"), (signal.SIGTERM, "Streamgauge was shut down")]
)
def test_check_told_to_stop_still_gives_its_verdict(number: int, who: str, tmp_path: Path, env: dict[str, str]) -> None:
    with stub() as url:
        arguments = ("check", url, "-m", "Tell me a story about a river")
        with program(sys.executable, "-m", "dashboard", *arguments, cwd=tmp_path, env=env) as running:
            running.wait_for("first text")
            running.signal(number)
            assert running.wait(60) == 1
    assert "\nstopped" in running.output
    assert f"stopped: {who}" in running.output
    assert "Traceback" not in running.output


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_record_told_to_stop_still_writes_what_came(number: int, tmp_path: Path, env: dict[str, str]) -> None:
    file = tmp_path / "turn.jsonl"
    with stub() as url:
        arguments = ("record", url, "-m", "Tell me a story about a river", "-o", str(file))
        with program(sys.executable, "-m", "dashboard", *arguments, cwd=tmp_path, env=env) as running:
            running.wait_for("first text")
            running.signal(number)
            running.wait(60)
    (attempt,) = read_recording(file)
    assert attempt.end == "client-closed"
    assert attempt.reads
    assert "Traceback" not in running.output


@pytest.mark.parametrize(
    ("number", "who", "as_json"),
    [(signal.SIGTERM, "Streamgauge was shut down", True), (signal.SIGINT, "The person stopped it", False)],
)
def test_a_comparison_told_to_stop_says_so_and_asks_nothing_more(
    number: int, who: str, as_json: bool, tmp_path: Path, env: dict[str, str]
) -> None:
    with stub() as url:
        story = ("-m", "Tell me a story about a river", *(["--json"] if as_json else []))
        arguments = ("check", url, "--compare", url.replace("127.0.0.1", "localhost"), *story)
        with program(sys.executable, "-m", "dashboard", *arguments, cwd=tmp_path, env=env) as running:
            until = time.monotonic() + 60
            while not runs_of(url) and time.monotonic() < until:
                time.sleep(0.05)
            running.signal(number)
            assert running.wait(60) == 1
        assert runs_of(url) == 1
    sentence = f"{who} before the comparison was over, so nothing is proved."
    if as_json:
        told = json.loads(running.output)
        assert (told["direct"]["outcome"], told["through"]) == ("stopped", None)
        assert (told["diagnosis"]["kind"], told["diagnosis"]["sentence"]) == ("stopped", sentence)
    else:
        assert f"stopped: {sentence}" in running.lines
        assert running.lines[-1] == "missed: the comparison was stopped, expected its end"


def test_check_told_to_stop_before_it_asked_still_prints_its_json(tmp_path: Path, env: dict[str, str]) -> None:
    """It looks for the agent's card first, which nobody gives."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/a2a"
        with program(sys.executable, "-m", "dashboard", "check", url, "--json", cwd=tmp_path, env=env) as running:
            listening.settimeout(60)
            caller, _ = listening.accept()
            with caller:
                assert b"agent" in caller.recv(65536)
                running.signal(signal.SIGTERM)
                assert running.wait(60) == 1
    told = json.loads(running.output)
    assert (told["outcome"], told["bytes"]) == ("stopped", 0)
    assert told["diagnosis"]["sentence"].startswith("Streamgauge was shut down")
