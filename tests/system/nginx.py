"""A real nginx before a back end, with a configuration of the test's own: nothing of the machine's is touched."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ports import free_port
from tests.system.processes import Program, program

PLACES = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"))
GET_IT = "needs nginx (Debian: apt-get install nginx-light, macOS: brew install nginx)"


def binary() -> str:
    """Where nginx is; a test that needs it is skipped without."""
    return shutil.which("nginx", path=PLACES) or pytest.skip(GET_IT)


@contextlib.contextmanager
def nginx(upstream: str, location: str = "", server: str = "") -> Iterator[str]:
    """nginx on a free port before `upstream` (http://host:port); gives its address. Directives go where they are named."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        temp = "\n".join(
            f"{kind}_temp_path {home}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        (home / "nginx.conf").write_text(
            f"""
            daemon off; worker_processes 1; pid {home}/pid; error_log stderr warn;
            events {{ worker_connections 64; }}
            http {{
              access_log off; {temp}
              server {{
                listen 127.0.0.1:{port}; {server}
                location / {{ proxy_pass {upstream}; proxy_read_timeout 60s; {location} }}
              }}
            }}
            """
        )
        with program(binary(), "-p", folder, "-c", f"{home}/nginx.conf", "-e", "stderr") as running:
            listening(running, port)
            yield f"http://127.0.0.1:{port}"


def listening(running: Program, port: int, seconds: float = 60) -> None:
    """Waits until somebody listens at the port; fails with what `running` said when it ended or took too long."""
    until = time.monotonic() + seconds
    while not _listens(port):
        assert running.returncode is None, running.output
        assert time.monotonic() < until, running.output
        time.sleep(0.05)


def _listens(port: int) -> bool:
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0
