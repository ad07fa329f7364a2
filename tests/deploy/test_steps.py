"""The first steps of docs/operations.md, command by command: with `make steps` all of them, else those that end by themselves.

What is put in place of something: a free port for each port, folders of the test's for Grafana's, and a wait for an answer in
place of a wait for 15 s. Installing (step 1) is what other tests do.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.architecture.tree import ROOT
from tests.deploy import programs
from tests.ports import free_port

ALL = bool(os.environ.get("STEPS"))
pytestmark = [pytest.mark.system, pytest.mark.timeout(400)]

TEXT = (ROOT / "docs" / "operations.md").read_text("utf-8")
PORTS = ("8004", "5006", "9090", "9093")
SERVERS = re.compile(r"^(streamgauge serve|prometheus|alertmanager) .*&.*$|^(sleep|curl) .*$", re.MULTILINE)
"""What starts a server, and asks it; the stub is started always, since `check` asks it."""
NOT_HERE = re.compile(r"^sudo systemctl .*$", re.MULTILINE)


def steps() -> list[str]:
    """The commands of steps 2 to 6, a text each."""
    part = TEXT.split("## From nothing to alerts on the wall", 1)[1].split("\n## ", 1)[0]
    found = [
        block
        for step in part.split("\n**")[2:]
        for block in re.findall(r"^```sh\n(.*?)^```", step, re.MULTILINE | re.DOTALL)
    ]
    assert len(found) == 5
    return found


def script(ports: dict[str, str], folder: Path) -> str:
    text = "\n".join(steps())
    for told, ours in ports.items():
        text = re.sub(rf"\b{told}\b", ours, text)
    waits = f"until curl -s http://127.0.0.1:{ports['5006']}/healthz >/dev/null; do sleep 0.2; done"
    text = NOT_HERE.sub("", text if ALL else SERVERS.sub("", text)).replace("sleep 15", waits)
    text = re.sub(
        r"^(curl .* )canary_success$",
        r"until \1'^streamgauge_canary_success'; do sleep 0.2; done",
        text,
        flags=re.MULTILINE,
    )
    ported = "; ".join(f"s/:{told}/:{ours}/" for told, ours in ports.items())
    text = text.replace("cd prometheus\n", f"cd prometheus\nsed -i '{ported}' prometheus.yml\n")
    text = text.replace("alertmanager --config", f"{programs.alertmanager()} --config")
    text = (
        re.sub(r"\bsudo ", "", text)
        .replace("/etc/grafana", f"{folder}/etc")
        .replace("/var/lib/grafana", f"{folder}/lib")
    )
    return f"set -euo pipefail\ntrap 'kill $(jobs -p) 2>/dev/null' EXIT\nmkdir -p {folder}/etc/provisioning/{{dashboards,datasources}}\n{text}\necho READY\nread -r\n"


def until(true: Callable[[], bool], seconds: float = 150) -> None:
    limit = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < limit, "it never came to be"
        time.sleep(0.5)


def test_each_command_does_what_it_says(tmp_path: Path) -> None:
    for name in ("promtool", "prometheus", "amtool"):
        programs.binary(name)
    ports = {each: str(free_port()) for each in PORTS}
    path = os.pathsep.join((str(Path(sys.executable).parent), programs.PLACES))
    environment = {**os.environ, "PATH": path, "STREAMGAUGE_CONFIG": ""}
    file = tmp_path / "steps.sh"
    file.write_text(script(ports, tmp_path), "utf-8")
    with subprocess.Popen(
        ["bash", str(file)], cwd=tmp_path, env=environment, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    ) as running:  # fmt: skip
        said = []
        assert running.stdout
        for line in running.stdout:
            said.append(line)
            if line == "READY\n":
                break
        try:
            told = "".join(said)
            assert said[-1:] == ["READY\n"], told
            assert "completed" in told
            assert told.count("SUCCESS") >= 4
            assert "3 receivers" in told
            if ALL:
                assert 'streamgauge_canary_success{backend="chat"} 1.0' in told
                alerts_are_told(ports)
        finally:
            running.communicate("\n", timeout=60)
    assert (tmp_path / "lib" / "dashboards" / "streamgauge.json").stat().st_size > 10_000
    assert len(list((tmp_path / "etc").rglob("*.yml"))) == 2


def alerts_are_told(ports: dict[str, str]) -> None:
    """Prometheus scrapes with the token, one alert fires, and Alertmanager has it."""
    with httpx.Client(trust_env=False, timeout=20) as client:

        def names(port: str, path: str) -> str:
            return client.get(f"http://127.0.0.1:{ports[port]}{path}").text

        until(lambda: '"health":"up"' in names("9090", "/api/v1/targets"))
        until(lambda: '"alertname":"Watchdog"' in names("9090", "/api/v1/alerts"))
        until(lambda: '"alertname":"Watchdog"' in names("9093", "/api/v2/alerts"))
