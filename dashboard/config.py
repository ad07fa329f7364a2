"""config.yaml, typed once and frozen.

Unknown and duplicate keys, wrong types and values out of range are refused with file, key, expected and got:
ConfigError is one sentence, made for an operator. `${NAME}` and `${NAME:-default}` in values read the environment, so
that no secret stands in the file. Dialect names are checked by the runtime, which knows the dialects.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from dashboard import config_yaml
from dashboard.config_yaml import ConfigError, check_url, quoted, shown_url

__all__ = ["Backend", "Config", "ConfigError", "Secret", "default_config", "load", "parse"]

Seconds = Annotated[float, msgspec.Meta(gt=0, le=86_400)]
Name = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]


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


class Backend(_Part, frozen=True):
    """One configured back end; `name` is its label in metrics."""

    name: Name
    url: str
    dialect: str = "auto"
    headers: dict[str, Secret] = {}
    method: Literal["POST", "GET"] = "POST"
    max_parallel: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 4
    thresholds: Thresholds = Thresholds()
    timeouts: Timeouts = Timeouts()
    retry: Retry = Retry()
    replay: bool = False
    verify: bool = True
    ca_file: str = ""
    client_cert: str = ""
    client_key: str = ""
    proxy: str = ""
    trust_env: bool = False
    ask: AskOptions = AskOptions()
    custom: Custom | None = None
    examples: list[str] = []

    def __repr__(self) -> str:
        return f"Backend(name={self.name!r}, url={shown_url(self.url)!r}, dialect={self.dialect!r}, …)"


class Limits(_Part, frozen=True):
    """Bounds on what a page, a session and a turn may take."""

    question_chars: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 8_000
    history_turns: Annotated[int, msgspec.Meta(ge=0, le=1000)] = 20
    turns_live: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 64
    sessions: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 1_000
    turn_bytes: Annotated[int, msgspec.Meta(ge=1024)] = 64 * 1024 * 1024
    turn_s: Seconds = 1800.0
    event_bytes: Annotated[int, msgspec.Meta(ge=1024, le=1 << 30)] = 8 * 1024 * 1024


class Page(_Part, frozen=True):
    """What the page is called and offers."""

    title: str = "Streamgauge"


class Config(_Part, frozen=True):
    """The whole file."""

    backends: Annotated[list[Backend], msgspec.Meta(min_length=1, max_length=16)]
    limits: Limits = Limits()
    page: Page = Page()


DEMO_EXAMPLES = ["What's 2+2?", "Show me a markdown tour", "Tell me a story about a river"]


def default_config(env: Mapping[str, str] = os.environ) -> Config:
    """The built-in default: the demo backend on this machine's stub, which is given up soon: a person waits for it."""
    url = env.get("STREAMGAUGE_DEMO_URL", "http://127.0.0.1:8004/process/stream")
    backend = Backend(
        "demo",
        url,
        "orchestrator",
        thresholds=Thresholds(give_up_s=30.0),
        timeouts=Timeouts(head_s=30.0),
        examples=list(DEMO_EXAMPLES),
    )
    return Config([backend])


def load(path: Path | None = None, env: Mapping[str, str] = os.environ) -> Config:
    """The config in `path`, else in $STREAMGAUGE_CONFIG, else in ./config.yaml, else the built-in default.

    Errors: ConfigError.
    """
    named = path or (Path(env["STREAMGAUGE_CONFIG"]) if env.get("STREAMGAUGE_CONFIG") else None)
    if named is None:
        named = Path("config.yaml")
        if not named.is_file():
            return default_config(env)
    try:
        text = named.read_text("utf-8")
    except OSError as error:
        raise ConfigError(f"{named}: expected a file that can be read, got: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{named}: expected UTF-8 text, got other bytes") from None
    return parse(text, str(named), env)


def parse(text: str, file: str = "config.yaml", env: Mapping[str, str] = os.environ) -> Config:
    """The config that `text` says; `file` is named in errors. Errors: ConfigError."""
    raw = config_yaml.read(text, file)
    expanded = config_yaml.expand(raw, env, file)
    try:
        config = msgspec.convert(expanded, Config, dec_hook=_secret)
    except msgspec.ValidationError as error:
        raise ConfigError(config_yaml.sentence(file, str(error), raw, Config)) from None
    _check(config, file, raw)
    return config


def _secret(kind: type, value: Any) -> Any:
    if kind is Secret:
        if not isinstance(value, str):
            raise ValueError("Expected `str`")
        return Secret(value.strip())
    raise NotImplementedError(kind)


def _check(config: Config, file: str, raw: Any) -> None:
    """The rules that no type can say."""
    names: set[str] = set()
    for i, backend in enumerate(config.backends):
        at = f"{file}: backends[{i}]"
        check_url(backend.url, f"{at}.url", raw["backends"][i]["url"])
        if backend.proxy:
            check_url(backend.proxy, f"{at}.proxy", raw["backends"][i]["proxy"], user=True)
        if backend.client_key and not backend.client_cert:
            raise ConfigError(f"{at}.client_cert: expected the certificate of client_key, got none")
        _check_headers(backend.headers, f"{at}.headers")
        if backend.name in names:
            raise ConfigError(
                f"{at}.name: expected a name of its own, got {quoted(raw, ('backends', i, 'name'))} again"
            )
        names.add(backend.name)
        if backend.dialect == "custom" and backend.custom is None:
            raise ConfigError(
                f"{at}.custom: expected a block with at least `text:`, because dialect is custom, got none"
            )
        if backend.custom is not None and backend.dialect != "custom":
            raise ConfigError(
                f"{at}.dialect: expected custom, because a `custom:` block stands beside it, got {quoted(raw, ('backends', i, 'dialect'))}"
            )


_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 section 5.6.2, token
_HEADER_ILLEGAL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")  # RFC 9110 section 5.5


def _check_headers(headers: Mapping[str, Secret], at: str) -> None:
    seen: set[str] = set()
    for name, secret in headers.items():
        if not _HEADER_NAME.fullmatch(name):
            raise ConfigError(f"{at}: expected the name of an HTTP header, got {name[:80]!r}")
        if name.lower() in seen:
            raise ConfigError(f"{at}.{name}: expected each header once, got it twice")
        if _HEADER_ILLEGAL.search(secret.reveal()):
            raise ConfigError(f"{at}.{name}: expected one line of text, got a control character in it")
        seen.add(name.lower())
