"""`python -m tests.fuzz --seed S`: the properties of every test run, with many more examples; exit 1 when one fails."""

from __future__ import annotations

import argparse
import os
import secrets
import subprocess
import sys

TIMES = 20
FILES = (
    "tests/fuzz", "tests/wire/test_hostile.py", "tests/wire/test_sse_properties.py", "tests/wire/test_redact.py",
    "tests/turn/test_turn_properties.py", "tests/turn/test_numbering.py", "tests/health/test_rolling.py",
    "tests/health/test_turn_gauge.py", "tests/test_cli_printable.py", "tests/ui/test_plain.py", "tests/ui/test_markdown.py",
)  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seed", default="", help="what all chance comes from: a whole number (default: a new one)")
    parser.add_argument("--times", type=int, default=TIMES, help="examples, as a multiple (default %(default)s)")
    parser.add_argument("only", nargs="*", default=FILES, help="files, or tests in them (default: all)")
    given = parser.parse_args()
    seed = given.seed or str(secrets.randbelow(2**32))
    print(f"seed {seed}; the same again: make fuzz SEED={seed}", flush=True)
    command = [sys.executable, "-m", "pytest", "-q", "--timeout=0", f"--hypothesis-seed={seed}", *given.only]
    env = {**os.environ, "STREAMGAUGE_FUZZ": str(given.times), "CI": ""}  # CI's own examples are always the same
    return subprocess.run(command, env=env, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
