"""What stands on the screen until the page itself does: the frame, and what is known when it is made, without a script.

Panel's own page stays white until a megabyte of scripts has come, run, and opened a websocket. These are the same cards
and rows with the same style sheets, in the same places; `bare` of dom.js takes them away when the living ones are drawn.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from html import escape
from typing import Any

from dashboard.ui.modules import source
from dashboard.ui.theme import MARK, THEME

NAME = "streamgauge-opening"

DARK = """
try {
  const asked = new URLSearchParams(location.search).get("theme"), kept = localStorage.getItem("streamgauge-theme");
  if ((asked ?? kept) === "dark") document.documentElement.dataset.opening = "dark";
} catch { /* a browser that keeps nothing begins in the light */ }
"""
"""As nav.js chooses, and before anything is painted."""

QUIET = "#loader:not(.error){visibility:hidden}"
"""Material's page lays grey and a spinner over everything until it is alive; here something can be read meanwhile."""

OPENING = "Opening …<noscript>This page needs JavaScript.</noscript>"


@cache
def _palettes() -> str:
    """The theme's colours under the names that Material's script will give them."""

    def colours(name: str) -> str:
        palette: Mapping[str, Any] = THEME[name]["palette"]
        return "".join(
            f"--mui-palette-{group}{'-' + shade if shade else ''}:{colour};"
            for group, told in palette.items()
            for shade, colour in (told.items() if isinstance(told, Mapping) else [("", told)])
        )

    return f'#{NAME}{{--mark:url("{MARK}");{colours("light")}}}:root[data-opening="dark"] #{NAME}{{color-scheme:dark;{colours("dark")}}}'


def _shadow(style: str, inside: str) -> str:
    return f'<template shadowrootmode="closed"><style>{style}</style>{inside}</template>'


def _card(card: Mapping[str, str], told: Sequence[Any]) -> str:
    value, unit, sub, *unwell = told
    return (
        f'<div class="card{" unwell" if any(unwell) else ""}"><div class="label">'
        f'<i class="dot" style="background:{escape(card["colour"])}"></i>{escape(card["label"])}</div>'
        f'<div class="line"><span class="value{" long" if len(value) > 6 else ""}">{escape(value)}</span>'
        f'<span class="unit">{escape(unit)}</span></div><div class="sub">{escape(sub)}</div></div>'
    )


def _backend(row: Sequence[str]) -> str:
    """One row of Fleet, as far as it says whether the backend is well."""
    name, dialect, health, word, why = (escape(each) for each in row)
    return (
        f'<div class="backend" data-health="{health}"><div class="cell name"><b class="title">{name}</b>'
        f'<span class="dialect">{dialect}</span></div><div class="cell health"><span class="words">'
        f'<b class="word">{word}</b><span class="why">{why}</span></span></div></div>'
    )


@cache
def _sheet(*names: str) -> str:
    return source(*names)


def of_chat(cards: Iterable[Mapping[str, str]], values: Mapping[str, Sequence[Any]]) -> str:
    """The numbers as they are now; `values` as NumberStrip holds them."""
    numbers = "".join(_card(card, values[card["key"]]) for card in cards if card["key"] in values)
    sheet = _shadow(_sheet("tokens.css", "numbers.css"), f'<div class="cards">{numbers}</div>')
    inside = (
        f'<div class="sg-chat panel">{OPENING}</div>'
        f'<div class="sg-numbers"><div>{sheet}</div><div class="plot"></div><div class="plot"></div></div>'
    )
    within = _sheet("page.css") + _sheet("opening.css").partition("/* within */")[2]
    return f'<div class="side"></div><main><div>{_shadow(within, inside)}</div></main>'


def of_fleet(rows: Iterable[Sequence[str]]) -> str:
    """Which backends are well; `rows` as FleetPane holds them: name, dialect, health, its word, and why."""
    told = "".join(_backend(row) for row in rows)
    inside = f'<div class="fleet"><header><h1>{OPENING}</h1></header><div class="table"><div class="rows">{told}</div></div></div>'
    return f"<main><div>{_shadow(_sheet('tokens.css', 'fleet.css'), inside)}</div></main>"


OF_INSPECT = f'<div class="list"></div><main class="wait">{OPENING}</main>'
OF_COMPARE = f'<div class="side"></div><main class="wait">{OPENING}</main>'


def opening(title: str, views: Iterable[Sequence[str]], current: str, inside: str, *, bar: bool = True) -> str:
    """HTML for the beginning of a body; `views`: name and label of each link in the bar; `bar` False for a wall."""
    links = "".join(f"<a{' aria-current=page' * (name == current)}>{escape(label)}</a>" for name, label in views)
    header = f"<header><b>{escape(title)}</b><nav>{links}</nav></header>" * bar
    frame = f'{header}<div class="whole">{inside}</div>'
    return (
        f"<script>{DARK}</script><style>{_palettes()}{QUIET}</style>"
        f'<div id="{NAME}" role="status">{_shadow(_sheet("opening.css", "nav.css"), frame)}</div>'
    )
