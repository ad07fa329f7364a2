"""A server with a past: backends that are well, unwell, failing and never asked, in a history made by hand."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from dashboard.telemetry.history_file import HistoryFile
from dashboard.telemetry.past_turn import PastTurn
from tests.telemetry.past import NOW, past

HOSTILE = "<img src=x onerror=alert(1)>\u202e</script>"
CUT = {
    "outcome": "truncated", "fault": "cut", "diagnosis": "cut", "availability": False,
    "sentence": f"Back end or network: the connection ended in the middle of the answer. {HOSTILE}",
}  # fmt: skip
SLOW = {
    "diagnosis": "slow_start", "ttft": False, "ttft_s": 4.2,
    "sentence": "Model: the first text came after 4.2 s, of which 4.0 s were spent thinking.",
}  # fmt: skip
GONE = {
    "outcome": "unreachable", "fault": "refused", "diagnosis": "unreachable", "availability": False, "ttft": False,
    "ttft_s": None, "sentence": "Back end or network: nothing accepted the connection (2 attempts, 0.17 s).",
}  # fmt: skip
NAMES = ("billing", "docs", "helpdesk", "legal", "search")
"""search fails now, and its budget burns; helpdesk was slow; legal was never asked; the others are well."""


def turns(*, well: bool = False) -> list[PastTurn]:
    """The last hours of all backends; `well`: with nothing that is unwell now."""
    shift = time.time() - NOW
    told: list[PastTurn] = []
    for place, name in enumerate(each for each in NAMES if well or each != "legal"):
        for number in range(40):
            more: dict[str, Any] = {}
            if number % 20 == 5 and name == "billing":
                more = CUT
            elif not well and name == "search" and number < 6:
                more = GONE | {"sentence": CUT["sentence"]} if number == 2 else GONE
            elif not well and name == "helpdesk" and number == 0:
                more = SLOW
            ago_s = 1 + 37 * number + place
            one = past(f"{name}-{number}", ago_s, backend=name, **more)
            told.append(_later(one, shift))
    return told


def _later(turn: PastTurn, by_s: float) -> PastTurn:
    values = {name: getattr(turn, name) for name in PastTurn.__struct_fields__}
    return PastTurn(**values | {"started_at": turn.started_at + by_s, "ended_at": turn.ended_at + by_s})


def fleet(folder: Path, stream: str, past_turns: list[PastTurn] | None = None, **more: Any) -> Path:
    """The configuration, with that history written beside it. `more`: keys of the backend called by that name."""
    keeping = HistoryFile(folder / "history.db")
    keeping.add(turns() if past_turns is None else past_turns)
    keeping.close()
    backends = [{"name": name, "url": stream, "dialect": "orchestrator", **more.get(name, {})} for name in NAMES]
    file = folder / "config.yaml"
    file.write_text(json.dumps({"backends": backends, "history": {"path": str(folder / "history.db")}}), "utf-8")
    return file
