"""What one browser session gets: conversation and live numbers, side by side; everything it starts ends with it."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from typing import Any

import panel as pn
import panel_material_ui as pmui
from panel.io.document import with_lock
from panel.util import edit_readonly
from panel.viewable import Viewable
from param.parameterized import Event

from dashboard.health.snapshot import Scope, Snapshot
from dashboard.runtime import Refused, Runtime
from dashboard.ui.charts import Charts
from dashboard.ui.chat import ChatPane, source
from dashboard.ui.numbers import NumberStrip
from dashboard.ui.plain import one_line
from dashboard.ui.theme import THEME

TICK_MS = 250
WINDOWS = {"1 min": "1m", "5 min": "5m", "1 h": "1h"}
WHOSE = {"This backend, all sessions": False, "This conversation": True}
NO_SCENARIO = "As it is"

pn.extension()  # without Bokeh's own reconnecting: chat.js knows when a session is still there to come back to


Choose = Callable[["ChatPage", Event], Awaitable[None]]


def _choice(choose: Choose) -> Choose:
    """A choice in the sidebar: it changes Bokeh models, so it needs the document's lock; its failure is told."""

    @with_lock
    @wraps(choose)
    async def chosen(page: ChatPage, event: Event) -> None:
        try:
            await choose(page, event)
        except Exception as error:  # noqa: BLE001  # logged and counted; the page goes on
            page.failed("page choice", error)

    locked: Choose = chosen
    return locked


class ChatPage:
    """The Chat view of one session."""

    def __init__(self, runtime: Runtime, session: str, backend: str) -> None:
        self._runtime, self._session = runtime, session
        self._scope = Scope(backend)
        self._seen: Snapshot | None = None
        self.chat = ChatPane(runtime, session, backend, sizing_mode="stretch_width", css_classes=["sg-chat"], margin=0)
        self.chat.on_visible = self._tick_now
        self.numbers = NumberStrip(sizing_mode="stretch_width", margin=0)
        self.charts = Charts("1m")
        self._backend = _select("Backend", list(runtime.backends), margin=(16, 12, 0, 12))
        self._backend.value = backend
        self._scenario = _select("Demo scenario", [NO_SCENARIO], visible=False, margin=(14, 12, 0, 12))
        self._abouts: dict[str, str] = {}
        self._window = pmui.RadioButtonGroup(options=list(WINDOWS), value="1 min", size="small", margin=(4, 12))
        self._whose = pmui.RadioBoxGroup(options=list(WHOSE), value=next(iter(WHOSE)), size="small", margin=(0, 12))
        self._pause = pmui.Switch(label="Pause charts", size="small", margin=(6, 12))
        self._backend.param.watch(self._use_backend, "value")
        self._scenario.param.watch(self._use_scenario, "value")
        self._window.param.watch(self._use_window, "value")
        self._whose.param.watch(self._use_scope, "value")

    @property
    def main(self) -> Viewable:
        """Conversation left, numbers right; one column on phones, conversation first."""
        numbers = pn.Column(
            self.numbers,
            self.charts.root,
            sizing_mode="stretch_width",
            css_classes=["sg-numbers"],
            styles={"gap": "10px"},
        )
        return pn.Column(self.chat, numbers, stylesheets=[source("page.css")], sizing_mode="stretch_width")

    @property
    def sidebar(self) -> list[Viewable]:
        """What is asked, and which numbers are shown."""
        return [
            self._backend,
            self._scenario,
            _caption("Chart window"),
            self._window,
            self._pause,
            _caption("Whose numbers"),
            self._whose,
        ]

    # Ticks

    async def tick(self) -> None:
        """Shows what is new; four times a second, and nothing to a hidden page."""
        try:
            self._tick_now()
        except Exception as error:  # noqa: BLE001  # logged and counted; the page goes on
            self._runtime.task_failed("page tick", error)

    def _tick_now(self) -> None:
        snapshot = self._runtime.snapshot(self._scope)
        if snapshot is self._seen or not self.chat.visible_in_browser:
            return
        self._seen = snapshot
        self.numbers.show(snapshot)
        if not self._pause.value:
            self.charts.show(snapshot)

    def failed(self, name: str, error: BaseException) -> None:
        """Something of the page went wrong that nobody else will see."""
        self._runtime.task_failed(name, error)

    # Choices

    async def load_scenarios(self) -> None:
        """Offers the demo scenarios of the backend, if it has any."""
        listed = await self._runtime.scenarios(self._scope.backend)
        self._abouts = {one_line(each.name, 64): one_line(each.about, 300) for each in listed}
        self._scenario.param.update(options=[NO_SCENARIO, *self._abouts], value=NO_SCENARIO, visible=bool(self._abouts))

    @_choice
    async def _use_backend(self, event: Event) -> None:
        self._scope = Scope(str(event.new), self._scope.session)
        self.chat.use_backend(str(event.new))
        self._restart()
        if pn.state.location:
            pn.state.location.update_query(backend=str(event.new))
        await self.load_scenarios()

    @_choice
    async def _use_scenario(self, event: Event) -> None:
        chosen = "" if event.new == NO_SCENARIO else str(event.new)
        self.chat.use_scenario(chosen, self._abouts.get(chosen, ""))

    @_choice
    async def _use_window(self, event: Event) -> None:
        self.charts.window = WINDOWS[str(event.new)]
        self._restart()

    @_choice
    async def _use_scope(self, event: Event) -> None:
        self._scope = Scope(self._scope.backend, self._session if WHOSE[str(event.new)] else "")
        self._restart()

    def _restart(self) -> None:
        snapshot = self._runtime.snapshot(self._scope)
        self._seen = None
        self.numbers.show(snapshot)
        self.charts.use(self.charts.window, snapshot)

    def close(self) -> None:
        """The session is gone: nothing of the page goes on."""
        self.chat.close()
        self._runtime.end_session(self._session)


