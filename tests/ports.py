"""Ports for servers that a test starts, and for addresses where nobody listens."""

from __future__ import annotations

import os
import random
import socket
from contextlib import suppress

FIRST, PER_WORKER = 20_000, 1_500
"""Below the ports that systems hand out by themselves (Linux: from 32768), and a range for each worker of pytest-xdist:
so nobody else takes the port between this moment and the one when it is used, or after it was let go."""
_given: set[int] = set()


def free_port() -> int:
    """A port where nobody listens now, another each time."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 8
    first = FIRST + worker * PER_WORKER
    for port in random.sample(range(first, first + PER_WORKER), PER_WORKER):
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            if port not in _given:
                _given.add(port)
                return port
    raise AssertionError(f"no port is free between {first} and {first + PER_WORKER}")
