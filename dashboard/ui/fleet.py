"""The Fleet view and the wall: every backend at a glance, one JSComponent that gets small patches.

As with the chat, each message carries a revision; the browser asks to `sync` when it renders or sees a gap. Nothing new
is told by a `beat`, so that the page can say how old its numbers are.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import panel as pn
import param
from panel.viewable import Viewable
from tornado.websocket import WebSocketClosedError

from dashboard.ui.alert_banner import runbooks
from dashboard.ui.fleet_board import board_of
from dashboard.ui.fleet_rows import ABOUT, Row
from dashboard.ui.modules import source
from dashboard.ui.plain import one_line
from dashboard.ui.post import Posted
from dashboard.ui.view import Visit

BEAT_S = 2.0
STRIP = "strip"


class FleetPane(Posted):
    """Speaks to one browser; `wall` is the large form without controls."""

    _esm = source(
        "dom.js",
        "ages.js",
        "alarm.js",
        "help.js",
        "link.js",
        "fleet_row.js",
        "fleet_table.js",
        "wall_watch.js",
        "fleet_wall.js",
        "fleet.js",
    )
    _stylesheets = [source("tokens.css", "help.css", "fleet.css", "wall.css")]

    wall = param.Boolean(default=False, doc="Large, without controls.")
    about = param.Dict(default=ABOUT, doc="column → what it says.")
    runbooks = param.String(default="", doc="Where the runbooks are; an alert's anchor is added.")

    begins = param.List(default=[], doc="name, dialect, health, word and why of each backend, as the page begins.")

    def __init__(self, visit: Visit, **params: Any) -> None:
        self._visit = visit
        self._told: dict[str, Row] = {}
        self._server: list[Row] = []
        self._revision = 0
        self._wall_at = 0.0
        self._told_at = float("-inf")
        super().__init__(**params)

    def show(self, rows: Mapping[str, Row], server: list[Row], wall_at: float) -> None:
        """Sends what changed since the last time; at least a beat every BEAT_S.

        `server`: alarms about this process; `wall_at`: when the oldest of the numbers was taken, Unix time.
        """
        self._wall_at = wall_at
        if not self._models:
            self.begins = [[row[key] for key in ("name", "dialect", "health", "word", "why")] for row in rows.values()]
        changes = {name: change(self._told.get(name), row) for name, row in rows.items()}
        changes = {name: told for name, told in changes.items() if told}
        gone = [name for name in self._told if name not in rows]
        news = {"server": server} if server != self._server else {}
        if changes or gone or news:
            self._told, self._server = dict(rows), server
            self._tell("rows", rows=changes, gone=gone, **news)
        elif time.monotonic() - self._told_at >= BEAT_S:
            self._tell("beat")

    def _tell(self, kind: str, **data: Any) -> None:
        self._revision += 1
        self._told_at = time.monotonic()
        with suppress(WebSocketClosedError):
            self._send_msg({"kind": kind, "r": self._revision, "now": time.time(), "at": self._wall_at, **data})

    async def _handle_msg(self, data: Any) -> None:
        """A message from the browser: {"type": "sync", "chat" or "inspect", …}; anything else is ignored."""
        if not isinstance(data, dict):
            return
        if data.get("type") == "sync" and data.get("have") != self._revision:
            self._tell("full", rows=self._told, server=self._server)
        elif data.get("type") == "chat" and str(data.get("backend")) in self._told:
            self._visit.go("chat", backend=str(data["backend"]))
        elif data.get("type") == "inspect":
            self._visit.go("inspect", turn=one_line(str(data.get("turn")), 64))


def change(old: Row | None, new: Row) -> Row:
    """The fields of `new` that differ; a strip that only grew at its end is told as what was added."""
    if old is new:
        return {}
    if old is None:
        return new
    told = {key: value for key, value in new.items() if old.get(key) != value}
    if STRIP in told:
        fresh = added(old[STRIP], new[STRIP])
        if fresh is not None:
            del told[STRIP]
            told["add"] = fresh
    return told


def added(old: list[Row], new: list[Row]) -> list[Row] | None:
    """What `new` has after the last of `old`, when nothing else changed but that old marks fell out; else None."""
    last = old[-1] if old else None
    place = next((i for i in range(len(new) - 1, -1, -1) if new[i] == last), -1)
    kept = new[: place + 1]
    return new[place + 1 :] if kept and old[len(old) - len(kept) :] == kept else None


class FleetView:
    """Every backend of the process."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self._board = board_of(visit.runtime)
        self.pane = FleetPane(
            visit, wall="wall" in visit.query, runbooks=runbooks(visit.runtime), sizing_mode="stretch_width", margin=0
        )
        self.main: Viewable = pn.Column(self.pane, sizing_mode="stretch_width", margin=0)
        self.sidebar: list[Viewable] = []

    def open(self, _query: Mapping[str, str]) -> None:
        """It comes into sight: the numbers of now, or those of the last refresh."""
        self.tick()

    def tick(self) -> None:
        """Shows what is new."""
        self._board.refresh(self.visit.runtime)
        self.pane.runbooks = runbooks(self.visit.runtime)
        self.pane.show(self._board.rows, self._board.server, self._board.wall_at)

    def close(self) -> None:
        """Nothing of it runs by itself."""
