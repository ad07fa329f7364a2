"""The Inspect view: one turn in full."""

from __future__ import annotations

from collections.abc import Mapping

from panel.viewable import Viewable

from dashboard.ui.inspect_pane import InspectPane
from dashboard.ui.view import Visit


class InspectView:
    """The list of turns and the one that the address names."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self.pane = InspectPane(visit, sizing_mode="stretch_width", margin=0)
        self.main: Viewable = self.pane
        self.sidebar: list[Viewable] = []

    def open(self, query: Mapping[str, str]) -> None:
        """Brings the turn of the address."""
        self.pane.show(query.get("turn", ""))

    def tick(self) -> None:
        """Shows what is new."""
        self.pane.tick()

    def close(self) -> None:
        """The session is gone: nothing of the view goes on."""
        self.pane.close()
