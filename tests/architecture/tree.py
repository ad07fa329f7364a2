"""The repository as its own tests see it: files, sources, tables in the documents."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("dashboard", "orchestrator_stub")
_FOLDERS = (*PACKAGES, "deploy", "tests", "docs", ".ci")
_GENERATED = {"__pycache__", ".hypothesis"}
TEXT = {".py", ".md", ".js", ".css", ".yaml", ".yml", ".toml", ".txt", ".html", ".sh", ""}


def sources() -> list[Path]:
    """Every Python file of the two packages."""
    return sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def text_files() -> Iterator[Path]:
    """Every text file that people write: code, documents, settings; no recorded data."""
    yield from (
        path for path in sorted(ROOT.iterdir()) if path.is_file() and path.suffix in TEXT and path.name[0] != "."
    )
    for folder in _FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and path.suffix in TEXT and not _GENERATED & set(path.parts):
                yield path


def name_of(path: Path) -> str:
    """The path as it is said in messages and test names."""
    return path.relative_to(ROOT).as_posix()


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Name and number of lines, signature to last line, of each function in a file."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"), str(path))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


def documents() -> list[Path]:
    """README and what docs/ holds."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def rows(header: str, files: list[Path] | None = None) -> list[list[str]]:
    """The rows of every table whose first column is headed `header`, as stripped cells."""
    found: list[list[str]] = []
    for path in files or documents():
        inside = False
        for line in path.read_text("utf-8").splitlines():
            cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]
            if not line.startswith("|"):
                inside = False
            elif inside:
                found.append(cells)
            else:
                inside = cells[0] == header
    return [cells for cells in found if not set(cells[0]) <= set(":- ")]


def named(header: str, files: list[Path] | None = None) -> set[str]:
    """What stands in `backticks` in the first column of those tables."""
    return {name for cells in rows(header, files) for name in re.findall(r"`([^`]+)`", cells[0])}
