"""The import contracts in pyproject.toml, one test each."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.architecture.tree import PACKAGES, ROOT, name_of, sources

_SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
CONTRACTS = [contract["id"] for contract in _SETTINGS["contracts"]]


@pytest.mark.parametrize("contract", CONTRACTS)
def test_contract_is_kept(contract: str) -> None:
    """In a process of its own: import-linter switches off every logger that it finds."""
    command = ["-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"]
    told = subprocess.run(
        [sys.executable, *command, "--no-logo", "--no-cache", "--contract", contract],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stdout
    assert "1 kept, 0 broken" in told.stdout


@pytest.mark.parametrize("path", sources(), ids=name_of)
def test_imports_are_absolute(path: Path) -> None:
    """`panel serve` runs main.py under another module name: a relative import would load everything twice."""
    relative = [
        node.lineno
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert not relative, f"relative imports in lines {relative}"


@pytest.mark.parametrize("package", PACKAGES)
def test_package_itself_is_a_docstring(package: str) -> None:
    """What stands there would run before every module below it, the pure ones too."""
    (only,) = ast.parse((ROOT / package / "__init__.py").read_text("utf-8")).body
    assert isinstance(only, ast.Expr)
