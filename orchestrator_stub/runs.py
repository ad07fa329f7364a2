"""All runs: those being read, and the latest others, for readers who come back."""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator

from orchestrator_stub.config import Settings
from orchestrator_stub.instructions import Instruction
from orchestrator_stub.run import OUTCOMES, PARTS, Link, Run


class Runs:
    """All runs: those being read, and the latest others, bounded in number and age."""

    def __init__(self, settings: Settings) -> None:
        self.turns: Counter[str] = Counter(dict.fromkeys(("started", *OUTCOMES), 0))
        """By outcome, and by outcome and part ("left hung")."""
        self._settings = settings
        self._runs: OrderedDict[str, Run] = OrderedDict()

    def start(self, script: Callable[[str], Iterator[Instruction]], link: Link) -> Run:
        """A new run that writes to `link`."""
        self._forget_old()
        run = Run(script, self._settings, self.turns)
        self._runs[run.id] = run
        self.turns["started"] += 1
        run.attach(link)
        return run

    def find(self, last_event_id: str) -> tuple[Run, int] | None:
        """The run to go on with and the place to go on behind; None where there is nothing (more) to send."""
        self._forget_old()
        name, _, number = last_event_id[:64].partition(".")
        run = self._runs.get(name)
        if run is None or not (number.isascii() and number.isdigit()):
            return None
        place = run.place(int(number))
        return None if place is None else (run, place)

    def numbers(self) -> dict[str, int]:
        """Streams being read, agents at work, runs in memory."""
        self._forget_old()
        runs = self._runs.values()
        return {"streams": sum(r.linked for r in runs), "working": sum(r.working for r in runs), "runs": len(runs)}

    def totals(self) -> dict[str, dict[str, int]]:
        """How turns ended, and what more is known of some."""
        return {
            "turns": {name: self.turns[name] for name in ("started", *OUTCOMES)},
            **{name: {part: self.turns[f"{name} {part}"] for part in parts} for name, parts in PARTS.items()},
        }

    def close(self) -> None:
        """Ends everything."""
        for run in self._runs.values():
            run.drop()
        self._runs.clear()

    def _forget_old(self) -> None:
        now = asyncio.get_running_loop().time()
        idle = [run for run in self._runs.values() if not run.linked]
        spare = len(idle) - self._settings.kept_runs
        for i, run in enumerate(idle):
            if i < spare or (run.idle_since is not None and now - run.idle_since > self._settings.kept_s):
                run.drop()
                del self._runs[run.id]
