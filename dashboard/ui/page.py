"""What one browser session gets: a frame with the views in it; everything it starts ends with it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

import panel as pn
import panel_material_ui as pmui
import param
from panel.util import edit_readonly
from panel.viewable import Viewable
from param.parameterized import Watcher
from tornado.websocket import WebSocketClosedError

from dashboard.runtime import Refused, Runtime
from dashboard.ui.alert_banner import AlertBanner, runbooks
from dashboard.ui.chat_view import ChatView
from dashboard.ui.compare_view import CompareView
from dashboard.ui.fleet import FleetView
from dashboard.ui.inspect_view import InspectView
from dashboard.ui.lean import make_lean
from dashboard.ui.modules import Component, source
from dashboard.ui.plain import one_line
from dashboard.ui.theme import THEME
from dashboard.ui.ticker import ticker_of
from dashboard.ui.view import View, Visit

VIEWS: Mapping[str, tuple[str, Callable[[Visit], View]]] = {
    "chat": ("Chat", ChatView),
    "inspect": ("Inspect", InspectView),
    "compare": ("Compare", CompareView),
    "fleet": ("Fleet", FleetView),
}
"""Each view by its name in the address: its label, and how one is made. The first is shown when none is named."""

pn.extension()  # without Bokeh's own reconnecting: pane.js knows when a session is still there to come back to


class Nav(Component):
    """The views as links in the bar, and whether the browser's tab can be seen."""

    _esm = source("dom.js", "nav.js")
    _stylesheets = [source("nav.css")]

    views = param.List(doc="(name, label) of each view, in order.")
    current = param.String(doc="The view in sight.")

    def __init__(
        self,
        go: Callable[[str], None],
        seen: Callable[[bool], None],
        narrow: Callable[[], None],
        here: Callable[[str], None],
        **params: Any,
    ) -> None:
        self._go, self._seen, self._narrow, self._here = go, seen, narrow, here
        super().__init__(**params)

    async def _handle_msg(self, data: Any) -> None:
        """A message from the browser: {"type": "go", "seen", "narrow" or "here", …}; anything else is ignored."""
        if not isinstance(data, dict):
            return
        if data.get("type") == "go":
            self._go(str(data.get("view")))
        elif data.get("type") == "seen":
            self._seen(bool(data.get("visible")))
        elif data.get("type") == "narrow":
            self._narrow()
        elif data.get("type") == "here":
            self._here(str(data.get("key")))

    def tell_key(self, key: str) -> None:
        """Gives the browser's tab the key of its conversation, for its next page to bring."""
        with suppress(WebSocketClosedError):
            self._send_msg({"key": key})


class Page:
    """The views of one session, one in sight; the others are made when they are first asked for."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self.visible = True
        self._views: dict[str, View] = {}
        self.name = ""
        self.main = pn.Column(sizing_mode="stretch_width", margin=0)
        self.nav = Nav(
            visit.go,
            self._see,
            self._fold,
            self._here,
            views=[[name, label] for name, (label, _) in VIEWS.items()],
        )
        visit.claimed.append(self._claimed)
        self.alerts = AlertBanner(runbooks=runbooks(visit.runtime), sizing_mode="stretch_width", margin=0)
        bare = "wall" in visit.query
        main = self.main if bare else pn.Column(self.alerts, self.main, sizing_mode="stretch_width", margin=0)
        self.frame = _frame(visit.runtime.config.page.title, main, [self.nav], bare=bare)
        self._sx = self.frame.sx
        self._side_open = self.frame.sidebar_open
        visit.opener = self._go
        first, asked = next(iter(VIEWS)), visit.query.get("view", "")
        if asked and asked not in VIEWS:
            visit.notices.insert(0, f'There is no view "{one_line(asked, 60)}"; this is {VIEWS[first][0]}.')
        self.open(asked if asked in VIEWS else first)

    @property
    def view(self) -> View:
        """The view in sight."""
        return self._views[self.name]

    def _here(self, key: str) -> None:
        self.visit.claim(key)
        self._claimed()

    def _claimed(self) -> None:
        self.nav.tell_key(self.visit.kept.key)

    def _see(self, visible: bool) -> None:
        self.visible = visible

    def _fold(self) -> None:
        """The window is narrow: the side begins closed."""
        self._side_open = False
        self.visit.soon(self._folded)

    async def _folded(self) -> None:
        self.frame.sidebar_open = False

    def _go(self, name: str, query: Mapping[str, str | None]) -> None:
        if name in VIEWS:
            self.visit.soon(partial(self._went, name, query))

    async def _went(self, name: str, query: Mapping[str, str | None]) -> None:
        self.visit.remember(view=name, **query)
        self.open(name)

    def open(self, name: str) -> None:
        """Brings a view into sight; the address has been set."""
        if name not in self._views:
            self._views[name] = VIEWS[name][1](self.visit)
        changed, first = name != self.name, not self.name
        if changed and not first and self.view.sidebar:
            self._side_open = self.frame.sidebar_open
        self.name = self.nav.current = name
        self.alerts.shown = name != "fleet"  # which shows each alert where it belongs
        self.view.open(self.visit.query)
        if changed:
            self.main.objects = [self.view.main]
            self._set_side(self.view.sidebar)

    def _set_side(self, side: list[Viewable]) -> None:
        """A view without a side has no drawer and no button for it; an empty list would leave the old one in sight."""
        if side:
            self.frame.param.update(sidebar=side, sidebar_open=self._side_open, sx=self._sx)
        else:
            kept = self.frame.sidebar or [
                pn.Spacer(width=0)
            ]  # with something at the side, the bar has its button's room
            self.frame.param.update(sidebar=kept, sidebar_open=False, sx={**self._sx, **SIDELESS})

    def tick(self) -> None:
        """Shows what is new; four times a second, and nothing to a hidden tab or one that cannot keep up. Never raises."""
        if not self.visible or self.visit.behind:
            return
        try:
            self.view.tick()
            firing, addresses = self.visit.runtime.vigil.firing, runbooks(self.visit.runtime)
            if self.alerts.is_stale(firing) or self.alerts.runbooks != addresses:
                self.visit.soon(self._alarm)
        except Exception as error:  # noqa: BLE001  # logged and counted; the page goes on
            self.visit.failed("page tick", error)

    async def _alarm(self) -> None:
        self.alerts.runbooks = runbooks(self.visit.runtime)
        self.alerts.show(self.visit.runtime.vigil.firing)

    def close(self) -> None:
        """The session is gone: nothing of the page goes on."""
        ticker_of(self.visit.runtime).end(self.tick)
        for view in self._views.values():
            view.close()
        self.visit.close()


IDLE = {
    "& > .MuiAppBar-root > .MuiLinearProgress-root": {"display": "none"},
    "& .main > div > .MuiToolbar-root, & .MuiDrawer-paper > .MuiToolbar-root": {
        "margin": 0,
        "minHeight": "53px !important",
    },
    "& > .main": {"backgroundColor": "background.default"},
}
"""`busy_indicator=None` is lost on its way to the browser, which draws a bar without a name for it, and leaves room for it.

