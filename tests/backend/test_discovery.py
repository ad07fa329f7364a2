"""An A2A agent's card decides how it is asked; another origin's word does not decide where."""

from __future__ import annotations

import asyncio
import json

import pytest

from dashboard.config import AskOptions, Backend, Config, Secret
from dashboard.runtime import Runtime
from dashboard.wire.dialect import Question
from tests.backend.raw import HEAD, Peer, serving
from tests.turn.script import frame

ANSWER = {"kind": "message", "role": "agent", "messageId": "m", "parts": [{"kind": "text", "text": "hello"}]}


def agent(card: object) -> object:
    async def answer(peer: Peer) -> None:
        await peer.read_request()
        if b"agent-card.json" in peer.request:
            body = json.dumps(card).encode()
            head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
            await peer.send(head % len(body) + body)
        else:
            await peer.send(HEAD + frame({"jsonrpc": "2.0", "id": 1, "result": ANSWER}))

    return answer


@pytest.mark.parametrize(
    ("card", "params", "method"),
    [
        ({"protocolVersion": "0.3.0", "url": "http://elsewhere.invalid/"}, {}, "message/stream"),
        ({"supportedInterfaces": [{"url": "http://h/", "protocolBinding": "JSONRPC"}]}, {}, "SendStreamingMessage"),
        ({"protocolVersion": "0.3.0", "url": "http://h/"}, {"version": "1.0"}, "SendStreamingMessage"),
        (["no card"], {}, "SendStreamingMessage"),
    ],
)
async def test_the_card_says_how_and_the_config_says_where(card: object, params: dict[str, str], method: str) -> None:
    async with serving(agent(card)) as server:  # type: ignore[arg-type]
        key = {"X-Api-Key": Secret("k1")}
        backend = Backend("a", server.url, "a2a", headers=key, ask=AskOptions(params=params))
        runtime = Runtime(Config([backend]))
        await runtime.discover("a")
        await runtime.discover("a")
        live = runtime.ask("a", Question("hello"))
        await asyncio.wait_for(live.wait(), 5)
        await runtime.aclose()
        requests = [peer.request for peer in server.peers]
    assert len(requests) == (1 if params else 2), "the card is asked for once, and not when the config knows"
    assert f'"method":"{method}"'.encode() in requests[-1].replace(b": ", b":")
    assert live.transcript.text == "hello"
