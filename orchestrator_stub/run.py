"""A run: an answer being made, whoever reads it, and the events kept for a reader who comes back.

A run belongs to at most one Link. When the scenario cuts the link, the run goes on for a grace and fills its buffer;
when the reader leaves, the agent is stopped at once. A script is pure, so a stopped run can be woken where it stood.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Protocol

from orchestrator_stub.buffer import Buffer
from orchestrator_stub.config import Settings
from orchestrator_stub.instructions import Cut, Ending, Forget, Hang, Head, Instruction, Send, Wait

log = logging.getLogger(__name__)

OUTCOMES = ("completed", "failed", "cut", "refused", "left")
"""How a turn's script ended, as far as somebody read it: `cut` without an ending event, `left` by its reader."""
PARTS = {"cut": ("midway", "senseless"), "left": ("unanswered", "hung", "talking")}
"""What is known of those: cut after a message of its protocol, or before there was one; left before there was a response
head, while nothing more was to come, or while it went on. Why a reader left (a person, a limit, its patience) only the
reader knows.
"""


STREAMS = ("text/event-stream", "text/plain")
"""Media types of what counts as a stream."""


class GoneError(ConnectionError):
    """The reader has left."""


class Link(Protocol):
    """A connection that a run writes to."""

    async def head(self, head: Head) -> None:
        """Sends status and headers. Errors: GoneError."""
        ...

    async def write(self, data: bytes) -> None:
        """Returns when the kernel has it. Errors: GoneError."""
        ...

    def end(self, how: Ending) -> None:
        """Ends the connection; once is enough."""
        ...


class Run:
    """One question's answer. `over`: the script has come to its end."""

    def __init__(self, script: Callable[[str], Iterator[Instruction]], settings: Settings, turns: Counter[str]) -> None:
        self.id = secrets.token_hex(8)
        self.over = False
        self.idle_since: float | None = None
        self._script = script
        self._settings = settings
        self._turns = turns
        self._position = 0
        self._head = Head(200, {})
        self._buffer = Buffer(settings.kept_events, settings.kept_bytes)
        self._link: Link | None = None
        self._task: asyncio.Task[None] | None = None
        self._grace: asyncio.TimerHandle | None = None
        self._due = 0.0
        self._forgotten = False
        self._outcome = ""
        self._counted = ""
        self._headed = self._sensible = self._hangs = False

    @property
    def linked(self) -> bool:
        return self._link is not None

    @property
    def working(self) -> bool:
        """An agent is at work for it."""
        return self._task is not None

    @property
    def kept(self) -> tuple[int, int]:
        """Events and bytes in the buffer."""
        return self._buffer.size

    def attach(self, link: Link) -> None:
        """The run writes to `link` from now on, and to no other."""
        if self._grace:
            self._grace.cancel()
        if self._link:
            self._link.end("close")
        self._link, self._grace, self.idle_since = link, None, None
        if self.over:
            self._detach("close")
        elif not self._task:
            self._task = asyncio.create_task(self._work(), name=f"run {self.id}")
            self._task.add_done_callback(self._rest)

    async def resume(self, link: Link, place: int) -> None:
        """Sends what came behind `place`, then goes on live. Errors: GoneError."""
        await link.head(self._head)
        while missing := self._buffer.since(place):
            place += len(missing)
            await link.write(b"".join(event.data for event in missing))
        if self._outcome:
            self._count(self._outcome)
        self.attach(link)

    def place(self, seq: int) -> int | None:
        """Where a reader goes on who has seen event `seq`; None where there is nothing (more) to send."""
        place = None if self._forgotten else self._buffer.place(seq)
        return None if self.over and place == self._buffer.end else place

    def leave(self, link: Link) -> None:
        """The reader of `link` has gone by itself: nobody is to work for it."""
        if link is self._link:
            self._link = None
            self._count("left")
            self.stop()

    def stop(self) -> None:
        """The agent stops; what is buffered stays, and a resume wakes it."""
        self.idle_since = asyncio.get_running_loop().time()
        if self._task:
            self._task.cancel()
            self._task = None

    def drop(self) -> None:
        """Stops it and ends its connection, without the body's end."""
        self.stop()
        if self._link:
            self._detach("truncate")
        if self._grace:
            self._grace.cancel()

    def _rest(self, task: asyncio.Task[None]) -> None:
        if task is self._task:
            self._task = None
        if not task.cancelled() and (error := task.exception()):
            self.over = True
            self._detach("truncate")
            log.error("run %s failed", self.id, exc_info=error)

    async def _work(self) -> None:
        instructions = self._script(self.id)
        self._due = asyncio.get_running_loop().time()
        try:
            for instruction in islice(instructions, self._position, None):
                self._position += 1
                await self._obey(instruction)
        except GoneError:
            self._link = None
            self._count("left")
            self.idle_since = asyncio.get_running_loop().time()
            return
        finally:
            instructions.close()  # type: ignore[attr-defined]  # scripts are generators: this stops the agent
        self.over = True
        self._detach("close")

    async def _obey(self, instruction: Instruction) -> None:
        match instruction:
            case Send():
                await self._send(instruction)
            case Wait(s):
                await self._sleep(s / self._settings.speed)
            case Head():
                self._head, self._headed = instruction, True
                if self._link:
                    await self._link.head(instruction)
            case Hang():
                self._hangs = True
                await asyncio.get_running_loop().create_future()
            case Forget():
                self._forgotten = True
            case Cut(how):
                self._detach(how)

    async def _send(self, send: Send) -> None:
        for event in send.events:
            self._buffer.add(event)
        self._sensible = self._sensible or bool(send.events)
        self._outcome = send.outcome or self._outcome
        if self._link:
            await self._link.write(send.data)
            if self._outcome:
                self._count(self._outcome)

    async def _sleep(self, s: float) -> None:
        """Until `s` after the last wait was due, so that pauses don't drift; forgets a debt over half a second."""
        now = asyncio.get_running_loop().time()
        self._due = max(self._due, now - 0.5) + s
        await asyncio.sleep(max(0.0, self._due - now))

    def _detach(self, how: Ending) -> None:
        if not self._link:
            return
        if not self._counted:
            self._count("refused" if self._refused else "cut")
        self._link.end(how)
        self._link = None
        loop = asyncio.get_running_loop()
        self.idle_since = loop.time()
        if not self.over:
            self._grace = loop.call_later(self._settings.grace_s, self.stop)

    @property
    def _refused(self) -> bool:
        """The response was no stream."""
        media_type = self._head.headers.get("Content-Type", STREAMS[0]).partition(";")[0]
        return self._head.status != 200 or media_type not in STREAMS

    def _count(self, outcome: str) -> None:
        """A turn counts once; an ending that is heard after all replaces how it looked before."""
        before, _, _ = self._counted.partition(" ")
        if before in ("completed", "failed") or outcome == before:
            return
        if before:
            self._turns[before] -= 1
            self._turns[self._counted] -= " " in self._counted
        self._counted = f"{outcome} {self._part(outcome)}".rstrip()
        self._turns[outcome] += 1
        self._turns[self._counted] += " " in self._counted

    def _part(self, outcome: str) -> str:
        """Which of PARTS it is; "" where there are none."""
        if outcome == "cut":
            return "midway" if self._sensible else "senseless"
        if outcome == "left":
            return "unanswered" if not self._headed else "hung" if self._hangs else "talking"
        return ""
