"""`streamgauge history`: what is chosen, how it is written, and what a wrong file is told."""

from __future__ import annotations

import csv
import io
import json
import time
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dashboard.cli import commands
from dashboard.health.wording import count
from dashboard.telemetry.history_file import HistoryFile
from dashboard.telemetry.past_turn import COLUMNS
from tests.telemetry.past import NOW, past

HOUR_S = 3600


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path, ago_s = tmp_path / "history.sqlite", NOW - time.time()
    with closing(HistoryFile(path)) as file:
        file.add([
            past("old", ago_s + 50 * HOUR_S),
            past("canary", ago_s + 20 * HOUR_S, source="canary"),
            past("bad", ago_s + HOUR_S, outcome="truncated", fault="cut", availability=False, sentence="Cut.", ttft_s=None),
            past("other", ago_s + 60, backend="c", agent='=HYPERLINK("http://elsewhere")', sentence="-1\nand\ttabs"),
        ])  # fmt: skip
    return path


def run(*words: str) -> Result:
    return CliRunner().invoke(commands, ["history", *words])


def turns(result: Result) -> list[str]:
    assert result.exit_code == 0, result.output
    return [json.loads(line)["turn"] for line in result.stdout.splitlines()]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([], ["old", "canary", "bad", "other"]),
        (["--backend", "b"], ["old", "canary", "bad"]),
        (["--source", "canary"], ["canary"]),
        (["--outcome", "truncated"], ["bad"]),
        (["--since", "21h"], ["canary", "bad", "other"]),
        (["--since", "1.5h", "--backend", "c"], ["other"]),
    ],
)
def test_which_turns_are_exported(path: Path, options: list[str], expected: list[str]) -> None:
    assert turns(run("export", "--path", str(path), *options)) == expected


def test_no_secret_of_the_configuration_has_to_be_there(path: Path, tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    told = (
        'metrics: {token: "${NOWHERE_TOLD}"}\nbackends: [{name: b, url: "http://b.example/"}]\nhistory: {path: "%s"}\n'
    )
    file.write_text(told % path, "utf-8")
    assert len(turns(run("export", "--config", str(file)))) == 4
    assert run("prune", "--config", str(file)).exit_code == 0
    file.write_text("history: {path: 3}", "utf-8")
    assert f"{file}: history.path: expected" in run("list", "--config", str(file)).output


def test_a_list_is_newest_first_with_the_sentence(path: Path) -> None:
    lines = run("list", "--path", str(path), "-n", "2").stdout.splitlines()
    assert len(lines) == 2
    assert "other" in lines[0]
    assert r"-1\nand\ttabs" in lines[0]
    assert "bad" in lines[1]
    assert "truncated cut" in lines[1]
    assert lines[1].endswith("Cut.")


def test_no_cell_of_a_csv_is_a_formula(path: Path, tmp_path: Path) -> None:
    out = tmp_path / "turns.csv"
    assert run("export", "--path", str(path), "-o", str(out)).exit_code == 0
    head, *rows = list(csv.reader(io.StringIO(out.read_text("utf-8"), newline="")))
    assert head == list(COLUMNS)
    assert len(rows) == 4
    last, bad = dict(zip(head, rows[3], strict=True)), dict(zip(head, rows[2], strict=True))
    assert last["agent"] == '\'=HYPERLINK("http://elsewhere")'
    assert last["sentence"].startswith("'-1")
    assert (bad["availability"], bad["ttft_s"], bad["chunks"]) == ("0", "", "0")
    assert not any(cell.startswith(tuple("=+-@\t\r")) for row in rows for cell in row)


@pytest.mark.parametrize(
    ("options", "left"),
    [
        (["--older-than", "2d"], ["canary", "bad", "other"]),
        (["--older-than", "30m"], ["other"]),
        (["--megabytes", "0"], []),
        (["--megabytes", "1"], ["old", "canary", "bad", "other"]),
    ],
)
def test_prune(path: Path, options: list[str], left: list[str]) -> None:
    result = run("prune", "--path", str(path), *options)
    assert result.stdout == f"{count(4 - len(left), 'turn')} dropped\n"
    assert turns(run("export", "--path", str(path))) == left


def test_the_configured_file_and_its_limits_are_taken(path: Path, tmp_path: Path) -> None:
    config = tmp_path / "c.yaml"
    config.write_text(f"backends: [{{name: b, url: 'http://h/'}}]\nhistory: {{path: {path}, days: 1}}\n")
    assert turns(run("export", "--config", str(config))) == ["old", "canary", "bad", "other"]
    assert run("prune", "--config", str(config)).stdout == "1 turn dropped\n"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["list", "--config", "{here}/none.yaml"], "none.yaml: history.path: expected the history's file, got none"),
        (["list", "--path", "{here}/nowhere.sqlite"], "nowhere.sqlite: expected a history, got: No such file"),
        (["list", "--path", "{here}/empty"], "empty: expected a history, got: nothing was written to it yet"),
        (["list", "--path", "{here}/text.txt"], "text.txt: expected a history, got: file is not a database"),
        (["list", "--path", "{here}/x", "--outcome", "good"], "--outcome: expected one of stopped, "),
        (["export", "--path", "{history}", "-o", "{here}/no/where.csv"], "cannot be written: No such file"),
        (["list", "--path", "{history}", "-n", "9" * 23], "is not in the range 1<=x<=1000000"),
        (["list", "--since", "yesterday"], "expected a time span such as 90m, 12h or 30d, got 'yesterday'"),
    ],
)
def test_a_mistake_is_a_sentence_and_exit_code_2(path: Path, tmp_path: Path, words: list[str], says: str) -> None:
    (tmp_path / "none.yaml").write_text("backends: [{name: b, url: 'http://h/'}]\n")
    (tmp_path / "text.txt").write_text("dear diary, " * 100)
    (tmp_path / "empty").touch()
    result = run(*(word.format(here=tmp_path, history=path) for word in words))
    assert result.exit_code == 2
    assert says in result.stderr
    assert "Traceback" not in result.output
    assert (tmp_path / "empty").stat().st_size == 0, "whoever reads makes nothing"


