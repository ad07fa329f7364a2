from __future__ import annotations

import pytest
from pygments.lexers import get_lexer_by_name

from dashboard.ui.colours import colour, fenced, prepare
from dashboard.ui.markdown import Blocks


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("```python\n", "python"),
        ("~~~ c++ linenos\nint", "c++"),
        ("   ````objective-c\n", "objective-c"),
        ("```python", ""),
        ("```\ncode\n", ""),
        ("    ```python\n", ""),
        ("text\n```python\n", ""),
        ("```" + "x" * 41 + "\n", ""),
    ],
)
def test_the_language_of_a_fence(text: str, language: str) -> None:
    assert fenced(text) == language


def test_an_open_block_of_code_tells_its_language_until_it_is_closed() -> None:
    blocks = Blocks()
    told = []
    for piece in ("Look:\n\n", "```py", "thon\n", "x = 1\n", "```\n", "\nThat was it.\n", "And"):
        blocks.grow(piece)
        told.append(blocks.language)
    assert told == ["", "", "python", "python", "python", "", ""]


def test_a_prepared_lexer_is_ready() -> None:
    prepare("no such language")
    prepare("dylan")
    assert "_tokens" in vars(type(get_lexer_by_name("dylan")))
    assert '<span class="k' in colour("define method f () end", "dylan", "")
    assert colour("x", "no such language", "") == ""
