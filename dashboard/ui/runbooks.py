"""The runbooks that come along, as one page: each section has the anchor that its alert links to."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path

from dashboard.ui.markdown import render
from dashboard.ui.theme import MARKS

_PACKAGE = Path(__file__).parents[1]
_LINK = re.compile(r"\[([^\]]*)\]\((?!#|https?:)[^)]*\)")
"""A link to a file of the repository, which is not served."""
_STYLE = f"""
:root {{ color-scheme: light dark; }}
body {{ font: 15px/1.6 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }}
h2 {{ font-size: 1.2rem; margin: 2.2rem 0 .4rem; }}
section:target {{ outline: 3px solid {MARKS["warn"]}; outline-offset: .6rem; border-radius: 4px; }}
code {{ background: color-mix(in srgb, currentColor 9%, transparent); padding: .1em .3em; border-radius: 4px; overflow-wrap: anywhere; }}
"""


def text() -> str:
    """docs/runbooks.md: inside an installed package, else of the repository. Errors: OSError."""
    inside = _PACKAGE / "docs" / "runbooks.md"
    return (inside if inside.is_file() else _PACKAGE.parent / "docs" / "runbooks.md").read_text("utf-8")


def page(markdown: str) -> str:
    """The whole HTML document."""
    head, *sections = re.split(r"^## ", _LINK.sub(r"\1", markdown), flags=re.MULTILINE)
    body = [render(head)]
    for section in sections:
        name, _, rest = section.partition("\n")
        body.append(f'<section id="{escape(_anchor(name))}"><h2>{escape(name)}</h2>{render(rest)}</section>')
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Runbooks</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head><body>{"".join(body)}</body></html>'
    )


def _anchor(name: str) -> str:
    return name.strip().lower().replace(" ", "-")
