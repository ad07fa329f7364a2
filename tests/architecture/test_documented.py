"""Nothing that a person can set, run, read or pick is without its row in the documents, and no row is about nothing."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import msgspec
import pytest
import yaml

from dashboard.cli import commands
from dashboard.config import Config, Secret
from dashboard.health.diagnosis import Kind
from dashboard.telemetry.catalogue import CATALOGUE, PREFIX
from dashboard.turn.verdict import AnomalyKind, Fault, Outcome
from dashboard.ui.inspect_words import PHASES
from dashboard.ui.words import DEFINITIONS as PAGE
from dashboard.wire.dialects import DIALECTS
from dashboard.wire.ordinary import Difference
from tests.architecture.metric_tables import METRICS, README, TABLES, written
from tests.architecture.tree import ROOT, documents, name_of, named, rows

DEFINITIONS = ROOT / "docs" / "definitions.md"
ARCHITECTURE = ROOT / "docs" / "architecture.md"
SCENARIOS = {path.stem: path for path in (ROOT / "orchestrator_stub" / "scenarios").glob("*.yaml")}


def default_of(field: msgspec.inspect.Field) -> Any:
    """NODEFAULT where the key is required."""
    return field.default_factory() if field.default_factory is not msgspec.NODEFAULT else field.default


def keys(kind: type, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted name and default of every leaf of the config, as a person writes it."""
    info = msgspec.inspect.type_info(kind)
    assert isinstance(info, msgspec.inspect.StructType)
    for field in info.fields:
        inner, name = field.type, f"{prefix}{field.encode_name}"
        if isinstance(inner, msgspec.inspect.ListType):
            inner, name = inner.item_type, f"{name}[]"
        if isinstance(inner, msgspec.inspect.UnionType):
            inner = next(part for part in inner.types if not isinstance(part, msgspec.inspect.NoneType))
        if isinstance(inner, msgspec.inspect.StructType):
            yield from keys(inner.cls, name + ".")
        else:
            yield name.removesuffix("[]"), default_of(field)


KEYS = dict(keys(Config))


def plain(text: str) -> str:
    """Without line ends, code marks and capitals: a table's cell begins small and ends without a full stop."""
    return " ".join(text.replace("`", "").split()).rstrip(".").lower()


@pytest.mark.parametrize("told", [*PAGE.values(), *PHASES.values()], ids=[*PAGE, *(f"bar {name}" for name in PHASES)])
def test_what_the_page_calls_a_number_is_its_definition(told: str) -> None:
    assert plain(told) in plain(DEFINITIONS.read_text("utf-8"))


def test_every_config_key_has_its_row() -> None:
    assert named("key", [README]) == set(KEYS)


@pytest.mark.parametrize("row", rows("key", [README]), ids=lambda row: row[0].strip("`"))
def test_documented_default_is_the_default(row: list[str]) -> None:
    default, said = KEYS[row[0].strip("`")], row[1].strip("`")
    if said == "required":
        assert default is msgspec.NODEFAULT
    elif said == "none":
        assert default in ("", Secret(""), None, {}, [])
    else:
        assert str(default) == said or default == yaml.safe_load(said)


@pytest.mark.parametrize("key", KEYS)
def test_config_file_explains_the_key(key: str) -> None:
    name = key.rpartition(".")[2].removesuffix("[]")
    assert re.search(rf"\b{name}:", (ROOT / "config.yaml").read_text("utf-8"))


def test_every_dialect_has_its_row() -> None:
    assert named("dialect", [README]) == set(DIALECTS)


def test_every_outcome_has_its_row() -> None:
    assert named("outcome", [README]) == named("outcome", [DEFINITIONS]) == set(Outcome)


def test_every_diagnosis_has_its_row() -> None:
    assert named("diagnosis", [README]) == named("diagnosis", [DEFINITIONS]) == set(Kind)


def test_every_difference_of_an_ordinary_client_has_its_row() -> None:
    assert named("difference", [DEFINITIONS]) == set(Difference) - {Difference.NONE}


def test_every_fault_and_anomaly_has_its_row() -> None:
    assert named("fault", [DEFINITIONS]) == set(Fault)
    assert named("anomaly", [DEFINITIONS]) == set(AnomalyKind)


