"""How the stub is set up: its settings, and the scenarios that it ships. Shell: it reads files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import resources

import msgspec

from orchestrator_stub.dialects import ENCODERS
from orchestrator_stub.scenario import Scenario, ScenarioError, parse

_ORIGIN = re.compile(r"^https?://[A-Za-z0-9.-]+(?::\d{1,5})?$|^https?://\[[0-9a-fA-F:]+\](?::\d{1,5})?$")


class Settings(msgspec.Struct, frozen=True):
    """Everything that can be set; times in seconds of the wall clock, sizes in characters, bytes or pieces."""

    host: str = "127.0.0.1"
    port: int = 8004
    """0 takes a free one."""
    scenario: str = "happy"
    """What a request gets that asks for none."""
    origins: frozenset[str] = frozenset()
    """Pages from these origins may read answers, with credentials."""
    speed: float = 1.0
    """By how much the waits of every scenario are shortened."""
    message_chars: int = 8_000
    body_bytes: int = 1_000_000
    streams: int = 2_000
    grace_s: float = 5.0
    """How long a run goes on for nobody, after the scenario cut its connection."""
    kept_runs: int = 200
    kept_s: float = 120.0
    """How long a run without a reader can be resumed."""
    kept_events: int = 2_000
    kept_bytes: int = 512_000
    """Of one run."""


def origin(text: str) -> str:
    """`text` as a browser sends it in Origin. Errors: ValueError, a sentence."""
    text = text.rstrip("/").lower()
    if not _ORIGIN.match(text):
        raise ValueError(f"expected an origin like http://localhost:5006, got {text!r}; credentials allow no wildcard")
    return text


def shipped() -> Mapping[str, Scenario]:
    """The scenarios of this package, by name. Errors: ScenarioError."""
    folder = resources.files("orchestrator_stub") / "scenarios"
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".yaml")), key=lambda f: f.name)
    found = [(f.name, parse(f.read_text("utf-8"), f.name)) for f in files]
    for file, scenario in found:
        if file != f"{scenario.name}.yaml":
            raise ScenarioError(f"{file}: name: expected the file's own name, got {scenario.name!r}")
        if scenario.dialect not in ENCODERS:
            raise ScenarioError(f"{file}: dialect: expected one of {', '.join(ENCODERS)}, got {scenario.dialect!r}")
    return {scenario.name: scenario for _, scenario in sorted(found, key=lambda pair: pair[0] != "happy.yaml")}
