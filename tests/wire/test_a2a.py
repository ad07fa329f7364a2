"""What the a2a dialect makes of both versions, of agents that repeat themselves, and of a resume."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from dashboard.wire.a2a_task import MOST_TOLD, Told
from dashboard.wire.chat_event import (
    BackendError,
    ChatEvent,
    End,
    Finish,
    Malformed,
    Reasoning,
    Step,
    Text,
    ToolCall,
    Unknown,
)
from dashboard.wire.dialect import Ask, Dialect, Endpoint, Question
from dashboard.wire.dialects.a2a import A2A
from tests.wire.reading import made, read

HOST = "http://127.0.0.1:8902"
ASKED = Question("hi", conversation="c1", id="t1")


def rpc(result: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 1, "result": result}


def says(text: str, message_id: str = "") -> dict[str, Any]:
    return {"role": "ROLE_AGENT", "parts": [{"text": text}], **({"messageId": message_id} if message_id else {})}


def status(state: str, message: Any = None) -> dict[str, Any]:
    told = {"state": f"TASK_STATE_{state}", **({"message": message} if message else {})}
    return rpc({"statusUpdate": {"taskId": "k", "status": told}})


def piece(text: str, *, append: bool = True, artifact: str = "a") -> dict[str, Any]:
    update = {"taskId": "k", "artifact": {"artifactId": artifact, "parts": [{"text": text}]}}
    return rpc({"artifactUpdate": {**update, **({"append": True} if append else {})}})


def task(state: str, artifacts: Sequence[tuple[str, str]] = (), **more: Any) -> dict[str, Any]:
    listed = [{"artifactId": key, "parts": [{"text": text}]} for key, text in artifacts]
    return rpc({"task": {"id": "k", "status": {"state": f"TASK_STATE_{state}"}, "artifacts": listed, **more}})


def old(kind: str, **fields: Any) -> dict[str, Any]:
    return rpc({"kind": kind, "taskId": "k", **fields})


def heard(*datas: Any, dialect: Dialect | None = None) -> list[ChatEvent]:
    reader = dialect or made("a2a")
    return [event for data in datas for event in read(reader, data)]


def text(events: list[ChatEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, Text))


DONE = [Finish("completed"), End()]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("", []),
        ("[DONE]", [Malformed("no JSON: [DONE]")]),
        ({"jsonrpc": "2.0", "error": {"code": -32603, "message": "boom"}}, [BackendError("-32603", "boom")]),
        ({"error": {"code": 400, "status": "INVALID", "message": "no"}}, [BackendError("400", "no")]),
        ({"jsonrpc": "2.0", "method": "notifications/progress", "params": {}}, [Unknown("notifications/progress")]),
        (rpc({"tools": []}), [Unknown("a JSON object that is no A2A event")]),
        (
            {"type": "message_start", "message": {"role": "assistant", "content": []}},
            [Unknown("a JSON object that is no A2A event")],
        ),
        (rpc(3), [Unknown("a JSON object that is no A2A event")]),
        (task("SUBMITTED"), []),
        (status("WORKING"), [Step("working")]),
        (old("status-update", status={"state": "working"}, final=False), [Step("working")]),
        (old("status-update", status={"state": "completed"}, final=True), DONE),
        (old("status-update", status={"state": "completed"}, final=False), [Finish("completed")]),
        (old("status-update", status={"state": "failed", "message": says("no")}), [BackendError("failed", "no")]),
        (status("FAILED", says("tool exploded")), [BackendError("failed", "tool exploded")]),
        (status("REJECTED"), [BackendError("rejected", "the task was rejected")]),
        (status("CANCELED"), [BackendError("canceled", "the task was canceled")]),
        (status("INPUT_REQUIRED", says("Which city?")), [Text("Which city?"), Finish("input-required"), End()]),
        (status("AUTH_REQUIRED", says("Log in.")), [Text("Log in."), Finish("auth-required")]),
        (rpc({"message": says("hello")}), [Text("hello"), End()]),
        (old("message", role="agent", parts=[{"kind": "text", "text": "hello"}]), [Text("hello"), End()]),
        ({"msg": {"messageId": "m", "role": "ROLE_AGENT", "content": [{"text": "hello"}]}}, [Text("hello"), End()]),
        ({"status_update": {"task_id": "k", "status": {"state": "TASK_STATE_WORKING"}}}, [Step("working")]),
        ({"artifact_update": {"artifact": {"artifact_id": "a", "parts": [{"text": "x"}]}}}, [Text("x")]),
        (old("artifact-update", artifact={"artifactId": "a", "parts": [{"kind": "text", "text": "x"}]}), [Text("x")]),
        (old("status-update", status={"state": "working"}, final=True), [Step("working"), Finish("working"), End()]),
        (old("status-update", status={}, final=True), [Finish("final"), End()]),
        (rpc({"kind": "other"}), [Unknown("a JSON object that is no A2A event")]),
        (task("WORKING", history=[says("of an earlier turn")]), [Step("working")]),
        (status("WORKING", {"parts": [{"text": 3}, {"text": "x"}, "y"]}), [Text("x"), Step("working")]),
        (rpc({"artifactUpdate": {"artifact": 3}}), [Malformed("`artifact` is no object")]),
        (rpc({"statusUpdate": {"status": 3}}), [Malformed("`status` is no object")]),
        (rpc({"message": {"role": "ROLE_USER", "parts": [{"text": "mine"}]}}), [End()]),
    ],
)
def test_a2a_reads(data: Any, expected: list[ChatEvent]) -> None:
    assert read("a2a", data) == expected


def test_error_event_is_the_servers_word() -> None:
    assert read("a2a", {"code": 7, "message": "boom"}, "error") == [BackendError("7", "boom")]


def test_pieces_of_an_artifact_are_the_answer() -> None:
    events = heard(task("SUBMITTED"), status("WORKING"), piece("One ", append=False), piece("two"), status("COMPLETED"))
    assert events == [Step("working"), Text("One "), Text("two"), *DONE]


def test_equal_pieces_are_not_taken_for_repetition() -> None:
    assert text(heard(piece("ha", append=False), piece("ha"), piece("haha"))) == "hahahaha"
    assert text(heard(status("WORKING", says("ha")), status("WORKING", says("ha")))) == "haha"
    assert text(heard(*[status("WORKING", says(word)) for word in ("no", " ", "no", "\n", "no")])) == "no no\nno"


@pytest.mark.parametrize(
    "last",
    [
        task("COMPLETED", [("a", "One two")]),
        task("COMPLETED", [("another", "One two")]),
        status("COMPLETED", says("One two")),
        status("COMPLETED", says(" One two\n")),
        status("COMPLETED", says("two")),
    ],
)
def test_what_was_streamed_is_not_told_again_at_the_end(last: dict[str, Any]) -> None:
    assert heard(piece("One ", append=False), piece("two"), last) == [Text("One "), Text("two"), *DONE]


def test_the_last_status_may_have_something_new_to_say() -> None:
    stream = [piece("One ", append=False), piece("two")]
    assert text(heard(*stream, status("COMPLETED", says(" Bye.")))) == "One two Bye."
    assert text(heard(*stream, status("COMPLETED", says("One two Bye.")))) == "One two Bye."
    assert text(heard(status("COMPLETED", says("\n")))) == "\n"


def test_version_0_3_ends_when_it_says_final() -> None:
    dialect = made("a2a")
    heard(old("artifact-update", artifact={"artifactId": "a", "parts": [{"text": "x"}]}), dialect=dialect)
    assert heard(old("status-update", status={"state": "completed"}, final=False), dialect=dialect) == DONE[:1]
    assert heard(old("status-update", status={"state": "completed"}, final=True), dialect=dialect) == DONE


def test_ids_in_snake_case_tell_artifacts_and_messages_apart() -> None:
    def whole(key: str, said: str) -> dict[str, Any]:
        return rpc({"artifact_update": {"artifact": {"artifact_id": key, "parts": [{"text": said}]}}})

    assert text(heard(whole("a", "One"), whole("b", "Two"), whole("a", "One more"))) == "OneTwo more"
    message = {"role": "agent", "message_id": "m", "parts": [{"text": "x"}]}
    assert text(heard(status("WORKING", message), status("WORKING", message))) == "x"


def test_an_artifact_that_repeats_a_stream_of_messages_is_not_told_again() -> None:
    stream = [status("WORKING", says(word)) for word in ("One ", "two")]
    assert text(heard(*stream, status("WORKING", says("One two")), piece("One two", append=False))) == "One two"
    assert text(heard(*stream, piece("Three.", append=False))) == "One twoThree."


def test_an_artifact_sent_whole_each_time_tells_only_what_is_new() -> None:
    told = heard(*[piece(text, append=False) for text in ("One", "One two", "One two", "Other")])
    assert told == [Text("One"), Text(" two"), Text("Other")]


def test_messages_come_once_by_id_unless_their_text_differs() -> None:
    told = heard(
        *[status("WORKING", says(text, key)) for text, key in (("a", "1"), ("a", "1"), ("b", "1"), ("a", "2"))]
    )
    assert text(told) == "aba"


def test_the_answer_may_stand_in_the_task_alone() -> None:
    assert heard(task("COMPLETED", [("a", "It is 4.")])) == [Text("It is 4."), *DONE]
    history = [{"role": "ROLE_USER", "parts": [{"text": "2+2?"}]}, says("It is 4.")]
    assert heard(task("COMPLETED", history=history)) == [Text("It is 4."), *DONE]


def test_a_state_without_text_waits_for_the_close_or_the_task() -> None:
    dialect = made("a2a")
    assert heard(status("COMPLETED"), dialect=dialect) == [Finish("completed")]
    assert heard(task("COMPLETED", [("a", "late")]), dialect=dialect) == [Text("late"), *DONE]
    assert dialect.ends_at_eof
    assert dialect.needs_finish


def test_a_lone_message_needs_no_finish() -> None:
    dialect = made("a2a")
    heard(rpc({"message": says("hello")}), dialect=dialect)
    assert not dialect.needs_finish


def test_thoughts_and_tool_calls_of_googles_agents() -> None:
    def data(kind: str, **fields: Any) -> dict[str, Any]:
        return {"data": fields, "metadata": {"adk_type": kind}}

    parts = [
        {"text": "hm", "metadata": {"adk_thought": True}},
        {"text": "so", "metadata": {"thought": True}},
        data("function_call", id="c", name="add", args={"a": 1}),
        data("function_response", id="c", name="add", response={"sum": 2}),
        {"data": {"any": "thing"}},
        {"url": "http://127.0.0.1/x.png"},
        3,
        {"text": "2"},
    ]
    told: list[ChatEvent] = [
        Reasoning("hm"),
        Reasoning("so"),
        ToolCall("add", "c", "start", '{"a": 1}'),
        ToolCall("add", "c", "result", '{"sum": 2}'),
        Text("2"),
    ]
    assert heard(status("WORKING", {"role": "agent", "parts": parts})) == [*told, Step("working")]
    assert heard(rpc({"artifactUpdate": {"artifact": {"artifactId": "a", "parts": parts}}})) == told


# Asking


def sent(ask: Ask | None) -> tuple[str, str, str | None, Any]:
    assert ask is not None
    return ask.method, ask.url, ask.headers.get("A2A-Version"), json.loads(ask.body) if ask.body else None


NEW = {"messageId": "t1", "role": "ROLE_USER", "parts": [{"text": "hi"}], "contextId": "c1"}
OLD = {
    "messageId": "t1",
    "kind": "message",
    "role": "user",
    "parts": [{"kind": "text", "text": "hi"}],
    "contextId": "c1",
}


@pytest.mark.parametrize(
    ("url", "params", "asked", "resumed"),
    [
        (
            "/",
            {},
            (
                "POST",
                "/",
                "1.0",
                {"jsonrpc": "2.0", "id": "t1", "method": "SendStreamingMessage", "params": {"message": NEW}},
            ),
            ("POST", "/", "1.0", {"jsonrpc": "2.0", "id": "t1", "method": "SubscribeToTask", "params": {"id": "k"}}),
        ),
        (
            "/?key=1",
            {"version": 0.3},
            (
                "POST",
                "/?key=1",
                None,
                {"jsonrpc": "2.0", "id": "t1", "method": "message/stream", "params": {"message": OLD}},
            ),
            (
                "POST",
                "/?key=1",
                None,
                {"jsonrpc": "2.0", "id": "t1", "method": "tasks/resubscribe", "params": {"id": "k"}},
            ),
        ),
        (
            "/rest/",
            {"binding": "rest", "metadata": {"x": 1}, "tenant": None},
            ("POST", "/rest/message:stream", "1.0", {"message": NEW, "metadata": {"x": 1}}),
            ("GET", "/rest/tasks/k:subscribe", "1.0", None),
        ),
        (
            "/message:stream",
            {"binding": "jsonrpc", "tenant": "x"},
            (
                "POST",
                "/message:stream",
                "1.0",
                {
                    "jsonrpc": "2.0",
                    "id": "t1",
                    "method": "SendStreamingMessage",
                    "params": {"message": NEW, "tenant": "x"},
                },
            ),
            (
                "POST",
                "/message:stream",
                "1.0",
                {"jsonrpc": "2.0", "id": "t1", "method": "SubscribeToTask", "params": {"id": "k"}},
            ),
        ),
        (
            "/v1/message:stream",
            {"version": "0.3.0"},
            (
                "POST",
                "/v1/message:stream",
                None,
                {"message": {"messageId": "t1", "role": "ROLE_USER", "content": [{"text": "hi"}], "contextId": "c1"}},
            ),
            ("GET", "/v1/tasks/k:subscribe", None, None),
        ),
    ],
)
def test_a2a_asks_and_resumes(
    url: str, params: dict[str, Any], asked: tuple[Any, ...], resumed: tuple[Any, ...]
) -> None:
    dialect = made("a2a", url=HOST + url, params=params)
    assert dialect.resume(ASKED, "") is None
    assert sent(dialect.ask(ASKED)) == (asked[0], HOST + asked[1], *asked[2:])
    heard(task("WORKING"), rpc({"task": {"id": "another", "status": {}}}), dialect=dialect)
    assert sent(dialect.resume(ASKED, "")) == (resumed[0], HOST + resumed[1], *resumed[2:])


def test_a_snapshot_after_a_resume_tells_what_was_missed_and_nothing_twice() -> None:
    dialect = made("a2a")
    first = heard(status("WORKING", says("note", "m1")), piece("One ", append=False), dialect=dialect)
    dialect.resume(ASKED, "")
    history = [{"role": "ROLE_USER", "parts": [{"text": "hi"}]}, says("note", "m1"), says(" more", "m2")]
    again = heard(
        task("WORKING", [("a", "One two ")], history=history), piece("three"), status("COMPLETED"), dialect=dialect
    )
    assert text(first) == "noteOne "
    assert again == [Text(" more"), Text("two "), Text("three"), *DONE]


@pytest.mark.parametrize(
    ("before", "after", "incomplete"),
    [
        (piece("One ", append=False), piece("three "), True),
        (piece("One ", append=False), status("COMPLETED"), True),
        (piece("One ", append=False), piece("One ", append=False), True),
        (task("WORKING"), piece("two "), True),
        (task("WORKING"), piece("One ", append=False), False),
        (piece("One ", append=False), task("WORKING", [("a", "One two ")]), False),
        (piece("One ", append=False), task("WORKING", [("a", "One ")]), False),
    ],
)
def test_a_resume_without_a_snapshot_leaves_a_hole(before: Any, after: Any, incomplete: bool) -> None:
    dialect = A2A(Endpoint(HOST, options={"params": {"version": "0.3"}}))
    heard(before, dialect=dialect)
    dialect.resume(ASKED, "")
    assert dialect.incomplete == ""
    heard(after, dialect=dialect)
    assert bool(dialect.incomplete) is incomplete
    heard(piece("four"), dialect=dialect)
    assert bool(dialect.incomplete) is incomplete


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ([piece("two ")], ""),  # the update that the snapshot already holds
        ([piece("two "), piece("two ")], "two "),
        ([piece("three."), piece("two ")], "three.two "),
    ],
)
def test_the_last_piece_of_a_snapshot_may_come_once_more(after: list[Any], expected: str) -> None:
    dialect = made("a2a")
    heard(piece("One ", append=False), dialect=dialect)
    dialect.resume(ASKED, "")
    assert text(heard(task("WORKING", [("a", "One two ")]), dialect=dialect)) == "two "
    assert text(heard(*after, dialect=dialect)) == expected


def test_a_hostile_task_id_stays_inside_the_path() -> None:
    dialect = made("a2a", url=f"{HOST}/rest", params={"binding": "rest"})
    heard(rpc({"task": {"id": "../../x?y=1#z", "status": {}}}), dialect=dialect)
    assert sent(dialect.resume(ASKED, ""))[1] == f"{HOST}/rest/tasks/..%2F..%2Fx%3Fy%3D1%23z:subscribe"


def test_what_was_told_is_remembered_within_bounds() -> None:
    told = Told()
    for n in range(MOST_TOLD + 50):
        assert list(told.message({"messageId": str(n), "parts": [{"text": "a"}]}, closing=False)) == [Text("a")]
        list(told.artifact({"artifactId": str(n), "parts": []}, append=True))
    assert len(told._messages) == len(told._artifacts) == MOST_TOLD
