"""PromQL taken apart: which series an expression names, and which parts of it must have a value when all is well."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import promql_parser

PARTING = ("and", "or", "unless", ">", "<", "==", "!=", ">=", "<=")
CHILDREN = ("lhs", "rhs", "expr", "param", "vector_selector", "args")
FILLED = {"job": "streamgauge", "instance": ".*", "backend": ".*", "source": ".*", "__rate_interval": "10s"}
"""What Grafana puts in the place of the variables, with everything chosen."""


def nodes(expression: str) -> Iterator[Any]:
    """Every node of the tree. Errors: ValueError where PromQL does not allow the expression."""
    todo: list[Any] = [promql_parser.parse(expression)]
    while todo:
        node = todo.pop()
        yield node
        for child in (getattr(node, name, None) for name in CHILDREN):
            todo += child if isinstance(child, list) else [child] if child is not None else []


def selected(expression: str) -> set[str]:
    """The names of the series that an expression selects."""
    return {str(node.name) for node in nodes(expression) if isinstance(node, promql_parser.VectorSelector)}


def parts(expression: str) -> list[str]:
    """What stands on either side of a comparison or a set operation: the values that an alert looks at."""
    found: list[str] = []
    todo: list[Any] = [promql_parser.parse(expression)]
    while todo:
        node = todo.pop()
        if isinstance(node, promql_parser.ParenExpr):
            todo.append(node.expr)
        elif isinstance(node, promql_parser.BinaryExpr) and str(node.op).split()[0] in PARTING:
            todo += [node.rhs, node.lhs]
        elif isinstance(node, promql_parser.Call) and node.func.name == "absent":
            todo += node.args
        elif not isinstance(node, promql_parser.NumberLiteral):
            found.append(node.prettify())
    return found


def filled(expression: str) -> str:
    """An expression of the dashboard as Prometheus gets it."""
    return re.sub(r"\$(\w+)", lambda slot: FILLED.get(slot[1], slot[0]), expression)
