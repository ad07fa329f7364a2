"""Pure: growing markdown text → safe HTML blocks.

A finished top-level block never changes again, so a page is sent each block once and only the open last block anew.
CommonMark decides line by line which blocks are open, so whatever stands before the last block of the *complete* lines
is final. One rule reaches back in a document, link reference definitions; it is off, which makes the joined blocks
equal to one full rendering. Long lists and tables, slow to render, are blocks in parts (see LONG). HTML in the text is text (`html=False`); what comes out is cleaned once more by an
allow-list (nh3): no images, no styles, links to http, https and mailto only, opened apart.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import msgspec
import nh3
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from dashboard.ui.colours import colour, fenced
from dashboard.ui.plain import visible

_TAGS = "p br hr h1 h2 h3 h4 h5 h6 strong em s del code pre blockquote ul ol li table thead tbody tr th td a span"
TAGS = frozenset(_TAGS.split())
ATTRIBUTES = {
    "a": {"href", "title"},
    "ol": {"start"},
    "li": {"class"},
    "span": {"class"},
    "code": {"class"},
    "th": {"class"},
    "td": {"class"},
}
SCHEMES = frozenset(("http", "https", "mailto"))
NESTING = 20
LONG = 2_000
"""A list or table of more characters goes on in a block of its own after an item or row, so that growing stays cheap."""


def _tasks(state: StateCore) -> None:
    """`[ ]` and `[x]` at the start of a list item become boxes that are read out, not form controls."""
    tokens = state.tokens
    for item, paragraph, inline in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if item.type != "list_item_open" or paragraph.type != "paragraph_open" or not inline.children:
            continue
        first = inline.children[0]
        if first.type == "text" and first.content[:4].lower() in ("[ ] ", "[x] "):
            first.content = ("☐ " if first.content[1] == " " else "☑ ") + first.content[4:]
            item.attrSet("class", "task")


def _aligned(_renderer: Any, tokens: Sequence[Token], i: int, _options: Any, _env: Any) -> str:
    """A cell's alignment as a class: style attributes do not pass the allow-list."""
    side = str(tokens[i].attrs.get("style", "")).removeprefix("text-align:")
    return f'<{tokens[i].tag} class="{side}">' if side in ("left", "right", "center") else f"<{tokens[i].tag}>"


def _image(_renderer: Any, tokens: Sequence[Token], i: int, _options: Any, _env: Any) -> str:
    """An image would call out; its description and address are shown instead."""
    return f'<span class="image">{escapeHtml(f"[image: {tokens[i].content}]")}</span>'


def _parser(colour: Callable[[str, str, str], str] | None) -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "linkify": False, "highlight": colour, "maxNesting": NESTING})
    parser.enable(["table", "strikethrough"]).disable("reference")
    parser.core.ruler.push("tasks", _tasks)
    for name, rule in {"th_open": _aligned, "td_open": _aligned, "image": _image}.items():
        parser.add_render_rule(name, rule)
    return parser


_coloured, _uncoloured, _outline = _parser(colour), _parser(None), _parser(None)
_outline.core.ruler.enableOnly(["normalize", "block"])  # where blocks begin and end, whatever stands in them


def _clean(html: str) -> str:
    return nh3.clean(
        html, tags=set(TAGS), attributes=ATTRIBUTES, url_schemes=set(SCHEMES), link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )  # fmt: skip


def _text(text: str) -> str:
    return visible(text.replace("\r\n", "\n").replace("\r", "\n"))


def render(text: str) -> str:
    """The whole of `text` as safe HTML."""
    blocks = Blocks()
    blocks.grow(text)
    blocks.finish()
    return "".join(blocks.html)


class _Rest(msgspec.Struct, frozen=True):
    """What the part of a list or table that goes on must know of the part before: its head, and its first number."""

    head: str = ""
    number: int | None = None

    def html(self, parser: MarkdownIt, text: str) -> str:
        html = _clean(parser.render(self.head + text))
        if self.head:
            html = _THEAD.sub("", html, count=1)
        if self.number is not None:
            html = _OL.sub(f'<ol start="{self.number}">', html, count=1)
        return html


_THEAD = re.compile("<thead>.*?</thead>\n?", re.DOTALL)
_OL = re.compile('^<ol(?: start="[0-9]+")?>')
_WHOLE = _Rest()
_PARTS = {"bullet_list_open": "list_item_open", "ordered_list_open": "list_item_open", "table_open": "tr_open"}