Beneath the bar of 52 px and its line of one.
"""
BARE = {"& > .MuiAppBar-root, & > .MuiDrawer-root": {"display": "none"}}
"""A wall has no bar and no side."""
SIDELESS = {
    "& > nav, & .MuiDrawer-root": {"display": "none"},
    "& [aria-label='Open drawer'], & [aria-label='Close drawer']": {
        "visibility": "hidden"
    },  # the links keep their place
    "& > main": {"marginLeft": "0 !important"},  # a page that began without a drawer leaves no room for one
}


def _frame(title: str, main: Viewable, header: list[Viewable], *, bare: bool = False) -> pmui.Page:
    others = set(_busy_watchers())
    frame = pmui.Page(
        title=title,
        main=[main],
        header=header,
        sidebar=[],
        sidebar_width=236,
        sidebar_open="Mobi" not in pn.state.headers.get("User-Agent", ""),
        sidebar_resizable=False,
        busy_indicator=None,
        theme_config=THEME,
        sx=IDLE | (BARE if bare else {}),
    )
    # Unlinked from pn.state.busy: else whatever Panel runs for any page would send to every page, at 30 ms apiece.
    with edit_readonly(frame):
        frame.busy = False
    # param forgets the reference but not its watcher, by which Panel's state would hold every page there ever was.
    for watcher in set(_busy_watchers()) - others:
        pn.state.param.unwatch(watcher)
    return frame


def _busy_watchers() -> list[Watcher]:
    watchers: list[Watcher] = pn.state.param.watchers.get("busy", {}).get("value", [])
    return watchers


def _full_house(refusal: Refused) -> Viewable:
    """The page for one session too many."""
    look = {"maxWidth": "min(560px, calc(100% - 28px))", "margin": "14vh auto 0", "backgroundColor": "background.paper"}
    return pmui.Alert(
        object=str(refusal), title="This server is full", severity="warning", sx=look, sizing_mode="stretch_width"
    )


def build_page(runtime: Runtime, *, session: str = "", query: Mapping[str, str] | None = None) -> Viewable:
    """The page of one browser session; `session` and `query` are read from Panel's state when not given.

    `query`: `view` and `backend` choose one by name (an unknown name falls back to the first).
    """
    context = pn.state.curdoc.session_context if pn.state.curdoc else None
    session = session or (context.id if context else secrets.token_hex(8))
    query = _query() if query is None else query
    title = runtime.config.page.title
    try:
        runtime.begin_session(session)
    except Refused as refusal:
        return _frame(title, _full_house(refusal), [])
    page = Page(Visit(runtime, session, query))
    if context:
        make_lean(pn.state.curdoc)
        ticker_of(runtime).begin(page.tick)
        pn.state.on_session_destroyed(lambda _context: page.close())
    return page.frame


def _query() -> Mapping[str, str]:
    return {name: values[0].decode("utf-8", "replace") for name, values in pn.state.session_args.items()}
