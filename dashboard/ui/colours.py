"""Code in colours: Pygments' classes, and its lexers made ready before they are needed."""

from __future__ import annotations

import re
from threading import Lock

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

HIGHLIGHT_CHARS = 20_000
"""A longer code block stays plain: highlighting it would hold the loop for longer than a paint."""

_FENCE = re.compile(r"[ ]{0,3}(?:`{3,}|~{3,})[ \t]*([\w+#.-]{1,40})(?![\w+#.-])[^\n`]*\n")
_formatter = HtmlFormatter(nowrap=True)
_making = Lock()  # Pygments compiles a lexer's rules at its first use, in a way that two threads must not do at once


def _lexer(language: str) -> Lexer | None:
    with _making:
        try:
            return get_lexer_by_name(language, stripnl=False, ensurenl=False)
        except ClassNotFound:
            return None


def colour(code: str, language: str, _attrs: str) -> str:
    """Pygments classes for a fenced block; "" makes markdown-it escape the code itself."""
    if not language or len(code) > HIGHLIGHT_CHARS:
        return ""
    lexer = _lexer(language)
    return "" if lexer is None else highlight(code, lexer, _formatter)


def fenced(text: str) -> str:
    """The language that a fence at the beginning of `text` names; "" where there is none."""
    found = _FENCE.match(text)
    return found[1] if found else ""


def prepare(language: str) -> None:
    """Makes its lexer ready: some 50 ms of CPU at the first use in a process. For a thread, while the block still grows."""
    _lexer(language)
