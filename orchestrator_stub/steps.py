"""The steps that a scenario is made of: what is said, and how it goes wrong. Pure data; times in seconds at speed 1."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from orchestrator_stub.recording import Recording

Seconds = Annotated[float, msgspec.Meta(ge=0, le=3600)]
Rate = Annotated[float, msgspec.Meta(gt=0, le=10_000)]
Count = Annotated[int, msgspec.Meta(ge=0, le=10_000_000)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Hex = Annotated[str, msgspec.Meta(pattern=r"^(?:[0-9a-fA-F]{2}|\s)*$")]
FileName = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}\.jsonl$")]


class _Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="do"):
    pass


class Route(_Step, frozen=True, tag="route"):
    """Routing started, an agent picked, the agent at work. `agent` names one of the roster.

    `router_s` until it is picked, `start_s` until it starts, `agent_s` until it speaks.
    """

    agent: str = ""
    router_s: Seconds = 0.3
    start_s: Seconds = 0
    agent_s: Seconds = 0.3


class Say(_Step, frozen=True, tag="say"):
    """A text, or without one the routed agent's answer from where it stands; `chunks` 0 says all that is left.

    `per_s` 0 is the agent's own pace; `jitter` is the share by which a pause may differ. `fill` makes one chunk of it:
    the text again and again, so many characters.
    """

    text: str = ""
    chunks: Count = 0
    fill: Count = 0
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


class Tool(_Step, frozen=True, tag="tool"):
    """The agent calls a tool, which takes `s` seconds and gives `result`; `arguments` are JSON."""

    name: str
    arguments: str = "{}"
    result: str = ""
    s: Seconds = 1


class Complete(_Step, frozen=True, tag="complete"):
    """The good end, with the whole answer in it: what was said, or `text`. `usage` tells tokens where it need not."""

    text: str = ""
    usage: bool = False


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


class Lose(_Step, frozen=True, tag="lose"):
    """What these steps say is numbered and never sent: the ids jump."""

    steps: list[Step]


class Reverse(_Step, frozen=True, tag="reverse"):
    """What these steps say is sent last first, at once."""

    steps: list[Step]


class Again(_Step, frozen=True, tag="again"):
    """The latest `events` messages once more, ids and all."""

    events: Annotated[int, msgspec.Meta(ge=1, le=100)] = 2


class Forget(_Step, frozen=True, tag="forget"):
    """From here on nobody can come back to this answer, as after a restart of the server."""


class Slice(_Step, frozen=True, tag="slice"):
    """From here on a write holds at most `bytes`, `gap_s` apart; only `through` cuts inside a character. 0 ends it."""

    bytes: Count
    gap_s: Seconds = 0.005
    through: bool = False


class Buffer(_Step, frozen=True, tag="buffer"):
    """From here on nothing leaves until `bytes` are together or the stream ends: what a buffering proxy does. 0 ends it."""

    bytes: Count = 1_000_000


class Raw(_Step, frozen=True, tag="raw"):
    """These bytes, as they stand: UTF-8 `text`, or `hex`; with `fill` again and again, so many bytes. Has no id."""

    text: str = ""
    hex: Hex = ""
    fill: Count = 0


class Garble(_Step, frozen=True, tag="garble"):
    """`events` messages that can't be read: broken `json`, `noise` for data, or `bytes` without any framing."""

    events: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 1
    how: Literal["json", "noise", "bytes"] = "json"
    per_s: Rate = 25


class Truncate(_Step, frozen=True, tag="truncate"):
    """A message stops after `bytes` bytes, and the connection ends there without the end of its HTTP body."""

    bytes: Annotated[int, msgspec.Meta(ge=0, le=40)] = 20


class Respond(_Step, frozen=True, tag="respond"):
    """The response's status, headers (null takes one away) and first bytes, after `after_s`; must come before other steps.

    `head` false: no response ever, whatever comes next.
    """

    status: Annotated[int, msgspec.Meta(ge=200, le=599)] = 200
    headers: dict[str, str | None] = {}
    body: str = ""
    after_s: Seconds = 0
    head: bool = True


class ContentType(_Step, frozen=True, tag="content_type"):
    """The response's media type; must come before other steps."""

    value: str


class Close(_Step, frozen=True, tag="close"):
    """The response ends in good order, whatever was said. With steps after it, the run goes on without its reader."""


class Reset(_Step, frozen=True, tag="reset"):
    """The connection is torn by a TCP reset. With steps after it, the run goes on without its reader."""


class Replay(_Step, frozen=True, tag="replay"):
    """A recorded response: its head when it comes first, its bytes at their own times ÷ `speed`, and its end.

    `file` is one of those that ship with the stub; `recording` is filled in by whoever loads it.
    """

    file: FileName
    speed: Rate = 1
    recording: Recording | None = None


Step = (
    Route | Say | Reason | Stage | Tool | Complete | Fail | Pause | Silence | Heartbeat | RetryHint | Repeat | Lose
    | Reverse | Again | Forget | Slice | Buffer | Raw | Garble | Truncate | Respond | ContentType | Close | Reset | Replay
)  # fmt: skip
