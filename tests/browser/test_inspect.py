"""One turn in full: opened from Chat, found again, searched, taken along and brought back."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.reading import ask, begin, outcome
from tests.browser.site import Site
from tests.test_cli_record import streamgauge
from tests.ui.test_markdown import HOSTILE

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

MARK = "globalThis.ran = (globalThis.ran || 0) + 1"


def test_a_hostile_recording_runs_nothing_and_calls_nobody(page: Page, place: Site, tmp_path: Path) -> None:
    page.add_init_script("globalThis.alert = () => { globalThis.ran = 1 }")
    said = [each.replace("alert(1)", MARK) for each in HOSTILE]
    lines = [{"meta": {"backend": said[0], "dialect": "orchestrator", "question": said[1], "status": 200,
                       "headers": {"content-type": "text/event-stream", "server": said[2]}, "t_headers": 0.1}}]  # fmt: skip
    events = [{"event": "routing_completed", "agent_name": said[3], "protocol": said[4], "reasoning": said[5]}]
    events += [{"event": "response_chunk", "text": each} for each in said] + [{"event": each} for each in said[:5]]
    events.append({"event": "error", "message": said[6]})
    for n, event in enumerate(events):
        body = f"event: {said[n % len(said)]}\n: {said[n % len(said)]}\ndata: {json.dumps(event)}\n\n".replace("\r", "")
        lines.append({"t": 0.2 + n / 100, "b64": base64.b64encode(body.encode()).decode()})
    lines.append({"t": 9, "b64": "", "end": "complete"})
    file = tmp_path / "<img src=x onerror=alert(1)>.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)), "utf-8")
    page.goto(f"{place.url}?view=inspect")
    page.locator("input[type=file]").set_input_files(file)
    expect(page.locator(".detail .row").first).to_be_visible()
    for row in page.locator(".detail .row").all()[:12]:
        row.click()
    page.get_by_text("As an httpx-sse client").click()
    expect(page.locator("table")).to_be_visible()
    page.get_by_text("take it along").click()
    expect(page.locator(".formats")).to_be_visible()
    expect(page.locator(".inspect :is(img, script, iframe)")).to_have_count(0)
    (tmp_path / "bad.jsonl").write_text(said[0] + "\n", "utf-8")
    page.locator("input[type=file]").set_input_files(tmp_path / "bad.jsonl")
    expect(page.locator(".notice")).to_contain_text("line 1: expected")
    page.wait_for_timeout(300)
    assert page.evaluate("globalThis.ran || 0") == 0


def inspect_the_last(page: Page) -> None:
    page.get_by_role("link", name="Inspect", exact=True).last.click()
    expect(page.locator(".detail .row").first).to_be_visible()


def turn_of(page: Page) -> str:
    return parse_qs(urlsplit(page.url).query)["turn"][0]


def asked_and_inspected(page: Page, question: str = "What's 17+25?", backend: str = "demo") -> None:
    begin(page, backend)
    ask(page, question)
    outcome(page)
    inspect_the_last(page)
    expect(page.locator(".detail .row").last).to_contain_text("ended")


def test_a_turn_opens_from_chat_and_a_reload_brings_it_back(kept: Page, place: Site) -> None:
    page = kept
    asked_and_inspected(page)
    turn = turn_of(page)
    for _ in range(2):
        expect(page.locator(".head h1")).to_have_text("What's 17+25?")
        expect(page.locator(".head [data-outcome=completed]")).to_contain_text("Nobody's fault")
        expect(page.locator(".bar-row b", has_text="first text")).to_be_visible()
        expect(page.locator(".detail .row").first).to_contain_text("asked")
        expect(page.locator(f"[data-turn='{turn}'][aria-current]")).to_contain_text("Completed")
        page.reload()
    page.goto(f"{place.url}?view=inspect&turn=0123456789abcdef")
    expect(page.locator(".placard")).to_contain_text("No turn 0123456789abcdef")
    page.get_by_role("button", name="See the turns").click()
    expect(page.locator(".placard")).to_contain_text("Choose a turn")
    page.get_by_role("link", name="Chat").click()
    expect(page.get_by_label("Your question")).to_be_visible()


def walk_and_zoom(page: Page) -> None:
    """The reads by keyboard alone."""
    page.locator(".lane").focus()
    page.keyboard.press("Home")
    expect(page.locator(".read-about")).to_contain_text("Read 1 of")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".read-about")).to_contain_text("Read 2 of")
    expect(page.locator(".axis span").first).to_be_attached()
    labels = page.locator(".axis span").all_inner_texts()
    page.keyboard.press("+")
    expect(page.locator(".axis")).not_to_have_text("".join(labels))
    page.keyboard.press("0")
    expect(page.locator(".axis")).to_have_text("".join(labels))
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    expect(page.locator(".row[aria-selected=true]")).to_be_visible()


def test_events_are_filtered_searched_and_shown_as_they_came_and_reads_are_walked(kept: Page) -> None:
    page = kept
    asked_and_inspected(page)
    rows = page.locator(".detail .row:visible")
    every = rows.count()
    page.get_by_role("button", name=re.compile(r"^text \d")).click()
    expect(rows).not_to_have_count(every)
    expect(rows.filter(has_text="the first text")).to_have_count(0)
    page.get_by_role("button", name=re.compile(r"^text \d")).click()
    expect(rows).to_have_count(every)
    page.keyboard.press("/")
    page.keyboard.type("the first text")
    expect(rows).to_have_count(1)
    rows.first.click()
    expect(page.locator(".frame pre")).to_contain_text("data: {")
    expect(page.locator(".frame dd").first).to_have_text("text")
    expect(page.locator(".read-about")).to_contain_text("Read ")
    page.get_by_label("Search the events").fill("there is no such thing")
    expect(page.get_by_text("No event fits.")).to_be_visible()
    page.get_by_label("Search the events").fill("")
    walk_and_zoom(page)


def test_a_running_turn_grows_and_ends_under_the_glass(kept: Page, place: Site) -> None:
    """Under the glass of a second page: the first one stops it."""
    begin(kept)
    ask(kept, "Tell me a story about a river")
    expect(kept.locator(".answer")).not_to_be_empty()
    page = kept.context.new_page()
    page.goto(f"{place.url}?view=inspect&turn={kept.locator('.turn').get_attribute('data-turn')}")
    expect(page.locator(".verdict.running")).to_contain_text("Running")
    expect(page.locator(".detail .row").first).to_be_visible()
    seen = page.locator(".detail .row").count()
    expect(page.locator(".detail .row")).not_to_have_count(seen)
    kept.get_by_role("button", name="Stop").click()
    expect(page.locator(".head [data-outcome=stopped]")).to_be_visible()
    expect(page.get_by_role("button", name="Replay")).to_be_visible()
    page.close()


def test_what_is_exported_replays_to_the_same_and_opens_again(kept: Page, tmp_path: Path) -> None:
    page = kept
    asked_and_inspected(page, "Tell me a story", "truncated")
    page.get_by_text("take it along").click()
    expect(page.get_by_text("The request is not in it")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download recording").click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    told = json.loads(streamgauge("replay", str(file), "--json").stdout)
    assert told["outcome"] == "truncated"
    expect(page.locator(".head .sentence")).to_have_text(told["diagnosis"]["sentence"])
    page.locator("input[type=file]").set_input_files(file)
    expect(page.locator(".facts")).to_contain_text(f"file {file.name}")
    expect(page.locator(".head .sentence")).to_have_text(told["diagnosis"]["sentence"])
    page.get_by_label("Speed of the replay").select_option("at once")
    page.get_by_role("button", name="Replay").click()
    expect(page.locator(".head [data-outcome=truncated]")).to_be_visible()
    page.get_by_text("As an httpx-sse client").click()
    expect(page.locator(".differences")).to_contain_text("unseen cut")
