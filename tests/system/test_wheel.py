"""What a user installs: the wheel has every file of the packages, and runs where there is no checkout."""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
import sys
import time
from configparser import ConfigParser
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.architecture.tree import PACKAGES, ROOT
from tests.deploy.wheel import unpacked_wheel
from tests.system.processes import Program, program

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unpacked_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture
def env(installed: Path, tmp_path: Path) -> dict[str, str]:
    return {"PYTHONPATH": str(installed), "STREAMGAUGE_CONFIG": "", "HOME": str(tmp_path)}


def test_every_file_of_the_packages_is_in_it(installed: Path) -> None:
    ours = {path.relative_to(ROOT) for package in PACKAGES for path in (ROOT / package).rglob("*") if path.is_file()}
    ours = {path for path in ours if "__pycache__" not in path.parts}
    theirs = {path.relative_to(installed) for path in installed.rglob("*") if path.is_file()}
    assert ours - theirs == set()
    assert {path.parts[0] for path in theirs if ".dist-info" not in path.parts[0]} == set(PACKAGES)
    assert not [path for path in theirs if path.suffix in (".pyc", ".part", ".key", ".pem")]


def test_the_runbooks_come_along(installed: Path) -> None:
    ours, theirs = ROOT / "docs" / "runbooks.md", installed / "dashboard" / "docs" / "runbooks.md"
    assert theirs.read_text("utf-8") == ours.read_text("utf-8")


def test_its_command_is_streamgauge(installed: Path) -> None:
    (file,) = installed.glob("*.dist-info/entry_points.txt")
    points = ConfigParser()
    points.read_string(file.read_text("utf-8"))
    assert dict(points["console_scripts"]) == {"streamgauge": "dashboard.cli:main"}


def status_of(url: str) -> int:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=30)
    try:
        connection.request("GET", parts.path)
        return connection.getresponse().status
    finally:
        connection.close()


def page_of(running: Program) -> str:
    page = running.wait_for(r"(?m)^Streamgauge +(http://\S+)/dashboard$", 90)[1]
    for _ in range(300):
        try:
            if status_of(f"{page}/healthz") == 200:
                break
        except OSError:
            time.sleep(0.2)
    assert [status_of(page + path) for path in ("/dashboard", "/metrics")] == [200, 200]
    return page


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_demo_and_check_run_without_a_checkout(installed: Path, env: dict[str, str], tmp_path: Path) -> None:
    command = (sys.executable, "-m", "dashboard")
    where = subprocess.run(
        [sys.executable, "-c", "import dashboard, orchestrator_stub as o; print(dashboard.__file__, o.__file__)"],
        cwd=tmp_path, env=env, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert where.stdout.count(str(installed)) == 2
    # the demo's dashboard is a `serve` of its own
    with program(*command, "demo", "--no-browser", "--port", "0", "--stub-port", "0", cwd=tmp_path, env=env) as demo:
        stub = demo.wait_for(r"(?m)^stub +(http://\S+)$", 90)[1]
        page_of(demo)
        assert status_of(stub.replace("/process/stream", "/scenarios")) == 200
        checked = subprocess.run(
            [*command, "check", stub, "-m", "What's 6*7?", "--json"],
            cwd=tmp_path, env=env, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        assert checked.returncode == 0, checked.stdout + checked.stderr
        assert json.loads(checked.stdout)["text"] == "The answer is 42."
        demo.signal(signal.SIGTERM)
        assert demo.wait() == 0
    assert "Traceback" not in demo.output
