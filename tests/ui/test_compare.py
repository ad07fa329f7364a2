"""One question to several backends: who is asked, what is told, and that one that fails hinders nobody."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from dashboard.config import Backend, Config, Limits
from dashboard.runtime import Runtime
from dashboard.ui.compare import ComparePane
from dashboard.ui.compare_view import CompareView, chosen
from dashboard.ui.view import Visit


@pytest.fixture
async def runtime() -> AsyncIterator[Runtime]:
    backends = [Backend(name, "http://127.0.0.1:9/process/stream", "orchestrator") for name in ("one", "two", "three")]
    made = Runtime(Config(backends, Limits(question_chars=10, turns_live=2)))
    yield made
    await made.aclose()


Told = list[dict[str, Any]]


@pytest.fixture
def pane(runtime: Runtime) -> tuple[ComparePane, Told]:
    made, told = ComparePane(Visit(runtime, "s", {}), ["one", "two"]), Told()
    made._send_msg = told.append
    return made, told


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ("", ["two", "one"]),
        ("three", ["three", "two"]),
        ("one,one", ["one", "one"]),
        ("nobody,three,one", ["three", "one"]),
        ("one,two,three,one,two", ["one", "two", "three", "one"]),
    ],
)
async def test_the_address_says_whom_to_ask(runtime: Runtime, wanted: str, names: list[str]) -> None:
    assert chosen(wanted, runtime, "two") == names


async def test_a_single_backend_is_compared_with_itself() -> None:
    alone = Runtime(Config([Backend("one", "http://127.0.0.1:9/process/stream", "orchestrator")]))
    assert chosen("", alone, "one") == ["one", "one"]
    await alone.aclose()


async def test_all_are_asked_and_the_last_end_names_the_best(runtime: Runtime, pane: tuple[ComparePane, Told]) -> None:
    made, told = pane
    made.ask("hi")
    assert [live.backend for live in runtime.turns()] == ["one", "two"]
    assert told[-1]["kind"] == "begin"
    assert told[-1]["running"]
    first, second = runtime.turns()
    followers = list(made._followers)
    await made._handle_msg({"type": "stop", "lane": told[-1]["lanes"][0]["lane"]})
    await first.wait()
    assert not second.done
    await made._handle_msg({"type": "stop"})
    await asyncio.gather(*followers)
    ends = [each for each in told if each["kind"] == "lane" and each["turn"]["fields"].get("verdict")]
    assert [each["turn"]["fields"]["verdict"]["outcome"] for each in ends] == ["stopped", "stopped"]
    assert ends[-1]["running"] is False
    assert len(ends[-1]["marks"]) == 2


async def test_one_that_is_refused_does_not_keep_the_others_from_it(runtime: Runtime) -> None:
    made, told = ComparePane(Visit(runtime, "s", {}), ["one", "two", "three"]), Told()
    made._send_msg = told.append
    made.ask("hi")
    assert [lane.get("turn") is not None for lane in told[-1]["lanes"]] == [True, True, False]
    assert "2 answers are streaming already" in told[-1]["lanes"][2]["refusal"]
    assert made._all.running
    made.close()


async def test_one_page_may_have_so_many_answers_at_once_and_says_so() -> None:
    one = Backend("one", "http://127.0.0.1:9/process/stream", "orchestrator")
    runtime = Runtime(Config([one], Limits(turns_session=1)))
    made, told = ComparePane(Visit(runtime, "s", {}), ["one", "one"]), Told()
    made._send_msg = told.append
    made.ask("hi")
    assert [lane.get("turn") is not None for lane in told[-1]["lanes"]] == [True, False]
    assert "limit of one page" in told[-1]["lanes"][1]["refusal"]
    assert "limits.turns_session" in told[-1]["lanes"][1]["refusal"]
    other = ComparePane(Visit(runtime, "t", {}), ["one", "one"])
    other._send_msg = Told().append
    other.ask("hi")
    assert len(runtime.turns()) == 2, "another page has its own"
    await runtime.aclose()


async def test_a_question_that_nobody_may_be_asked_is_a_note_and_changes_nothing(
    pane: tuple[ComparePane, Told],
) -> None:
    made, told = pane
    made.ask("x" * 11)
    assert [each["kind"] for each in told] == ["note"]
    assert "at most 10" in told[-1]["text"]


async def test_a_second_question_waits(runtime: Runtime, pane: tuple[ComparePane, Told]) -> None:
    made, told = pane
    made.ask("hi")
    made.ask("more")
    assert told[-1]["kind"] == "note"
    assert len(runtime.turns()) == 2
    made.close()


async def test_lanes_are_added_changed_and_removed_within_bounds(pane: tuple[ComparePane, Told]) -> None:
    made, told = pane
    chosen_now: list[list[str]] = []
    made.on_choice = chosen_now.append
    for _ in range(4):
        await made._handle_msg({"type": "add"})
    assert made.backends == ["one", "two", "three", "one"]
    lanes = [lane["lane"] for lane in told[-1]["lanes"]]
    await made._handle_msg({"type": "use", "lane": lanes[3], "backend": "two"})
    await made._handle_msg({"type": "use", "lane": lanes[0], "backend": "nobody"})
    assert made.backends == ["one", "two", "three", "two"]
    for lane in lanes:
        await made._handle_msg({"type": "drop", "lane": lane})
    assert made.backends == ["three", "two"]
    assert chosen_now[-1] == made.backends


async def test_a_question_handed_over_is_filled_in_and_not_asked(runtime: Runtime) -> None:
    visit = Visit(runtime, "s", {})
    view = CompareView(visit)
    told = Told()
    view.pane._send_msg = told.append
    visit.draft = "why?"
    view.open({"backends": "three,one"})
    assert told[-1]["draft"] == "why?"
    assert view.pane.backends == ["three", "one"]
    assert runtime.turns() == []
    await view.pane._handle_msg({"type": "drafted"})
    view.open({"backends": "three,one"})
    assert told[-1]["draft"] == ""


async def test_a_hidden_page_is_told_nothing_and_all_of_it_when_seen_again(
    runtime: Runtime, pane: tuple[ComparePane, Told]
) -> None:
    made, told = pane
    made.ask("hi")
    await made._handle_msg({"type": "seen", "visible": False})
    lives = runtime.turns()
    await made._handle_msg({"type": "stop"})
    for live in lives:
        await live.wait()
    made._flush(made._all.lanes[0].shown)  # type: ignore[arg-type]
    assert [each["kind"] for each in told] == ["begin"]
    await made._handle_msg({"type": "seen", "visible": True})
    assert [lane["turn"]["fields"]["verdict"]["outcome"] for lane in told[-1]["lanes"]] == ["stopped", "stopped"]


async def test_a_lane_whose_backend_is_gone_keeps_its_answer_and_says_so(runtime: Runtime) -> None:
    view = CompareView(Visit(runtime, "s", {"backends": "one,two"}))
    told = Told()
    view.pane._send_msg = told.append  # type: ignore[method-assign]
    view.pane.ask("hi")
    lanes = [lane.shown for lane in view.pane._all.lanes]
    first = runtime.config.backends[0]
    new = msgspec.structs.replace(first, name="new")
    runtime.reload(msgspec.structs.replace(runtime.config, backends=[first, new]))
    told.clear()
    view.tick()
    view.tick()
    assert view.pane.settings["backends"] == ["one", "new"]
    assert [each["text"] for each in told] == ["No longer configured: two. Choose another backend there."]
    assert all(not live.transcript.by for live in runtime.turns()), "what runs is not stopped"
    for live in runtime.turns():
        await live.wait()
    view.open({"backends": "one,two"})
    assert [lane.shown for lane in view.pane._all.lanes] == lanes
    view.pane.ask("again")
    assert [lane.refusal for lane in view.pane._all.lanes] == [
        "",
        "That backend is no longer configured; choose another.",
    ]
