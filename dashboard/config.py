"""config.yaml, typed once and frozen.

Unknown and duplicate keys, wrong types and values out of range are refused with file, key, expected and got:
ConfigError is one sentence, made for an operator. `${NAME}` and `${NAME:-default}` in values read the environment, so
that no secret stands in the file. Dialect names are checked by the runtime, which knows the dialects.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import regex

from dashboard import config_yaml
from dashboard.config_types import (
    AskOptions,
    Backend,
    CanarySettings,
    Config,
    Custom,
    HistorySettings,
    Limits,
    MetricsSettings,
    Page,
    Retry,
    Secret,
    Thresholds,
    Timeouts,
)
from dashboard.config_yaml import ConfigError, check_url, quoted

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
    "Page",
    "Retry",
    "Secret",
    "Thresholds",
    "Timeouts",
    "check_headers",
    "default_config",
    "load",
    "parse",
]

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
        check_headers(backend.headers, f"{at}.headers")
        _check_canary(backend.canary, f"{at}.canary")
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

    if not _TOKEN.fullmatch(config.metrics.token.reveal()):
        raise ConfigError(f"{file}: metrics.token: expected letters, digits and -._~+/=, got other characters")


def _check_canary(canary: CanarySettings | None, at: str) -> None:
    if canary is None:
        return
    if not canary.question.strip():
        raise ConfigError(f"{at}.question: expected a question, got only spaces")
    try:
        regex.compile(canary.expect_regex, regex.VERSION0)
    except regex.error as error:
        raise ConfigError(f"{at}.expect_regex: expected a regular expression, got one with an error: {error}") from None


_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 section 5.6.2, token
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]*=*")  # RFC 6750 section 2.1
_HEADER_ILLEGAL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")  # RFC 9110 section 5.5


_HEADERS_OF_THE_BODY = frozenset({"content-length", "transfer-encoding"})
"""They say how the body is framed (RFC 9112 section 6), which only the client that sends it knows. Host is not among
them: a backend behind a name-based proxy may need another one than its address says."""


def check_headers(headers: Mapping[str, Secret], at: str) -> None:
    """Errors: ConfigError, a sentence that begins with `at`, for headers that cannot be sent."""
    seen: set[str] = set()
    for name, secret in headers.items():
        if not _HEADER_NAME.fullmatch(name):
            raise ConfigError(f"{at}: expected the name of an HTTP header, got {name[:80]!r}")
        if name.lower() in seen:
            raise ConfigError(f"{at}.{name}: expected each header once, got it twice")
        if name.lower() in _HEADERS_OF_THE_BODY:
            raise ConfigError(f"{at}.{name}: expected no such header, because it is set from what is sent, got one")
        if _HEADER_ILLEGAL.search(secret.reveal()):
            raise ConfigError(f"{at}.{name}: expected one line of text, got a control character in it")
        seen.add(name.lower())
