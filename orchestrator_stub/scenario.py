"""What a scenario file may say: steps, and what a good reader must conclude from them. Pure: text in, values out.

Times are seconds at speed 1. Unknown keys and steps are refused: ScenarioError names file and key.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
import yaml

Seconds = Annotated[float, msgspec.Meta(ge=0, le=3600)]
Rate = Annotated[float, msgspec.Meta(gt=0, le=10_000)]
Count = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]


class ScenarioError(ValueError):
    """A mistake in a scenario file, in one sentence."""


class _Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="do"):
    pass


class Route(_Step, frozen=True, tag="route"):
    """Routing started, an agent picked, the agent at work; each phase takes its seconds. `agent` names one of the roster."""

    agent: str = ""
    router_s: Seconds = 0.3
    agent_s: Seconds = 0.3


class Say(_Step, frozen=True, tag="say"):
    """A text, or without one the routed agent's answer from where it stands; `chunks` 0 says all that is left.

    `per_s` 0 is the agent's own pace; `jitter` is the share by which a pause may differ.
    """

    text: str = ""
    chunks: Count = 0
    per_s: Annotated[float, msgspec.Meta(ge=0, le=10_000)] = 0
    jitter: Share = 0.3


class Reason(_Step, frozen=True, tag="reason"):
    """The agent thinks aloud."""

    text: str
    per_s: Rate = 25


class Stage(_Step, frozen=True, tag="step"):
    """A named phase of the work begins or ends."""

    name: str
    phase: Literal["start", "end"] = "start"


class Complete(_Step, frozen=True, tag="complete"):
    """The good end, with the whole answer in it."""


class Fail(_Step, frozen=True, tag="error"):
    """The error event."""

    message: str
    code: str = ""


class Pause(_Step, frozen=True, tag="wait"):
    """Nothing for `s` seconds (but heartbeats, where the scenario has them)."""

    s: Seconds


class Silence(_Step, frozen=True, tag="hang"):
    """Nothing at all any more, with the connection open."""


class Heartbeat(_Step, frozen=True, tag="heartbeat"):
    """Comments, one every `every_s` seconds; `times` 0 never ends."""

    every_s: Annotated[float, msgspec.Meta(ge=0.01, le=3600)] = 15
    times: Count = 0


class RetryHint(_Step, frozen=True, tag="retry"):
    """A `retry:` line, as written (a hostile one too)."""

    value: str


class Repeat(_Step, frozen=True, tag="repeat"):
    """Steps again and again."""

    times: Annotated[int, msgspec.Meta(ge=1, le=100_000)]
    steps: list[Step]


class Slice(_Step, frozen=True, tag="slice"):
    """From here on a write holds at most `bytes`, `gap_s` apart; only `through` cuts inside a character. 0 ends it."""

    bytes: Count
    gap_s: Seconds = 0.005
    through: bool = False


class Buffer(_Step, frozen=True, tag="buffer"):
    """From here on nothing leaves until `bytes` are together or the stream ends: what a buffering proxy does. 0 ends it."""

    bytes: Count = 1_000_000


class Raw(_Step, frozen=True, tag="raw"):
    """These bytes, as they stand: UTF-8 `text`, or `hex`. No id, never replayed."""

    text: str = ""
    hex: Annotated[str, msgspec.Meta(pattern=r"^(?:[0-9a-fA-F]{2}|\s)*$")] = ""


class Garble(_Step, frozen=True, tag="garble"):
    """`events` messages that can't be read: broken `json`, `noise` for data, or `bytes` without any framing."""

    events: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 1
    how: Literal["json", "noise", "bytes"] = "json"
    per_s: Rate = 25


class Truncate(_Step, frozen=True, tag="truncate"):
    """A message stops after `bytes` bytes, and the connection ends there without the end of its HTTP body."""

    bytes: Annotated[int, msgspec.Meta(ge=0, le=40)] = 20


class Respond(_Step, frozen=True, tag="respond"):
    """The response's status, headers (null takes one away) and first bytes, after `after_s`; must come before other steps."""

    status: Annotated[int, msgspec.Meta(ge=200, le=599)] = 200
    headers: dict[str, str | None] = {}
    body: str = ""
    after_s: Seconds = 0


class ContentType(_Step, frozen=True, tag="content_type"):
    """The response's media type; must come before other steps."""

    value: str


class Close(_Step, frozen=True, tag="close"):
    """The response ends in good order, whatever was said. With steps after it, the run goes on without its reader."""


class Reset(_Step, frozen=True, tag="reset"):
    """The connection is torn by a TCP reset. With steps after it, the run goes on without its reader."""


Step = (
    Route | Say | Reason | Stage | Complete | Fail | Pause | Silence | Heartbeat | RetryHint | Repeat | Slice | Buffer
    | Raw | Garble | Truncate | Respond | ContentType | Close | Reset
)  # fmt: skip


class Thresholds(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Seconds under which the expectation holds; None leaves the reader's default."""

    ttft_s: float | None = None
    gap_s: float | None = None
    stall_after_s: float | None = None
    first_text_give_up_s: float | None = None
    give_up_s: float | None = None


class Expect(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a reader must conclude; None and an absent list leave it open."""

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
    anomalies: list[str] | None = None
    thresholds: Thresholds = Thresholds()


class Scenario(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file. `heartbeat_s` 0 sends none while idle; `retry_ms` null sends no line; `question` is what `expect` is about."""

    name: Name
    about: Annotated[str, msgspec.Meta(min_length=10, max_length=300)]
    steps: Annotated[list[Step], msgspec.Meta(min_length=1)]
    expect: Expect
    seed: int = 1
    question: str = "What's 2+2?"
    dialect: str = "orchestrator"
    ids: bool = True
    retry_ms: Count | None = 1000
    heartbeat_s: Seconds = 15


def parse(text: str, file: str) -> Scenario:
    """The scenario that `text` says. Errors: ScenarioError."""
    try:
        return msgspec.convert(yaml.safe_load(text), Scenario)
    except yaml.YAMLError as error:
        raise ScenarioError(f"{file}: expected YAML, got something else: {' '.join(str(error).split())}") from None
    except msgspec.ValidationError as error:
        said, _, key = str(error).partition(" - at `$")
        raise ScenarioError(f"{file}: {key.rstrip('`').lstrip('.') or '(top level)'}: {said}") from None
