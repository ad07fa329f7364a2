"""What must not be in the tree: notes for later, addresses of package registries, paths of one machine."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT, name_of, text_files

FILES = list(text_files())
# Written in pieces, so that this file does not find itself.
LATER = re.compile(r"\b(?:TO" "DO|FIX" "ME|XX" r"X|HA" r"CK)\b")
REGISTRY = re.compile(r"https?://[a-z.-]*(?:py" "pi|python" "hosted|npm" "js|deb" r"ian)[a-z.]*(?:/|\b)")
MACHINE = re.compile(r"(?<![\w.$}~])/(?:wo" r"rk|ro" r"ot|ho" r"me/\w+|Us" r"ers/\w+)/")
PINNED = re.compile(r"[a-z0-9][a-z0-9-]*==(?:[0-9]+!)?[0-9][0-9a-z.]*(?: ; .+)?")


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_file_is_clean(path: Path) -> None:
    text = path.read_text("utf-8")
    found = [match[0] for pattern in (LATER, REGISTRY, MACHINE) for match in pattern.finditer(text)]
    assert not found


COLOUR = re.compile(r"#(?:[0-9A-Fa-f]{8}|[0-9A-Fa-f]{6}|[0-9A-Fa-f]{3,4})\b|\b(?:rgba?|hsla?|oklch)\(")
LOOKS = [path for path in sorted((ROOT / "dashboard" / "ui").iterdir()) if path.name not in ("theme.py", "tokens.css")]


@pytest.mark.parametrize("path", [path for path in LOOKS if path.suffix in (".css", ".js", ".py")], ids=name_of)
def test_colours_stand_among_the_tokens(path: Path) -> None:
    """theme.py for what Python draws, tokens.css for what the style sheets do."""
    assert COLOUR.findall(path.read_text("utf-8")) == []


def test_constraints_are_names_and_versions() -> None:
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    assert [line for line in lines if not PINNED.fullmatch(line)] == []
    assert len(lines) > 50


def test_every_dependency_is_pinned() -> None:
    """Each requirement in pyproject.toml has its version in constraints.txt."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    declared = [
        *project["dependencies"],
        *(need for extra in project["optional-dependencies"].values() for need in extra),
    ]
    names = {re.split(r"[^A-Za-z0-9-]", need)[0].lower() for need in declared}
    pinned = {line.split("==")[0] for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines()}
    assert {"panel", "pytest"} <= names
    assert not names - pinned
