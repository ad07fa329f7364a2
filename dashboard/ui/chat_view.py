"""The Chat view: conversation and live numbers, side by side."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import panel as pn
import panel_material_ui as pmui
from panel.viewable import Viewable
from param.parameterized import Event

from dashboard.config import AskOptions, Backend, Config, Thresholds
from dashboard.health.snapshot import Scope, Snapshot
from dashboard.ui.ask_fields import AskFields, asks
from dashboard.ui.charts import Charts
from dashboard.ui.chat import ChatPane
from dashboard.ui.conversation import Shown
from dashboard.ui.modules import source
from dashboard.ui.numbers import NumberStrip
from dashboard.ui.plain import one_line
from dashboard.ui.view import Visit, choice

WHOSE = {"This backend, all sessions": False, "This conversation": True}
NO_SCENARIO = "As it is"


class ChatView:
    """Asking, the answers, and how healthy their stream is."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        runtime, backend = visit.runtime, visit.backend
        self._runtime = runtime
        self._config = runtime.config
        self._scope = Scope(backend)
        self._seen: Snapshot | None = None
        self.chat = ChatPane(visit, backend, sizing_mode="stretch_width", css_classes=["sg-chat"], margin=0)
        self.chat.on_other = self._compare
        self.chat.on_visible = lambda: visit.soon(self._show)  # a message comes without the document's lock
        self.chat.on_inspect = lambda turn: visit.go("inspect", turn=turn)
        self.numbers = NumberStrip(sizing_mode="stretch_width", margin=0)
        self.charts = Charts("1m", self._choose_window, self._choose_pause)
        self._backend = _select("Backend", list(runtime.backends), margin=(16, 12, 0, 12), css_classes=asks("backend"))
        self._backend.value = backend
        self._scenario = _select(
            "Demo scenario", [NO_SCENARIO], visible=False, margin=(14, 12, 0, 12), css_classes=asks("scenario")
        )
        self._abouts: dict[str, str] = {}
        self._ask = AskFields(self._use_ask)
        self.chat.asking = lambda told, now: self._ask.asking(told, now, runtime.backends, self._abouts)
        self._whose = pmui.RadioBoxGroup(options=list(WHOSE), value=next(iter(WHOSE)), size="small", margin=(0, 12))
        self._backend.param.watch(self._use_backend, "value")
        self._scenario.param.watch(self._use_scenario, "value")
        self._whose.param.watch(self._use_scope, "value")

        self.main = self._main()
        self.sidebar = self._sidebar()
        self._ask.show(runtime.backends[backend])
        visit.claimed.append(self._claimed)
        visit.soon(self.load_scenarios)

    def _main(self) -> Viewable:
        """Conversation left, numbers right; one column on phones, conversation first."""
        numbers = pn.Column(
            self.numbers,
            self.charts.root,
            sizing_mode="stretch_width",
            css_classes=["sg-numbers"],
            styles={"gap": "10px"},
        )
        return pn.Column(self.chat, numbers, stylesheets=[source("page.css")], sizing_mode="stretch_width")

    def _sidebar(self) -> list[Viewable]:
        """What is asked, and which numbers are shown."""
        return [
            self._backend,
            self._scenario,
            *self._ask.fields,
            _caption("Whose numbers"),
            self._whose,
        ]

    # Ticks

    def open(self, query: Mapping[str, str]) -> None:
        """Brings the backend of the address."""
        self._seen = None
        backend = query.get("backend", "")
        if backend in self._runtime.backends:
            self._backend.value = backend
        self._show_numbers(self._runtime.snapshot(self._scope))

    def tick(self) -> None:
        """Shows what is new."""
        if self._config is not self._runtime.config:
            self._follow()
        snapshot = self._runtime.snapshot(self._scope)
        if snapshot is self._seen or not self.chat.visible_in_browser:
            return
        self._seen = snapshot
        self._show_numbers(snapshot)
        if not self.charts.root.paused:
            self.charts.show(snapshot)

    def _show_numbers(self, snapshot: Snapshot) -> None:
        backend = self._runtime.backends.get(snapshot.scope.backend)
        self.numbers.show(snapshot, backend.thresholds if backend else Thresholds())

    def _follow(self) -> None:
        """Another configuration holds: its backends are offered. A running answer goes on, what was typed stays."""
        before, self._config = self._config, self._runtime.config
        chosen, names = self._scope.backend, list(self._runtime.backends)
        if chosen in names:
            self._backend.options = names
            if _configured(before, chosen) != _configured(self._config, chosen):
                self.chat.use_options(self._ask.show(self._runtime.backends[chosen]))
                self.visit.soon(self.load_scenarios)
            self.chat.refresh()
            return
        self._backend.param.update(options=names, value=names[0])
        self.chat.note(f"{chosen} is no longer configured: questions go to {names[0]} now, or choose another.")

    async def _show(self) -> None:
        self.tick()

    # Choices

    async def load_scenarios(self) -> None:
        """Offers the demo scenarios of the backend, if it has any."""
        backend = self._scope.backend
        listed = await self._runtime.scenarios(backend)
        if backend != self._scope.backend:
            return  # another one was chosen meanwhile: its own are on their way
        self._abouts = {one_line(each.name, 64): one_line(each.about, 300) for each in listed}
        self._scenario.param.update(options=[NO_SCENARIO, *self._abouts], value=NO_SCENARIO, visible=bool(self._abouts))

    @choice
    async def _use_backend(self, event: Event) -> None:
        self._scope = Scope(str(event.new), self._scope.session)
        self._abouts = {}
        self._scenario.param.update(options=[NO_SCENARIO], value=NO_SCENARIO, visible=False)
        backend = self._runtime.backends.get(str(event.new))
        options = self._ask.show(backend) if backend else None
        self.chat.use_backend(str(event.new))  # after the fields, which the browser takes for those of this backend
        self.chat.use_options(options)
        self._restart()
        self.visit.remember(backend=str(event.new))
        await self.load_scenarios()

    async def _use_ask(self, options: AskOptions | None) -> None:
        self.chat.use_options(options)

    def _compare(self, shown: Shown) -> None:
        """The same question to another backend: side by side with the one that answered, filled in and not yet asked."""
        self.visit.draft = shown.asked.text
        names = dict.fromkeys((shown.live.backend, self._scope.backend, *self._runtime.backends))
        self.visit.go("compare", backends=",".join(list(names)[:2]))

    @choice
    async def _use_scenario(self, event: Event) -> None:
        chosen = "" if event.new == NO_SCENARIO else str(event.new)
        self.chat.use_scenario(chosen, self._abouts.get(chosen, ""))

    def _choose_window(self, window: str) -> None:
        self.visit.soon(partial(self._use_window, window))

    async def _use_window(self, window: str) -> None:
        self.charts.window = window
        self._restart()

    def _choose_pause(self, paused: bool) -> None:
        self.visit.soon(partial(self._use_pause, paused))

    async def _use_pause(self, paused: bool) -> None:
        self.charts.root.paused = paused

    @choice
    async def _use_scope(self, event: Event) -> None:
        self._scope = Scope(self._scope.backend, self.visit.session if WHOSE[str(event.new)] else "")
        self._restart()

    def _claimed(self) -> None:
        self._scope = Scope(self._scope.backend, self.visit.session if self._scope.session else "")
        self._seen = None

    def _restart(self) -> None:
        snapshot = self._runtime.snapshot(self._scope)
        self._seen = None
        self._show_numbers(snapshot)
        self.charts.use(self.charts.window, snapshot)

    def close(self) -> None:
        """The session is gone: nothing of the page goes on."""
        self.chat.close()


def _select(label: str, options: list[str], **look: Any) -> pmui.Select:
    return pmui.Select(label=label, options=options, size="small", sizing_mode="stretch_width", **look)


def _caption(text: str) -> Viewable:
    return pmui.Typography(text, variant="caption", sx={"color": "text.secondary"}, margin=(16, 12, 0, 12))


def _configured(config: Config, name: str) -> Backend | None:
    return next((each for each in config.backends if each.name == name), None)
