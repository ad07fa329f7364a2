"""`streamgauge watch`: what is watched, and what is refused before anything starts."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from click.testing import CliRunner

from dashboard.cli import commands
from dashboard.cli.watch import watched
from dashboard.config import CanarySettings


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("STREAMGAUGE_CONFIG", raising=False)


def test_an_address_alone_gets_a_canary_and_a_file_is_taken_as_it_is(tmp_path: Path) -> None:
    assert [each.canary for each in watched("127.0.0.1:9000/ask", "", None).backends] == [CanarySettings()]
    file = tmp_path / "c.yaml"
    file.write_text("backends: [{name: a, url: 'http://h/'}, {name: b, url: 'http://h/', canary: {interval_s: 5}}]\n")
    assert [each.canary for each in watched(None, "", file).backends] == [None, CanarySettings(interval_s=5)]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--config", "none.yaml"], "none.yaml: expected a file that can be read, got: No such file or directory"),
        (["ftp://h/x"], "URL: expected an http:// or https:// address, got 'ftp://h/x'"),
        (["nosuch"], "URL: expected an address such as http://host:port/path, got 'nosuch'; leave it out to "),
        (["--dialect", "a2a"], "--dialect: expected an address beside it, got none"),
        (["http://h/x", "--dialect", "odd"], "--dialect: expected one of auto, "),
        (["--address", "no.such.host.invalid"], "--address: expected an address of this machine"),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_2(words: list[str], says: str) -> None:
    result = CliRunner().invoke(commands, ["watch", "--port", "0", *words])
    assert result.exit_code == 2
    assert result.stderr.startswith(says)
    assert result.stderr.count("\n") == 1


def test_a_port_in_use_is_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = CliRunner().invoke(commands, ["watch", "--port", str(port), "http://127.0.0.1:1/"])
    assert result.exit_code == 2
    assert result.stderr.startswith(f"--port: expected a free port at 127.0.0.1, got {port}: ")
