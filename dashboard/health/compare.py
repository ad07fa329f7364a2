"""The same question asked directly and through a hop: do the arrivals prove that the hop holds the text back?

Only arrival times are evidence; headers name the hop and choose the words, and nothing depends on them.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from dashboard.health.diagnosis import Diagnosis, Kind, diagnose
from dashboard.health.evidence import Evidence, Proof
from dashboard.health.one_sided import one_sided
from dashboard.health.wording import count, seconds
from dashboard.turn.events import Asked, TextArrived, TurnEvent
from dashboard.turn.verdict import Outcome

READS = 20_000
"""So many reads of a run are kept one by one; what comes later counts to the last of them."""
PAIRS = 2
"""So many pairs, one after the other, must all show it."""
FLOW_S = 0.25
"""Text flows when it takes at least so long from the first of it to the last …"""
FLOW_MOMENTS = 3.0
"""… and comes in at least so many moments."""
WINDOW_PART, WINDOW_S = 1 / 40, 0.02
"""Reads within this part of the direct run's flow, or within this time, are one moment."""
FEWER = 3.0
"""Held back: the text comes in so many times fewer moments than directly …"""
ONE_MOMENT = 1.2
"""… or in one moment (and a remainder)."""
CHUNKS = 3.0
"""A moment of held text holds so many chunks at least: one that is slow chunk by chunk is not held."""
LONG_GAPS, LONG_GAP_S = 2.5, 0.1
"""A silence is long from so many of the direct run's usual gaps on, and from so long on …"""
SILENT_PART = 0.6
"""… and such silences fill this part of the time from when text was due (by the direct run) to its end …"""
LASTS_PART = 0.5
"""… which is this part of the direct run's flow at least: who holds text back does not make an answer shorter."""
LENGTHS = 2.0
"""Answers whose lengths differ by more than this factor are not compared."""


class Course(msgspec.Struct, frozen=True):
    """How the text of one run arrived; `reads` are (seconds from the request, characters), one for each time."""

    outcome: str
    reads: tuple[tuple[float, int], ...] = ()
    chunks: int = 0
    ours: bool = False
    """Our own loop was blocked, so the times are not the wire's."""

    @property
    def characters(self) -> int:
        return sum(chars for _, chars in self.reads)

    @property
    def first_s(self) -> float:
        return self.reads[0][0] if self.reads else 0.0

    @property
    def flow_s(self) -> float:
        """From the first text to the last."""
        return self.reads[-1][0] - self.reads[0][0] if self.reads else 0.0

    @property
    def usual_gap_s(self) -> float:
        """95 % of the gaps between reads are no longer."""
        gaps = sorted(self.reads[i + 1][0] - self.reads[i][0] for i in range(len(self.reads) - 1))
        return gaps[int(len(gaps) * 0.95)] if gaps else 0.0

    def silent_part(self, due_s: float, long_s: float) -> float:
        """Of the time from `due_s` to the last text: the part in silences of `long_s` and more."""
        times = [due_s, *(at for at, _ in self.reads if at > due_s)]
        gaps = [times[i + 1] - times[i] for i in range(len(times) - 1)]
        whole = times[-1] - due_s
        return sum(gap for gap in gaps if gap >= long_s) / whole if whole else 0.0

    def moments(self, window_s: float) -> float:
        """In how many equal shares the text might have come as unevenly: 1/Σ(share²), reads within `window_s` taken as one."""
        shares: list[int] = []
        begun = -1e9
        for at, chars in self.reads:
            if at - begun > window_s:
                begun = at
                shares.append(0)
            shares[-1] += chars
        squares = sum(share * share for share in shares)
        return sum(shares) ** 2 / squares if squares else 0.0


class CourseSeen:
    """An Observer of one turn that keeps when its text came; bounded by READS."""

    def __init__(self) -> None:
        self._asked_at = 0.0
        self._reads: list[tuple[float, int]] = []
        self._chunks = 0

    def observe(self, event: TurnEvent) -> None:
        if type(event) is Asked:
            self._asked_at = event.at
        elif type(event) is TextArrived:
            self._chunks += 1
            at, chars = event.at - self._asked_at, len(event.text)
            if self._reads and (self._reads[-1][0] == at or len(self._reads) == READS):
                before, had = self._reads[-1]
                self._reads[-1] = (before, had + chars)
            else:
                self._reads.append((at, chars))

    def course(self, outcome: str, *, ours: bool = False) -> Course:
        """What was seen, of a turn that ended as `outcome`."""
        return Course(outcome, tuple(self._reads), self._chunks, ours)


