"""Budgets of size: a file of at most 300 lines, a function of at most 45, half of them of at most 8."""

from __future__ import annotations

from pathlib import Path
from statistics import median

import pytest

from tests.architecture.tree import functions, name_of, sources

FILE_LINES = 300
FUNCTION_LINES = 45
MEDIAN_LINES = 8


@pytest.mark.parametrize("path", sources(), ids=name_of)
def test_file_is_short(path: Path) -> None:
    lines = path.read_text("utf-8").count("\n")
    assert lines <= FILE_LINES


@pytest.mark.parametrize("path", sources(), ids=name_of)
def test_functions_are_short(path: Path) -> None:
    long = {name: lines for name, lines in functions(path) if lines > FUNCTION_LINES}
    assert not long


def test_most_functions_are_very_short(record_property: pytest.RecordProperty) -> None:
    lengths = [lines for path in sources() for _, lines in functions(path)]
    record_property("function_lines_median", median(lengths))
    assert median(lengths) <= MEDIAN_LINES, f"{len(lengths)} functions, median {median(lengths)} lines"
