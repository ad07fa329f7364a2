"""The words of Inspect: each bar is defined once, on the page and in the docs alike."""

from __future__ import annotations

import re
from pathlib import Path

from dashboard.health.gaps import EDGES_S
from dashboard.health.waterfall import Waterfall
from dashboard.ui.inspect_client import DIFFERENCES
from dashboard.ui.inspect_words import PHASES, gap_labels
from dashboard.wire.ordinary import Difference
from tests.health.test_waterfall import STORIES, drawn

DOCS = Path(__file__).parents[2] / "docs" / "definitions.md"


def test_the_docs_define_the_bars_as_the_page_does() -> None:
    section = DOCS.read_text("utf-8").split("## Inspect")[1].split("## Outcomes")[0]
    rows = dict(re.findall(r"^\| ([^|]+?) \| (.+?) \|$", section, re.MULTILINE))
    assert {name: about for name, about in rows.items() if name != "bar" and "---" not in name} == {
        name: about[0].lower() + about[1:].rstrip(".") for name, about in PHASES.items()
    }


def test_every_bar_that_is_drawn_has_a_definition() -> None:
    falls: list[Waterfall] = [drawn(story) for story, _ in STORIES.values()]
    assert {bar.phase for fall in falls for bar in fall.bars} <= set(PHASES)


def test_every_bin_and_every_difference_has_its_words() -> None:
    labels = gap_labels(EDGES_S)
    assert (labels[0], labels[1], labels[-2], labels[-1]) == ("0, one read", "≤ 1 ms", "≤ 60 s", "> 60 s")
    assert len(labels) == len(EDGES_S) + 1
    assert set(DIFFERENCES) == set(Difference) - {Difference.NONE}
