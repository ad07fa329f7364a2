"""The table of alerts holds together."""

from __future__ import annotations

from itertools import pairwise

import pytest

from dashboard.telemetry.catalogue import LAG_EDGES, SCREEN_EDGES
from dashboard.watch.alerts import BURNS, LOOP_LATE_S, PAGE, RULES, SCREEN_LATE_S, TICKET, Rule


def test_each_alert_has_a_name_and_an_anchor_of_its_own() -> None:
    assert len({rule.anchor for rule in RULES}) == len(RULES)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_an_alert_says_what_and_what_next(rule: Rule) -> None:
    assert rule.severity in (PAGE, TICKET)
    assert rule.what[0].isupper() != rule.of_backend, "of a backend: goes on after its name"
    assert rule.next.endswith((".", "?"))


def test_late_is_an_edge_of_its_histogram() -> None:
    """Else the share of late ones would be a guess."""
    assert LOOP_LATE_S in LAG_EDGES
    assert SCREEN_LATE_S in SCREEN_EDGES


def test_the_faster_the_budget_goes_the_sooner_it_is_told() -> None:
    for fast, slow in pairwise(BURNS):
        assert fast.factor > slow.factor
        assert fast.long_s < slow.long_s
    assert all(burn.short_s * 12 <= burn.long_s for burn in BURNS)
