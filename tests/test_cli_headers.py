"""Headers from the command line, the configuration and a pasted curl command: each is sent once."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from dashboard.backend import ask
from dashboard.cli import commands
from dashboard.cli.check import plan
from dashboard.config import ConfigError

CONFIG = "backends: [{name: a, url: 'http://h/x', headers: {Authorization: Bearer filed, X-Own: y}}]\n"


def sent(target: str | None, curl: str | None, headers: dict[str, str], file: Path | None = None) -> dict[str, str]:
    backend = plan(target, curl, None, "", file, headers).backend
    return {name: secret.reveal() for name, secret in backend.headers.items()}


def test_a_header_of_the_command_line_stands_in_place_of_the_configured_one_in_any_case(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(CONFIG)
    assert sent("a", None, {"authorization": "Bearer given"}, file) == {"X-Own": "y", "authorization": "Bearer given"}


def test_a_header_of_the_command_line_stands_in_place_of_the_pasted_one_in_any_case() -> None:
    assert sent(None, "curl -H 'X-Key: pasted' http://h/x", {"x-key": "given"}) == {"x-key": "given"}


@pytest.mark.parametrize("second", ["X-A: 2", "x-a: 2"])
def test_a_header_twice_is_one_sentence(second: str) -> None:
    done = CliRunner().invoke(commands, ["check", "http://127.0.0.1:9/", "--header", "X-A: 1", "--header", second])
    assert done.exit_code == 2
    assert f"expected each header once, got '{second[:3]}' twice" in done.stderr


def test_an_embedded_question_refuses_what_cannot_be_sent() -> None:
    with pytest.raises(ConfigError, match=r"headers\.x-a: expected each header once, got it twice"):
        ask("http://127.0.0.1:9/", "?", headers={"X-A": "1", "x-a": "2"})
