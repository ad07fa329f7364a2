"""What a scenario file may say: steps, and what a good reader must conclude from them. Pure: text in, values out.

Unknown keys and steps are refused: ScenarioError names file and key.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
import yaml

from orchestrator_stub.steps import Count, Seconds, Step

Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]


class ScenarioError(ValueError):
    """A mistake in a scenario file, in one sentence."""


class Thresholds(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Seconds under which the expectation holds; None leaves the reader's default."""

    ttft_s: float | None = None
    gap_s: float | None = None
    stall_after_s: float | None = None
    first_text_give_up_s: float | None = None
    give_up_s: float | None = None
    head_s: float | None = None
    turn_s: float | None = None


class Expect(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a reader must conclude; None leaves it open. `says` stands in the diagnosis' sentence: whose fault it is."""

    outcome: Literal[
        "stopped", "malformed", "failed", "completed", "stalled", "truncated", "rejected", "unreachable",
    ]  # fmt: skip
    diagnosis: Literal[
        "healthy", "slow_start", "stalled_midway", "burst_suspected", "cut", "backend_failed", "rejected",
        "unreachable", "protocol_broken", "page_slow", "stopped",
    ]  # fmt: skip
    fault: Literal[
        "", "dns", "connect", "tls", "proxy", "connect_timeout", "head_timeout", "http_status", "media_type", "redirect",
        "too_large", "undecodable", "cut", "silent", "backend_error", "limit", "internal",
    ] = ""  # fmt: skip
    stalls: int | None = 0
    reconnects: int | None = 0
    anomalies: list[str] = []
    says: str = ""
    thresholds: Thresholds = Thresholds()


class Scenario(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file. `question` is what `expect` is about; None: nobody knows.

    `heartbeat_s` 0 sends none while idle; `retry_ms` null sends no line; `line_end` ends the lines of messages.
    """

    name: Name
    about: Annotated[str, msgspec.Meta(min_length=10, max_length=300)]
    steps: Annotated[list[Step], msgspec.Meta(min_length=1)]
    expect: Expect | None = None
    seed: int = 1
    question: str = "What's 2+2?"
    dialect: str = "orchestrator"
    ids: bool = True
    retry_ms: Count | None = 1000
    heartbeat_s: Seconds = 15
    line_end: Literal["lf", "crlf", "cr"] = "lf"


def parse(text: str, file: str) -> Scenario:
    """The scenario that `text` says. Errors: ScenarioError."""
    try:
        return msgspec.convert(yaml.safe_load(text), Scenario)
    except yaml.YAMLError as error:
        raise ScenarioError(f"{file}: expected YAML, got something else: {' '.join(str(error).split())}") from None
    except msgspec.ValidationError as error:
        said, _, key = str(error).partition(" - at `$")
        raise ScenarioError(f"{file}: {key.rstrip('`').lstrip('.') or '(top level)'}: {said}") from None
