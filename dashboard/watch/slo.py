"""Pure: objectives, the error budget that they leave, and how fast it goes. Shares are ratios of 1, times seconds."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from dashboard.config import Backend, Objectives

DAY_S = 86_400.0


class Objective(msgspec.Struct, frozen=True):
    """So large a share of the counted turns shall be good within `window_s`. `name`: availability or ttft."""

    name: str
    target: float
    window_s: float = 30 * DAY_S


def objectives(of: Objectives) -> Mapping[str, Objective]:
    """What a configuration wants, by name."""
    return {name: Objective(name, getattr(of, name)) for name in of.__struct_fields__}


DEFAULTS = objectives(Objectives())
"""What holds where nothing is configured."""
AVAILABILITY, TTFT = DEFAULTS["availability"], DEFAULTS["ttft"]
WINDOW_S = AVAILABILITY.window_s
SOURCE = "canary"
"""Objectives are computed on canaries: they ask always the same, and also at night. Live turns stand beside them."""


def of_backend(backend: Backend) -> Mapping[str, Objective]:
    """A backend's own objectives, by name."""
    return objectives(backend.objectives)


class Standing(msgspec.Struct, frozen=True):
    """How an objective of that `target` stands over a window: `share` of good turns, None where none was counted.

    `budget_left` is the part of the allowed bad turns that is not used up: 1 untouched, 0 used up, below 0 overdrawn.
    """

    good: int
    counted: int
    share: float | None
    budget_left: float
    met: bool
    target: float

    @property
    def bad(self) -> int:
        return self.counted - self.good


def standing(objective: Objective, good: int, counted: int) -> Standing:
    """The objective by what was counted; without any turn it is met and its budget untouched.

    Errors: ValueError for counts that cannot be.
    """
    if not counted:
        _check(good, counted)
        return Standing(0, 0, None, 1.0, met=True, target=objective.target)
    left = 1.0 - burn_rate(objective, good, counted)
    met = good >= objective.target * counted
    return Standing(good, counted, good / counted, left, met=met, target=objective.target)


def burn_rate(objective: Objective, good: int, counted: int) -> float:
    """How fast the budget goes: 1 uses it up exactly in the objective's window, 14.4 in a fiftieth of 30 days.

    0 without any turn. Errors: ValueError for counts that cannot be.
    """
    _check(good, counted)
    return (counted - good) / counted / (1.0 - objective.target) if counted else 0.0


def _check(good: int, counted: int) -> None:
    if not 0 <= good <= counted:
        raise ValueError(f"expected 0 ≤ good ≤ counted, got {good} and {counted}")
