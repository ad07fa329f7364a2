"""Reads that are told as they come: each with its own time, none lost, and not one wake-up for each."""

from __future__ import annotations

import asyncio
import time

import pytest

from dashboard.backend.reads import AHEAD_BYTES, GATHER_BYTES, GATHER_S, Reads
from dashboard.backend.seam import Broken
from dashboard.turn.verdict import Fault

FOREVER = float("inf")


class Script:
    """A Source; the test says what comes."""

    def __init__(self) -> None:
        self.paused = False

    def begin(self, reads: Reads) -> None:
        """Nothing has come yet."""

    def pause(self) -> None:
        self.paused = True

    def resume(self) -> None:
        self.paused = False

    async def stop(self) -> None:
        """Nothing to let go of."""


class Flow:
    """A Reads that flows, and what was told of it: times and bytes."""

    def __init__(self, deadline: float = FOREVER) -> None:
        self.source = Script()
        self.reads = Reads(self.source)
        self.told: list[tuple[float, bytes]] = []
        self.deadline: float | None = deadline
        self.start = time.monotonic() + 1  # never before what is told first
        self.task = asyncio.create_task(self.reads.flow(self.take, deadline))

    def take(self, at: float, data: bytes) -> float | None:
        self.told.append((round(at - self.start, 6), data))
        return self.deadline

    def comes(self, at: float, data: bytes) -> None:
        self.reads.received(data, self.start + at)

    async def begun(self) -> None:
        """The first read is told at once, and what follows is gathered."""
        await asyncio.sleep(0)
        self.comes(-1, b"first")
        await until(lambda: bool(self.told))
        self.told.clear()


async def until(happened: object) -> None:
    async with asyncio.timeout(30):
        while not happened():  # type: ignore[operator]  # noqa: ASYNC110
            await asyncio.sleep(0.001)


async def test_reads_in_quick_succession_wake_nobody_and_are_told_together_each_with_its_time() -> None:
    flow = Flow()
    await flow.begun()
    flow.reads._rest_until = flow.start + 3600
    for n in range(5):
        flow.comes(n / 1000, b"%d" % n)
        await asyncio.sleep(0)
    assert flow.told == []
    flow.reads.tell()
    assert flow.told == [(n / 1000, b"%d" % n) for n in range(5)]
    flow.task.cancel()


async def test_what_is_gathered_is_told_in_a_moment() -> None:
    flow = Flow()
    await flow.begun()
    flow.reads._rest_until = flow.start + GATHER_S
    flow.comes(0, b"a")
    await until(lambda: flow.told)
    assert flow.told == [(0, b"a")]
    flow.task.cancel()


async def test_a_read_after_silence_does_not_wait() -> None:
    flow = Flow()
    await flow.begun()
    flow.comes(1000, b"late")  # by its own time; the clock here has not moved
    for _ in range(3):
        await asyncio.sleep(0)
    assert flow.told == [(1000, b"late")]
    flow.task.cancel()


async def test_who_is_about_to_look_does_not_wait() -> None:
    flow = Flow()
    await flow.begun()
    flow.comes(0, b"a")
    flow.reads.tell()
    assert flow.told == [(0, b"a")]
    flow.reads.tell()
    assert flow.told == [(0, b"a")]
    flow.task.cancel()


async def test_who_looked_in_vain_is_told_the_next_read_at_once() -> None:
    flow = Flow()
    await flow.begun()
    flow.reads._rest_until = flow.start + 3600
    flow.reads.tell()
    flow.comes(0, b"a")
    for _ in range(3):
        await asyncio.sleep(0)
    assert flow.told == [(0, b"a")]
    flow.task.cancel()


async def test_what_came_in_one_wake_up_is_one_read() -> None:
    flow = Flow()
    await flow.begun()
    for piece in (b"a", b"b", b"c"):
        flow.comes(0, piece)
    flow.comes(0.001, b"d")
    flow.reads.tell()
    assert flow.told == [(0, b"abc"), (0.001, b"d")]
    flow.task.cancel()


async def test_much_is_told_at_once_and_in_portions() -> None:
    flow = Flow()
    await flow.begun()
    flow.comes(0, b"x" * (GATHER_BYTES + 1))
    for _ in range(3):
        await asyncio.sleep(0)
    assert len(flow.told) == 1
    body = bytes(range(256)) * 1024
    flow.comes(0.001, body)
    assert flow.source.paused, "TCP pushes back"
    await until(lambda: sum(len(data) for _, data in flow.told) == GATHER_BYTES + 1 + len(body))
    assert b"".join(data for _, data in flow.told[1:]) == body
    assert max(len(data) for _, data in flow.told) <= AHEAD_BYTES
    assert not flow.source.paused
    flow.task.cancel()


@pytest.mark.parametrize("broken", [None, Broken(Fault.CUT, "cut")], ids=["FIN", "cut"])
async def test_all_that_came_is_told_before_the_end(broken: Broken | None) -> None:
    flow = Flow()
    await flow.begun()
    flow.comes(0, b"last words")
    flow.reads.ended(broken)
    await asyncio.wait_for(flow.task, 30)
    assert flow.told == [(0, b"last words")]
    if broken is None:
        end = await flow.reads.read(FOREVER)
        assert end is not None
        assert end.data == b""
    else:
        with pytest.raises(Broken, match="cut"):
            await flow.reads.read(FOREVER)


async def test_what_came_before_a_deadline_puts_it_off() -> None:
    flow = Flow()
    await flow.begun()
    flow.reads._rest_until = flow.start + 3600
    flow.comes(0, b"in time")
    flow.reads._deadline = 0.0
    flow.reads._ring()
    assert flow.told == [(0, b"in time")]
    await asyncio.sleep(0)
    assert not flow.task.done(), "silence was told although something came"
    flow.task.cancel()


async def test_it_returns_at_the_deadline() -> None:
    flow = Flow(time.monotonic() + 0.01)
    await asyncio.wait_for(flow.task, 30)
    assert flow.told == []
    assert await flow.reads.read(0) is None


async def test_it_returns_when_no_more_is_wanted_and_the_rest_is_unread() -> None:
    flow = Flow()
    await flow.begun()
    flow.deadline = None
    flow.comes(0, b"wanted")
    flow.comes(0.001, b"unwanted")
    await asyncio.wait_for(flow.task, 30)
    assert flow.told == [(0, b"wanted")]
    assert await flow.reads.stop() == len(b"unwanted")


async def test_cancelled_it_tells_what_had_come() -> None:
    flow = Flow()
    await flow.begun()
    flow.comes(0, b"heard")
    flow.task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await flow.task
    assert flow.told == [(0, b"heard")]
    flow.reads.tell()
    flow.comes(0.001, b"too late")
    await asyncio.sleep(2 * GATHER_S)
    assert flow.told == [(0, b"heard")]


@pytest.mark.parametrize("cancelled", [False, True])
async def test_a_mistake_of_who_is_told_is_raised(cancelled: bool) -> None:
    flow = Flow()
    await flow.begun()

    def wrong(at: float, data: bytes) -> float | None:
        raise ValueError(f"{data!r}")

    flow.reads._taker = wrong
    flow.comes(0, b"a")
    if cancelled:
        flow.task.cancel()
    with pytest.raises(ValueError, match="a"):
        await asyncio.wait_for(flow.task, 30)
