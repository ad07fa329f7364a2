"""The whole site as processes: the stub, and `streamgauge serve` with a backend for each way that a stream can go."""

from __future__ import annotations

import contextlib
import json
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from tests.ports import free_port
from tests.system.processes import program, stub

SCENARIOS = ("stall", "truncated", "error-event", "refused-503", "reasoning", "drop-and-resume")
"""Backends of these names; their silences are noticed soon and never given up."""


def config(stream: str) -> str:
    """JSON is YAML: the demo, one backend a scenario, and one where nobody listens."""
    retry = {"base_s": 0.2, "cap_s": 0.5, "max_attempts": 2}
    examples = ["What's 2+2?", "Show me a markdown tour", "Tell me a story about a river"]
    common = {"dialect": "orchestrator", "examples": examples, "retry": retry}
    backends = [{"name": "demo", "url": stream, **common}]
    backends += [
        {"name": name, "url": f"{stream}?scenario={name}", "thresholds": {"stall_after_s": 1}, **common}
        for name in SCENARIOS
    ]
    for name, give_up_s in (("stall-forever", 3), ("silent", 600)):
        thresholds = {"stall_after_s": 1, "give_up_s": give_up_s}
        backends.append({"name": name, "url": f"{stream}?scenario=stall-forever", "thresholds": thresholds, **common})
    backends.append({"name": "fresh", "url": stream, **common})  # one test's own: nothing was asked of it before
    llm = stream.replace("/process/stream", "/v1/chat/completions")
    backends.append({"name": "llm", "url": llm, "dialect": "openai-chat", "ask": {"model": "stub"}})
    backends.append({"name": "nobody", "url": f"http://127.0.0.1:{free_port()}/process/stream", **common})
    return json.dumps({"backends": backends, "limits": {"question_chars": 2000}})


class Site:
    """`url` is the page's; `metric` reads one line of /metrics."""

    def __init__(self, home: str) -> None:
        self.home = home
        self.url = f"{home}/dashboard"

    def metric(self, line: str) -> float:
        with urllib.request.urlopen(f"{self.home}/metrics") as answer:
            lines = answer.read().decode().splitlines()
        return sum(float(each.rsplit(" ", 1)[1]) for each in lines if each.startswith(line))


@contextlib.contextmanager
def serving(file: Path, port: int) -> Iterator[Site]:
    """The dashboard alone, until it answers."""
    command = (sys.executable, "-m", "dashboard", "serve", "--config", str(file), "--port", str(port))
    with program(*command) as running:
        running.wait_for(r"/dashboard", 60)
        home = f"http://127.0.0.1:{port}"
        wait_until_answered(home)
        yield Site(home)


@contextlib.contextmanager
def site(folder: Path) -> Iterator[Site]:
    with stub() as stream:
        file = folder / "config.yaml"
        file.write_text(config(stream), "utf-8")
        with serving(file, free_port()) as started:
            yield started


def wait_until_answered(home: str) -> None:
    for _ in range(600):
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{home}/healthz", timeout=1):
            return
        time.sleep(0.1)
    raise AssertionError(f"{home} does not answer")
