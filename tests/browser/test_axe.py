"""axe-core, the accessibility checker, on each view in light and in dark: nothing serious, nothing critical."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.chromium import watched
from tests.browser.reading import ask, begin, open_page, outcome
from tests.browser.site import Site

HERE = Path(__file__).parent / "node"
NO_NPM = "needs npm: apt-get install nodejs npm"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not shutil.which("npm"), reason=NO_NPM),
]

# Target sizes are left out: the marks of Fleet's strip are as narrow as they are many, and the turns they lead to stand in
# Inspect's list too (WCAG 2.5.8, the exception of the equivalent).
RUN = """async (only) => {
  const found = await axe.run(document, {resultTypes: ["violations"], runOnly: only, rules: {"target-size": {enabled: false}}})
  return found.violations.filter((each) => ["serious", "critical"].includes(each.impact)).flatMap((each) =>
    each.nodes.map((node) => `${each.id}: ${node.target.flat().join(" ")}: ${node.failureSummary.split("\\n")[1]}`))
}"""
THEMES = {"light": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], "dark": ["color-contrast"]}
"""Which rules are tried: a theme changes colours and nothing else."""
VIEWS = {"Compare": ".lane", "Fleet": ".backend"}


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The script of exactly the package in package-lock.json."""
    folder = tmp_path_factory.mktemp("axe")
    shutil.copytree(HERE, folder, dirs_exist_ok=True)
    subprocess.run(
        ["npm", "ci", "--ignore-scripts", "--prefer-offline"], cwd=folder, check=True, capture_output=True, timeout=120
    )
    return (folder / "node_modules/axe-core/axe.min.js").read_text("utf-8")


def looks(page: Page, place: Site) -> Iterator[str]:
    """Brings one look after the other into sight."""
    open_page(page, place)
    yield "chat, empty"
    ask(page, "Show me a markdown tour")
    assert outcome(page) == "completed"
    yield "chat, ended well"
    begin(page, "truncated")
    ask(page, "Tell me a story")
    assert outcome(page) == "truncated"
    page.locator("summary:visible").evaluate_all("all => all.forEach(each => each.click())")
    yield "chat, ended badly, unfolded"
    page.get_by_role("link", name="Inspect", exact=True).last.click()
    page.locator(".detail .row").nth(6).click()
    yield "inspect"
    for name, drawn in VIEWS.items():
        page.get_by_role("link", name=name, exact=True).first.click()
        page.locator(drawn).first.wait_for()
        yield name


def findings(page: Page, rules: list[str]) -> list[str]:
    """What stays: half-way from one theme to the other, colours do not fit yet."""
    for _ in range(60):
        if not (told := list(page.evaluate(RUN, rules))):
            break
        page.wait_for_timeout(500)
    return told


def test_no_view_has_a_serious_finding_in_light_or_dark(browser: Browser, place: Site, axe: str) -> None:
    found: dict[str, list[str]] = {}  # finding → where it was seen
    with watched(browser, place.home) as seen:
        for look in looks(seen.page, place):
            seen.page.evaluate(axe)
            for theme, rules in THEMES.items():
                for told in findings(seen.page, rules):
                    found.setdefault(told, []).append(f"{look}, {theme}")
                seen.page.get_by_label("Toggle theme").click()
                seen.page.mouse.move(5, 500)
                seen.page.wait_for_timeout(400)
        assert seen.wrong == []
    assert not found, "\n".join(f"{told}  [{'; '.join(where)}]" for told, where in found.items())
