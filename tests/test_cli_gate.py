"""`check` and `replay` as a gate: the outcome that is expected; and what an ordinary client would have received."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from dashboard.cli import commands
from dashboard.cli.verdict import Gate, misses
from dashboard.config import Thresholds
from dashboard.health.turn_gauge import TurnGauge
from tests.health.story import Story
from tests.turn.script import DONE, frame, say

GOOD = [say("a", "r.1"), b": ping\n\n", say("b", "r.2"), DONE]
CUT = [say("a", "r.1"), b": ping\n\n"]
FAILED = [frame({"event": "error", "message": "no"})]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(commands, arguments, catch_exceptions=False)


def recording(
    folder: Path, reads: Sequence[bytes], end: str = "complete", status: int = 200, gap_s: float = 0.1
) -> str:
    file = folder / "turn.jsonl"
    head = {
        "backend": "b",
        "dialect": "orchestrator",
        "status": status,
        "headers": {"content-type": "text/event-stream"},
    }
    rows: list[dict[str, Any]] = [{"meta": {**head, "t_headers": 0.01}}]
    rows += [{"t": 0.1 + i * gap_s, "b64": base64.b64encode(data).decode()} for i, data in enumerate(reads)]
    rows.append({"t": 0.1 + len(reads) * gap_s, "b64": "", "end": end})
    file.write_text("\n".join(map(json.dumps, rows)) + "\n")
    return str(file)


@pytest.mark.parametrize(
    ("reads", "end", "arguments", "code"),
    [
        (GOOD, "complete", [], 0),
        (GOOD, "complete", ["--expect-outcome", "completed"], 0),
        (GOOD, "complete", ["--expect-outcome", "truncated"], 1),
        (CUT, "complete", ["--expect-outcome", "truncated"], 0),
        (CUT, "complete", ["--expect-outcome", "failed"], 1),
        (CUT, "timeout", ["--expect-outcome", "stalled"], 0),
        (CUT, "client-closed", ["--expect-outcome", "stopped"], 0),
        (FAILED, "complete", ["--expect-outcome", "failed"], 0),
        (FAILED, "complete", [], 1),
    ],
)
def test_the_exit_code_is_about_the_outcome_that_is_expected(
    reads: list[bytes], end: str, arguments: list[str], code: int, tmp_path: Path
) -> None:
    file = recording(tmp_path, reads, end)
    for as_json in ([], ["--json"]):
        assert run("replay", file, *arguments, *as_json).exit_code == code


def test_thresholds_count_only_where_the_turn_is_to_be_completed() -> None:
    gauge = TurnGauge(Thresholds(ttft_s=0.1))
    for event in Story().begun().text(5.0, "late").anomaly(5.1, "gap").ended(6.0, "truncated", "cut").events:
        gauge.observe(event)
    report = gauge.report()
    assert misses(report, Thresholds(ttft_s=0.1), Gate("truncated", strict=True)) == []
    assert len(misses(report, Thresholds(ttft_s=0.1), Gate("completed", strict=True))) == 3


@pytest.mark.parametrize("command", ["check", "replay"])
def test_an_outcome_that_does_not_exist_is_one_sentence(command: str, tmp_path: Path) -> None:
    target = recording(tmp_path, GOOD) if command == "replay" else "http://127.0.0.1:9/"
    done = run(command, target, "--expect-outcome", "fine\x1b")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "--expect-outcome: expected one of stopped, malformed, failed, completed" in done.stderr
    assert "\x1b" not in done.stderr


def test_a_person_sees_both_sides_and_the_differences_counted(tmp_path: Path) -> None:
    done = run("replay", recording(tmp_path, CUT), "--as", "httpx-sse")
    lines = [[cell.strip() for cell in line.split("│")] for line in done.stdout.splitlines() if "│" in line]
    assert lines[0] == ["in the bytes", "httpx-sse", "difference"]
    assert lines[1] == [": ping", "message [r.1]: (empty)", "phantom"]
    assert lines[2][1:] == ["the loop ends, without an error", "unseen_cut"]
    assert done.stdout.splitlines()[-1] == "httpx-sse: 1 × phantom, 1 × unseen_cut"
    assert "… 1 the same" in done.stdout


def test_json_has_the_rows_under_a_key_of_their_own_and_only_when_asked(tmp_path: Path) -> None:
    file = recording(tmp_path, [b"data: busy\n\n"], status=503)
    plain = json.loads(run("replay", file, "--json").stdout)
    found = json.loads(run("replay", file, "--json", "--as", "httpx-sse").stdout)
    rows = found.pop("ordinary")
    assert found == plain
    assert [list(row) for row in rows] == [["ours", "theirs", "difference"]] * len(rows)
    assert {row["difference"] for row in rows} == {"parsed_refusal"}


def test_what_a_back_end_said_is_harmless_beside_each_other_too(tmp_path: Path) -> None:
    done = run(
        "replay", recording(tmp_path, [say("\x1b[2J\u202e", "r\x1b"), b": \x1b\x07\n\n", DONE]), "--as", "httpx-sse"
    )
    assert not set("\x1b\x07\u202e") & set(done.stdout)


def test_two_views_at_once_are_refused() -> None:
    done = run("check", "http://127.0.0.1:9/", "--compare", "http://127.0.0.1:8/", "--as", "httpx-sse")
    assert done.exit_code == 2
    assert "either --compare or --as" in done.stderr


@pytest.mark.parametrize("text", ["", "backends: no list", "backends: [{name: b, url: '${NOWHERE_TO_BE_FOUND}'}]"])
def test_a_replay_needs_no_configuration_but_the_one_that_is_named(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "unusable.yaml"
    config.write_text(text, "utf-8")
    monkeypatch.setenv("STREAMGAUGE_CONFIG", str(config))
    file = recording(tmp_path, GOOD)
    done = run("replay", file, "--json")
    assert (done.exit_code, json.loads(done.stdout)["outcome"]) == (0, "completed")
    assert "by the default thresholds: " in done.stderr
    assert str(config) in done.stderr
    assert run("replay", file, "--config", str(config)).exit_code == 2


def test_a_replay_takes_an_empty_device_for_a_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STREAMGAUGE_CONFIG", "/dev/null")
    assert run("replay", recording(tmp_path, GOOD)).exit_code == 0
