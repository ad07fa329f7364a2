"""Back ends that end in every way: what /metrics counted is in the history, whatever happens to the process or the disk."""

from __future__ import annotations

import re
import resource
import signal
import sqlite3
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml

from dashboard.telemetry.history_file import HistoryFile
from tests.browser.site import wait_until_answered
from tests.system.processes import Program, stub

pytestmark = pytest.mark.system

ENDS = {
    "happy": "completed", "garbage": "malformed", "error-event": "failed", "stall-forever": "stalled",
    "truncated": "truncated", "error-500": "rejected", "no-head": "unreachable", "endless": "stopped",
}  # fmt: skip


class Watch:
    """`streamgauge watch` on a free port, with a config that can be written anew."""

    def __init__(self, folder: Path, url: str) -> None:
        self.history, self._file, self._url = folder / "history.sqlite", folder / "config.yaml", url
        self.port = 0
        self.more: dict[str, Any] = {}
        """Further keys of the configuration."""
        self.programs: list[Program] = []

    def configure(self, *, canaries: bool, names: list[str] = list(ENDS)) -> None:  # noqa: B006  # never changed
        backend: dict[str, Any] = {
            "dialect": "orchestrator", "retry": {"max_attempts": 1}, "timeouts": {"head_s": 1},
            "thresholds": {"ttft_s": 2, "stall_after_s": 0.5, "first_text_give_up_s": 2, "give_up_s": 1},
        }  # fmt: skip
        if canaries:
            backend["canary"] = {"question": "2+2", "interval_s": 1, "jitter": 0}
        backends = [{"name": name, "url": f"{self._url}?scenario={name}", **backend} for name in names]
        config = {"backends": backends, "limits": {"turn_s": 2.5}, "history": {"path": str(self.history)}, **self.more}
        self._file.write_text(yaml.safe_dump(config))

    def start(self, *shell: str, command: str = "watch", port: int = 0) -> Program:
        words = [sys.executable, "-m", "dashboard", command, "--port", str(port), "--config", str(self._file)]
        program = Program(*shell, *words)
        self.programs.append(program)
        self.port = int(program.wait_for(r"http://127\.0\.0\.1:(\d+)/(metrics|dashboard)", 60)[1])
        wait_until_answered(f"http://127.0.0.1:{self.port}")
        return program

    @property
    def active(self) -> float:
        """Turns that run, by /metrics."""
        return sum(value for name, value in self.metrics().items() if name.startswith("turns_active"))

    def metrics(self) -> dict[str, float]:
        token = self.more.get("metrics", {}).get("token", "")
        text = fetch(f"http://127.0.0.1:{self.port}/metrics", token)
        return {name: float(value) for name, value in re.findall(r"(?m)^streamgauge_(\S+(?: \S+)*) (\S+)$", text)}

    def outcomes(self) -> Counter[str]:
        """By /metrics."""
        counted: Counter[str] = Counter()
        for name, value in self.metrics().items():
            found = re.match(r'turns_total\{.*outcome="(\w+)".*source="canary"', name)
            if found:
                counted[found[1]] += int(value)
        return counted

    def in_file(self) -> Counter[str]:
        with closing(HistoryFile(self.history, create=False)) as file:
            return Counter(turn.outcome for turn in file.turns())


@pytest.fixture
def url() -> Iterator[str]:
    with stub("--speed", "6") as url:
        yield url


@pytest.fixture
def watch(tmp_path: Path, url: str) -> Iterator[Watch]:
    watch = Watch(tmp_path, url)
    yield watch
    for program in watch.programs:
        program.stop()


def fetch(url: str, token: str = "") -> str:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=60) as answer:
        return str(answer.read().decode())


def until(true: Callable[[], Any], seconds: float = 60) -> None:
    limit = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < limit, "it never came to be"
        time.sleep(0.05)


def ended(watch: Watch) -> int:
    program = watch.programs[-1]
    program.signal(signal.SIGTERM)
    return program.wait()


def test_a_killed_process_loses_nothing_that_ended_a_second_before(watch: Watch) -> None:
    watch.configure(canaries=True, names=["happy", "truncated", "error-500"])
    program = watch.start()
    until(lambda: watch.outcomes().total() >= 6)
    before = watch.outcomes()
    time.sleep(1.0)
    watch.outcomes()  # it was not the machine that stood still for that second
    program.signal(signal.SIGKILL)
    program.wait()
    kept = watch.in_file()
    assert all(kept[each] >= before[each] for each in before), (kept, before)
    with closing(sqlite3.connect(watch.history)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)

    watch.configure(canaries=False, names=["happy"])
    watch.start()
    assert watch.metrics()["history_available"] == 1
    assert ended(watch) == 0
    assert watch.in_file() == kept


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a limit of another process be raised")
def test_a_full_disk_stops_no_stream_and_loses_nothing_once_there_is_room(watch: Watch) -> None:
    watch.configure(canaries=True, names=["happy", "truncated"])
    program = watch.start("sh", "-c", 'ulimit -S -f 40; exec "$@"', "sh")
    until(lambda: watch.metrics()["history_available"] == 0)
    full, errors = watch.outcomes(), watch.metrics()["history_errors_total"]
    assert errors > 0
    program.wait_for(r"history cannot be written, and is kept in memory meanwhile: .*history\.sqlite: ")
    until(lambda: all(watch.outcomes()[each] >= full[each] + 2 for each in ("completed", "truncated")))
    assert watch.metrics()["history_available"] == 0

    resource.prlimit(program.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    until(lambda: watch.metrics()["history_available"] == 1)
    watch.configure(canaries=False, names=["happy", "truncated"])
    program.signal(signal.SIGHUP)
    until(lambda: sum(value for name, value in watch.metrics().items() if name.startswith("turns_active")) == 0)
    counted = watch.outcomes()
    assert ended(watch) == 0
    assert watch.in_file() == +counted


def test_a_bad_configuration_at_sighup_changes_nothing_and_a_drain_mid_turn_is_whole(watch: Watch) -> None:
    watch.configure(canaries=True, names=["stall-forever"])
    program = watch.start()
    good = watch._file.read_text()
    watch._file.write_text(good.replace("orchestrator", "morse"))
    program.signal(signal.SIGHUP)
    program.wait_for("configuration: not taken, the one before stays: .*config.yaml: backends.0..dialect: expected")
    assert watch.metrics()["config_last_reload_successful"] == 0
    watch._file.write_text(good)
    program.signal(signal.SIGHUP)
    until(lambda: watch.metrics()["config_last_reload_successful"] == 1)
    until(lambda: watch.metrics()['turns_active{backend="stall-forever"}'] == 1)
    assert ended(watch) == 0
    with closing(HistoryFile(watch.history, create=False)) as file:
        last = file.recent("stall-forever", 1)[0]
    assert (last.outcome, last.sentence.partition(" after")[0]) == (
        "stopped",
        "Streamgauge was shut down and stopped it",
    )
