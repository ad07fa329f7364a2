"""What the documents tell a person to paste works: the config blocks, the commands, the two small servers."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest

from dashboard.cli import commands
from dashboard.config import parse
from tests.architecture.tree import ROOT, documents, name_of
from tests.ports import free_port
from tests.system.processes import program

BACKENDS = (ROOT / "docs" / "backends.md").read_text("utf-8")


def blocks(language: str, text: str) -> list[str]:
    """The fenced blocks in that language."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


CONFIGS = [
    pytest.param(block, id=f"{name_of(path)}: {block.split()[3]}")
    for path in documents()
    for block in blocks("yaml", path.read_text("utf-8"))
    if block.startswith("backends:")
]
LINES = [
    pytest.param(words[1:], id=" ".join(words[:4]))
    for path in documents()
    for block in blocks("sh", path.read_text("utf-8"))
    for line in block.replace("\\\n", " ").splitlines()
    if (words := shlex.split(line, comments=True)) and words[0].endswith("streamgauge")
]


@pytest.mark.parametrize("block", CONFIGS)
def test_config_block_is_valid(block: str) -> None:
    assert parse(block, env={"LLM_KEY": "k"}).backends


@pytest.mark.parametrize("words", LINES)
def test_command_line_is_understood(words: list[str]) -> None:
    """Options exist and take what they are given; nothing is started."""
    command = commands.commands[words[0]]
    given = command.make_context(words[0], words[1:]).params
    assert not [word for word in given.get("arguments", ()) if word.startswith("-")]
    assert isinstance(command, click.Command)


@pytest.mark.system
@pytest.mark.parametrize("place", [0, 1], ids=["json-tokens", "bare-text"])
def test_documented_server_is_read_by_its_block(place: int, tmp_path: Path) -> None:
    server = blocks("python", BACKENDS)[place]
    config = next(block for block in blocks("yaml", BACKENDS.partition(server)[2]))
    assert len([line for line in server.splitlines() if line]) <= 15
    port, name = free_port(), config.split()[3]
    (tmp_path / "server.py").write_text(server, "utf-8")
    (tmp_path / "config.yaml").write_text(config.replace(":9000", f":{port}"), "utf-8")
    with program(sys.executable, "-m", "uvicorn", "server:app", "--port", str(port), cwd=tmp_path) as running:
        running.wait_for("Uvicorn running")
        done = subprocess.run(
            [sys.executable, "-m", "dashboard", "check", name, "-m", "how are you?", "--max-ttft", "30"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "You asked: how are you?" in done.stdout
