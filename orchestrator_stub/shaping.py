"""How a script's messages become writes: heartbeats while idle, small slices, a proxy's buffer. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from orchestrator_stub.instructions import Cut, Hang, Head, Instruction, Outcome, Reshape, Send, Wait

HEARTBEAT = Send(b": heartbeat\n\n")


def with_heartbeats(instructions: Iterator[Instruction], every_s: float) -> Iterator[Instruction]:
    """A comment every `every_s` seconds of a longer wait; 0 sends none."""
    for instruction in instructions:
        if isinstance(instruction, Wait) and every_s:
            left = instruction.s
            while left > every_s:
                yield Wait(every_s)
                yield HEARTBEAT
                left -= every_s
            yield Wait(left)
        else:
            yield instruction


def as_one(instructions: Iterator[Instruction]) -> Iterator[Instruction]:
    """For a response that is no stream: its head waits for its body, and a failure has a status of its own."""
    head: Head | None = None
    for instruction in instructions:
        match instruction:
            case Head():
                head = instruction
            case Send() if instruction == HEARTBEAT:
                pass
            case Send() | Cut() if head:
                failed = isinstance(instruction, Send) and instruction.outcome == "failed"
                yield replace(head, status=500) if failed else head
                yield instruction
                head = None
            case _:
                yield instruction
    if head:
        yield head


def shaped(instructions: Iterator[Instruction]) -> Iterator[Instruction]:
    """Without Reshape instructions: those are obeyed."""
    shape = Reshape()
    held: list[Send] = []
    for instruction in instructions:
        match instruction:
            case Reshape():
                yield from _merged(held)
                shape = instruction
            case Send() if shape.hold_bytes:
                held.append(instruction)
                if sum(len(send.data) for send in held) >= shape.hold_bytes:
                    yield from _merged(held)
            case Send() if shape.slice_bytes:
                yield from _sliced(instruction, shape)
            case Hang():
                yield instruction
                return
            case Cut():
                yield from _merged(held)
                yield instruction
            case _:
                yield instruction
    yield from _merged(held)


def _merged(held: list[Send]) -> Iterator[Send]:
    """All that was held, as one write; empties `held`."""
    if held:
        outcome: Outcome = next((send.outcome for send in reversed(held) if send.outcome), "")
        sends = tuple(held)
        held.clear()
        yield Send(b"".join(send.data for send in sends), tuple(e for send in sends for e in send.events), outcome)


def _sliced(send: Send, shape: Reshape) -> Iterator[Send | Wait]:
    start = 0
    while start < len(send.data):
        end = _end(send.data, start + shape.slice_bytes, shape.through)
        last = end == len(send.data)
        yield Send(send.data[start:end], send.events if start == 0 else (), send.outcome if last else "")
        if not last:
            yield Wait(shape.gap_s)
        start = end


def _end(data: bytes, end: int, through: bool) -> int:
    """`end`, moved to the next start of a UTF-8 character (bytes 10xxxxxx go on with one) unless `through`."""
    while not through and end < len(data) and data[end] & 0xC0 == 0x80:
        end += 1
    return min(end, len(data))
