"""A wheel as `python -m build` makes it (the source distribution first, the wheel from that), unpacked where nothing else is."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

from tests.architecture.tree import PACKAGES, ROOT

SOURCES = ("pyproject.toml", "setup.py", "README.md", "LICENSE")
BUILD = "import setuptools.build_meta as b, sys; print(getattr(b, sys.argv[1])(sys.argv[2]))"


def copy_of_sources(tree: Path) -> Path:
    """What a build may read, in a folder that it may write to."""
    for folder in (*PACKAGES, "deploy"):
        shutil.copytree(ROOT / folder, tree / folder, ignore=shutil.ignore_patterns("__pycache__"))
    (tree / "docs").mkdir()
    shutil.copy(ROOT / "docs" / "runbooks.md", tree / "docs")
    for name in SOURCES:
        shutil.copy(ROOT / name, tree)
    return tree


def built(what: str, tree: Path, into: Path) -> Path:
    """`what` is build_sdist or build_wheel."""
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", BUILD, what, str(into)],
        cwd=tree, capture_output=True, text=True, check=True, timeout=90,
    )  # fmt: skip
    return into / run.stdout.split()[-1]


def unpacked_wheel(folder: Path) -> Path:
    """The wheel's files, for PYTHONPATH."""
    with tarfile.open(built("build_sdist", copy_of_sources(folder / "tree"), folder)) as sources:
        sources.extractall(folder / "sdist", filter="data")
    (tree,) = (folder / "sdist").iterdir()
    installed = folder / "installed"
    with zipfile.ZipFile(built("build_wheel", tree, folder)) as wheel:
        wheel.extractall(installed)
    return installed
