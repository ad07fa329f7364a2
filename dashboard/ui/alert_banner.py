"""What fires, above every view: what, since when, what to do next; acknowledged per browser."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import param

from dashboard.runtime import Runtime
from dashboard.ui.fleet_rows import alarm_row
from dashboard.ui.modules import Component, source
from dashboard.watch.alarms import Alarm

OURS = "runbooks"
"""The runbooks that this server shows itself, beside the page; see endpoints."""


def runbooks(runtime: Runtime) -> str:
    """Where an alert leads, without its anchor."""
    return runtime.config.page.runbooks or OURS


class AlertBanner(Component):
    """State, not messages: a browser that comes back has it. What was acknowledged is the browser's own to know."""

    _esm = source("dom.js", "ages.js", "alarm.js", "alert_banner.js")
    _stylesheets = [source("tokens.css", "alarm.css")]

    alarms = param.List(default=[], doc="What fires, the most urgent first; see alarm_row.")
    shown = param.Boolean(default=True, doc="Whether it is shown at all.")
    runbooks = param.String(default="", doc="Where the runbooks are; an alert's anchor is added.")

    def __init__(self, **params: Any) -> None:
        self._seen: Sequence[Alarm] | None = None
        super().__init__(**params)

    def is_stale(self, firing: Sequence[Alarm]) -> bool:
        """Whether `show` would have anything to do; it changes a model, so it needs the document's lock."""
        return firing is not self._seen

    def show(self, firing: Sequence[Alarm]) -> None:
        """Shows these; sends nothing when they are the same object as before."""
        if firing is not self._seen:
            self._seen = firing
            self.alarms = [alarm_row(each) for each in firing]
