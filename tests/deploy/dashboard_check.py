"""What can be wrong with a dashboard, as sentences; nothing is wrong with a good one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Any

from tests.deploy.queries import filled, nodes

COLUMNS = 24
ROWS = ("Objectives", "Traffic", "Latency", "Reliability", "Canaries", "Routing", "Page and process")
VARIABLES = ("datasource", "job", "instance", "backend", "source", "page")

Values = Callable[[str, bool], list[float]]
"""Query, and whether for this moment only (else for a span) → every value that came back, NaN left out."""


def panels(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [panel for panel in document["panels"] if panel["type"] != "row"]


def layout(document: dict[str, Any]) -> Iterator[str]:
    """The grid, the frame, and what every panel must say of itself."""
    if tuple(each["title"] for each in document["panels"] if each["type"] == "row") != ROWS:
        yield "the rows are not those expected"
    if tuple(each["name"] for each in document["templating"]["list"]) != VARIABLES:
        yield "the variables are not those expected"
    if len({panel["id"] for panel in document["panels"]}) != len(document["panels"]):
        yield "two panels have one id"
    for panel in document["panels"]:
        if not 0 <= panel["gridPos"]["x"] <= COLUMNS - panel["gridPos"]["w"]:
            yield f"{panel['title']} stands out of the grid"
    for one, other in combinations(document["panels"], 2):
        if _overlap(one["gridPos"], other["gridPos"]):
            yield f"{one['title']} and {other['title']} overlap"
    yield from _unsaid(panels(document))


def _unsaid(each: list[dict[str, Any]]) -> Iterator[str]:
    titles = [panel["title"] for panel in each]
    for panel in each:
        if not panel["title"] or titles.count(panel["title"]) > 1:
            yield f"panel {panel['id']} has no title of its own"
        if not panel.get("description", "").endswith("."):
            yield f"{panel['title']} has no description"
        if not panel["fieldConfig"]["defaults"].get("unit"):
            yield f"{panel['title']} has no unit"
        if not panel.get("targets"):
            yield f"{panel['title']} asks nothing"


def queries(document: dict[str, Any], values: Values) -> Iterator[str]:
    """Every query is PromQL and gives numbers."""
    for panel in panels(document):
        for target in panel["targets"]:
            where = f"{panel['title']}, {target['refId']}"
            query = filled(target["expr"])
            try:
                list(nodes(query))
            except ValueError as error:
                yield f"{where}: {error}"
                continue
            if "$" in query:
                yield f"{where}: a variable that is not filled"
            elif not values(query, target.get("instant", False)):
                yield f"{where}: no number"


def _overlap(one: dict[str, int], other: dict[str, int]) -> bool:
    across = one["x"] < other["x"] + other["w"] and other["x"] < one["x"] + one["w"]
    down = one["y"] < other["y"] + other["h"] and other["y"] < one["y"] + one["h"]
    return across and down
