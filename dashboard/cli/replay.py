"""`streamgauge replay`: the bytes of a recording through the same Turn, with the recorded times."""

from __future__ import annotations

from pathlib import Path

import click

from dashboard.backend.recorded import backend_of, question_of
from dashboard.backend.replay import ReplayTransport
from dashboard.cli.check import Plan
from dashboard.cli.printable import one_line
from dashboard.config import Config, ConfigError, default_config, load
from dashboard.telemetry.recording import read_recording
from dashboard.wire.recorded import RecordingError


def lent(file: Path | None) -> Config:
    """The configuration that may lend thresholds: `file`, else the usual one; where that one cannot be used, the default.

    The latter is told on stderr. Errors: ConfigError for a `file`.
    """
    try:
        return load(file)
    except ConfigError as error:
        if file is not None:
            raise
        click.echo(f"replayed without a configuration, by the default thresholds: {one_line(str(error))}", err=True)
        return default_config()


def plan(file: Path, dialect: str, speed: float, configured: Config) -> Plan:
    """What replaying `file` means; a backend of its name in `configured` lends its thresholds. Errors: ConfigError."""
    try:
        attempts = read_recording(file)
    except RecordingError as error:
        raise ConfigError(str(error)) from None
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror}") from None
    backend = backend_of(attempts, file.stem, configured, dialect)
    question = question_of(attempts, configured.limits.question_chars)
    config = Config([backend], configured.limits)
    return Plan(config, question, origin="replay", transport=lambda: ReplayTransport(attempts, speed))
