"""Secrets never leave: what the commands print, write and log is searched for every key of the configuration."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from dashboard.cli import commands
from tests.system.canary import BACKENDS, ENV, config, echoing, let_out

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with echoing() as port:
        folder = tmp_path_factory.mktemp("canary")
        (folder / "config.yaml").write_text(config(port), "utf-8")
        yield folder


@pytest.fixture(autouse=True)
def here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.delenv("STREAMGAUGE_CONFIG", raising=False)
    for name, value in ENV.items():
        monkeypatch.setenv(name, value)


def streamgauge(*arguments: str, code: tuple[int, ...] = (0, 1)) -> str:
    result = CliRunner().invoke(commands, arguments, catch_exceptions=False)
    assert result.exit_code in code, result.output
    return result.output


@pytest.mark.parametrize("backend", BACKENDS)
def test_no_command_tells_one(folder: Path, backend: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "dashboard")
    caplog.set_level(logging.INFO)
    file = folder / f"{backend}.jsonl"
    said = [
        streamgauge("record", backend, "-o", str(file)),
        streamgauge("check", backend, "--json", "--as", "httpx-sse"),
        streamgauge("replay", str(file), "--json"),
        file.read_text("utf-8"),
        caplog.text,
    ]
    assert "*" * 20 in said[0] or backend == "away", "it was there to be told"
    assert [let_out(each) for each in said] == [set()] * len(said)


@pytest.mark.parametrize(
    "entry",
    [
        '{name: b, url: "http://u:${KEY_PLAIN}@h/"}',
        '{name: b, url: "http://h:${KEY_PLAIN}/"}',
        '{name: b, url: "${KEY_PLAIN}"}',
        '{name: b, url: "http://h/", proxy: "http://u:${KEY_PLAIN}@h:x/"}',
        '{name: b, url: "http://h/", headers: {X-Key: "${KEY_PLAIN}\\n"}, max_parallel: "${KEY_PLAIN}"}',
        '{name: b, url: "http://h/", headers: {"X Key": "${KEY_PLAIN}"}}',
        '{name: b, url: "http://h/", headers: {X-Key: "${KEY_PLAIN}\\0"}}',
        '{name: "${KEY_PLAIN}", url: "http://h/"}',
    ],
)
def test_no_mistake_in_a_configuration_tells_one(entry: str, tmp_path: Path) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text(f"backends: [{entry}]\n", "utf-8")
    said = streamgauge("check", "b", "--config", str(file), code=(2,))
    assert "expected" in said
    assert let_out(said) == set()
