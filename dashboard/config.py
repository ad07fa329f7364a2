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
from urllib.parse import urlsplit

import msgspec
import yaml

Seconds = Annotated[float, msgspec.Meta(gt=0, le=86_400)]
Name = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]


class ConfigError(ValueError):
    """An operator's mistake, said in one sentence: file, key, expected, got."""


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


class Thresholds(_Part):
    """When a stream counts as unwell, and when we give up; seconds."""

    ttft_s: Seconds = 2.0
    gap_s: Seconds = 5.0
    stall_after_s: Seconds = 5.0
    first_text_give_up_s: Seconds = 120.0
    give_up_s: Seconds = 60.0


class Timeouts(_Part):
    """Limits of one connection attempt; seconds."""

    connect_s: Seconds = 10.0
    head_s: Seconds = 60.0


class Retry(_Part):
    """Backoff between attempts: min(cap_s, base_s·2ⁿ) with jitter in [d/2, d]."""

    base_s: Seconds = 0.5
    cap_s: Seconds = 30.0
    max_attempts: Annotated[int, msgspec.Meta(ge=1, le=100)] = 5


class AskOptions(_Part):
    """What the question is sent with, where the dialect has it."""

    model: str = ""
    system: str = ""
    params: dict[str, Any] = {}


class Custom(_Part):
    """A home-made stream, described: what to send and where the text is. `{question}` stands for the question."""

    text: Annotated[str, msgspec.Meta(min_length=1)] = "$data"
    json: Any = None
    query: dict[str, str] = {}
    finish: str = ""
    error: str = ""


class Backend(_Part):
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
    trust_env: bool = False
    ask: AskOptions = AskOptions()
    custom: Custom | None = None
    examples: list[str] = []


class Limits(_Part):
    """Bounds on what a page, a session and a turn may take."""

    question_chars: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 8_000
    history_turns: Annotated[int, msgspec.Meta(ge=0, le=1000)] = 20
    turns_live: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 64
    sessions: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 1_000
    turn_bytes: Annotated[int, msgspec.Meta(ge=1024)] = 64 * 1024 * 1024
    turn_s: Seconds = 1800.0
    event_bytes: Annotated[int, msgspec.Meta(ge=1024, le=1 << 30)] = 8 * 1024 * 1024


class Page(_Part):
    """What the page is called and offers."""

    title: str = "Streamgauge"


class Config(_Part):
    """The whole file."""

    backends: Annotated[list[Backend], msgspec.Meta(min_length=1, max_length=16)]
    limits: Limits = Limits()
    page: Page = Page()


DEMO_EXAMPLES = ["What's 2+2?", "Show me a markdown tour", "Tell me a story about a river"]


def default_config() -> Config:
    """The built-in default: the demo backend on this machine's stub."""
    url = os.environ.get("STREAMGAUGE_DEMO_URL", "http://127.0.0.1:8004/process/stream")
    return Config([Backend("demo", url, "orchestrator", examples=list(DEMO_EXAMPLES))])


def load(path: Path | None = None, env: Mapping[str, str] = os.environ) -> Config:
    """The config in `path`, else in $STREAMGAUGE_CONFIG, else in ./config.yaml, else the built-in default.

    Errors: ConfigError.
    """
    named = path or (Path(env["STREAMGAUGE_CONFIG"]) if env.get("STREAMGAUGE_CONFIG") else None)
    if named is None:
        named = Path("config.yaml")
        if not named.is_file():
            return default_config()
    try:
        text = named.read_text("utf-8")
    except OSError as error:
        raise ConfigError(f"{named}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{named}: expected UTF-8 text") from None
    return parse(text, str(named), env)


def parse(text: str, file: str = "config.yaml", env: Mapping[str, str] = os.environ) -> Config:
    """The config that `text` says; `file` is named in errors. Errors: ConfigError."""
    try:
        raw = yaml.load(text, _UniqueKeys)  # noqa: S506  # a SafeLoader, which also refuses a key given twice
    except yaml.YAMLError as error:
        raise ConfigError(f"{file}: {_one_line(error)}") from None
    try:
        config = msgspec.convert(_expand(raw, env, file, ""), Config, dec_hook=_secret)
    except msgspec.ValidationError as error:
        raise ConfigError(_sentence(file, str(error), raw)) from None
    _check(config, file)
    return config


class _UniqueKeys(yaml.SafeLoader):
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)  # type: ignore[no-untyped-call]
            if isinstance(key, str | int) and key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"the key {key!r} stands twice", key_node.start_mark)
            if isinstance(key, str | int):
                seen.add(key)
        return super().construct_mapping(node, deep)


def _secret(kind: type, value: Any) -> Any:
    if kind is Secret:
        if not isinstance(value, str):
            raise ValueError("Expected `str`, got " + type(value).__name__)
        return Secret(value)
    raise NotImplementedError(kind)


_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")


def _expand(value: Any, env: Mapping[str, str], file: str, where: str) -> Any:
    if isinstance(value, dict):
        return {k: _expand(v, env, file, f"{where}.{k}".lstrip(".")) for k, v in value.items()}
    if isinstance(value, list):
        return [_expand(v, env, file, f"{where}[{i}]") for i, v in enumerate(value)]
    if not isinstance(value, str):
        return value

    def read(match: re.Match[str]) -> str:
        found = env.get(match[1])
        if found is None and match[2] is None:
            raise ConfigError(
                f"{file}: {where}: expected the environment variable {match[1]}, got none; "
                f"set it or write ${{{match[1]}:-default}}"
            )
        return found or match[2] or ""

    return _VARIABLE.sub(read, value)


def _one_line(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
    return where + (getattr(error, "problem", None) or " ".join(str(error).split()))


def _sentence(file: str, message: str, raw: Any) -> str:
    """msgspec's "Expected `float` > 0.0 - at `$.backends[0].thresholds.ttft_s`" with the key first and the value got."""
    said, _, path = message.partition(" - at `$")
    key = path.rstrip("`").lstrip(".") or "(top level)"
    if "unknown field" in said or "required field" in said:
        return f"{file}: {key}: {said[0].lower()}{said[1:]}"
    said = said[0].lower() + said[1:]
    got = "" if "got" in said or ".headers" in path else f", got {_at(raw, path)!r}"
    return f"{file}: {key}: {said}{got}"


def _at(raw: Any, path: str) -> Any:
    for step in re.findall(r"[^.\[\]`]+", path):
        try:
            raw = raw[int(step)] if isinstance(raw, list) else raw[step]
        except (KeyError, IndexError, ValueError, TypeError):
            return "…"
    return raw


def _check(config: Config, file: str) -> None:
    """The rules that no type can say."""
    names: set[str] = set()
    for i, backend in enumerate(config.backends):
        at = f"{file}: backends[{i}]"
        parts = urlsplit(backend.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ConfigError(f"{at}.url: expected an http:// or https:// address, got {_shown(backend.url)!r}")
        if parts.username or parts.password:
            raise ConfigError(f"{at}.url: expected no user or password in the address, got some; use headers and ${{NAME}}")
        if backend.name in names:
            raise ConfigError(f"{at}.name: expected a name of its own, got {backend.name!r} again")
        names.add(backend.name)
        if backend.dialect == "custom" and backend.custom is None:
            raise ConfigError(f"{at}.custom: expected a block with at least `text:`, because dialect is custom, got none")


def _shown(url: str) -> str:
    return url.split("?")[0][:200]
