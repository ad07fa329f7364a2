"""Which backend a command means: one of the configuration by its name, or an address as it is."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

import msgspec

from dashboard.config import Backend, Config, ConfigError, Secret, check_headers, load
from dashboard.config_yaml import as_name, check_url

if TYPE_CHECKING:
    from dashboard.runtime import Runtime

T = TypeVar("T")


def is_url(text: str) -> bool:
    """Whether `text` is an address and not a backend's name, which has neither of these characters."""
    return ":" in text or "/" in text


def of_url(text: str, dialect: str = "auto", headers: Mapping[str, str] | None = None) -> Config:
    """The configuration for one address; `http://` may be left out. Errors: ConfigError."""
    url = text if "://" in text else f"http://{text}"
    check_url(url, "URL")
    if dialect == "custom":
        raise ConfigError(
            "--dialect custom: expected a backend of config.yaml with a `custom:` block, got an address; "
            "only the file can say where the text is"
        )
    secrets = _secrets(headers or {})
    return Config([Backend(name_of(url), url, dialect, headers=secrets)])


def _secrets(headers: Mapping[str, str]) -> dict[str, Secret]:
    """Headers of the command line, held to what those of the file are. Errors: ConfigError."""
    secrets = {name: Secret(value) for name, value in headers.items()}
    check_headers(secrets, "--header")
    return secrets


def over(headers: Mapping[str, T], others: Mapping[str, T]) -> dict[str, T]:
    """`headers` with `others` in place of those of the same name, which no case tells apart (RFC 9110 section 5.1)."""
    taken = {name.lower() for name in others}
    return {name: value for name, value in headers.items() if name.lower() not in taken} | dict(others)


def name_of(url: str) -> str:
    """A backend's name from its address: host and port, as far as a label may hold them."""
    parts = urlsplit(url)
    return as_name((parts.hostname or "") + (f"-{parts.port}" if parts.port else ""))


_OURS = ("name", "dialect", "thresholds", "objectives", "max_parallel", "timeouts", "retry", "canary", "examples")
"""Keys of a backend that change nothing of what it is sent; a dialect is guessed."""


def known_as(url: str, path: Path | None) -> str:
    """A sentence where what `load(path)` reads has a backend of that very address that is sent something else than a bare one; else ""."""
    file = file_named(path)
    if not Path(file).is_file():
        return ""
    try:
        backends = load(path).backends
    except ConfigError:  # nobody asked for it: what is wrong in it is told when somebody does
        return ""
    plain = of_url(url).backends[0]
    kept = {key: getattr(plain, key) for key in _OURS}
    for each in backends:
        if each.url == plain.url and msgspec.structs.replace(each, **kept) != plain:
            return (
                f"{file} has this address as the backend {each.name}, whose headers and settings go with its name: "
                f"give {each.name} in place of the address to use them"
            )
    return ""


def of_name(name: str, config: Config, dialect: str, headers: Mapping[str, str]) -> Config:
    """`config` with that one backend only, another dialect or more headers if given. Errors: ConfigError."""
    backend = next((each for each in config.backends if each.name == name), None)
    if backend is None:
        known = ", ".join(each.name for each in config.backends)
        raise ConfigError(f"BACKEND: expected one of {known}, or an address with http://, got {name!r}")
    if dialect:
        backend = msgspec.structs.replace(backend, dialect=dialect)
    if backend.dialect == "custom" and backend.custom is None:
        raise ConfigError(f"--dialect custom: expected a `custom:` block at the backend {name}, got none")
    backend = msgspec.structs.replace(backend, headers=over(backend.headers, _secrets(headers)))
    return msgspec.structs.replace(config, backends=[backend])


def file_named(path: Path | None) -> str:
    """The file that `config.load(path)` reads, for a sentence."""
    return str(path or os.environ.get("STREAMGAUGE_CONFIG") or "config.yaml")


def build(config: Config, file: str) -> Runtime:
    """The Runtime for `config`, which came from `file`, or from the command line when that is "". Errors: ConfigError."""
    from dashboard.runtime import Runtime

    return Runtime(checked(config, file))


def checked(config: Config, file: str) -> Config:
    """`config`, as a Runtime takes it. Errors: ConfigError, with `file` as `build` has it."""
    from dashboard.backend.admission import check_backends

    try:
        check_backends(config.backends)
    except ConfigError as error:
        sentence = str(error)
        raise ConfigError(f"{file}: {sentence}" if file else sentence.replace("backends[0].", "--", 1)) from None
    return config
