"""Two back ends that nobody here wrote for: a block of YAML is all it takes to read them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ports import free_port
from tests.system.processes import program

FOREIGN = Path(__file__).parents[1] / "foreign"


@pytest.fixture(scope="module")
def foreign() -> Iterator[dict[str, str]]:
    """Both servers running; the environment that config.yaml reads."""
    ports = {"json_tokens": free_port(), "bare_text": free_port()}

    def serve(name: str) -> tuple[str, ...]:
        return (sys.executable, "-m", "uvicorn", f"{name}:app", "--port", str(ports[name]))

    with program(*serve("json_tokens"), cwd=FOREIGN) as one, program(*serve("bare_text"), cwd=FOREIGN) as two:
        one.wait_for("Uvicorn running")
        two.wait_for("Uvicorn running")
        yield {"JSON_PORT": str(ports["json_tokens"]), "TEXT_PORT": str(ports["bare_text"])}


def check(foreign: dict[str, str], *args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "dashboard", "check", *args],
        capture_output=True, text=True, timeout=60, check=False, env={**os.environ, **foreign},
    )  # fmt: skip


@pytest.mark.system
@pytest.mark.parametrize(
    ("name", "text"), [("json-tokens", "You asked: ping? **Yes.** "), ("bare-text", "Heard ping? and that is all ")]
)
def test_a_block_of_yaml_reads_a_foreign_stream(name: str, text: str, foreign: dict[str, str]) -> None:
    done = check(foreign, name, "--config", str(FOREIGN / "config.yaml"), "-m", "ping?", "--json")
    assert done.returncode == 0, done.stderr + done.stdout
    report = json.loads(done.stdout)
    assert (report["outcome"], report["text"], report["dialect"]) == ("completed", text, "custom")
    assert report["chunks"] >= 4


@pytest.mark.system
def test_what_cannot_be_read_is_shown_raw_with_a_block_to_paste(foreign: dict[str, str]) -> None:
    url = f"http://127.0.0.1:{foreign['JSON_PORT']}/ask"
    done = check(foreign, "--curl", f"""curl -N {url} -H 'Content-Type: application/json' -d '{{"q": "ping?"}}'""")
    assert done.returncode == 1
    assert "delta.token" in done.stdout
    assert '{"delta": {"token": "You "}}' in done.stdout
    assert "dialect: custom" in done.stdout
