"""The main job in a real browser: ask, watch the answer stream, see how it ended."""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
from itertools import pairwise

import pytest
from playwright.sync_api import Page, expect

from tests.browser.reading import (
    ask,
    badge,
    becomes,
    begin,
    chart_data,
    chart_shows,
    clipboard_has,
    open_page,
    outcome,
    says,
    texts_until_the_badge,
)
from tests.browser.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def test_a_random_sum_is_answered_and_everything_moves(page: Page, place: Site) -> None:
    a, b = random.randint(1000, 9999), random.randint(1000, 9999)
    completed = 'streamgauge_turns_total{backend="fresh",outcome="completed",source="live"}'
    open_page(page, place, "?backend=fresh")
    assert chart_data(page)["rate_all"] == []
    for nth in range(5):  # a busy machine may show an answer of half a second in one piece
        ask(page, f"What's {a}+{b}?")
        texts = texts_until_the_badge(page, nth)
        assert all(later.startswith(earlier) for earlier, later in pairwise(texts))
        assert str(a + b) in texts[-1].replace(",", "")
        assert outcome(page, nth) == "completed"
        assert place.metric(completed) == nth + 1
        if len(texts) >= 3:
            break
    else:
        raise AssertionError(texts)
    expect(badge(page)).to_contain_text("Completed")
    expect(page.locator(".phases").first).to_contain_text("Math Agent")
    expect(page.locator(".phases").first).to_contain_text("a2a")
    expect(page.locator(".numbers").first).to_contain_text("TTFT")
    chart_shows(page, "rate_text", "gap_p50", "ttft", "open")


DARK = re.compile(r"rgba?\((1[5-9]|2\d)\d, ")  # light words
LIGHT = re.compile(r"rgba?\(\d\d?, ")


def test_a_reload_keeps_the_backend_and_the_theme(page: Page, place: Site) -> None:
    open_page(page, place, "?backend=truncated")
    who = page.locator(".who b")
    expect(who).to_contain_text("truncated")
    expect(who).to_have_css("color", LIGHT)
    page.get_by_label("Toggle theme").click()
    expect(who).to_have_css("color", DARK)
    page.reload()
    expect(who).to_contain_text("truncated")
    expect(who).to_have_css("color", DARK)
    page.goto(f"{place.url}?theme=default")
    expect(who).to_have_css("color", LIGHT)


def test_a_scenario_from_the_list_is_acted_out(page: Page, place: Site) -> None:
    open_page(page, place)
    page.get_by_role("combobox").nth(1).click()
    page.get_by_role("listbox", name="Demo scenario").get_by_text("truncated", exact=True).click()
    expect(page.locator(".acting")).to_contain_text("truncated")
    ask(page, "Tell me a story")
    assert outcome(page) == "truncated"


def test_how_long_text_takes_to_the_page_is_measured(page: Page, place: Site) -> None:
    sent = 'streamgauge_screen_updates_total{result="sent"}'
    updates, lags = place.metric(sent), place.metric("streamgauge_screen_lag_seconds_count")
    open_page(page, place)
    ask(page, "What's 2+2?")
    assert outcome(page) == "completed"
    becomes(
        lambda: place.metric("streamgauge_screen_lag_seconds_count") - lags == place.metric(sent) - updates > 0, True
    )
    assert place.metric(sent) - updates <= 5, "an answer of five chunks, at most one update a chunk"


def test_faults_and_reconnects_reach_their_chart(kept: Page) -> None:
    page = kept
    begin(page, "nobody")
    ask(page, "anyone there?")
    assert outcome(page) == "unreachable"
    chart_shows(page, "reconnects", "faults")


def test_stop_ends_the_answer_where_it_stands(kept: Page) -> None:
    page = kept
    begin(page)
    ask(page, "Tell me a story about a river")
    expect(page.locator(".answer")).not_to_be_empty()
    expect(page.locator(".pill")).to_contain_text("Connected")
    page.get_by_role("button", name="Stop").click()
    assert outcome(page) == "stopped"
    expect(page.locator(".pill")).to_contain_text("Not connected")
    expect(page.get_by_role("button", name="Send")).to_be_visible()


def test_escape_stops_and_slash_focuses(kept: Page) -> None:
    page = kept
    begin(page)
    ask(page, "Tell me a story about a river")
    expect(page.locator(".answer")).not_to_be_empty()
    page.locator(".log").focus()
    page.keyboard.press("Escape")
    assert outcome(page) == "stopped"
    page.keyboard.press("/")
    expect(page.get_by_label("Your question")).to_be_focused()
    expect(page.get_by_label("Your question")).to_have_value("")
    page.keyboard.type("one")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("two")
    expect(page.get_by_label("Your question")).to_have_value("one\ntwo")


