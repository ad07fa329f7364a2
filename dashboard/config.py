"""config.yaml, typed once and frozen.

Unknown and duplicate keys, wrong types and values out of range are refused with file, key, expected and got:
ConfigError is one sentence, made for an operator. `${NAME}` and `${NAME:-default}` in values read the environment, so
that no secret stands in the file. Dialect names are checked by the runtime, which knows the dialects.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from dashboard import config_yaml
from dashboard.config_rules import check, check_custom, check_headers
from dashboard.config_types import (
    AskOptions,
    Backend,
    CanarySettings,
    Config,
    Custom,
    HistorySettings,
    Limits,
    MetricsSettings,
    Objectives,
    Page,
    Retry,
    Secret,
    Thresholds,
    Timeouts,
)
from dashboard.config_yaml import ConfigError

__all__ = [
    "AskOptions",
    "Backend",
    "CanarySettings",
    "Config",
    "ConfigError",
    "Custom",
    "HistorySettings",
    "Limits",
    "MetricsSettings",
    "Objectives",
    "Page",
    "Retry",
    "Secret",
    "Thresholds",
    "Timeouts",
    "check_custom",
    "check_headers",
    "default_config",
    "load",
    "load_history",
    "parse",
]

DEMO_EXAMPLES = ["What's 2+2?", "Show me a markdown tour", "Tell me a story about a river"]


MAX_BYTES = 1024 * 1024
"""A larger file is no configuration."""


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
    read = _read(path, env)
    return default_config(env) if read is None else parse(*read, env)


class _History(msgspec.Struct, frozen=True):
    history: HistorySettings = HistorySettings()


def load_history(path: Path | None = None, env: Mapping[str, str] = os.environ) -> HistorySettings:
    """`history:` of what `load` would read; the rest may name secrets that are not there. Errors: ConfigError."""
    read = _read(path, env)
    if read is None:
        return default_config(env).history
    text, file = read
    raw = config_yaml.read(text, file)
    own = config_yaml.expand({key: raw[key] for key in raw if key == "history"}, env, file)
    try:
        return msgspec.convert(own, _History).history
    except msgspec.ValidationError as error:
        raise ConfigError(config_yaml.sentence(file, str(error), raw, Config)) from None


def _read(path: Path | None, env: Mapping[str, str]) -> tuple[str, str] | None:
    """The text of the file that is meant, and its name; None where there is none. Errors: ConfigError."""
    named = path or (Path(env["STREAMGAUGE_CONFIG"]) if env.get("STREAMGAUGE_CONFIG") else None)
    if named is None:
        named = Path("config.yaml")
        if not named.is_file():
            return None
    try:
        with named.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        text = data.decode("utf-8") if len(data) <= MAX_BYTES else ""
    except OSError as error:
        raise ConfigError(f"{named}: expected a file that can be read, got: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{named}: expected UTF-8 text, got other bytes") from None
    if len(data) > MAX_BYTES:
        raise ConfigError(f"{named}: expected at most {MAX_BYTES:,} bytes, got more")
    return text, str(named)


def found(path: Path | None = None, env: Mapping[str, str] = os.environ) -> Path | None:
    """The file that `load` would read now; None for the built-in default.

    Who reads again names this one, so that an editor that moves the file away for a moment turns no server into a demo.
    """
    unnamed = path is None and not env.get("STREAMGAUGE_CONFIG") and Path("config.yaml").is_file()
    return Path("config.yaml") if unnamed else path


def reader() -> Callable[[], Config]:
    """What reads the file that is found now again. Errors of what it returns: ConfigError."""
    return partial(load, found())


def parse(text: str, file: str = "config.yaml", env: Mapping[str, str] = os.environ) -> Config:
    """The config that `text` says; `file` is named in errors. Errors: ConfigError."""
    raw = config_yaml.read(text, file)
    expanded = config_yaml.expand(raw, env, file)
    try:
        config = msgspec.convert(expanded, Config, dec_hook=_secret)
    except msgspec.ValidationError as error:
        raise ConfigError(config_yaml.sentence(file, str(error), raw, Config)) from None
    check(config, file, raw)
    return _inherited(config, raw)


def _inherited(config: Config, raw: Any) -> Config:
    """Each backend with the objectives that it gives itself, and those of the whole configuration beside them."""
    backends = []
    for backend, told in zip(config.backends, raw["backends"], strict=True):
        own = {name: getattr(backend.objectives, name) for name in told.get("objectives", ())}
        backends.append(msgspec.structs.replace(backend, objectives=msgspec.structs.replace(config.objectives, **own)))
    return msgspec.structs.replace(config, backends=backends)


def _secret(kind: type, value: Any) -> Any:
    if kind is Secret:
        if not isinstance(value, str):
            raise ValueError("Expected `str`")
        return Secret(value.strip())
    raise NotImplementedError(kind)
