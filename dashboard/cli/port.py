"""Ports: whether one is free, told before anything starts."""

from __future__ import annotations

import socket
import sys


class PortTaken(Exception):  # noqa: N818  # an answer to a person
    """One sentence that names the flag to change."""


def free_port(address: str, port: int, flag: str) -> int:
    """`port` when it can be listened on at `address`; any free one for 0. Errors: PortTaken."""
    try:
        family, _, _, _, where = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except (OSError, UnicodeError):
        raise PortTaken(f"--address: expected an address of this machine, got {address!r}") from None
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        if sys.platform == "win32":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server does: TIME_WAIT is no hindrance
        try:
            probe.bind(where)
            probe.listen(1)
        except PermissionError:
            raise PortTaken(f"{flag}: expected a port that you may use, got {port}, which needs more rights") from None
        except OSError as error:
            raise PortTaken(
                f"{flag}: expected a free port at {address}, got {port}: {error.strerror}; name another"
            ) from None
        return int(probe.getsockname()[1])