def test_a_second_question_waits_in_the_composer(kept: Page) -> None:
    page = kept
    begin(page)
    ask(page, "Tell me a story about a river")
    expect(page.locator(".answer")).not_to_be_empty()
    ask(page, "and now?")
    expect(page.locator(".note")).to_contain_text("still streaming")
    expect(page.get_by_label("Your question")).to_have_value("and now?")
    expect(page.locator(".turn")).to_have_count(1)
    page.get_by_role("button", name="Stop").click()
    assert outcome(page) == "stopped"


def test_a_question_that_is_too_long_says_so(kept: Page) -> None:
    page = kept
    begin(page)
    ask(page, "x" * 2001)
    expect(page.locator(".note")).to_contain_text("2,001 characters; at most 2,000")
    expect(page.get_by_label("Your question")).to_have_value("x" * 2001)
    expect(page.locator(".turn")).to_have_count(0)


def test_an_example_asks_and_new_chat_clears(kept: Page) -> None:
    page = kept
    begin(page)
    page.get_by_role("button", name="What's 2+2?").click()
    assert outcome(page) == "completed"
    page.get_by_role("button", name="New chat").click()
    expect(page.locator(".turn")).to_have_count(0)
    expect(page.get_by_role("button", name="What's 2+2?")).to_be_visible()


def test_ask_again_copy_and_curl(kept: Page) -> None:
    page = kept
    begin(page)
    ask(page, "What's 2+3?")
    assert outcome(page) == "completed"
    note = page.locator(".note")
    with says(note, "curl command is copied"):
        page.get_by_role("button", name="curl").click()
    command = clipboard_has(page, "curl -N")
    assert command.startswith("curl -N")
    assert "/process/stream" in command
    if shutil.which("curl"):
        bare = {"PATH": os.environ["PATH"]}  # no proxy stands between
        pasted = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=60, check=True, env=bare)
        assert pasted.stdout.count("data: ") > 3, "the same stream, in a real shell"
        assert "Math Agent" in pasted.stdout
    with says(note, "The answer is copied"):
        page.get_by_role("button", name="Copy").click()
    assert clipboard_has(page, "5") == "The answer is 5."
    page.get_by_role("button", name="Ask again").click()
    assert outcome(page, 1) == "completed"
    page.get_by_role("button", name="curl").nth(1).click()
    assert clipboard_has(page, "curl -N") == command, "the same request once more"
    expect(page.locator(".question").nth(1)).to_have_text("What's 2+3?")
    ask(page, "What's 3+4?")
    assert outcome(page, 2) == "completed"
    page.get_by_role("button", name="curl").nth(2).click()
    clipboard_has(page, "The answer is 5.")  # as it was sent, with the history


@pytest.mark.parametrize(
    ("backend", "ends", "pill"),
    [
        ("truncated", "truncated", "Failed: truncated"),
        ("error-event", "failed", "Not connected"),
        ("refused-503", "rejected", "Failed: rejected"),
        ("stall-forever", "stalled", "Failed: stalled"),
        ("nobody", "unreachable", "Failed: unreachable"),
    ],
)
def test_a_bad_end_is_told_with_evidence_and_next_step(kept: Page, backend: str, ends: str, pill: str) -> None:
    page = kept
    begin(page, backend)
    ask(page, "Tell me a story")
    assert outcome(page) == ends
    expect(page.locator(".pill")).to_contain_text(pill)
    expect(page.locator(".verdict .more")).not_to_be_visible()
    badge(page).locator("summary").click()
    expect(page.locator(".verdict .more")).to_contain_text("Evidence")
    expect(page.locator(".verdict .more")).to_contain_text("Next step")


def test_silence_is_counted_while_it_lasts(kept: Page) -> None:
    page = kept
    begin(page, "silent")
    ask(page, "Tell me a story")
    expect(page.locator(".pill")).to_contain_text(re.compile(r"silent for \d"))
    expect(page.locator(".meter")).to_contain_text(re.compile(r"silent for \d"))
    page.get_by_role("button", name="Stop").click()
    assert outcome(page) == "stopped"


def test_reasoning_is_folded(kept: Page) -> None:
    page = kept
    begin(page, "reasoning")
    ask(page, "What's 2+2?")
    assert outcome(page) == "completed"
    expect(page.locator(".reasoning-text")).not_to_be_visible()
    page.locator(".reasoning summary").click()
    expect(page.locator(".reasoning-text")).to_contain_text("it is a sum")


def test_the_console_shows_what_arrived(kept: Page) -> None:
    page = kept
    begin(page)
    ask(page, "What's 2+2?")
    assert outcome(page) == "completed"
    page.get_by_text("Events", exact=True).click()
    rows = page.locator(".row")
    expect(rows.first).to_contain_text("asked")
    expect(rows.last).to_contain_text("ended")
    expect(page.locator(".about")).to_contain_text("events")
    seen = rows.count()
    ask(page, "What's 3+3?")
    assert outcome(page, 1) == "completed"
    expect(rows).not_to_have_count(seen)
