"""OpenAI's chat completions: the official client reads the stub, streamed and whole, and is told what is wrong."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable

import openai
import pytest
from openai.types.chat import ChatCompletionChunk

from orchestrator_stub.config import shipped
from orchestrator_stub.dialects.encoder import Encoder
from orchestrator_stub.dialects.openai_chat import OpenAIChat, OpenAIWhole
from orchestrator_stub.dialects.said import Completed, ToolCalled
from orchestrator_stub.instructions import Send
from orchestrator_stub.script import play, spoken
from orchestrator_stub.shaping import HEARTBEAT
from tests.orchestrator_stub.conftest import Serve
from tests.orchestrator_stub.reader import Served, until
from tests.orchestrator_stub.test_script import made

pytestmark = pytest.mark.system
HELLO = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "17 times 23"}]

Client = Callable[..., Awaitable[tuple[openai.AsyncOpenAI, Served]]]


@pytest.fixture
async def client(serve: Serve) -> AsyncIterator[Client]:
    """client(**settings) starts a stub, and OpenAI's own client for it."""
    made: list[openai.AsyncOpenAI] = []

    async def start(**settings: object) -> tuple[openai.AsyncOpenAI, Served]:
        served = await serve(**settings)
        base = served.url.replace("/process/stream", "/v1")
        made.append(openai.AsyncOpenAI(base_url=base, api_key="sk-none", max_retries=0, timeout=60))
        return made[-1], served

    yield start
    for each in made:
        await each.close()


async def streamed(client: openai.AsyncOpenAI, **more: object) -> list[ChatCompletionChunk]:
    stream = await client.chat.completions.create(**{"model": "stub", "messages": HELLO, "stream": True, **more})  # type: ignore[call-overload]  # a test's own
    return [chunk async for chunk in stream]


def said(chunks: list[ChatCompletionChunk]) -> str:
    return "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)


async def test_the_official_client_streams(client: Client) -> None:
    ours, served = await client()
    chunks = await streamed(ours)
    assert said(chunks) == "The answer is 391."
    first, *rest = [chunk.choices[0] for chunk in chunks]
    assert (first.delta.role, first.delta.content, first.finish_reason) == ("assistant", "", None)
    assert all(choice.delta.role is None for choice in rest)
    assert [choice.finish_reason for choice in rest] == [None] * 5 + ["stop"]
    assert {(chunk.id, chunk.model, chunk.object) for chunk in chunks} == {
        (chunks[0].id, "stub", "chat.completion.chunk")
    }
    assert chunks[0].id.startswith("chatcmpl-")
    assert chunks[0].created > 1_700_000_000
    assert all(chunk.usage is None for chunk in chunks)
    assert (await served.health())["turns"]["completed"] == 1


async def test_usage_is_the_last_chunk_when_asked_for(client: Client) -> None:
    ours, _ = await client()
    *chunks, last = await streamed(ours, stream_options={"include_usage": True})
    assert last.choices == []
    assert last.usage is not None
    assert (last.usage.prompt_tokens, last.usage.completion_tokens, last.usage.total_tokens) == (3, 5, 8)
    assert all(chunk.usage is None for chunk in chunks)
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert all(chunk.choices for chunk in await streamed(ours, stream_options={"include_usage": False}))


async def test_the_official_client_s_own_helper_adds_it_up(client: Client) -> None:
    ours, _ = await client()
    async with ours.chat.completions.stream(model="tools", messages=HELLO) as stream:  # type: ignore[arg-type]  # as above
        done = (await stream.get_final_completion()).choices[0]
    assert done.finish_reason == "stop"
    assert done.message.content == "The gauge at the bridge stands at 2.41 m."
    assert done.message.tool_calls
    call = done.message.tool_calls[0]
    assert (call.id, call.function.name, call.function.arguments) == ("call_1", "read_gauge", '{"post": "bridge"}')