@pytest.mark.parametrize("command", ["list", "export"])
@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--backend", "d"], "history.sqlite holds no turn of 'd'; it has turns of b, c\n"),
        (["--backend", "c", "--outcome", "failed"], "history.sqlite holds no turn that fits all of these options\n"),
    ],
)
def test_nothing_found_is_told_beside_the_output(path: Path, command: str, options: list[str], says: str) -> None:
    result = run(command, "--path", str(path), *options)
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.endswith(says)


def test_a_history_without_turns_says_so(tmp_path: Path) -> None:
    HistoryFile(tmp_path / "new.sqlite").close()
    assert run("list", "--path", str(tmp_path / "new.sqlite")).stderr.endswith("new.sqlite holds no turn yet\n")


def test_an_export_overwrites_a_file_on_request_only_and_a_device_always(path: Path, tmp_path: Path) -> None:
    out = tmp_path / "turns.json"
    out.write_text("mine")
    result = run("export", "--path", str(path), "-o", str(out))
    assert result.exit_code == 2
    assert "turns.json is there already; name another file, or --force" in result.stderr
    assert out.read_text() == "mine"
    assert run("export", "--path", str(path), "-o", str(out), "--force").exit_code == 0
    assert len(out.read_text().splitlines()) == 4
    assert run("export", "--path", str(path), "-o", "/dev/null").exit_code == 0


@pytest.mark.parametrize("name", ["history.sqlite", "history.sqlite-wal", "history.sqlite-shm", "soft", "hard"])
def test_an_export_never_writes_over_the_history(path: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "soft").symlink_to(path)
    (tmp_path / "hard").hardlink_to(path)
    result = run("export", "--path", str(path), "-o", str(tmp_path / name))
    assert result.exit_code == 2
    assert result.stderr.startswith("-o: expected another file than the history itself, got ")
    assert turns(run("export", "--path", str(path))) == ["old", "canary", "bad", "other"]
