"""The state diagram in docs/architecture.md, drawn from the code: `python -m tests.architecture.diagram --write`."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from dashboard.turn.machine import TRANSITIONS
from tests.architecture.tree import ROOT

BEGIN = "<!-- states: drawn by python -m tests.architecture.diagram --write -->\n"
END = "<!-- /states -->\n"
DOCUMENT = ROOT / "docs" / "architecture.md"


def mermaid(transitions: Mapping[str, Mapping[type, str]]) -> str:
    """A mermaid state diagram of what leads elsewhere, and a table of what leaves a state as it is."""
    edges: list[str] = []
    stays: list[str] = []
    for state, leads in transitions.items():
        ways: dict[str, list[str]] = {}
        for event, target in leads.items():
            ways.setdefault(target, []).append(event.__name__)
        same = ways.pop(state, [])
        edges += [f"    {state} --> {target} : {', '.join(events)}" for target, events in ways.items()]
        stays += [f"| {state} | {', '.join(same)} |"] if same else []
    drawing = ["```mermaid", "stateDiagram-v2", "    [*] --> idle", *edges, "    ended --> [*]", "```"]
    return "\n".join([*drawing, "", "| state | stays on |", "|---|---|", *stays, ""])


def written() -> str:
    """What the document holds between its markers."""
    _, _, rest = DOCUMENT.read_text("utf-8").partition(BEGIN)
    return rest.partition(END)[0]


def main() -> None:
    if "--write" not in sys.argv:
        print(mermaid(TRANSITIONS), end="")
        return
    text = DOCUMENT.read_text("utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    DOCUMENT.write_text(before + BEGIN + mermaid(TRANSITIONS) + END + after, "utf-8")


if __name__ == "__main__":
    main()
