"""What is drawn before any script runs: the numbers, in the page's own HTML."""

from __future__ import annotations

from dashboard.ui.numbers import NumberStrip
from dashboard.ui.opening import opening

CARD = {"key": "events", "label": "Total <b>events", "about": "", "colour": "#123456"}


def test_a_card_says_what_the_living_one_will() -> None:
    told = opening("Streamgauge", [CARD], {"events": ["1,234", "/s", "7 heartbeats", False]})
    assert '<span class="value">1,234</span><span class="unit">/s</span>' in told
    assert '<div class="sub">7 heartbeats</div>' in told
    assert '<div class="card"' in told


def test_a_gauge_that_is_unwell_looks_so_from_the_beginning() -> None:
    assert '<div class="card unwell"' in opening("", [CARD], {"events": ["1", "", "", True]})


def test_no_text_becomes_markup() -> None:
    told = opening("<i>title", [CARD], {"events": ["<u>", "<s>", "<em>", False]})
    assert not any(tag in told for tag in ("<i>title", "<b>events", "<u>", "<s>", "<em>"))
    assert "&lt;i&gt;title" in told


def test_every_card_that_has_a_value_is_there() -> None:
    strip = NumberStrip()
    assert opening("", strip.cards, {}).count('<div class="card"') == 0
    values = {card["key"]: ["0", "", "", False] for card in strip.cards}
    assert opening("", strip.cards, values).count('<div class="card"') == len(strip.cards) == 6
