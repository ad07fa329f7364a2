"""docs/reliability.md: each promise and each fault has its proof, each proof exists, each class of the ledger its row."""

from __future__ import annotations

import ast
import re
from functools import cache

import pytest

from tests.architecture.tree import ROOT, rows
from tests.ledger.run import CLASSES

PAGE = ROOT / "docs" / "reliability.md"
PROMISES, FAULTS = rows("promise", [PAGE]), rows("what happens", [PAGE])
UNPROVED = "not proved yet"


def proofs(row: list[str]) -> list[str]:
    return re.findall(r"`([^`]+)`", row[-1])


@cache
def defined(path: str) -> set[str]:
    """Names of the functions and classes of a test file."""
    tree = ast.parse((ROOT / "tests" / path).read_text("utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)}


@pytest.mark.parametrize("row", [*PROMISES, *FAULTS], ids=lambda row: row[0][:50])
def test_each_has_proofs_and_they_exist(row: list[str]) -> None:
    if row[-1] == UNPROVED:
        assert f"- **{row[0]}**" in PAGE.read_text("utf-8").partition("## Not proved yet")[2], "told below, and why"
        return
    assert proofs(row)
    for proof in proofs(row):
        path, _, name = proof.partition("::")
        assert name in defined(path) if name else proof in CLASSES


def test_each_class_of_the_ledger_stands_in_its_row() -> None:
    told = {(proof, row[0]) for row in FAULTS for proof in proofs(row) if "::" not in proof}
    assert told == {(name, each.row) for name, each in CLASSES.items()}


def test_the_page_is_not_empty() -> None:
    assert len(PROMISES) >= 7
    assert len(FAULTS) >= 25
