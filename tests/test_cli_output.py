"""Standard output that is full, closed or read by nobody any more: one sentence or silence, an exit code, and no traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dashboard.cli.output import Outlet
from dashboard.telemetry.recording import read_recording
from tests.ports import free_port
from tests.system.processes import stub
from tests.test_cli_gate import GOOD, recording

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX shells and devices")

FULL, CLOSED = ">/dev/full", ">&-"
SAID = {FULL: "No space left on device", CLOSED: "Bad file descriptor"}


def shell(redirected: str, *words: str) -> subprocess.CompletedProcess[str]:
    line = f'"$0" -m dashboard "$@" {redirected}'
    return subprocess.run(
        ["sh", "-c", line, sys.executable, *words], capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("where", [FULL, CLOSED])
@pytest.mark.parametrize("words", [["--version"], ["history", "list", "--help"], ["replay"], ["replay", "--json"]])
def test_a_result_that_cannot_be_told_is_one_sentence(where: str, words: list[str], tmp_path: Path) -> None:
    file = [recording(tmp_path, GOOD)] if words[0] == "replay" else []
    done = shell(where, *words, *file)
    assert (done.returncode, done.stderr) == (2, f"standard output: expected to write to it, got: {SAID[where]}\n")


@pytest.mark.parametrize("where", ["2>/dev/full", "2>&-"])
def test_a_sentence_that_cannot_be_told_leaves_its_exit_code(where: str, tmp_path: Path) -> None:
    assert shell(where, "replay", str(tmp_path / "none")).returncode == 2
    good = shell(where, "replay", recording(tmp_path, GOOD), "--json")
    assert (good.returncode, good.stdout[:1]) == (0, "{")


def gone(*words: str) -> tuple[int, str]:
    """Exit code and standard error of a command whose standard output nobody reads."""
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as out:
        command = [sys.executable, "-m", "dashboard", *words]
        done = subprocess.run(command, stdout=out, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    return done.returncode, done.stderr


@pytest.mark.system
def test_without_a_reader_check_stops_and_a_recording_is_made_whole(tmp_path: Path) -> None:
    file = tmp_path / "turn.jsonl"
    with stub("--speed", "8") as url:
        assert gone("check", url, "-m", "Tell me a story about a river") == (141, "")
        assert gone("check", url, "--compare", url.replace("127.0.0.1", "localhost")) == (141, "")
        assert gone("record", url, "-m", "What's 6*7?", "-o", str(file)) == (141, "")
    (attempt,) = read_recording(file)
    assert attempt.end == "complete"
    assert b"completed" in b"".join(data for _, data in attempt.reads)


def test_what_was_made_non_blocking_is_waited_for() -> None:
    read, write = os.pipe()
    os.set_blocking(write, False)
    program = (
        "import sys; from dashboard.cli.output import OUTPUTS; OUTPUTS.guard();"
        "print('x' * 1_000_000); sys.exit(OUTPUTS.exit_code(0))"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=write) as running:
        os.close(write)
        with os.fdopen(read, "rb") as reader:
            assert len(reader.read()) == 1_000_001
        assert running.wait(60) == 0


def test_what_is_lost_stays_lost_and_is_remembered() -> None:
    with Path("/dev/full").open("wb", buffering=0) as full:
        outlet = Outlet(full)
        assert outlet.write(b"abc") == 3
        assert outlet.lost is not None
        assert outlet.lost.strerror == SAID[FULL]


def test_a_shell_without_columns_and_with_an_ascii_locale_still_shows_the_question(tmp_path: Path) -> None:
    env = {**os.environ, "COLUMNS": "0", "LC_ALL": "POSIX", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    config = tmp_path / "config.yaml"
    config.write_text(
        f"backends: [{{name: b, url: 'http://127.0.0.1:{free_port()}/', retry: {{max_attempts: 1}}, verify: false}}]\n"
    )
    words = ["check", "b", "--config", str(config), "-m", "grün?".encode()]
    done = subprocess.run(
        [sys.executable, "-m", "dashboard", *words], env=env, capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert b"b: gr\\xfcn?" in done.stdout
