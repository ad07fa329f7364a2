"""Where Prometheus and promtool are; a test that needs one is skipped without."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT

DEPLOY = ROOT / "deploy"
PLACES = os.pathsep.join((os.environ.get("PATH", ""), str(ROOT / ".tools" / "usr" / "bin")))
GET_IT = "needs {} (Debian: mkdir .tools && cd .tools && apt-get download prometheus && dpkg -x prometheus_*.deb .)"


def binary(name: str) -> str:
    """`prometheus` or `promtool`, from the PATH or from .tools."""
    return shutil.which(name, path=PLACES) or pytest.skip(GET_IT.format(name))


def promtool(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """What promtool said; its exit code tells whether all is well."""
    return subprocess.run(
        [binary("promtool"), *arguments], cwd=cwd, capture_output=True, text=True, timeout=90, check=False
    )
