"""The page's server from its start to its end: signals as an operator sends them, and what is whole afterwards."""

from __future__ import annotations

import signal
import sys
import time
import urllib.error
import urllib.request
from contextlib import closing
from pathlib import Path

import pytest
import yaml

from dashboard.telemetry.history_file import HistoryFile
from tests.architecture.tree import ROOT
from tests.browser.site import wait_until_answered
from tests.system.processes import program, stub

pytestmark = pytest.mark.system


def answer(port: int, path: str) -> tuple[int, str]:
    """Status and body; (0, "") where nobody listens."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as got:
            return got.status, got.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()
    except OSError:
        return 0, ""


def wait_for(port: int, path: str, words: str) -> None:
    limit = time.monotonic() + 60
    while words not in answer(port, path)[1]:
        assert time.monotonic() < limit, f"no {words!r} at {path}"
        time.sleep(0.1)


def test_bare_panel_serve_refuses_workers_and_names_the_way_to_scale() -> None:
    words = ("-m", "panel", "serve", str(ROOT / "dashboard"), "--port", "0", "--num-procs", "2")
    with program(sys.executable, *words) as running:
        assert running.wait(60) == 2
    assert "--num-procs: expected 1, got 2; numbers are kept per process" in running.output
    assert "streamgauge serve --port" in running.output


def test_serve_reads_its_configuration_again_and_drains_in_mid_turn(tmp_path: Path) -> None:
    file, history = tmp_path / "c.yaml", tmp_path / "history.sqlite"

    def configure(*names: str) -> None:
        backend = {"url": f"{url}?scenario=stall-forever", "dialect": "orchestrator", "canary": {"interval_s": 1}}
        file.write_text(
            yaml.safe_dump(
                {"backends": [{"name": name, **backend} for name in names], "history": {"path": str(history)}}
            )
        )

    with stub() as url:
        configure("one")
        words = ("-m", "dashboard", "serve", "--port", "0", "--config", str(file))
        with program(sys.executable, *words) as running:
            port = int(running.wait_for(r"http://127\.0\.0\.1:(\d+)/dashboard", 60)[1])
            wait_until_answered(f"http://127.0.0.1:{port}")
            running.signal(signal.SIGHUP)  # however soon: it must not end what has just begun
            running.wait_for("configuration: read again: no backend changed")
            wait_for(port, "/metrics", 'streamgauge_turns_active{backend="one"} 1.0')
            configure("one", "two")
            running.signal(signal.SIGHUP)
            running.wait_for("configuration: read again: added two")
            wait_for(port, "/metrics", 'streamgauge_turns_active{backend="two"} 1.0')
            assert answer(port, "/readyz")[0] == 200

            running.signal(signal.SIGTERM)
            assert running.wait() == 0
        assert "Traceback" not in running.output
    with closing(HistoryFile(history, create=False)) as kept:
        ended = {(turn.backend, turn.outcome, turn.sentence.partition(" after")[0]) for turn in kept.turns()}
    said = "Streamgauge was shut down and stopped it"
    assert ended == {("one", "stopped", said), ("two", "stopped", said)}