def _parts(text: str, rest: _Rest) -> list[tuple[str, _Rest]]:
    """A long list or table as several, cut before an item or row; what grows at the end leaves the earlier parts alone."""
    if len(text) <= LONG:
        return [(text, rest)]
    skipped = rest.head.count("\n")
    tokens = _outline.parse(rest.head + text)
    opens = _PARTS.get(tokens[0].type) if tokens else None
    level = 2 if opens == "tr_open" else 1
    starts = [each.map[0] - skipped for each in tokens if each.type == opens and each.level == level and each.map]
    starts = [start for start in starts if start > 0]
    lines, parts, begun = text.split("\n"), [], 0
    head = rest.head or ("\n".join(lines[:2]) + "\n" if opens == "tr_open" else "")
    number = rest.number
    if tokens and number is None and tokens[0].type == "ordered_list_open":
        number = int(tokens[0].attrs.get("start", 1))
    held = 0
    for item, start in enumerate(starts, 1):
        held = sum(len(line) + 1 for line in lines[begun:start])
        if held < LONG:
            continue
        parts.append(("\n".join(lines[begun:start]) + "\n", rest))
        begun = start
        rest = _Rest(head, None if number is None else number + item)
    return [*parts, ("\n".join(lines[begun:]), rest)]


_INERT = re.compile(r"(?:[^\W_]|[ ,.?!-])+")
"""What ends nothing, begins nothing and needs no escaping, wherever it stands behind the beginning of a line."""
_BEGUN = re.compile(r"(?:[^\W\d_]|\d+ [^\W_]).*(?:(?<=[^\W_])|(?<=[,.?])) *|[^\W\d_] *")
"""A line that can be nothing but a paragraph's, and what came last of it is no half of anything."""


def _longer(shown: str | None, text: str, fresh: str) -> str | None:
    """The HTML of `text` and `fresh` where that of `text` is `shown`, if it is plain to see; prose grows so, nearly always."""
    plain = shown is not None and shown.startswith("<p>") and shown.endswith("</p>\n") and shown.count("<p>") == 1
    if not plain or shown is None or not _INERT.fullmatch(fresh) or not _BEGUN.fullmatch(text[text.rfind("\n") + 1 :]):
        return None
    spaces = " " * (len(text) - len(text.rstrip(" ")))
    return f"{shown[: -len('</p>.')]}{f'{spaces}{fresh}'.rstrip(' ')}</p>\n"


class Blocks:
    """The blocks of a text that grows.

    `html` lists them in order; the first `finished` never change again. Rendering costs what the open block costs.
    """

    def __init__(self) -> None:
        self._done: list[str] = []
        self._open = ""
        self._held = ""
        self._rest = _WHOLE
        self._shown: str | None = None
        self._over = False

    @property
    def finished(self) -> int:
        """How many blocks of `html` are final."""
        return len(self._done)

    @property
    def open_chars(self) -> int:
        """How much text the open block holds: what the next rendering costs."""
        return len(self._open)

    @property
    def language(self) -> str:
        """What the open block is written in, if it is code that names its language; else ""."""
        return fenced(self._open)

    @property
    def html(self) -> list[str]:
        """Every block, safe; the open last one as far as it came."""
        if self._shown is None:
            text = self._open + _text(self._held)
            self._shown = self._rest.html(_uncoloured, text) if text else ""
        return [*self._done, self._shown] if self._shown else list(self._done)

    def grow(self, piece: str) -> None:
        """More text. A trailing CR or half of a surrogate pair waits for its other half."""
        if not piece or self._over:
            return
        shown = None if self._held or self._rest is not _WHOLE else self._shown
        piece = self._held + piece
        cut = len(piece) - (piece[-1] == "\r" or "\ud800" <= piece[-1] <= "\udbff")
        self._held = piece[cut:]
        fresh = _text(piece[:cut])
        self._shown = None if self._held else _longer(shown, self._open, fresh)
        self._open += fresh
        if "\n" in fresh:
            self._settle()

    def finish(self) -> None:
        """No more text: the open block is final, and its code is coloured."""
        if self._over:
            return
        self._open += _text(self._held)
        self._held, self._over, self._shown = "", True, ""
        self._settle()
        if self._open:
            self._close(self._open)
        self._open = ""

    def _settle(self) -> None:
        """Closes every block but the last of the complete lines, and of a long last one all parts but the last."""
        lines = self._open.split("\n")
        skipped = self._rest.head.count("\n")
        tokens = _outline.parse(self._rest.head + "\n".join(lines[:-1]))
        maps = [token.map for token in tokens if token.level == 0 and token.map and token.nesting >= 0]
        starts = [max(0, lines_of[0] - skipped) for lines_of in maps]
        if not starts or (len(starts) < 2 and len(self._open) <= LONG):
            return
        for start, end in pairwise(starts):
            self._close("\n".join(lines[start:end]) + "\n")
        *closed, (kept, rest) = _parts("\n".join([*lines[starts[-1] : -1], ""]), self._rest)
        for text, part in closed:
            self._take(part.html(_coloured, text))
        self._open, self._rest = kept + lines[-1], rest

    def _close(self, text: str) -> None:
        for part, rest in _parts(text, self._rest):
            self._take(rest.html(_coloured, part))
        self._rest = _WHOLE

    def _take(self, html: str) -> None:
        if html:
            self._done.append(html)
