"""What stands on the screen until the page itself does: the numbers as they are now, drawn by the browser without a script.

Panel's own page stays white until a megabyte of scripts has come, run, and opened a websocket. These are the same cards
with the same style sheets, in the same places; numbers.js takes them away when it has drawn the living ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from html import escape
from typing import Any

from dashboard.ui.modules import source
from dashboard.ui.theme import THEME

NAME = "streamgauge-opening"

DARK = f"""
try {{
  const asked = new URLSearchParams(location.search).get("theme"), kept = localStorage.getItem("streamgauge-theme");
  if ((asked ?? kept) === "dark") document.getElementById("{NAME}").dataset.theme = "dark";
}} catch {{ /* a browser that keeps nothing begins in the light */ }}
"""
"""As nav.js chooses."""


@cache
def _styles() -> tuple[str, str, str]:
    """Of the whole, of the two columns, of the cards."""
    return source("opening.css"), source("page.css"), source("tokens.css", "numbers.css")


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

    return f'#{NAME}{{{colours("light")}}}#{NAME}[data-theme="dark"]{{color-scheme:dark;{colours("dark")}}}'


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


def opening(title: str, cards: Iterable[Mapping[str, str]], values: Mapping[str, Sequence[Any]]) -> str:
    """HTML for the beginning of a body; `values` as NumberStrip holds them."""
    whole, columns, strip = _styles()
    numbers = "".join(_card(card, values[card["key"]]) for card in cards if card["key"] in values)
    sheet = _shadow(strip, f'<div class="cards">{numbers}</div>')
    inside = (
        '<div class="sg-chat talk">Opening …<noscript>This page needs JavaScript.</noscript></div>'
        f'<div class="sg-numbers"><div>{sheet}</div><div class="plot"></div><div class="plot"></div></div>'
    )
    frame = (
        f'<header>{escape(title)}</header><div class="whole"><div class="side"></div>'
        f"<main><div>{_shadow(columns + whole.partition('/* within */')[2], inside)}</div></main></div>"
    )
    return (
        f"<style>{_palettes()}</style>"
        f'<div id="{NAME}" role="status">{_shadow(whole, frame)}</div><script>{DARK}</script>'
    )
