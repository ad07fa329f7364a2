"""What is drawn before any script runs: the frame and what is known, in the page's own HTML."""

from __future__ import annotations

from dashboard.ui.numbers import NumberStrip
from dashboard.ui.opening import OF_INSPECT, of_chat, of_fleet, opening

CARD = {"key": "events", "label": "Total <b>events", "about": "", "colour": "#123456"}
VIEWS = [["chat", "Chat"], ["fleet", "Fleet"]]


def test_a_card_says_what_the_living_one_will() -> None:
    told = of_chat([CARD], {"events": ["1,234", "/s", "7 heartbeats", False]})
    assert '<span class="value">1,234</span><span class="unit">/s</span>' in told
    assert '<div class="sub">7 heartbeats</div>' in told
    assert '<div class="card"' in told


def test_a_gauge_that_is_unwell_looks_so_from_the_beginning() -> None:
    assert '<div class="card unwell"' in of_chat([CARD], {"events": ["1", "", "", True]})


def test_no_text_becomes_markup() -> None:
    told = of_chat([CARD], {"events": ["<u>", "<s>", "<em>", False]})
    told += of_fleet([["<p>name", "<p>dialect", 'un"well', "<p>word", "<p>why"]])
    told += opening("<i>title", [["chat", "<i>Chat"]], "chat", "")
    assert not any(tag in told for tag in ("<i>", "<b>events", "<u>", "<s>", "<em>", "<p>", 'un"well'))
    assert "&lt;i&gt;title" in told


def test_every_card_that_has_a_value_is_there() -> None:
    strip = NumberStrip()
    assert of_chat(strip.cards, {}).count('<div class="card"') == 0
    values = {card["key"]: ["0", "", "", False] for card in strip.cards}
    assert of_chat(strip.cards, values).count('<div class="card"') == len(strip.cards) == 6


def test_fleet_begins_with_how_each_backend_is() -> None:
    told = of_fleet(
        [["docs", "custom", "well", "Well", ""], ["search", "auto", "failing", "Failing", "last turn: cut"]]
    )
    assert told.count('<div class="backend"') == 2
    assert 'data-health="failing"' in told
    assert '<b class="word">Failing</b><span class="why">last turn: cut</span>' in told


def test_the_bar_names_the_views_and_marks_the_one_in_sight_and_a_wall_has_none() -> None:
    told = opening("Streamgauge", VIEWS, "fleet", OF_INSPECT)
    assert "<a>Chat</a><a aria-current=page>Fleet</a>" in told
    assert "<header>" not in opening("Streamgauge", VIEWS, "fleet", OF_INSPECT, bar=False)