async def test_the_official_client_gets_it_whole(client: Client) -> None:
    ours, served = await client()
    parts = [
        {"type": "text", "text": "17 times"},
        {"type": "image_url"},
        {"type": "refusal", "text": "no"},
        {"type": "text", "text": " 23"},
    ]
    done = await ours.chat.completions.create(model="gpt-x", messages=[{"role": "user", "content": parts}])  # type: ignore[typeddict-item]  # odd on purpose
    choice = done.choices[0]
    assert (choice.message.role, choice.message.content, choice.finish_reason) == (
        "assistant", "The answer is 391.", "stop",
    )  # fmt: skip
    assert (done.object, done.model, done.id[:9]) == ("chat.completion", "gpt-x", "chatcmpl-")
    assert done.usage
    assert (done.usage.prompt_tokens, done.usage.completion_tokens, done.usage.total_tokens) == (3, 5, 8)
    assert (await served.health())["turns"] == {
        "started": 1, "completed": 1, "failed": 0, "cut": 0, "refused": 0, "left": 0,
    }  # fmt: skip


async def test_whole_answers_have_reasoning_and_tools(client: Client) -> None:
    ours, _ = await client()
    done = await ours.chat.completions.create(model="tools", messages=HELLO)  # type: ignore[arg-type]  # as above
    message = done.choices[0].message
    assert message.content == "The gauge at the bridge stands at 2.41 m."
    assert message.tool_calls
    assert message.tool_calls[0].id == "call_1"
    assert message.model_extra is not None
    assert message.model_extra["reasoning_content"].startswith("The level is not")


@pytest.mark.parametrize("where", ["body", "query", "header", "model"])
async def test_a_scenario_can_be_named(client: Client, where: str) -> None:
    ours, _ = await client()
    name = "one-piece"
    more: dict[str, dict[str, object]] = {
        "body": {"extra_body": {"scenario": name}},
        "query": {"extra_query": {"scenario": name}},
        "header": {"extra_headers": {"X-Scenario": name}},
        "model": {"model": name},
    }
    assert said(await streamed(ours, **more[where])) == "The answer is 4, and it came in one piece."


async def test_an_unknown_scenario_is_refused_but_a_model_may_be_called_anything(client: Client) -> None:
    ours, _ = await client()
    assert said(await streamed(ours, model="gpt-9-turbo")) == "The answer is 391."
    with pytest.raises(openai.BadRequestError, match="scenario: expected a scenario's name, got 'nope'"):
        await streamed(ours, extra_body={"scenario": "nope"})


@pytest.mark.parametrize(
    ("stream", "scenario", "error", "words"),
    [
        (True, "error-event", "APIError", "Math Agent did not answer within 30 s"),
        (True, "refused-503", "InternalServerError", "overloaded"),
        (True, "error-500", "InternalServerError", "500"),
        (True, "cut-mid-event", "APIConnectionError", ""),
        (True, "reset", "APIConnectionError", ""),
        (False, "error-event", "InternalServerError", "Math Agent did not answer within 30 s"),
        (False, "refused-503", "InternalServerError", "overloaded"),
        (False, "reset", "APIConnectionError", ""),
        (False, "reset-at-once", "APIConnectionError", ""),
        (False, "no-head", "APITimeoutError", ""),
    ],
)
async def test_a_fault_reaches_the_official_client(
    client: Client, stream: bool, scenario: str, error: str, words: str
) -> None:
    ours, _ = await client()
    chat = ours.with_options(timeout=1).chat.completions

    async def ask() -> None:
        answer = await chat.create(model=scenario, messages=HELLO, stream=stream)  # type: ignore[arg-type,misc]  # as above
        [chunk async for chunk in answer]

    with pytest.raises(Exception, match=words or None) as raised:
        await ask()
    assert error in [kind.__name__ for kind in type(raised.value).__mro__]


async def test_a_stream_that_is_cut_in_good_order_has_no_finish(client: Client) -> None:
    ours, _ = await client()
    chunks = await streamed(ours, model="truncated")
    assert said(chunks).endswith("the level into the")
    assert {chunk.choices[0].finish_reason for chunk in chunks} == {None}


