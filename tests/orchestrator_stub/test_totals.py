"""What /health counts is what clients saw, whoever they were, however many at once."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from contextlib import suppress

import httpx
import pytest

from orchestrator_stub.dice import Dice
from tests.orchestrator_stub.conftest import Serve
from tests.orchestrator_stub.reader import Answer, Served, read, until

pytestmark = pytest.mark.system

ENDS = ("happy", "reasoning", "tools", "empty", "one-piece", "error-event", "truncated", "cut-mid-event", "reset",
        "drop-and-resume", "resume-duplicates", "restart", "refused-503", "error-500", "json-instead", "no-content",
        "malformed-frame", "late-bytes", "garbage", "big-event")  # fmt: skip
GOES_ON = ("endless", "stall-forever", "heartbeats-only", "drip")
CHAT = ("happy", "tools", "error-event", "truncated", "refused-503")


def verdict(answer: Answer) -> str:
    """What a client that reads the whole answer makes of it."""
    if answer.status != 200 or "text/event-stream" not in answer.headers.get("Content-Type", ""):
        return "completed" if b'"chat.completion"' in answer.body else "refused"
    if b'"event": "completed"' in answer.body or b"data: [DONE]" in answer.body:
        return "completed"
    return "failed" if b'"event": "error"' in answer.body or b'data: {"error"' in answer.body else "cut"


async def reads(served: Served, scenario: str) -> str:
    """Reads to the end, and comes back as long as there is something to come back to."""
    answer = await served.ask("17 times 23", scenario)
    seen = [verdict(answer)]
    while seen[-1] == "cut" and answer.ids:
        answer = await served.resume(answer.ids[-1])
        if answer.status == 204:
            break
        seen.append(verdict(answer))
    return seen[-1]


async def chats(served: Served, scenario: str, *, stream: bool) -> str:
    body = {"messages": [{"role": "user", "content": "1+1"}], "stream": stream, "scenario": scenario}
    url = served.url.replace("/process/stream", "/v1/chat/completions")
    return verdict(await read(served.client.build_request("POST", url, json=body), served.client))


async def leaves(served: Served, scenario: str) -> str:
    await served.leave_after(b"response_chunk", "x", scenario)
    return "left"


async def never_heard(served: Served, scenario: str) -> str:
    with pytest.raises(httpx.HTTPError):
        await served.client.post(served.url, json={"message": "x", "scenario": scenario}, timeout=0.5)
    return "left" if scenario == "no-head" else "cut"


async def test_totals_are_what_clients_saw(serve: Serve) -> None:
    served = await serve()
    served.client.timeout = httpx.Timeout(20)
    dice = Dice(3)
    clients = [reads(served, scenario) for scenario in (*ENDS, *(dice.pick(ENDS) for _ in range(20)))]
    clients += [leaves(served, dice.pick(GOES_ON)) for _ in range(12)]
    clients += [chats(served, scenario, stream=True) for scenario in CHAT]
    clients += [chats(served, scenario, stream=False) for scenario in ("happy", "tools", "refused-503")]
    clients += [never_heard(served, scenario) for scenario in ("no-head", "reset-at-once")]
    saw = Counter(await asyncio.gather(*clients))
    await until(lambda: served.stub.runs.numbers()["streams"] == 0, 3)
    turns = (await served.health())["turns"]
    assert turns == {"started": len(clients), **{each: saw[each] for each in turns if each != "started"}}
    assert min(saw[each] for each in ("completed", "failed", "cut", "refused", "left")) > 1


async def test_what_is_known_of_those_that_were_cut_or_left(serve: Serve) -> None:
    served = await serve()
    for scenario in ("truncated", "reset", "drop-and-resume", "garbage", "reset-at-once"):
        with suppress(httpx.HTTPError):
            await served.ask("x", scenario)
    resumed = await served.ask("x", "drop-and-resume")
    assert (await reads_on(served, resumed.ids[-1])) == "completed"
    for _ in range(2):
        await served.leave_after(b"response_chunk", "x", "endless")
    for scenario in ("stall-forever", "no-head"):
        await never_heard(served, scenario)
    await until(lambda: served.stub.runs.numbers()["streams"] == 0, 3)
    answer = await served.client.get(served.url.replace("/process/stream", "/health/turns"))
    told = answer.json()
    assert told["cut"] == {"midway": 3, "senseless": 2}
    assert told["left"] == {"unanswered": 1, "hung": 1, "talking": 2}
    assert told["turns"] == {"started": 10, "completed": 1, "failed": 0, "cut": 5, "refused": 0, "left": 4}


async def reads_on(served: Served, last_event_id: str) -> str:
    return verdict(await served.resume(last_event_id))


async def test_a_redirect_loop_is_a_refusal_at_each_turn(serve: Serve) -> None:
    served = await serve()
    async with httpx.AsyncClient(follow_redirects=True, max_redirects=5, trust_env=False, verify=False) as client:
        with pytest.raises(httpx.TooManyRedirects):
            await client.post(served.url, json={"message": "x", "scenario": "redirect-loop"})
    turns = (await served.health())["turns"]
    assert (turns["started"], turns["refused"]) == (6, 6)
    answer = await served.ask("x", "redirect-loop")
    assert json.loads(answer.body or "null") is None
