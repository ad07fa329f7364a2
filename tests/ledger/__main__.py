"""`python -m tests.ledger --seed S`: every class of fault, compared chunk by chunk; exit 1 when anything is wrong."""

from __future__ import annotations

import argparse
import asyncio
import secrets
import sys

from tests.ledger.run import CLASSES, Result, run_class

TURNS = 200
CLEAN = 2_000


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.ledger", description=__doc__)
    parser.add_argument("--seed", default=secrets.token_hex(4), help="what all chance comes from (default: a new one)")
    parser.add_argument("--turns", type=int, default=TURNS, help="turns a class of fault (default %(default)s)")
    parser.add_argument(
        "--clean", type=int, default=CLEAN, help="turns in all that must complete (default %(default)s)"
    )
    parser.add_argument("--only", default="", help="one class; with --turn, one turn of it")
    parser.add_argument("--turn", type=int)
    return parser.parse_args()


def line(result: Result) -> str:
    ends = ", ".join(f"{end} {count}" for end, count in sorted(result.ends.items()))
    wrong = ", ".join(f"{kind} {count}" for kind, count in sorted(result.wrong.items())) or "-"
    return f"{result.name:36} {result.turns:>6} {result.requests:>7} {result.chunks:>8}  {wrong:20} {ends}  ({result.took_s:.1f} s)"


async def main() -> int:
    given = arguments()
    seed = given.seed or secrets.token_hex(4)
    print(f"seed {seed}; the same again: make ledger SEED={seed}")
    print(f"{'class':36} {'turns':>6} {'requests':>7} {'chunks':>8}  {'wrong':20} ends")
    whole = max(given.turns, -(-given.clean // sum(each.must_complete for each in CLASSES.values())))
    wrong = completed = turns = 0
    for name, each in CLASSES.items():
        if given.only and name != given.only:
            continue
        count = range(each.turns or (whole if each.must_complete else given.turns))
        result = await run_class(each, seed, count if given.turn is None else [given.turn])
        print(line(result), flush=True)
        for sentence in result.sentences[:5]:
            print(f"    {sentence}")
        wrong += len(result.sentences)
        turns += result.turns
        completed += result.turns if each.must_complete else 0
    print(f"{turns:,} turns, {completed:,} of them had to complete: {wrong or 'nothing'} wrong")
    if wrong:
        print(f"one turn again: python -m tests.ledger --seed {seed} --only CLASS --turn N")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
