"""The far end of the streams benchmark, a process of its own: `python -m tests.benchmarks._generator`.

Prints its port. A request of `/N/…` gets N small events, any other EVENTS, 50 a second, one a write and a chunk of HTTP
each, then the good end. The streams' phases are spread over the period, as independent servers' are. On stdin's end it
prints how late it was (the worst quarter of a percent, ms): a measurement against a generator that cannot keep up is none.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

import uvloop

PER_S = 50
SLOTS = 20
"""The period of 20 ms is cut into so many; each has its streams."""
EVENTS = 600
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


def text_of(number: int) -> str:
    return f" word{number % 97}"


def text_until(events: int) -> str:
    return "".join(text_of(number) for number in range(events))


def event(number: int) -> bytes:
    """About 150 bytes, as the native dialect has them."""
    parts = [{"kind": "text", "text": text_of(number)}]
    body = {"event": "response_chunk", "response_data": {"raw_response": {"parts": parts}}, "protocol": "a2a"}
    return framed(f"id: r.{number + 1}\ndata: {json.dumps(body)}\n\n".encode())


def framed(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


class Stream(asyncio.Protocol):
    """One connection; `ticks` holds those of each slot."""

    ticks: tuple[set[Stream], ...] = tuple(set() for _ in range(SLOTS))
    count = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]  # a TCP one
        self.next = self.events = 0
        self.slot = Stream.ticks[Stream.count % SLOTS]
        Stream.count += 1
        self.head = b""

    def data_received(self, data: bytes) -> None:
        self.head += data
        if b"\r\n\r\n" in self.head and self not in self.slot and self.next == 0:
            asked = self.head.split(b"/", 2)[1]
            self.events = min(int(asked), EVENTS) if asked.isdigit() else EVENTS
            self.transport.write(HEAD)
            self.slot.add(self)

    def tick(self) -> None:
        if self.next < self.events:
            self.transport.write(PIECES[self.next])
            self.next += 1
            return
        self.transport.write(LAST)
        self.transport.close()
        self.slot.discard(self)

    def connection_lost(self, exc: Exception | None) -> None:  # asyncio's signature
        self.slot.discard(self)


PIECES = [event(number) for number in range(EVENTS)]
LAST = framed(f'id: r.{EVENTS + 1}\ndata: {{"event": "completed"}}\n\n'.encode()) + b"0\r\n\r\n"


async def beat(late_ms: list[float]) -> None:
    """Every slot in its turn, on time or as soon as can be."""
    due, slot = time.monotonic(), 0
    while True:
        due += 1 / PER_S / SLOTS
        now = time.monotonic()
        if due > now:
            await asyncio.sleep(due - now)
        late_ms.append((time.monotonic() - due) * 1e3)
        for stream in list(Stream.ticks[slot]):
            stream.tick()
        slot = (slot + 1) % SLOTS


async def main() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Stream, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    late_ms: list[float] = []
    task = loop.create_task(beat(late_ms))
    await loop.run_in_executor(None, sys.stdin.read)
    task.cancel()
    print(f"{sorted(late_ms)[int(len(late_ms) * 0.9975)]:.1f}", flush=True)


if __name__ == "__main__":
    uvloop.run(main())