@pytest.mark.parametrize(
    ("content", "param", "words"),
    [
        (b"", "body", "expected a JSON object, got no body"),
        (b"[]", "body", "got a list"),
        (b"{}", "messages", "expected a list of 1 to 1000, got null"),
        (b'{"messages": []}', "messages", "got 0 items"),
        (b'{"messages": ["x"]}', "messages", "expected a last message with a text"),
        (b'{"messages": [{"content": [{"type": "image_url"}]}]}', "messages", "expected a last message with a text"),
        (b'{"messages": [{"content": " "}]}', "messages", "expected a last message with a text"),
        (b'{"messages": [{"content": "x"}], "model": 4}', "model", "expected a name, got a number"),
        (b'{"messages": [{"content": "x"}], "seed": "a"}', "seed", "expected a whole number, got a text"),
        (b'{"messages": [{"content": "' + b"x" * 8001 + b'"}]}', "message", "at most 8000 characters, got 8001"),
    ],
)
async def test_a_bad_request_is_told_in_openai_s_shape(serve: Serve, content: bytes, param: str, words: str) -> None:
    served = await serve()
    answer = await served.client.post(served.url.replace("/process/stream", "/v1/chat/completions"), content=content)
    error = answer.json()["error"]
    assert (answer.status_code, error["type"], error["param"]) == (400, "invalid_request_error", param)
    assert words in error["message"]
    assert (await served.health())["turns"]["started"] == 0


async def test_the_address_takes_posts_alone_and_not_too_many(serve: Serve) -> None:
    served = await serve(streams=1)
    url = served.url.replace("/process/stream", "/v1/chat/completions")
    assert (await served.client.get(url)).status_code == 405
    body = {"messages": HELLO, "model": "stall-forever", "stream": True}
    first = await served.client.send(served.client.build_request("POST", url, json=body), stream=True)
    refused = await served.client.post(url, json=body)
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
    assert "1 streams are open" in refused.json()["error"]["message"]
    await first.aclose()


async def test_the_bytes_are_openai_s(serve: Serve) -> None:
    """No ids and no retry: that protocol cannot resume; the last message is the word DONE."""
    served = await serve()
    url = served.url.replace("/process/stream", "/v1/chat/completions")
    answer = await served.client.post(url, json={"messages": HELLO, "stream": True})
    assert answer.headers["Content-Type"] == "text/event-stream"
    messages = answer.text.split("\n\n")
    assert messages[-2:] == ["data: [DONE]", ""]
    assert all(message.startswith("data: {") for message in messages[:-2])
    lasting = {"Last-Event-ID": "x.1"}
    assert (await served.client.post(url, json={"messages": HELLO}, headers=lasting)).status_code == 200


@pytest.mark.parametrize("encoder", [OpenAIChat, OpenAIWhole])
def test_only_the_last_message_is_the_end_and_heartbeats_are_for_streams(encoder: type[Encoder]) -> None:
    scenario = made("{do: heartbeat, every_s: 1, times: 2}, {do: wait, s: 40}, {do: say, text: hello}, {do: complete}")
    sends = [i for i in play(scenario, 1, "x", speaks=encoder) if isinstance(i, Send)]
    assert [send.outcome for send in sends] == [""] * (len(sends) - 1) + ["completed"]
    assert sends.count(HEARTBEAT) == (4 if encoder is OpenAIChat else 0)


@pytest.mark.parametrize(("text", "reason"), [("", "tool_calls"), ("done", "stop")])
def test_a_tool_call_is_the_reason_when_nothing_is_said(text: str, reason: str) -> None:
    for encoder in (OpenAIChat("r"), OpenAIWhole("r")):
        encoder.encode(ToolCalled("c1", "t", "{}"))
        told = "".join(encoder.encode(Completed("a", "a2a", text)))
        assert re.findall(r'"finish_reason": "(\w+)"', told) == [reason]


async def test_models_are_the_stub_and_its_scenarios(client: Client) -> None:
    ours, _ = await client()
    assert [model.id async for model in ours.models.list()] == ["stub", *shipped()]


async def test_who_leaves_stops_the_work(client: Client) -> None:
    ours, served = await client(speed=1.0)
    stream = await ours.chat.completions.create(model="endless", messages=HELLO, stream=True)  # type: ignore[arg-type]  # as above
    async for chunk in stream:
        if chunk.choices[0].delta.content:
            break
    await stream.close()
    await until(lambda: served.stub.runs.turns["left"] == 1)
    assert served.stub.runs.numbers()["working"] == 0


async def test_all_is_said_in_the_same_words_as_natively(client: Client) -> None:
    ours, _ = await client(speed=400.0)
    question = "Show me a markdown tour"
    chunks = await streamed(ours, messages=[{"role": "user", "content": question}])
    assert said(chunks) == spoken(shipped()["happy"], 1, question)