def doubt(direct: Course, through: Course) -> str:
    """Why a pair of runs does not prove that the hop holds text back; "" when it does."""
    both = (("directly", direct), ("through the hop", through))
    for where, course in both:
        if course.outcome != Outcome.COMPLETED:
            return f"asked {where} the turn ended as {course.outcome}, so there is nothing to compare"
    for where, course in both:
        if not course.reads:
            return f"asked {where} no text came, so there is nothing to compare"
    if direct.ours or through.ours:
        return "this machine's own loop was blocked meanwhile, so the times cannot be trusted; run it again"
    window_s = _window_s(direct)
    flowed, came = direct.moments(window_s), through.moments(window_s)
    if direct.flow_s < FLOW_S or flowed < FLOW_MOMENTS:
        return (
            f"asked directly the text does not flow either (all within {seconds(direct.flow_s)}): the model answers in one "
            "piece, or too fast to tell; ask for a longer answer"
        )
    if not 1 / LENGTHS <= through.characters / direct.characters <= LENGTHS:
        return "the two answers differ too much in length to be compared; ask something with a settled answer"
    if came > max(ONE_MOMENT, flowed / FEWER) or through.chunks < CHUNKS * came:
        return "the text flows through the hop as it does directly"
    lasted_s = through.reads[-1][0] - direct.first_s
    if lasted_s < LASTS_PART * direct.flow_s:
        return "the text came in fewer pieces through the hop, but no later: it was quick and not held back"
    if through.silent_part(direct.first_s, max(LONG_GAP_S, LONG_GAPS * direct.usual_gap_s)) < SILENT_PART:
        return "the text comes in fewer pieces through the hop, but without long silences before them"
    return ""


def proved(pairs: Sequence[tuple[Course, Course]]) -> bool:
    """Whether PAIRS pairs (direct, through) were run and each shows it."""
    return len(pairs) >= PAIRS and not any(doubt(*pair) for pair in pairs)


def conclude(pairs: Sequence[tuple[Course, Course]], direct: Evidence, through: Evidence, hop: Proof) -> Diagnosis:
    """The diagnosis of both runs together; `direct` and `through` are the evidence of the last pair."""
    lines = [line for number, pair in enumerate(pairs, 1) for line in arrivals(pair, number)]
    if proved(pairs):
        found = diagnose(msgspec.structs.replace(through, proof=hop))
        return Diagnosis(found.kind, found.sentence, [*lines, *found.evidence], found.next)
    why = next((words for pair in pairs if (words := doubt(*pair))), f"it needs {PAIRS} pairs of runs")
    found = diagnose(through if direct.outcome == Outcome.COMPLETED else direct)
    if told := one_sided(direct, through, hop.hop):
        return Diagnosis(found.kind, told[0], [found.sentence, *lines, *found.evidence], told[1])
    step = found.next
    if found.kind == Kind.BURST_SUSPECTED:
        step = "Ask for a longer answer; if it comes in one piece directly too, look at the model and not at this hop."
    return Diagnosis(found.kind, f"Nothing is proved against {hop.hop}: {why}.", [*lines, *found.evidence], step)


def arrivals(pair: tuple[Course, Course], number: int) -> list[str]:
    """A pair of runs in two lines of evidence."""
    window_s = _window_s(pair[0])
    return [
        f"Pair {number}, {where}: {count(course.characters, 'character')} in {course.moments(window_s):.1f} moments, the "
        f"first after {seconds(course.first_s)}, the last {seconds(course.flow_s)} later."
        if course.reads
        else f"Pair {number}, {where}: no text, {course.outcome}."
        for where, course in zip(("directly", "through"), pair, strict=True)
    ]


def _window_s(direct: Course) -> float:
    return max(WINDOW_S, direct.flow_s * WINDOW_PART)
