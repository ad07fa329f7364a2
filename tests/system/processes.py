"""The real programs, started as a user starts them, on free ports."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path


class Program:
    """A child process whose lines are kept; `stop()` ends it with SIGTERM, and kills what does not end."""

    def __init__(self, *args: str, env: dict[str, str] | None = None, cwd: Path | None = None) -> None:
        self.lines: list[str] = []
        self._process = subprocess.Popen(
            args,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=cwd,
            env={**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONWARNINGS": "default", **(env or {})},
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            self.lines.append(line.rstrip("\n"))

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        return self._process.poll()

    @property
    def output(self) -> str:
        return "\n".join(self.lines)

    def wait_for(self, pattern: str, seconds: float = 60) -> re.Match[str]:
        """The first match of `pattern` in what it printed; raises when none came, or it ended."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if found := re.search(pattern, self.output):
                return found
            if self.returncode is not None:
                self._reader.join(1)
                if found := re.search(pattern, self.output):
                    return found
                break
            time.sleep(0.05)
        raise AssertionError(f"no {pattern!r} in {seconds} s, exit {self.returncode}:\n{self.output}")

    def wait(self, seconds: float = 60) -> int:
        code = self._process.wait(seconds)
        self._reader.join(1)
        return code

    def signal(self, number: int) -> None:
        self._process.send_signal(number)

    def stop(self) -> int:
        if self.returncode is None:
            self._process.terminate()
        try:
            return self.wait()
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self.wait()
        finally:
            assert self._process.stdout
            self._process.stdout.close()


@contextlib.contextmanager
def program(*args: str, env: dict[str, str] | None = None, cwd: Path | None = None) -> Iterator[Program]:
    started = Program(*args, env=env, cwd=cwd)
    try:
        yield started
    finally:
        started.stop()


@contextlib.contextmanager
def stub(*args: str) -> Iterator[str]:
    """The stub as a process; gives the address of its stream."""
    with program(sys.executable, "-m", "orchestrator_stub", "--port", "0", *args) as running:
        yield running.wait_for(r"stub: (http://\S+)")[1]
