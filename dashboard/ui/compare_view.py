"""The Compare view: whom to ask stands in the address (`?view=compare&backends=a,b`), the rest is one pane."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import panel as pn
import panel_material_ui as pmui
from panel.viewable import Viewable

from dashboard.runtime import Runtime
from dashboard.ui.compare import LEAST, MOST, ComparePane
from dashboard.ui.modules import source
from dashboard.ui.plain import one_line
from dashboard.ui.view import Visit

HELP = (
    ("One clock", "All are asked at the same moment, t = 0. Each question stands by itself: no history is sent."),
    ("Best", "Only answers that completed compete. Within 5 % (or 2 ms) they are even. One try is one try: ask again."),
    ("Twice the same", "A backend may stand in two lanes: how far they differ is how much chance there is in it."),
)


def chosen(wanted: str, runtime: Runtime, first: str, known: Collection[str] = ()) -> list[str]:
    """The backends that `wanted` ("a,b") names, 2 to 4; unknown ones are left out, missing ones filled up.

    Beginning with `first`; the same twice only where it says so, or where there is no other. `known` are those of the lanes:
    one that left the configuration since keeps its answer.
    """
    named = [name for name in wanted.split(",") if name in runtime.backends or name in known][:MOST]
    spare = [name for name in (first, *runtime.backends) if name not in named]
    while len(named) < LEAST:
        named.append(spare.pop(0) if spare else first)
        spare = [name for name in spare if name not in named]
    return named


class CompareView:
    """One question to two or more backends, side by side."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self._named = visit.query.get("backends", "")
        names = chosen(self._named, visit.runtime, visit.backend)
        unknown = [name for name in self._named.split(",") if name and name not in visit.runtime.backends]
        visit.notices += [
            f'No backend "{one_line(name, 60)}" is configured; another has its lane.' for name in unknown[:MOST]
        ]
        self.pane = ComparePane(visit, names, sizing_mode="stretch_width", margin=0)
        self.pane.on_inspect = lambda turn: visit.go("inspect", turn=turn)
        self.pane.on_choice = lambda names: visit.soon(lambda: self._remember(names))
        self.pane.on_claim = self._claimed
        self.main: Viewable = pn.Column(
            self.pane, stylesheets=[source("compare_page.css")], sizing_mode="stretch_width", margin=0
        )
        self.sidebar: list[Viewable] = [
            pmui.Typography(f"<b>{title}</b><br>{text}", variant="body2", margin=(14, 14, 0, 14))
            for title, text in HELP
        ]

    def _claimed(self) -> None:
        """The tab's comparison has come: its backends stay, unless the address that was opened names others."""
        if self._named:
            self.pane.use(chosen(self._named, self.visit.runtime, self.visit.backend, self.pane.backends))
        self._named = ""
        self.visit.soon(lambda: self._remember(self.pane.backends))

    async def _remember(self, names: list[str]) -> None:
        self.visit.remember(backends=",".join(names))

    def open(self, query: Mapping[str, str]) -> None:
        """Brings the backends of the address, and the question that another view handed over."""
        known = self.pane.backends
        names = chosen(query.get("backends", ",".join(known)), self.visit.runtime, self.visit.backend, known)
        draft, self.visit.draft = self.visit.draft, ""
        self.pane.use(names, draft)
        if query.get("backends") != ",".join(self.pane.backends):
            self.visit.soon(lambda: self._remember(self.pane.backends))

    def tick(self) -> None:
        """Offers the backends of now; lanes are painted as their turns grow."""
        self.pane.follow()

    def close(self) -> None:
        """The session is gone."""
        self.pane.close()
