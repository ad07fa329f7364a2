"""A recording played again as a turn of its own, at any speed: counted nowhere, under the same glass."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dashboard.backend.live import LiveTurn
from dashboard.backend.recorded import backend_of, question_of
from dashboard.backend.replay import Pace, ReplayTransport
from dashboard.runtime import Runtime
from dashboard.ui.inspected import Fields, Inspected
from dashboard.wire.dialect import Question
from dashboard.wire.recorded import Attempt

SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 0.0)
"""What a page offers; 0 is at once."""


class Player:
    """One replay. Errors of the constructor: Refused at a limit, ConfigError for a dialect that cannot be played."""

    def __init__(self, runtime: Runtime, attempts: Sequence[Attempt], *, name: str, session: str, speed: float) -> None:
        backend = backend_of(attempts, name, runtime.config)
        self.inspected = Inspected(backend.thresholds)
        self.pace = Pace(speed)
        self.total_s = max((attempt.end_t for attempt in attempts), default=0.0)
        question = Question(question_of(attempts, runtime.config.limits.question_chars))
        self._live: LiveTurn = runtime.replay(
            backend, question, ReplayTransport(attempts, self.pace), session=session, also=self.inspected.observe
        )

    @property
    def over(self) -> bool:
        return self._live.done

    def state(self) -> Fields:
        """For the page: where it stands."""
        position = min(self.pace.position, self.total_s)
        return {"position": position, "total": self.total_s, "speed": self.pace.speed, "playing": self.pace.playing}

    def stop(self) -> None:
        """Leaves it where it stands; also when it is over."""
        self.pace.set(speed=0.0, playing=True)
        self._live.cancel("person")


def speed_of(value: Any) -> float:
    """One of SPEEDS, whatever a browser says; 1 for anything else."""
    known = isinstance(value, int | float) and not isinstance(value, bool) and float(value) in SPEEDS
    return float(value) if known else 1.0
