"""How the stub is set up: its settings, and the scenarios that it ships. Shell: it reads files."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from types import MappingProxyType

import msgspec
from msgspec.structs import replace

from orchestrator_stub.dialects import ENCODERS
from orchestrator_stub.recording import parse_recording
from orchestrator_stub.scenario import Scenario, ScenarioError, parse
from orchestrator_stub.steps import Replay, Step

_ORIGIN = re.compile(r"^https?://[A-Za-z0-9.-]+(?::\d{1,5})?$|^https?://\[[0-9a-fA-F:]+\](?::\d{1,5})?$")


class Settings(msgspec.Struct, frozen=True):
    """Everything that can be set; times in seconds of the wall clock, sizes in characters, bytes or pieces."""

    host: str = "127.0.0.1"
    port: int = 8004
    """0 takes a free one."""
    scenario: str = "happy"
    """What a request gets that asks for none."""
    recordings: Path | None = None
    """A folder whose recordings (NAME.jsonl) are scenarios too."""
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


@functools.cache
def shipped() -> Mapping[str, Scenario]:
    """The scenarios of this package, by name; read once. Errors: ScenarioError, RecordingError."""
    package = resources.files("orchestrator_stub")
    files = sorted((f for f in (package / "scenarios").iterdir() if f.name.endswith(".yaml")), key=lambda f: f.name)
    found = [(f.name, parse(f.read_text("utf-8"), f.name)) for f in files]
    for file, scenario in found:
        if file != f"{scenario.name}.yaml":
            raise ScenarioError(f"{file}: name: expected the file's own name, got {scenario.name!r}")
        if scenario.dialect not in ENCODERS:
            raise ScenarioError(f"{file}: dialect: expected one of {', '.join(ENCODERS)}, got {scenario.dialect!r}")
    loaded = [replace(s, steps=[_loaded(step, package / "recordings") for step in s.steps]) for _, s in found]
    return MappingProxyType({s.name: s for s in sorted(loaded, key=lambda scenario: scenario.name != "happy")})


def _loaded(step: Step, folder: Traversable) -> Step:
    """`step` with its recording; the file's name is checked to have no folder in it."""
    if not isinstance(step, Replay):
        return step
    return replace(step, recording=parse_recording((folder / step.file).read_text("utf-8"), step.file))


def all_scenarios(recordings: Path | None) -> Mapping[str, Scenario]:
    """Those of this package, then those of a folder of recordings. Errors: ScenarioError, RecordingError, OSError."""
    known = shipped()
    more = recorded(recordings) if recordings else {}
    if taken := sorted(known.keys() & more.keys()):
        raise ScenarioError(
            f"{recordings}: expected names of their own, got {', '.join(taken)}, which ship with the stub"
        )
    return {**known, **more}


def recorded(folder: Path) -> Mapping[str, Scenario]:
    """A scenario for each NAME.jsonl in `folder`, called NAME; plain files alone, no links.

    Errors: ScenarioError, RecordingError, OSError.
    """
    found: dict[str, Scenario] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix != ".jsonl" or not path.is_file() or path.is_symlink():
            continue
        name = re.sub(r"[^a-z0-9]+", "-", path.stem.lower()).strip("-")[:64]
        if not name or name in found:
            raise ScenarioError(f"{path.name}: expected a file name that gives a scenario's name, got {name!r} again")
        recording = parse_recording(path.read_text("utf-8", "replace"), path.name)
        about = f"The recording {path.name}, played back at its own times. {recording.note}".strip()[:300]
        played = Replay(path.name, recording=recording)
        found[name] = Scenario(name, about, [played], ids=False, retry_ms=None, heartbeat_s=0)
    return found
