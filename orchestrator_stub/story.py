"""A story that goes on for minutes, written by dice: the same seed tells the same story."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator_stub.dice import Dice

SENTENCES = 300

_WHO = (
    "the gauge keeper", "an old ferryman", "a heron", "the miller's daughter", "a tired surveyor", "the night watch",
    "a boy with a paper boat", "the bridge builder", "a stranger from the hills", "the lock keeper's dog",
)  # fmt: skip
_DID = (
    "counted the waves", "followed the current", "marked the water on the post", "waited for the rain",
    "heard the weir in the distance", "crossed the ford", "lit a lantern", "read the numbers aloud",
    "threw a pebble into the stream", "wrote the level into the book", "listened to the reeds",
)  # fmt: skip
_WHERE = (
    "below the mill", "by the third arch of the bridge", "where two streams meet", "under the alders",
    "at the bend of the river", "on the gravel bank", "beside the sluice", "in the long shadow of the hill",
)  # fmt: skip
_WHEN = (
    "At dawn", "Before the storm", "Late that night", "On the ninth day", "When the mist rose", "After the flood",
    "At noon", "Once the ice had gone", "That same evening", "A week later",
)  # fmt: skip
_AND = (
    "and nobody said a word", "and the water kept its own time", "while the swallows hunted above the foam",
    "and the river answered in its usual voice", "but the level did not move", "and the level rose by a hand",
    "as if the stream had been waiting for it", "and that was written down as well",
)  # fmt: skip


def sentences(seed: int) -> Iterator[str]:
    """SENTENCES sentences in paragraphs of four to seven; joined they are the story."""
    dice = Dice(seed)
    left = 0
    for number in range(SENTENCES):
        if left == 0:
            left = 4 + dice.roll() % 4
            lead = "\n\n" if number else ""
        else:
            lead = " "
        left -= 1
        who, did, where = dice.pick(_WHO), dice.pick(_DID), dice.pick(_WHERE)
        yield f"{lead}{dice.pick(_WHEN)} {who} {did} {where}, {dice.pick(_AND)}."
