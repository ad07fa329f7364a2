"""Canaries: each backend that has one is asked on a timer, so that its health is known when nobody chats."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import msgspec

from dashboard.backend.live import LiveTurn
from dashboard.config import Backend, CanarySettings
from dashboard.health.report import Report
from dashboard.telemetry.canary_counts import waits
from dashboard.watch.expectation import SKIPPED, SUCCESS, Went, went
from dashboard.watch.patience import bounds, ended

log = logging.getLogger(__name__)

FIRST_WITHIN_S = 10.0
"""The first probe comes within this time of the start, at a random moment: replicas do not ask all at once."""


OURS = {"live": "a live turn needed its place", "shutdown": "this process was told to end"}
"""Who stopped a probe, where that says nothing of the backend: it counts as skipped."""


class CanaryState(msgspec.Struct, frozen=True):
    """What is known of one backend's canary. `*_at` are Unix times, None for never; counts since the process began.

    `interval_s` is 0 for one that is probed from outside alone. `kind` is of the last probe that was asked
    (expectation.SUCCESS, ENDED, …; "" before the first), `why` its sentence: plain text, hostile until escaped. The three
    waits, in seconds, add up to that probe's duration. `skipped_why` is of the last one that was not asked.
    """

    backend: str
    interval_s: float
    kind: str = ""
    why: str = ""
    outcome: str = ""
    turn: str = ""
    running: bool = False
    asked_at: float | None = None
    ended_at: float | None = None
    last_success_at: float | None = None
    next_at: float | None = None
    first_event_s: float | None = None
    first_text_s: float | None = None
    end_s: float | None = None
    successes: int = 0
    failures: int = 0
    skipped: int = 0
    skipped_at: float | None = None
    skipped_why: str = ""

    @property
    def success(self) -> bool | None:
        """Whether the last probe succeeded; None before the first."""
        return self.kind == SUCCESS if self.kind else None


class Host(msgspec.Struct, frozen=True):
    """What canaries need of the process that they live in; times are seconds, `wall` Unix, `chance` in [0, 1).

    `ask` begins a turn of source canary, or raises what `refused` is; `prepare` learns before it how the backend wants to
    be asked; `busy` says why a backend cannot take one more
    turn now, "" when it can; `probed` and `interval` tell the metrics.
    """

    ask: Callable[[str, str], LiveTurn]
    prepare: Callable[[str], Awaitable[None]]
    busy: Callable[[str], str]
    refused: type[Exception]
    task: Callable[..., asyncio.Task[Any]]
    probed: Callable[[str, str, Report | None], None]
    interval: Callable[[str, float], None]
    wall: Callable[[], float]
    chance: Callable[[], float]


class Canaries:
    """The canaries of a process. Never two at once of one backend; none while the process drains."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._states: dict[str, CanaryState] = {}
        self._settings: dict[str, CanarySettings] = {}
        self._timers: dict[str, asyncio.Task[None]] = {}
        self._turns: dict[str, LiveTurn] = {}

    @property
    def states(self) -> dict[str, CanaryState]:
        """By backend: those that have a canary, and those that were probed from outside."""
        return dict(self._states)

    @property
    def running(self) -> int:
        """How many probes are under way."""
        return len(self._turns)

    def configure(self, backends: Iterable[Backend]) -> None:
        """These canaries run from now on: new and changed ones begin anew, those that are gone ask no more; others go on.

        A probe that is under way ends as it began.
        """
        wanted = {each.name: each.canary for each in backends if each.canary is not None}
        for name in [name for name, settings in self._settings.items() if wanted.get(name) != settings]:
            self.forget(name)
        for name, settings in wanted.items():
            if name not in self._settings:
                self._settings[name] = settings
                self._host.interval(name, settings.interval_s)
                self._states[name] = CanaryState(name, settings.interval_s)
                self._timers[name] = self._host.task(self._timer(name, settings), name=f"canary {name}")

    def stop(self) -> None:
        """Asks no more; a turn that runs is its owner's to end."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def forget(self, name: str) -> None:
        """The backend, or its canary, is gone: nothing is told of it any more, not even of a probe under way."""
        self._stop(name)
        self._states.pop(name, None)

    def give_way(self, name: str) -> None:
        """Somebody waits for a place at this backend: a canary that holds one lets go of it, and counts as skipped."""
        if name in self._turns:
            self._turns[name].cancel("live")

    async def probe(
        self, name: str, settings: CanarySettings, timeout_s: float | None = None
    ) -> tuple[Went, Report | None]:
        """One canary turn, now; ended as soon as it cannot succeed any more, or after `timeout_s`.

        Skipped when there is no place, or one runs already.
        """
        await self._host.prepare(name)
        self._states.setdefault(name, CanaryState(name, 0.0))
        why = "a probe of it is still under way" if name in self._turns else self._host.busy(name)
        if not why:
            try:
                live = self._turns[name] = self._host.ask(name, settings.question)
            except self._host.refused as refused:
                why = str(refused)
        if why:
            return self._skip(name, why), None
        self._tell(name, running=True, asked_at=self._host.wall(), turn=live.id)
        try:
            report, cut = await ended(live, bounds(settings, timeout_s))
        finally:
            del self._turns[name]
            self._tell(name, running=False)
        if live.transcript.by in OURS:
            return self._skip(name, OURS[live.transcript.by]), None
        return self._judge(name, cut or went(settings, report), report), report

    # Within

    def _judge(self, name: str, said: Went, report: Report) -> Went:
        state, now, good = self._state(name), self._host.wall(), said.kind == SUCCESS
        event_s, text_s, end_s = waits(report)
        self._tell(
            name,
            kind=said.kind,
            why=said.why,
            outcome=report.outcome,
            ended_at=now,
            last_success_at=now if good else state.last_success_at,
            first_event_s=event_s,
            first_text_s=text_s,
            end_s=end_s,
            successes=state.successes + good,
            failures=state.failures + (not good),
        )
        if good and state.success is False:
            log.warning("canary %s: well again", name)
        elif not good and (state.success is not False or state.kind != said.kind):
            log.warning("canary %s: failed: %s", name, said.why)
        self._count(name, "success" if good else "failure", report)
        return said

    def _skip(self, name: str, why: str) -> Went:
        state = self._state(name)
        self._tell(name, skipped=state.skipped + 1, skipped_at=self._host.wall(), skipped_why=why)
        self._count(name, "skipped")
        return Went(SKIPPED, why)

    def _count(self, name: str, result: str, report: Report | None = None) -> None:
        """Tells the metrics, and by them the alerts, of a backend that has a canary of its own.

        Without one nothing would ever take a failure back that somebody found by /probe, which has told it already.
        """
        if self._state(name).interval_s:
            self._host.probed(name, result, report)

    def _tell(self, name: str, **news: Any) -> None:
        if name in self._states:  # else the backend is gone
            self._states[name] = msgspec.structs.replace(self._states[name], **news)

    def _state(self, name: str) -> CanaryState:
        return self._states.get(name) or CanaryState(name, 0.0)

    async def _timer(self, name: str, settings: CanarySettings) -> None:
        """Asks at every interval, give or take the jitter; what falls due while a probe still runs is skipped."""
        loop, chance = asyncio.get_running_loop(), self._host.chance
        due = loop.time() + chance() * min(FIRST_WITHIN_S, settings.interval_s)
        while self._settings.get(name) is settings:
            wait_s = max(0.0, due - loop.time())
            self._tell(name, next_at=self._host.wall() + wait_s)
            await asyncio.sleep(wait_s)
            # Its failure is logged and counted as its task's; the next probe is asked all the same.
            probe = self._host.task(self.probe(name, settings), name=f"probe {name}")
            due += _jittered(settings, chance)
            while not await _over_by(probe, due):
                due += _jittered(settings, chance)
                if self._settings.get(name) is settings:  # else it ends as it began, and nothing is told of it
                    self._skip(name, "the probe before was still under way")
                    self._tell(name, next_at=self._host.wall() + due - loop.time())

    def _stop(self, name: str) -> None:
        self._settings.pop(name, None)
        timer = self._timers.pop(name, None)
        if timer is not None and name not in self._turns:  # else it ends by itself, after its probe
            timer.cancel()


def _jittered(settings: CanarySettings, chance: Callable[[], float]) -> float:
    return settings.interval_s * (1.0 + settings.jitter * (2.0 * chance() - 1.0))


async def _over_by(probe: asyncio.Task[Any], due: float) -> bool:
    """Whether the probe is over by that time of the loop; waits no longer for it. It ends with whoever waits."""
    loop = asyncio.get_running_loop()
    try:
        await asyncio.wait({probe}, timeout=max(0.0, due - loop.time()))
    except asyncio.CancelledError:
        probe.cancel()
        raise
    return probe.done() and loop.time() <= due
