"""The demo and the dashboard as a user starts them: real processes, real ports, nothing left behind."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.ports import free_port
from tests.system.processes import Program, program, stub

pytestmark = [pytest.mark.system, pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")]

DEMO = (sys.executable, "-m", "dashboard", "demo", "--no-browser")


def get(port: int, path: str) -> tuple[int, str, str]:
    """Status, Location, body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.getheader("Location", ""), response.read().decode("utf-8", "replace")
    finally:
        connection.close()


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def children(pid: int) -> list[int]:
    shown = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    return [int(child) for child, parent in (line.split() for line in shown.splitlines()) if int(parent) == pid]


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return {"STREAMGAUGE_CONFIG": "", "HOME": str(tmp_path)}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_demo_prints_both_addresses_answers_and_stops_whole(
    number: int, tmp_path: Path, env: dict[str, str]
) -> None:
    port, stub_port = free_port(), free_port()
    command = (*DEMO, "--port", str(port), "--stub-port", str(stub_port))
    with program(*command, cwd=tmp_path, env=env) as demo:
        demo.wait_for(rf"(?m)^Streamgauge +http://127\.0\.0\.1:{port}/dashboard$", 60)
        demo.wait_for(rf"(?m)^stub +http://127\.0\.0\.1:{stub_port}/process/stream$")
        assert get(port, "/healthz")[0] == 200
        assert 'backend="demo"' in get(port, "/metrics")[2]
        assert get(port, "/dashboard")[0] == 200
        assert get(stub_port, "/health")[0] == 200
        started = children(demo.pid)
        assert len(started) == 2
        demo.signal(number)
        assert demo.wait() == 0, demo.output
    assert not any(alive(pid) for pid in started)
    assert not listens(port)
    assert not listens(stub_port)
    said = [line for line in demo.lines if "came back to life" not in line]  # Bokeh's own, of the page just fetched
    assert len(said) == 3, demo.output
    assert list(tmp_path.iterdir()) == [], "it leaves nothing behind, no history either"


@pytest.mark.parametrize("flag", ["--port", "--stub-port"])
def test_a_port_in_use_is_one_sentence_and_nothing_starts(flag: str, tmp_path: Path, env: dict[str, str]) -> None:
    other = {"--port": "--stub-port", "--stub-port": "--port"}[flag]
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with program(*DEMO, flag, str(port), other, "0", cwd=tmp_path, env=env) as demo:
            assert demo.wait() == 2
    assert len(demo.lines) == 1
    assert demo.lines[0].startswith(f"{flag}: expected a free port at 127.0.0.1, got {port}")


def test_a_child_that_dies_ends_the_demo_with_exit_1(tmp_path: Path, env: dict[str, str]) -> None:
    with program(*DEMO, "--port", "0", "--stub-port", "0", cwd=tmp_path, env=env) as demo:
        demo.wait_for(r"stub +http", 60)
        first, *rest = children(demo.pid)
        os.kill(first, signal.SIGKILL)
        assert demo.wait() == 1
    assert "the stub ended by itself with exit code -9" in demo.output
    assert not any(alive(pid) for pid in rest)


def test_a_signal_while_starting_leaves_nothing(tmp_path: Path, env: dict[str, str]) -> None:
    port, stub_port = free_port(), free_port()
    with program(*DEMO, "--port", str(port), "--stub-port", str(stub_port), cwd=tmp_path, env=env) as demo:
        until = time.monotonic() + 60
        while not (started := children(demo.pid)) and time.monotonic() < until:
            time.sleep(0.02)
        demo.signal(signal.SIGTERM)
        assert demo.wait() == 0
    assert started
    assert not any(alive(pid) for pid in started)


def test_a_bad_config_is_one_sentence_and_exit_2(tmp_path: Path, env: dict[str, str]) -> None:
    (tmp_path / "config.yaml").write_text("backends: []\n")
    with program(*DEMO, "--port", "0", "--stub-port", "0", cwd=tmp_path, env=env) as demo:
        assert demo.wait() == 2
    assert demo.lines == ["config.yaml: backends: expected a list of length >= 1, got a list"]


def serving(*arguments: str, cwd: Path, env: dict[str, str]) -> Program:
    return Program(sys.executable, "-m", "dashboard", "serve", *arguments, cwd=cwd, env=env)


def wait_healthy(running: Program, port: int) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and running.returncode is None:
        if listens(port) and get(port, "/healthz")[0] == 200:
            return
        time.sleep(0.1)
    raise AssertionError(running.output)


def test_serve_shows_one_address_without_any_config_and_stops_cleanly(tmp_path: Path, env: dict[str, str]) -> None:
    port = free_port()
    with stub() as url:
        running = serving(url, "--port", str(port), cwd=tmp_path, env=env)
        try:
            wait_healthy(running, port)
            assert running.lines == [f"Streamgauge  http://127.0.0.1:{port}/dashboard"]
            name = url.removeprefix("http://").partition("/")[0].replace(":", "-")
            assert f'backend="{name}"' in get(port, "/metrics")[2]
            status, location, _ = get(port, "/?view=chat&backend=x")
            assert (status, location.partition("?")[2]) == (302, "view=chat&backend=x")
            running.signal(signal.SIGTERM)
            assert running.wait() == 0
        finally:
            running.stop()
    assert "Traceback" not in running.output
