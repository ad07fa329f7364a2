"""`streamgauge export`, from the repository and from a wheel: the files, the two substitutions, nothing overwritten unasked."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from dashboard.cli import commands
from dashboard.cli.export import kinds, shipped
from dashboard.cli.options import KINDS
from tests.architecture.tree import ROOT
from tests.deploy.programs import promtool
from tests.deploy.wheel import unpacked_wheel

KEPT = {".yml", ".json", ".conf"}


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(commands, ["export", *arguments], prog_name="streamgauge")
    return result.exit_code, result.output


def files(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in folder.rglob("*") if path.is_file()
    }


def test_what_is_offered_is_what_is_there() -> None:
    assert tuple(kinds()) == KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_the_files_as_they_are(kind: str, tmp_path: Path) -> None:
    code, said = run(kind, "-o", str(tmp_path / "new" / "folder"))
    assert code == 0
    source = {name: text for name, text in files(shipped() / kind).items() if Path(name).suffix in KEPT}
    assert files(tmp_path / "new" / "folder") == source
    assert said.count("written") == len(source)


def test_again_changes_nothing_and_says_so(tmp_path: Path) -> None:
    run("prometheus", "-o", str(tmp_path))
    code, said = run("prometheus", "-o", str(tmp_path))
    assert code == 0
    assert said.count("unchanged") == len(files(tmp_path))


def test_a_file_that_differs_stays_and_nothing_else_is_written(tmp_path: Path) -> None:
    mine = tmp_path / "prometheus.yml"
    mine.write_text("mine", "utf-8")
    code, said = run("prometheus", "-o", str(tmp_path))
    assert code == 2
    assert "prometheus.yml" in said
    assert "alerts.rules.yml" not in said
    assert "nothing was written" in said
    assert files(tmp_path) == {"prometheus.yml": "mine"}


def test_a_file_that_differs_is_overwritten_on_request(tmp_path: Path) -> None:
    mine = tmp_path / "prometheus.yml"
    mine.write_bytes(b"\xff mine")
    code, said = run("prometheus", "-o", str(tmp_path), "--force")
    assert code == 0
    assert f"{'overwritten':<12} {mine}" in said
    assert "scrape_configs" in mine.read_text("utf-8")


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    code, said = run("grafana", "-o", str(tmp_path / "file" / "folder"))
    assert code == 2
    assert "cannot be written" in said


def test_links_lead_where_the_operator_says(tmp_path: Path) -> None:
    run("prometheus", "-o", str(tmp_path), "--runbooks", "https://wiki.example/gauge")
    rules = (tmp_path / "alerts.rules.yml").read_text("utf-8")
    assert 'runbook_url: "https://wiki.example/gauge#backenddown"' in rules
    assert "docs/runbooks.md#" not in "".join(files(tmp_path).values())


def test_a_link_with_what_yaml_reads_otherwise_is_still_the_link(tmp_path: Path) -> None:
    address = "https://h.example/it's,here:a/$x&y=*z!?q=%20a"
    assert run("prometheus", "-o", str(tmp_path), "--runbooks", address)[0] == 0
    rules = yaml.safe_load((tmp_path / "alerts.rules.yml").read_text("utf-8"))
    links = {rule["annotations"]["runbook_url"] for group in rules["groups"] for rule in group["rules"]}
    assert f"{address}#backenddown" in links
    assert {link.partition("#")[0] for link in links} == {address}
    tests = yaml.safe_load((tmp_path / "tests" / "backends.test.yml").read_text("utf-8"))
    assert f"{address}#backenddown" in str(tests)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "javascript:alert(1)",
        "docs/runbooks.md",
        "https://h/#a",
        "https://h/a b",
        "https://h/{{ $value }}",
        'https://h/"x',
        "https://h/\n- x",
        "https://u:p@h/",
    ],
)
def test_what_is_no_address_for_a_link_is_refused_and_nothing_is_written(address: str, tmp_path: Path) -> None:
    code, said = run("prometheus", "-o", str(tmp_path / "new"), "--runbooks", address)
    assert (code, said.count("\n")) == (2, 1)
    assert said.startswith("--runbooks: expected ")
    assert not (tmp_path / "new").exists()


def test_live_turns_can_be_judged_and_the_unit_tests_follow(tmp_path: Path) -> None:
    run("prometheus", "-o", str(tmp_path), "--source", "live", "--runbooks", "https://wiki.example/gauge")
    rules = (tmp_path / "alerts.rules.yml").read_text("utf-8")
    assert 'source="canary"' not in rules
    assert rules.count('source="live"') >= 24
    tested = promtool("test", "rules", "tests/burn.test.yml", "tests/backends.test.yml", cwd=tmp_path)
    assert tested.returncode == 0, tested.stderr


def test_the_dashboard_judges_the_same_turns(tmp_path: Path) -> None:
    asked = {}
    for source, other in (("canary", "live"), ("live", "canary")):
        run("grafana", "-o", str(tmp_path / source), "--source", source)
        asked[source] = text = (tmp_path / source / "streamgauge.json").read_text("utf-8")
        judged = re.findall(r'turns_good_total\{[^}]*source=\\"(\w+)\\"', text)
        assert judged == [source, other] * 6, "first these, and those where there are none"
        assert f'source=\\"{source}\\", for a backend without any' in text
    assert len(asked["live"]) == len(asked["canary"])


def test_what_grafana_is_given_takes_the_place_of_nothing_of_the_readers(tmp_path: Path) -> None:
    run("grafana", "-o", str(tmp_path))
    provisioned = sorted(file for file in (tmp_path / "provisioning").rglob("*") if file.is_file())
    told = {file.parent.name: yaml.safe_load(file.read_text("utf-8")) for file in provisioned}
    assert [file.name for file in provisioned] == ["streamgauge.yml"] * 2
    [source] = told["datasources"]["datasources"]
    [provider] = told["dashboards"]["providers"]
    assert (source["isDefault"], source["uid"]) == (False, "streamgauge-prometheus")
    assert [each["name"].lower().split()[0] for each in (source, provider)] == ["streamgauge"] * 2


def test_an_installed_wheel_has_the_files(tmp_path: Path) -> None:
    installed = unpacked_wheel(tmp_path)
    names = [path.relative_to(installed).as_posix() for path in installed.rglob("*")]
    assert not [name for name in names if "/generate/" in name]
    program = "import sys; sys.path.insert(0, sys.argv.pop(1)); from dashboard.cli import main; main()"
    command = [sys.executable, "-I", "-c", program, str(installed), "export"]
    for kind in KINDS:
        subprocess.run([*command, kind, "-o", str(tmp_path / kind)], cwd=tmp_path, check=True, timeout=60)
        assert files(tmp_path / kind) == {
            name: text for name, text in files(ROOT / "deploy" / kind).items() if Path(name).suffix in KEPT
        }
