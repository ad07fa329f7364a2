"""Recorded turns, played again through the same Turn: with which backend, and to whom it is told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urljoin

import msgspec

from dashboard.backend.answer import Stop, answer
from dashboard.backend.replay import ReplayTransport
from dashboard.config import Backend, Config, ConfigError, Limits
from dashboard.config_yaml import as_name, check_url
from dashboard.turn.events import Observer
from dashboard.turn.request import Origin
from dashboard.turn.turn import Turn
from dashboard.wire.auto import dialect_of
from dashboard.wire.dialect import Question
from dashboard.wire.dialects import DIALECTS
from dashboard.wire.recorded import Attempt

NOWHERE = "http://recorded.invalid/"
"""Stands where a recording does not say which address was asked; nothing is ever sent there."""
RECORDED = "(recorded)"
"""Stands where a recording does not say what was asked."""


def question_of(attempts: Sequence[Attempt], most: int) -> str:
    """What was asked, at most `most` characters of it."""
    return (str(attempts[0].meta.get("question") or "").strip() or RECORDED)[:most]


def backend_of(attempts: Sequence[Attempt], name: str, configured: Config, dialect: str = "") -> Backend:
    """The backend to play `attempts` with: the configured one of the recorded name (else `name`) lends its thresholds.

    `dialect` is taken instead of the recorded one when given. Errors: ConfigError.
    """
    meta = attempts[0].meta
    recorded = str(meta.get("dialect", ""))
    label = as_name(str(meta.get("backend") or name))
    known = next(
        (each for each in configured.backends if each.name == label), Backend(label, _url(meta.get("request")))
    )
    taken = dialect or (recorded if recorded in (*DIALECTS, "auto") else "auto")
    if taken == "custom" and known.custom is None:
        raise ConfigError(
            f"--dialect custom: expected a backend {label!r} with a `custom:` block in config.yaml, got none; "
            "only the file can say where the text is"
        )
    # an attempt more than was recorded would be one that never was
    retry = msgspec.structs.replace(known.retry, max_attempts=min(known.retry.max_attempts, len(attempts)))
    return msgspec.structs.replace(known, dialect=taken, retry=retry)


def _url(request: Any) -> str:
    """The address that was asked, by which a dialect may be guessed; NOWHERE when the recording tells none."""
    try:
        url = urljoin(NOWHERE, str(request["url"]))
        check_url(url, "url")
    except (ConfigError, KeyError, TypeError, ValueError):
        return NOWHERE
    return url


async def play(
    attempts: Sequence[Attempt], backend: Backend, limits: Limits, observe: Observer, turn: str, *, whole: bool = True
) -> None:
    """Tells `observe` the turn at once, at the recorded times (0 is the request); the loop breathes at each read.

    Of a turn that still runs (not `whole`) what it ends with has no meaning.
    """
    question = Question(question_of(attempts, limits.question_chars))
    origin = Origin("", "replay")
    again = Turn(turn, backend, dialect_of(backend), question, limits=limits, origin=origin, chance=lambda: 0.0)
    await answer(again, ReplayTransport(attempts, whole=whole), observe, Stop("person"))
