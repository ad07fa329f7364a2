"""The event sources that JavaScript programs use read the stub: a whole answer, a drop and a resume, and the end."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from orchestrator_stub.config import shipped
from orchestrator_stub.script import spoken
from tests.system.processes import stub

HERE = Path(__file__).parent / "node"
MISSING = [name for name in ("node", "npm") if not shutil.which(name)]

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(bool(MISSING), reason=f"needs {' and '.join(MISSING)}: apt-get install nodejs npm"),
]

SCENARIOS = ("happy", "drop-and-resume")


def run(folder: Path, *args: str) -> str:
    done = subprocess.run(
        args, cwd=folder, capture_output=True, text=True, timeout=60, check=False,
        env={**os.environ, "NODE_ENV": "", "NO_UPDATE_NOTIFIER": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the scripts and exactly the packages of package-lock.json."""
    folder = tmp_path_factory.mktemp("node")
    shutil.copytree(HERE, folder, dirs_exist_ok=True)
    run(folder, "npm", "ci", "--ignore-scripts", "--prefer-offline")
    return folder


@pytest.fixture(scope="module")
def seen(installed: Path) -> Iterator[dict[str, list[dict[str, Any]]]]:
    """What each client saw: by GET of each scenario, and eventsource-client by POST too."""
    with stub("--speed", "4") as url:
        gets = [f"{url}?message=17+times+23&scenario={name}" for name in SCENARIOS]
        posts = [f"{url}?scenario={name}" for name in SCENARIOS]
        yield {
            "eventsource": json.loads(run(installed, "node", "eventsource.mjs", *gets)),
            "eventsource-client": json.loads(run(installed, "node", "eventsource-client.mjs", *gets, *posts)),
        }


def said(events: list[dict[str, Any]]) -> str:
    chunks = [event for event in events if event["event"] == "response_chunk"]
    return "".join(part["text"] for each in chunks for part in each["response_data"]["raw_response"]["parts"])


@pytest.mark.parametrize("client", ["eventsource", "eventsource-client"])
def test_every_answer_is_whole_with_or_without_a_drop(client: str, seen: dict[str, list[dict[str, Any]]]) -> None:
    assert len(seen[client]) == (2 if client == "eventsource" else 4)
    for each in seen[client]:
        assert said(each["events"]) == spoken(shipped()["happy"], 1, "17 times 23") == "The answer is 391."
        assert each["events"][0] == {"event": "routing_started"}
        assert each["events"][-1]["event"] == "completed"
        assert [int(id_.split(".")[1]) for id_ in each["ids"]] == list(range(1, 10))
        assert len({id_.split(".")[0] for id_ in each["ids"]}) == 1


def test_they_connect_as_often_as_they_should_and_stop_at_204(seen: dict[str, list[dict[str, Any]]]) -> None:
    """After its good end an event source comes back once, is told 204, and stays away."""
    whole, dropped = seen["eventsource"]
    assert (whole["opened"], whole["errors"]) == (1, [None, 204])
    assert (dropped["opened"], dropped["errors"]) == (2, [None, None, 204])
    for whole, dropped in (seen["eventsource-client"][:2], seen["eventsource-client"][2:]):
        assert (whole["opened"], whole["reconnects"]) == (2, [1000])
        assert (dropped["opened"], dropped["reconnects"]) == (3, [500, 500])


def test_the_lock_names_no_registry() -> None:
    packages = json.loads((HERE / "package-lock.json").read_text())["packages"]
    assert all("integrity" in package for name, package in packages.items() if name)
    assert not any("resolved" in package for package in packages.values())
