"""What real servers make of each dialect: their streams, whole, byte by byte and with the dialect guessed.

A case of tests/corpus/*/servers.yaml: `stream` as it is sent, and what a turn is to make of it. `outcome`; `says`, the back
end's own words where it failed; `text`, `reasoning`, `finish`, `tools`, `usage` [input, output], `anomalies`,
`heartbeats`: none when absent.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from dashboard.config import Retry
from dashboard.turn.events import Anomaly, FinishHeard, Heartbeat, Progressed, UsageReported
from dashboard.turn.machine import OPEN
from dashboard.wire.chat_event import Reasoning, ToolCall
from dashboard.wire.dialects import DIALECTS
from tests.turn.script import Play
from tests.wire.reading import CORPUS

ANSWER = ("text", "reasoning", "finish", "tools", "usage")


def cases() -> Iterator[Any]:
    for dialect in DIALECTS:
        file = CORPUS / dialect / "servers.yaml"
        for name, case in (yaml.safe_load(file.read_text("utf-8")) if file.exists() else {}).items():
            yield pytest.param(dialect, case, id=f"{dialect}/{name}")


def played(dialect: str, pieces: list[bytes]) -> dict[str, Any]:
    play = Play(dialect, retry=Retry(0.1, 0.2, 1))
    play.head()
    for piece in pieces:
        play.feed(piece, 0.2)
    if play.turn.state in OPEN:
        play.take(play.turn.eof(0.3))
    told: dict[str, Any] = {"text": play.text, "reasoning": "", "tools": [], "anomalies": set(), "heartbeats": 0}
    for event in play.events:
        match event:
            case FinishHeard(reason=reason):
                told["finish"] = reason
            case UsageReported(input_tokens=new_in, output_tokens=new_out):
                before = told.get("usage", [None, None])
                told["usage"] = [
                    old if new is None else new for old, new in zip(before, (new_in, new_out), strict=True)
                ]
            case Anomaly(kind=kind):
                told["anomalies"].add(kind.value)
            case Heartbeat():
                told["heartbeats"] += 1
            case Progressed(chat_event=Reasoning(text)):
                told["reasoning"] += text
            case Progressed(chat_event=ToolCall(name, _, phase, detail)):
                told["tools"].append(f"{name} {phase} {detail}".strip())
    ended = play.ended
    told |= {"outcome": ended.outcome, "says": ended.detail if ended.outcome == "failed" else ""}
    told["anomalies"] = sorted(told["anomalies"])
    if told.get("usage") == [None, None]:
        del told["usage"]
    return {key: value for key, value in told.items() if value}


@pytest.mark.parametrize(("dialect", "case"), list(cases()))
def test_a_server_s_stream_is_understood(dialect: str, case: dict[str, Any]) -> None:
    wanted = {key: value for key, value in case.items() if key != "stream"}
    stream = case["stream"].encode()
    assert played(dialect, [stream]) == wanted
    assert played(dialect, [stream[n : n + 1] for n in range(len(stream))]) == wanted
    guessed = played("auto", [stream])
    assert [guessed.get(key) for key in ("outcome", *ANSWER)] == [wanted.get(key) for key in ("outcome", *ANSWER)]
