"""Where Prometheus, Alertmanager and their tools are; a test that needs one is skipped without."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT

DEPLOY = ROOT / "deploy"
NO_ALERTMANAGER = "needs Alertmanager (Debian: as .ci/run unpacks it, or apt-get install prometheus-alertmanager)"
PLACES = os.pathsep.join((os.environ.get("PATH", ""), str(ROOT / ".tools" / "usr" / "bin")))
TEMPLATE = Path("/usr/share/prometheus/alertmanager/default.tmpl")
GET_IT = (
    "needs {} (Debian: mkdir .tools && cd .tools && apt-get download prometheus prometheus-alertmanager && "
    "for package in *.deb; do dpkg -x $package .; done)"
)


def binary(name: str) -> str:
    """A program of these two packages, from the PATH or from .tools."""
    return shutil.which(name, path=PLACES) or pytest.skip(GET_IT.format(name))


def alertmanager() -> str:
    """Where it is, "" for nowhere. Debian's reads its templates from where its package puts them, and from nowhere else."""
    found = shutil.which("alertmanager", path=PLACES) or shutil.which("prometheus-alertmanager", path=PLACES) or ""
    return "" if ROOT in Path(found).parents and not TEMPLATE.exists() else found


def promtool(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """What promtool said; its exit code tells whether all is well."""
    return said("promtool", *arguments, cwd=cwd)


def said(name: str, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """What a tool said; its exit code tells whether all is well."""
    return subprocess.run([binary(name), *arguments], cwd=cwd, capture_output=True, text=True, timeout=90, check=False)
