"""Every alert on the page leads to a section of the runbooks that come along."""

from __future__ import annotations

import re

import pytest

from dashboard.ui.runbooks import page, text
from dashboard.watch.alerts import RULES, Rule

PAGE = page(text())


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_alert_has_its_runbook(rule: Rule) -> None:
    assert f'<section id="{rule.anchor}"><h2>{rule.name}</h2>' in PAGE


def test_it_leads_nowhere_that_is_not_served() -> None:
    targets = re.findall(r'href="([^"]*)"', PAGE)
    assert targets
    assert not [each for each in targets if not each.startswith(("#", "https://", "http://"))]
    assert {each[1:] for each in targets if each.startswith("#")} <= set(re.findall(r'section id="([^"]*)"', PAGE))


def test_markup_in_it_stays_text() -> None:
    assert "<script" not in page("# A\n<script>x</script>\n## <b>&\n\n<img src=x onerror=y>")
