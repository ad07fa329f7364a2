"""`streamgauge replay`: the bytes of a recording through the same Turn, with the recorded times."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import msgspec

from dashboard.backend.replay import ReplayTransport
from dashboard.cli.check import Plan
from dashboard.cli.one_backend import as_name
from dashboard.config import Backend, Config, ConfigError
from dashboard.config_yaml import check_url
from dashboard.telemetry.recording import read_recording
from dashboard.wire.dialects import DIALECTS
from dashboard.wire.recorded import Attempt, RecordingError

NOWHERE = "http://recorded.invalid/"
"""Stands where a recording does not say which address was asked; nothing is ever sent there."""
RECORDED = "(recorded)"
"""Stands where a recording does not say what was asked."""


def plan(file: Path, dialect: str, speed: float, configured: Config) -> Plan:
    """What replaying `file` means; a backend of its name in `configured` lends its thresholds. Errors: ConfigError."""
    try:
        attempts = read_recording(file)
    except RecordingError as error:
        raise ConfigError(str(error)) from None
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror}") from None
    backend = _backend(attempts[0], file, dialect, configured, len(attempts))
    question = (str(attempts[0].meta.get("question") or "").strip() or RECORDED)[: configured.limits.question_chars]
    config = Config([backend], configured.limits)
    return Plan(config, question, origin="replay", transport=lambda: ReplayTransport(attempts, speed))


def _backend(first: Attempt, file: Path, dialect: str, configured: Config, attempts: int) -> Backend:
    meta = first.meta
    recorded = str(meta.get("dialect", ""))
    name = as_name(str(meta.get("backend") or file.stem))
    known = next((each for each in configured.backends if each.name == name), Backend(name, _url(meta.get("request"))))
    taken = dialect or (recorded if recorded in (*DIALECTS, "auto") else "auto")
    if taken == "custom" and known.custom is None:
        raise ConfigError(
            f"--dialect custom: expected a backend {name!r} with a `custom:` block in config.yaml, got none; "
            "only the file can say where the text is"
        )
    # an attempt more than was recorded would be one that never was
    retry = msgspec.structs.replace(known.retry, max_attempts=min(known.retry.max_attempts, attempts))
    return msgspec.structs.replace(known, dialect=taken, retry=retry)


def _url(request: Any) -> str:
    """The address that was asked, by which a dialect may be guessed; NOWHERE when the recording tells none."""
    try:
        url = urljoin(NOWHERE, str(request["url"]))
        check_url(url, "url")
    except (ConfigError, KeyError, TypeError, ValueError):
        return NOWHERE
    return url
