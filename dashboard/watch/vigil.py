"""Evaluates the alerts in the process: reads what is known, every few seconds, and says what fires."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, partial
from math import inf

from dashboard.config import Backend
from dashboard.telemetry.history import History
from dashboard.telemetry.past_counts import Counts
from dashboard.telemetry.prometheus import PrometheusSink
from dashboard.watch.alarms import Alarm, Alarms
from dashboard.watch.alerts import LOOP_LATE_S, SCREEN_LATE_S
from dashboard.watch.canary import Canaries, CanaryState
from dashboard.watch.conditions import OfBackend, OfProcess, holding
from dashboard.watch.counters import Counters
from dashboard.watch.slo import AVAILABILITY, SOURCE, WINDOW_S, of_backend

EVALUATE_S = 5.0
LIVE = "live"


class Vigil:
    """`firing` is what fires now.

    `backends` gives those that are configured, by name; `config_mistake` why the configuration that was read last is not
    in force, "" when it is.
    """

    def __init__(
        self,
        backends: Callable[[], Mapping[str, Backend]],
        sink: PrometheusSink,
        history: History,
        canaries: Canaries,
        config_mistake: Callable[[], str] = lambda: "",
    ) -> None:
        self._backends, self._sink, self._history, self._canaries = backends, sink, history, canaries
        self._config_mistake = config_mistake
        self._counters = Counters()
        self._alarms = Alarms()
        self._began_at: float | None = None
        self._due = float("-inf")

    @property
    def firing(self) -> tuple[Alarm, ...]:
        """The most urgent first; the same object until something changes."""
        return self._alarms.firing

    def soon(self) -> None:
        """The next beat evaluates: something happened that nobody shall wait for."""
        self._due = float("-inf")

    def beat(self, now: float, wall_now: float) -> None:
        """Evaluates if EVALUATE_S have gone by. Seconds: `now` monotonic, `wall_now` Unix."""
        if now < self._due:
            return
        self._due = now + EVALUATE_S
        self._began_at = wall_now if self._began_at is None else self._began_at
        self._counters.sample(self._read(), now)
        states, streams = self._canaries.states, self._streams()
        seen = {
            name: self._backend(each, states.get(name), streams.get(name, 0.0), wall_now)
            for name, each in self._backends().items()
        }
        self._alarms.update(holding(seen, self._process()), wall_now)

    def _read(self) -> dict[tuple[str, str], float]:
        total = self._sink.total
        by_name = {
            "turns": total("turns_total"),
            "stalled": total("turns_stalled_total"),
            "bursts": total("anomalies_total", kind="burst"),
            "reconnects": total("reconnects_total"),
            "ttft_counted": total("turns_counted_total", objective="ttft"),
            "ttft_good": total("turns_good_total", objective="ttft"),
            "overflow": total("label_overflow_total"),
        }
        read = {(name, backend): value for name, values in by_name.items() for backend, value in values.items()}
        for name, metric, edge in (
            ("loop", "event_loop_lag_seconds", LOOP_LATE_S),
            ("screen", "screen_lag_seconds", SCREEN_LATE_S),
        ):
            read[f"{name}_late", ""], read[name, ""] = self._sink.beyond(metric, edge)
        return read

    def _streams(self) -> dict[str, float]:
        waiting = self._sink.total("connections", state="stalled")
        talking = self._sink.total("connections", state="open")
        return {name: talking.get(name, 0.0) + waiting.get(name, 0.0) for name in (*talking, *waiting)}

    def _backend(self, backend: Backend, canary: CanaryState | None, streams: float, wall_now: float) -> OfBackend:
        name = backend.name
        begun = self._began_at or wall_now
        heard_at = max((canary.last_success_at or begun) if canary else wall_now, begun)
        return OfBackend(
            lambda counter, window_s: self._counters.increase(counter, name, window_s),
            cache(partial(self._past, name, judged_by(self._history, name))),
            int(streams),
            self._sink.quiet_s(name),
            canary is not None and canary.interval_s > 0 and canary.success is False,
            canary.interval_s if canary else 0.0,
            wall_now - heard_at,
            wall_now - canary.last_success_at if canary and canary.last_success_at else inf,
            of_backend(backend),
        )

    def _past(self, name: str, source: str, window_s: float) -> Counts:
        return self._history.window(name, window_s, source)

    def _process(self) -> OfProcess:
        return OfProcess(
            lambda counter, window_s: self._counters.increase(counter, "", window_s),
            self._history.alarm,
            self._config_mistake(),
            self._sink.total("config_last_reload_success_timestamp_seconds")[""],
        )


def judged_by(history: History, backend: str) -> str:
    """The turns that a backend's objectives are computed on: its canary's; live ones where no canary was counted."""
    counted = history.window(backend, WINDOW_S, SOURCE).counted[AVAILABILITY.name]
    return SOURCE if counted else LIVE
