"""Paths on the command line: an empty one is none, and a file without an end is let go soon."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from dashboard.cli import commands


@pytest.mark.parametrize(
    "words",
    [
        ["record", "http://127.0.0.1:9/", "-o", ""],
        ["export", "prometheus", "-o", ""],
        ["export", "prometheus", "-o", " "],
        ["replay", ""],
        ["check", "a", "--config", ""],
        ["history", "list", "--path", ""],
        ["history", "export", "-o", ""],
    ],
    ids=" ".join,
)
def test_an_empty_name_is_refused(words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(commands, words)
    assert done.exit_code == 2
    assert "expected a name, got an empty one" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="no /dev/zero")
def test_a_body_without_end_is_refused() -> None:
    done = CliRunner().invoke(commands, ["check", "--curl", "curl --data-binary @/dev/zero http://127.0.0.1:9/"])
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1)
    assert "@/dev/zero: expected a file of at most 16,777,216 bytes, got a larger one" in done.stderr
