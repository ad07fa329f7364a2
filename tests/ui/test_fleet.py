"""The Fleet view tells a browser what changed, and nothing else."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from dashboard.config import Backend, Config
from dashboard.runtime import Runtime
from dashboard.ui import fleet
from dashboard.ui.alert_banner import AlertBanner, runbooks
from dashboard.ui.fleet import FleetView
from dashboard.ui.view import Visit
from dashboard.watch.alarms import Alarm
from dashboard.watch.alerts import RULES
from tests.telemetry.past import past

DOWN = next(rule for rule in RULES if rule.name == "BackendDown")
GONE: list[tuple[str, dict[str, str | None]]] = []


@pytest.fixture
async def view(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FleetView]:
    monkeypatch.setattr("dashboard.ui.fleet_board.REFRESH_S", 0.0)
    runtime = Runtime(Config([Backend(name, "http://127.0.0.1:9/", "orchestrator") for name in ("one", "two")]))
    visit = Visit(runtime, "s", {})
    GONE.clear()
    visit.opener = lambda name, query: GONE.append((name, dict(query)))
    yield FleetView(visit)
    await runtime.aclose()


def told(view: FleetView) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = []
    view.pane._send_msg = messages.append
    return messages


async def test_all_rows_first_then_only_what_changed(view: FleetView) -> None:
    messages = told(view)
    view.open({})
    assert list(messages[0]["rows"]) == ["one", "two"]
    view.tick()
    assert len(messages) == 1
    view.visit.runtime.history.add(past("t1", backend="two"))
    view.tick()
    (changed,) = messages[1:]
    assert list(changed["rows"]) == ["two"]
    assert changed["rows"]["two"]["health"] == "well"
    assert "name" not in changed["rows"]["two"]
    view.visit.runtime.history.add(past("t2", backend="two"))
    view.tick()
    assert [mark["turn"] for mark in messages[2]["rows"]["two"]["add"]] == ["t2"]
    assert "strip" not in messages[2]["rows"]["two"]
    assert [message["r"] for message in messages] == [1, 2, 3]


async def test_nothing_new_is_told_by_a_beat(view: FleetView, monkeypatch: pytest.MonkeyPatch) -> None:
    messages = told(view)
    view.open({})
    monkeypatch.setattr(fleet, "BEAT_S", 0.0)
    view.tick()
    assert [message["kind"] for message in messages] == ["rows", "beat"]
    assert set(messages[1]) == {"kind", "r", "now", "at"}


async def test_who_missed_something_is_told_everything(view: FleetView) -> None:
    messages = told(view)
    view.open({})
    await view.pane._handle_msg({"type": "sync", "have": 1})
    assert len(messages) == 1
    await view.pane._handle_msg({"type": "sync", "have": -1})
    assert messages[1]["kind"] == "full"
    assert list(messages[1]["rows"]) == ["one", "two"]


async def test_a_click_leads_to_the_chat_and_to_the_turn(view: FleetView) -> None:
    told(view)
    view.open({})
    await view.pane._handle_msg({"type": "chat", "backend": "two"})
    await view.pane._handle_msg({"type": "inspect", "turn": "abc"})
    assert GONE == [("chat", {"backend": "two"}), ("inspect", {"turn": "abc"})]


@pytest.mark.parametrize(
    "message",
    [
        None,
        3,
        "sync",
        {},
        {"type": "nothing"},
        {"type": ["sync"]},
        {"type": "chat", "backend": ["x"]},
        {"type": "chat"},
    ],
)
async def test_what_no_page_of_ours_would_say_is_ignored(view: FleetView, message: Any) -> None:
    messages = told(view)
    view.open({})
    await view.pane._handle_msg(message)
    assert len(messages) == 1
    assert GONE == []


async def test_the_address_makes_it_a_wall(view: FleetView) -> None:
    assert not view.pane.wall
    assert FleetView(Visit(view.visit.runtime, "w", {"wall": "1"})).pane.wall


async def test_what_fires_about_this_server_is_told_beside_the_rows(view: FleetView) -> None:
    messages = told(view)
    view.open({})
    rule = next(rule for rule in RULES if rule.name == "HistoryFailing")
    alarms = (Alarm(rule, "", "ticket", "disk is full", 1000.0), Alarm(DOWN, "two", "page", "", 1000.0))
    view.visit.runtime.vigil._alarms.firing = alarms
    view.tick()
    assert [each["name"] for each in messages[1]["server"]] == ["HistoryFailing"]
    assert list(messages[1]["rows"]) == ["two"]
    assert messages[1]["rows"]["two"]["health"] == "failing"
    await view.pane._handle_msg({"type": "sync", "have": -1})
    assert messages[2]["server"] == messages[1]["server"]


async def test_a_backend_that_left_the_configuration_leaves_the_page(view: FleetView) -> None:
    messages = told(view)
    view.open({})
    config = view.visit.runtime.config
    view.visit.runtime.reload(msgspec.structs.replace(config, backends=config.backends[:1]))
    view.tick()
    assert messages[1]["gone"] == ["two"]
    await view.pane._handle_msg({"type": "sync", "have": -1})
    assert list(messages[2]["rows"]) == ["one"]


async def test_numbers_that_nobody_renews_are_told_as_old(view: FleetView) -> None:
    """The snapshots are made anew at each beat of the process; without one they keep their time."""
    messages = told(view)
    view.open({})
    at = messages[0]["at"]
    await view.pane._handle_msg({"type": "sync", "have": -1})
    assert messages[1]["at"] == at
    view.visit.runtime._beat(time.monotonic(), 0.0)
    view.tick()
    await view.pane._handle_msg({"type": "sync", "have": -1})
    assert messages[-1]["at"] > at


async def test_the_banner_has_what_fires_and_sends_it_once(view: FleetView) -> None:
    banner = AlertBanner(runbooks=runbooks(view.visit.runtime))
    assert banner.runbooks == "runbooks"
    firing = (Alarm(DOWN, "two", "page", "", 1000.0),)
    banner.show(firing)
    assert [(each["name"], each["backend"], each["severity"]) for each in banner.alarms] == [
        ("BackendDown", "two", "page")
    ]
    before = banner.alarms
    banner.show(firing)
    assert banner.alarms is before
    banner.show(())
    assert banner.alarms == []
