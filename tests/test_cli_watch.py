"""`streamgauge watch`: what is watched, and what is refused before anything starts."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from click.testing import CliRunner

from dashboard.cli import commands
from dashboard.cli.one_backend import known_as
from dashboard.cli.watch import watched
from dashboard.config import CanarySettings
from tests.architecture.tree import ROOT


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("STREAMGAUGE_CONFIG", raising=False)


FILE = """
backends:
  - {name: a, url: "http://h/"}
  - {name: b, url: "http://h/b", dialect: orchestrator, headers: {Authorization: Bearer t0ken}, canary: {interval_s: 5}}
"""


def test_an_address_alone_gets_a_canary_and_a_file_is_taken_as_it_is(tmp_path: Path) -> None:
    alone = watched("127.0.0.1:9000/ask", "", {"X-Key": "k"}, None).backends
    assert [(each.canary, each.headers["X-Key"].reveal()) for each in alone] == [(CanarySettings(), "k")]
    file = tmp_path / "c.yaml"
    file.write_text(FILE)
    assert [each.canary for each in watched(None, "", {}, file).backends] == [None, CanarySettings(interval_s=5)]


def test_a_backend_alone_is_watched_with_all_that_is_configured_for_it(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(FILE)
    assert [(each.name, each.canary) for each in watched("a", "", {}, file).backends] == [("a", CanarySettings())]
    (one,) = watched("b", "", {}, file).backends
    assert (one.name, one.dialect, one.canary) == ("b", "orchestrator", CanarySettings(interval_s=5))
    assert one.headers["Authorization"].reveal() == "Bearer t0ken"
    (other,) = watched("b", "auto", {"authorization": "Bearer other"}, file).backends
    assert (other.dialect, {name: value.reveal() for name, value in other.headers.items()}) == (
        "auto",
        {"authorization": "Bearer other"},
    )


@pytest.mark.parametrize(
    "words", [["watch", "--port", "{taken}", "h/b"], ["check", "http://h/b", "--dialect", "custom"]]
)
def test_an_address_that_is_configured_otherwise_is_told_by_its_name(tmp_path: Path, words: list[str]) -> None:
    (tmp_path / "config.yaml").write_text(FILE)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        words = [word.format(taken=taken.getsockname()[1]) for word in words]
        said, with_header = (
            CliRunner().invoke(commands, [*words, *more]).stderr for more in ([], ["--header", "A: b"])
        )
    assert said.startswith(
        "config.yaml has this address as the backend b, whose headers and settings go with its name: "
    )
    assert "t0ken" not in said
    assert "expected" in with_header
    assert "has this address" not in with_header


SHIPPED = (ROOT / "config.yaml").read_text("utf-8").replace("http://127.0.0.1:8004/process/stream", "http://h/")


@pytest.mark.parametrize(
    "written",
    [None, "backends: 3", FILE, SHIPPED],
    ids=["no file", "a wrong file", "asked the same way", "limits of our own"],
)
def test_what_is_asked_as_a_bare_address_is_needs_no_word(tmp_path: Path, written: str | None) -> None:
    if written is not None:
        (tmp_path / "config.yaml").write_text(written)
    assert known_as("http://h/", None) == ""


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--config", "none.yaml"], "none.yaml: expected a file that can be read, got: No such file or directory"),
        (["ftp://h/x"], "URL: expected an http:// or https:// address, got 'ftp://h/x'"),
        (["nosuch"], "BACKEND: expected one of demo, or an address with http://, got 'nosuch'"),
        (["--dialect", "a2a"], "--dialect: expected a backend or an address beside it, got none"),
        (["--header", "A: b"], "--header: expected a backend or an address beside it, got none"),
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