@pytest.mark.parametrize("path", TABLES, ids=name_of)
def test_the_tables_of_metrics_are_the_catalogue(path: Path) -> None:
    assert written(path) == TABLES[path]()


def test_every_label_has_its_row() -> None:
    assert named("label", [METRICS]) == {label for metric in CATALOGUE for label in metric.labels} - {
        "version",
        "python",
    }


@pytest.mark.parametrize("path", documents(), ids=name_of)
def test_every_metric_that_is_named_exists(path: Path) -> None:
    names = {metric.name for metric in CATALOGUE}
    found = set(re.findall(rf"\b{PREFIX}([a-z_]+)", path.read_text("utf-8")))
    assert {name.removesuffix("_bucket") for name in found} <= names


def test_every_scenario_has_its_row() -> None:
    assert named("scenario", [README]) == set(SCENARIOS)


@pytest.mark.parametrize("row", rows("scenario", [README]), ids=lambda row: row[0].strip("`"))
def test_documented_scenario_is_the_scenario(row: list[str]) -> None:
    scenario = yaml.safe_load(SCENARIOS[row[0].strip("`")].read_text("utf-8"))
    assert row[1:3] == [f"`{scenario['expect']['outcome']}`", scenario["about"]]


def test_every_command_has_its_row() -> None:
    assert named("command", [README]) == {f"streamgauge {name}" for name in commands.commands}


@pytest.mark.parametrize("name", commands.commands)
def test_every_option_is_named_in_its_row(name: str) -> None:
    row = next(row for row in rows("command", [README]) if row[0] == f"`streamgauge {name}`")
    said = set(re.findall(r"`(--?[a-z][a-z-]*)`", row[2]))
    command = commands.commands[name]
    parts = [command, *(command.commands.values() if isinstance(command, click.Group) else ())]
    shown = [param for part in parts for param in part.params if isinstance(param, click.Option) and not param.hidden]
    options = [{*param.opts, *param.secondary_opts} for param in shown]
    assert [option for option in options if not said & option] == []
    assert said <= set().union(*options)


def test_every_dependency_has_its_sentence() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    declared = {re.split(r"[^A-Za-z0-9-]", need)[0] for need in project["dependencies"]}
    assert named("dependency", [ARCHITECTURE]) == declared


LINKS = [
    (path, link)
    for path in documents()
    for link in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", path.read_text("utf-8"))
    if "://" not in link
]


@pytest.mark.parametrize(("path", "link"), LINKS, ids=[f"{name_of(path)}: {link}" for path, link in LINKS])
def test_link_leads_somewhere(path: Path, link: str) -> None:
    assert (path.parent / link).exists()


@pytest.mark.parametrize("path", documents(), ids=name_of)
def test_every_make_target_that_is_named_exists(path: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert set(re.findall(r"(?:^|`)make ([a-z]+)", path.read_text("utf-8"), re.MULTILINE)) <= targets


def shown_commands() -> Iterator[tuple[str, str]]:
    """Every line of a shell block in the documents that runs streamgauge: where it stands, and the line."""
    for path in documents():
        for block in re.findall(r"```sh\n(.*?)```", path.read_text("utf-8"), re.DOTALL):
            yield from ((name_of(path), line.strip()) for line in block.splitlines() if "streamgauge " in line)


SHOWN = sorted(set(shown_commands()))


@pytest.mark.parametrize(("where", "line"), SHOWN, ids=[f"{where}: {line[:60]}" for where, line in SHOWN])
def test_a_command_that_is_shown_can_be_given(where: str, line: str) -> None:
    words = re.sub(r"\s+#.*|&$", "", line.partition("streamgauge ")[2]).split()
    name, options = words[0], {word.partition("=")[0] for word in words[1:] if re.match(r"--?[a-z]", word)}
    group = commands.commands[name]
    nested = [*group.commands.values()] if isinstance(group, click.Group) else []
    known = {
        option
        for command in (group, *nested)
        for param in command.params
        for option in (*param.opts, *param.secondary_opts)
    }
    assert options <= known | ({"--allow-websocket-origin", "--prefix"} if name == "serve" else set())
