"""One turn under the glass: what is derived from its events, and what of it was new since the last look."""

from __future__ import annotations

from typing import Any

from dashboard.config import Thresholds
from dashboard.health.evidence import Evidence
from dashboard.health.gaps import EDGES_S, GapHistogram
from dashboard.health.report import Report
from dashboard.health.turn_gauge import TurnGauge
from dashboard.health.waterfall import Bar, Mark, Tick, Waterfall
from dashboard.turn.events import Asked, Ended, Guessed, TurnEvent
from dashboard.ui.event_log import EventLog
from dashboard.ui.inspect_words import PHASES, arrival, gap_labels, numbers
from dashboard.ui.plain import one_line
from dashboard.ui.turn_view import verdict

Fields = dict[str, Any]
Truth = tuple[Report, Evidence]
"""What the process itself saw of a turn: the page's lag and the loop's, which no recording holds, are in it."""


class Inspected:
    """An Observer of one turn, whole or still growing."""

    def __init__(self, thresholds: Thresholds) -> None:
        self.gauge = TurnGauge(thresholds)
        self.waterfall = Waterfall()
        self.gaps = GapHistogram()
        self.log = EventLog()
        self.asked: Asked | None = None
        self.dialect = ""
        self.ended = False
        self.events = 0
        """So many were observed; a look is worth while when there are more."""

    def observe(self, event: TurnEvent) -> None:
        """Folds one event."""
        self.events += 1
        self.gauge.observe(event)
        self.waterfall.observe(event)
        self.gaps.observe(event)
        self.log.observe(event)
        kind = type(event)
        if kind is Asked:
            self.asked = event  # type: ignore[assignment]
            self.dialect = event.dialect  # type: ignore[union-attr]
        elif kind is Guessed:
            self.dialect = event.dialect  # type: ignore[union-attr]
        elif kind is Ended:
            self.ended = True

    # What a page is sent

    def small(self, truth: Truth | None = None) -> Fields:
        """Everything of bounded size, sent whole; `truth` stands for what is derived here, when it is known better."""
        fall, log = self.waterfall, self.log
        told, evidence = truth or (self.gauge.report(), self.gauge.evidence())
        return {
            "live": not self.ended,
            "now": fall.now_s,
            "end": fall.end_s,
            "bars": [_bar(bar) for bar in fall.bars],
            "marks": [_mark(mark) for mark in fall.marks],
            "left_out": [fall.bars_left_out, fall.marks_left_out],
            "reads": fall.reads,
            "joined": fall.joined,
            "written": log.written,
            "dropped": log.dropped,
            "counts": dict(log.counts),
            "gaps": [list(each) for each in zip(gap_labels(EDGES_S), self.gaps.counts, strict=True)],
            "arrival": arrival(evidence.arrival),
            "numbers": numbers(told, evidence),
            "verdict": verdict(told) if told.outcome else None,
        }

    def whole(self, truth: Truth | None = None) -> Fields:
        """All that a page shows of it."""
        return {**self.small(truth), "ticks": _ticks(self.waterfall.ticks), "rows": self.log.since(0)}


class Told:
    """How much of an Inspected a page has been sent; `fresh` is what came since."""

    def __init__(self, inspected: Inspected) -> None:
        self._of = inspected
        self._events = inspected.events
        self._rows = inspected.log.written
        self._ticks = len(inspected.waterfall.ticks)
        self._joined = inspected.waterfall.joined
        self._small: Fields = {}

    def fresh(self, truth: Truth | None = None) -> Fields | None:
        """What is new, None when nothing is. The newest tick may still grow, so it is sent again."""
        of = self._of
        if of.events == self._events:
            return None
        fall = of.waterfall
        since = max(0, self._ticks - 1) if fall.joined == self._joined else 0
        small = of.small(truth)
        changed = {key: value for key, value in small.items() if self._small.get(key) != value}
        self._small = small
        fields = {
            **changed,
            "ticks_from": since,
            "ticks": _ticks(fall.ticks[since:]),
            "rows": of.log.since(self._rows),
        }
        self._events, self._rows = of.events, of.log.written
        self._ticks, self._joined = len(fall.ticks), fall.joined
        return fields


def _ticks(ticks: list[Tick]) -> Fields:
    """As columns: milliseconds, bytes, messages, characters, what was held."""
    return {
        "t": [round(tick.at_s * 1000, 3) for tick in ticks],
        "size": [tick.size for tick in ticks],
        "messages": [tick.messages for tick in ticks],
        "characters": [tick.characters for tick in ticks],
        "held": [tick.held for tick in ticks],
    }


def _bar(bar: Bar) -> list[Any]:
    return [bar.phase, bar.start_s, bar.end_s, bar.tone, one_line(bar.note, 80), PHASES.get(bar.phase, "")]


def _mark(mark: Mark) -> list[Any]:
    return [mark.kind, mark.at_s, mark.tone, one_line(mark.note, 120)]


def of_numbers(truth: Truth) -> Fields:
    """What is left of a turn whose bytes are gone: its numbers, and its phases as far as they were noted."""
    report, evidence = truth
    bars, since = [], 0.0
    for phase, took_s in evidence.phases() if evidence.head_s is not None else ():
        bars.append([phase, since, since + took_s, "", "", PHASES.get(phase, "")])
        since += took_s
    return {
        "live": False,
        "end": report.duration_s,
        "bars": bars,
        "arrival": arrival(evidence.arrival),
        "numbers": numbers(report, evidence),
        "verdict": verdict(report),
    }
