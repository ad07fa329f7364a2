"""config.yaml as types: each key with its bounds and its default. Times are seconds."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from dashboard.config_yaml import NAME, ORIGIN, shown_url

Seconds = Annotated[float, msgspec.Meta(gt=0, le=86_400)]
Name = Annotated[str, msgspec.Meta(pattern=NAME)]


class Secret:
    """A value that does not print; `reveal()` gives it to the one place that sends it."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def reveal(self) -> str:
        return self._value


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class Thresholds(_Part, frozen=True):
    """When a stream counts as unwell, and when we give up; seconds."""

    ttft_s: Seconds = 2.0
    gap_s: Seconds = 5.0
    stall_after_s: Seconds = 5.0
    first_text_give_up_s: Seconds = 120.0
    give_up_s: Seconds = 60.0


Share = Annotated[float, msgspec.Meta(gt=0, lt=1)]


class Objectives(_Part, frozen=True):
    """So large a share of the turns that count shall be good within 30 days; 1 would leave no budget to burn."""

    availability: Share = 0.995
    ttft: Share = 0.95


class Timeouts(_Part, frozen=True):
    """Limits of one connection attempt; seconds."""

    connect_s: Seconds = 10.0
    head_s: Seconds = 60.0
    idle_s: Seconds | None = None
    """Not a byte for so long: the connection is given up, and an event source connects anew. None waits for ever."""


class Retry(_Part, frozen=True):
    """Backoff between attempts: min(cap_s, base_s·2ⁿ) with jitter in [d/2, d]."""

    base_s: Seconds = 0.5
    cap_s: Seconds = 30.0
    max_attempts: Annotated[int, msgspec.Meta(ge=1, le=100)] = 5


class AskOptions(_Part, frozen=True):
    """What the question is sent with, where the dialect has it."""

    model: str = ""
    system: str = ""
    params: dict[str, Any] = {}

    def __repr__(self) -> str:
        return f"AskOptions(model={self.model!r}, …)"


class Custom(_Part, frozen=True):
    """A home-made stream, described: what to send and where the text is. `{question}` stands for the question."""

    text: Annotated[str, msgspec.Meta(min_length=1)]
    json: Any = None
    query: dict[str, str] = {}
    finish: str = ""
    error: str = ""

    def __repr__(self) -> str:
        return f"Custom(text={self.text!r}, …)"


class Limits(_Part, frozen=True):
    """Bounds on what a page, a session and a turn may take."""

    question_chars: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 8_000
    history_turns: Annotated[int, msgspec.Meta(ge=0, le=1000)] = 20
    turns_live: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 64
    turns_session: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 16
    sessions: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 1_000
    kept: Annotated[int, msgspec.Meta(ge=0, le=100_000)] = 200
    """Conversations without a page that wait for one: after a reload, a lost connection, a sleeping laptop."""
    kept_bytes: Annotated[int, msgspec.Meta(ge=0)] = 32 * 1024 * 1024
    kept_s: Seconds = 900.0
    turn_bytes: Annotated[int, msgspec.Meta(ge=1024)] = 64 * 1024 * 1024
    turn_s: Seconds = 1800.0
    event_bytes: Annotated[int, msgspec.Meta(ge=1024, le=1 << 30)] = 8 * 1024 * 1024


class Page(_Part, frozen=True):
    """What the page is called and offers."""

    title: str = "Streamgauge"
    runbooks: str = ""
    """Where alerts lead; "" is our own copy."""
    frame_ancestors: list[Annotated[str, msgspec.Meta(pattern=ORIGIN)]] = []
    """Origins, beside our own, whose pages may show this one in a frame."""


class CanarySettings(_Part, frozen=True):
    """A question that is asked on a timer, and what its answer must be to count as a success."""

    question: Annotated[str, msgspec.Meta(min_length=1, max_length=8000)] = "What's 2+2?"
    interval_s: Annotated[float, msgspec.Meta(ge=1, le=86_400)] = 60.0
    jitter: Annotated[float, msgspec.Meta(ge=0, le=0.5)] = 0.1
    expect: str = ""
    expect_regex: str = ""
    max_ttft_s: Seconds | None = None
    max_gap_s: Seconds | None = None
    max_duration_s: Seconds | None = None


class Backend(_Part, frozen=True):
    """One configured back end; `name` is its label in metrics."""

    name: Name
    url: str
    dialect: str = "auto"
    headers: dict[str, Secret] = {}
    method: Literal["POST", "GET"] = "POST"
    max_parallel: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 4
    thresholds: Thresholds = Thresholds()
    objectives: Objectives = Objectives()
    """What is not given here is that of the whole configuration."""
    timeouts: Timeouts = Timeouts()
    retry: Retry = Retry()
    replay: bool = False
    traceparent: bool = True
    verify: bool = True
    ca_file: str = ""
    client_cert: str = ""
    client_key: str = ""
    proxy: str = ""
    trust_env: bool = False
    ask: AskOptions = AskOptions()
    custom: Custom | None = None
    canary: CanarySettings | None = None
    examples: list[str] = []

    def __repr__(self) -> str:
        return f"Backend(name={self.name!r}, url={shown_url(self.url)!r}, dialect={self.dialect!r}, …)"


class HistorySettings(_Part, frozen=True):
    """Where turns that ended are kept, and for how long. Without a path they are kept in memory."""

    path: str = ""
    days: Annotated[int, msgspec.Meta(ge=1, le=3650)] = 90
    megabytes: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 256


class MetricsSettings(_Part, frozen=True):
    """Who may scrape /metrics, and where it is served: on the page's own address, or with `port` on one of its own."""

    token: Secret = Secret("")
    address: Annotated[str, msgspec.Meta(min_length=1)] = "127.0.0.1"
    port: Annotated[int, msgspec.Meta(ge=1, le=65_535)] | None = None


class Config(_Part, frozen=True):
    """The whole file."""

    backends: Annotated[list[Backend], msgspec.Meta(min_length=1, max_length=16)]
    limits: Limits = Limits()
    page: Page = Page()
    history: HistorySettings = HistorySettings()
    metrics: MetricsSettings = MetricsSettings()
    objectives: Objectives = Objectives()
    """Of each backend that names none of its own."""
