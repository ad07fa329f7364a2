"""Events a CPU second: our decoder beside httpx-sse's, on the same bytes, in turns.

`python -m tests.benchmarks.decoder` prints a table and exits 1 when the median ratio of any row is under GOAL.
httpx-sse is measured at its best: its own synchronous code alone, without httpx, a connection or a coroutine around it.
"""

from __future__ import annotations

import codecs
import gc
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

import httpx
from httpx_sse import EventSource

from dashboard.wire.sse import SseDecoder

GOAL = 1.3
EVENTS = 8_000
ROUNDS = 9
READS = (16 * 1024, 200)
Pairs = list[tuple[str, str]]
Decode = Callable[[list[bytes]], list[Any]]


def chunk_event(i: int) -> str:
    """What an OpenAI-compatible server sends for a token: about 200 bytes."""
    choice = {"index": 0, "delta": {"content": f" word{i % 97}"}, "logprobs": None, "finish_reason": None}
    head = {"id": "chatcmpl-5a965baa-ecb3-4005", "object": "chat.completion.chunk", "created": 1_795_358_209}
    return json.dumps({**head, "model": "smollm2", "choices": [choice]})


def streams() -> Iterator[tuple[str, bytes, Pairs]]:
    """(name, bytes, the (event, data) pairs in them): a benchmark that decodes wrongly must not count."""
    datas = [chunk_event(i) for i in range(EVENTS)]
    pairs = [("message", data) for data in datas]
    plain = "".join(f"data: {data}\n\n" for data in datas)
    yield "data only", plain.encode(), pairs
    yield "data only, CRLF", plain.replace("\n", "\r\n").encode(), pairs
    yield "id and data", "".join(f"id: {i}\ndata: {data}\n\n" for i, data in enumerate(datas)).encode(), pairs
    named = "".join(f"event: chunk\nid: {i}\ndata: {data}\n\n" for i, data in enumerate(datas))
    yield "event, id and data, CRLF", named.replace("\n", "\r\n").encode(), [("chunk", data) for data in datas]


def ours(reads: list[bytes]) -> list[Any]:
    decoder = SseDecoder()
    return [frame for read in reads for frame in decoder.feed(read)]


class Replayed:
    """What httpx-sse needs of a response: its type, and its text as httpx decodes it."""

    headers: Mapping[str, str] = {"content-type": "text/event-stream"}

    def __init__(self, reads: list[bytes]) -> None:
        self._reads = reads

    def iter_text(self) -> Iterator[str]:
        return map(codecs.getincrementaldecoder("utf-8")("replace").decode, self._reads)


def theirs(reads: list[bytes]) -> list[Any]:
    return list(EventSource(cast("httpx.Response", Replayed(reads))).iter_sse())


def cpu_seconds(decode: Decode, reads: list[bytes], expected: Pairs) -> float:
    gc.collect()
    gc.disable()
    try:
        begun = time.process_time()
        found = decode(reads)
        took = time.process_time() - begun
    finally:
        gc.enable()
    if [(event.event, event.data) for event in found] != expected:
        raise SystemExit(f"{decode.__name__} decoded other events than were sent")
    return took


def measure(stream: bytes, size: int, expected: Pairs) -> tuple[float, float, float]:
    """Events a CPU second of ours and theirs (medians), and the median of the rounds' ratios."""
    reads = [stream[at : at + size] for at in range(0, len(stream), size)]
    rounds = [(cpu_seconds(ours, reads, expected), cpu_seconds(theirs, reads, expected)) for _ in range(ROUNDS)]
    mine, others = (EVENTS / statistics.median(column) for column in zip(*rounds, strict=True))
    return mine, others, statistics.median(other / own for own, other in rounds)


def main() -> int:
    print(f"{EVENTS:,} events a stream, {ROUNDS} rounds in turns, medians; goal: ratio >= {GOAL}")
    print(f"{'stream':26} {'read':>8} {'streamgauge':>13} {'httpx-sse':>13} {'ratio':>6}   (events a CPU second)")
    worst = float("inf")
    for name, stream, pairs in streams():
        for size in READS:
            mine, others, ratio = measure(stream, size, pairs)
            worst = min(worst, ratio)
            print(f"{name:26} {size:>6} B {mine:>13,.0f} {others:>13,.0f} {ratio:>6.2f}")
    print(f"worst ratio {worst:.2f}: {'goal met' if worst >= GOAL else 'GOAL MISSED'}")
    return 0 if worst >= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
