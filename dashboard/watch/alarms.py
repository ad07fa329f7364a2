"""Pure: conditions that hold → alarms, as Prometheus has it: pending for a while, then firing, gone when they hold no more."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from dashboard.watch.alerts import RULES, Rule

Key = tuple[str, str]
"""An alert's name, and the backend that it is about ("" for the process)."""

_PLACE = {rule.name: place for place, rule in enumerate(RULES)}
_BY_NAME = {rule.name: rule for rule in RULES}


class Holds(msgspec.Struct, frozen=True):
    """A condition that holds now: how urgent it is, and its numbers in a few words."""

    severity: str
    detail: str


class Alarm(msgspec.Struct, frozen=True):
    """An alert that fires. `since` is when its condition began to hold, Unix time; `id` is another when it fires anew."""

    rule: Rule
    backend: str
    severity: str
    detail: str
    since: float

    @property
    def id(self) -> str:
        return f"{self.rule.name}/{self.backend}/{self.since:.0f}"


class Alarms:
    """What fires. Times are Unix seconds; a clock that is set back makes nothing fire early."""

    def __init__(self) -> None:
        self._since: dict[Key, float] = {}
        self.firing: tuple[Alarm, ...] = ()
        """The most urgent first: those that page, then in the order of the table."""

    def update(self, holding: Mapping[Key, Holds], wall_now: float) -> None:
        """These conditions hold now, and no others."""
        self._since = {key: min(self._since.get(key, wall_now), wall_now) for key in holding}
        fired = [
            Alarm(_BY_NAME[name], backend, holds.severity, holds.detail, self._since[name, backend])
            for (name, backend), holds in holding.items()
            if wall_now - self._since[name, backend] >= _BY_NAME[name].for_s
        ]
        firing = tuple(sorted(fired, key=lambda each: (each.severity != "page", _PLACE[each.rule.name], each.backend)))
        if firing != self.firing:
            self.firing = firing
