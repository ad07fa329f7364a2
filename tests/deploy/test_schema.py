"""The dashboard against Grafana's own published types (@grafana/schema of npm), checked by the TypeScript compiler.

They know the dashboard's frame, its variables, and each panel's place, field settings and links; what a kind of panel makes
of its options and queries is open in them.
"""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dashboard.cli.export import contents
from tests.system.test_node import MISSING, run

pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"needs {' and '.join(MISSING)}: apt-get install nodejs npm")

HERE = Path(__file__).parent / "node"
DOCUMENT = json.loads(contents("grafana")["streamgauge.json"])
TYPES = """\
import type {Dashboard} from "@grafana/schema";
// JSON has words where the types have enumerations of words
type Plain<T> = T extends string ? `${T}` : T extends (infer E)[] ? Plain<E>[]
  : T extends object ? {[K in keyof T]: Plain<T[K]>} : T;
"""
HARMS: dict[str, Callable[[dict[str, Any]], None]] = {
    "thresholdsOf": lambda it: it["panels"][1]["fieldConfig"]["defaults"]["thresholds"].update(mode="absolut"),
    "gridOf": lambda it: it["panels"][1]["gridPos"].update(w="6"),
    "variablesOf": lambda it: it["templating"]["list"][0].update(typ="query"),
    "timeOf": lambda it: it["time"].pop("to"),
}
"""What is broken on purpose, each in a copy."""


def harmed(harm: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    document = copy.deepcopy(DOCUMENT)
    harm(document)
    return document


def test_the_dashboard_is_one_by_grafanas_types_and_a_broken_copy_is_none(tmp_path: Path) -> None:
    shutil.copytree(HERE, tmp_path, dirs_exist_ok=True)
    run(tmp_path, "npm", "ci", "--ignore-scripts", "--prefer-offline")
    good = f"export const shipped: Plain<Dashboard> = {json.dumps(DOCUMENT)};\n"
    # an error is expected in the line after each comment: the compiler complains where there is none
    bad = [
        f"// @ts-expect-error\nexport const {name}: Plain<Dashboard> = {json.dumps(harmed(harm))};\n"
        for name, harm in HARMS.items()
    ]
    (tmp_path / "check.ts").write_text(TYPES + good + "".join(bad), "utf-8")
    options = ("--strict", "--noEmit", "--skipLibCheck", "--target", "es2022", "--module", "nodenext")
    run(tmp_path, "node_modules/.bin/tsc", *options, "check.ts")