def _select(label: str, options: list[str], **look: Any) -> pmui.Select:
    return pmui.Select(label=label, options=options, size="small", sizing_mode="stretch_width", **look)


def _caption(text: str) -> Viewable:
    return pmui.Typography(text, variant="caption", sx={"color": "text.secondary"}, margin=(16, 12, 0, 12))


def _frame(title: str, main: Viewable, sidebar: list[Viewable]) -> pmui.Page:
    frame = pmui.Page(
        title=title,
        main=[main],
        sidebar=sidebar,
        sidebar_width=236,
        sidebar_open="Mobi" not in pn.state.headers.get("User-Agent", ""),
        sidebar_resizable=False,
        busy_indicator=None,
        theme_config=THEME,
    )
    # Unlinked from pn.state.busy: else each tick of any page would send to every page, at 30 ms apiece.
    with edit_readonly(frame):
        frame.busy = False
    return frame


def _full_house(refusal: Refused) -> Viewable:
    """The page for one session too many."""
    return pmui.Alert(object=str(refusal), title="This server is full", severity="warning", margin=24)


def build_page(runtime: Runtime, *, session: str = "", query: Mapping[str, str] | None = None) -> Viewable:
    """The page of one browser session; `session` and `query` are read from Panel's state when not given.

    `query`: `backend` chooses one by name (an unknown name falls back to the first).
    """
    context = pn.state.curdoc.session_context if pn.state.curdoc else None
    session = session or (context.id if context else secrets.token_hex(8))
    query = _query() if query is None else query
    title = runtime.config.page.title
    try:
        runtime.begin_session(session)
    except Refused as refusal:
        return _frame(title, _full_house(refusal), [])
    asked = query.get("backend", "")
    page = ChatPage(runtime, session, asked if asked in runtime.backends else next(iter(runtime.backends)))
    if context:
        pn.state.add_periodic_callback(page.tick, period=TICK_MS)
        pn.state.onload(page.load_scenarios)
        pn.state.on_session_destroyed(lambda _context: page.close())
    return _frame(title, page.main, page.sidebar)


def _query() -> Mapping[str, str]:
    return {name: values[0].decode("utf-8", "replace") for name, values in pn.state.session_args.items()}
