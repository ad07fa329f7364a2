"""Model and system prompt: shown where the dialect has them, sent as they stand, kept for each backend."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from dashboard.config import AskOptions, Backend, Config, Custom
from dashboard.runtime import Runtime
from dashboard.ui.ask_fields import AskFields, Asking
from dashboard.ui.chat import ChatPane
from dashboard.ui.chat_view import ChatView
from dashboard.ui.view import Visit
from dashboard.wire.auto import has_model
from dashboard.wire.dialect import Endpoint, Question
from dashboard.wire.dialects import DIALECTS


@pytest.mark.parametrize("name", DIALECTS)
def test_the_fields_are_shown_where_the_request_carries_them(name: str) -> None:
    options = {"model": "model-x", "system": "system-x", "text": "$data"}
    asked = DIALECTS[name](Endpoint("http://127.0.0.1:9/", options=options)).ask(Question("?"))
    carries = b"model-x" in (asked.body or b"") and b"system-x" in (asked.body or b"")
    custom = Custom("$data") if name == "custom" else None
    assert has_model(Backend("b", "http://127.0.0.1:9/", name, custom=custom)) == carries


@pytest.mark.parametrize(("path", "told"), [("/v1/chat/completions", True), ("/ask", False)])
def test_auto_has_what_its_path_tells(path: str, told: bool) -> None:
    assert has_model(Backend("b", f"http://127.0.0.1:9{path}", "auto")) is told


LLM = Backend("llm", "http://127.0.0.1:9/v1/chat/completions", "openai-chat", ask=AskOptions("small", "", {"n": 1}))
OTHER = Backend("other", "http://127.0.0.1:9/v1/chat/completions", "openai-chat")
DEMO = Backend("demo", "http://127.0.0.1:9/process/stream", "orchestrator")


async def test_what_was_typed_is_kept_for_each_backend() -> None:
    chosen: list[AskOptions | None] = []

    async def choose(options: AskOptions | None) -> None:
        chosen.append(options)

    fields = AskFields(choose)
    assert fields.show(LLM) is None
    assert fields.model.visible
    assert fields.model.value == "small"
    fields.system.value = "Be brief."
    await fields._changed(None)  # type: ignore[arg-type]
    assert chosen[-1] == AskOptions("small", "Be brief.", {"n": 1})
    assert fields.show(DEMO) is None
    assert not fields.model.visible
    fields.show(OTHER)
    assert fields.system.value == ""
    assert fields.show(LLM) == chosen[-1]
    assert fields.system.value == "Be brief."
    fields.system.value = ""
    await fields._changed(None)  # type: ignore[arg-type]
    assert chosen[-1] is None


async def test_model_and_system_prompt_are_in_the_request_and_in_its_curl_command() -> None:
    runtime = Runtime(Config([LLM]))
    pane = ChatPane(Visit(runtime, "s", {}), "llm")
    pane._send_msg = lambda _message: None
    pane.use_options(AskOptions("large", "Be brief."))
    pane.ask("why?")
    (live,) = runtime.turns()
    assert live._turn.ask.body is not None
    for part in (b'"model":"large"', b"Be brief.", b"why?"):
        assert part in live._turn.ask.body
    (shown,) = pane._talk.turns
    assert '"model":"large"' in pane._curl(shown)
    assert shown.full()["about"].startswith("llm · large · ")
    await runtime.aclose()


BRIEF = AskOptions("small", "Be brief.", {"n": 1})
TYPED = AskOptions("kept", "")


@pytest.mark.parametrize(
    ("told", "goes_out"),
    [
        (None, Asking("llm")),
        ("text", Asking("llm")),
        ({"of": "llm", "backend": "llm", "model": "small", "system": "Be brief."}, Asking("llm", "", BRIEF)),
        ({"of": "llm", "backend": "llm", "model": "small", "system": ""}, Asking("llm")),
        ({"of": "llm", "backend": "llm", "model": "small"}, Asking("llm")),
        ({"of": "llm", "backend": "llm", "model": 3, "system": "Be brief."}, Asking("llm")),
        ({"of": "llm", "backend": "llm", "model": "small", "system": "Be brief." + "x" * 30_000}, None),
        ({"of": "llm", "backend": "llm", "scenario": "stall"}, Asking("llm", "stall")),
        ({"of": "llm", "backend": "llm", "scenario": "../made-up"}, Asking("llm")),
        (
            {"of": "llm", "backend": "demo", "model": "small", "system": "Be brief.", "scenario": "stall"},
            Asking("demo"),
        ),
        ({"of": "demo", "backend": "demo", "model": "small", "system": "Be brief."}, Asking("demo")),
        ({"of": "llm", "backend": "other", "model": "small", "system": "Be brief."}, Asking("other", "", TYPED)),
        ({"of": "llm", "backend": "nobody", "model": "small", "system": "Be brief."}, Asking("llm", "", BRIEF)),
        ({"of": [], "backend": {}, "scenario": [], "model": [], "system": {}}, Asking("llm")),
    ],
)
async def test_what_stands_in_the_browser_goes_out_with_the_question(told: Any, goes_out: Asking | None) -> None:
    fields = AskFields(lambda _options: asyncio.sleep(0))
    fields.show(OTHER)
    fields.model.value = "kept"
    await fields._changed(None)  # type: ignore[arg-type]
    found = fields.asking(
        told, Asking("llm"), {each.name: each for each in (LLM, DEMO, OTHER)}, {"stall": "", "slow": ""}
    )
    if goes_out is None:
        assert found.options is not None
        assert len(found.options.system) == 20_000
    else:
        assert found == goes_out


async def test_a_question_overtakes_the_message_of_a_field_and_loses_nothing() -> None:
    runtime = Runtime(Config([DEMO, LLM]))
    view = ChatView(Visit(runtime, "s", {}))
    view.chat._send_msg = lambda _message: None
    view._ask.show(LLM)
    chosen = {"of": "llm", "backend": "llm", "model": "large", "system": "Be brief."}
    await view.chat._handle_msg({"type": "ask", "text": "why?", "chosen": chosen})
    (live,) = runtime.turns()
    assert live.backend == "llm"
    assert live._turn.ask.body is not None
    for part in (b'"model":"large"', b"Be brief.", b"why?"):
        assert part in live._turn.ask.body
    view.close()
    await runtime.aclose()
