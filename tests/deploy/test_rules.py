"""The shipped Prometheus files: promtool finds nothing in them, and finds what is broken on purpose."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from dashboard.telemetry.catalogue import CATALOGUE, PREFIX
from dashboard.watch.alerts import RULES
from deploy.generate.__main__ import FILES, differing
from tests.architecture.tree import ROOT
from tests.deploy.programs import DEPLOY, promtool, said
from tests.deploy.queries import selected

PROMETHEUS = DEPLOY / "prometheus"
RUNBOOKS = ROOT / "docs" / "runbooks.md"


def rules_of(name: str) -> list[dict[str, Any]]:
    document = yaml.safe_load((PROMETHEUS / f"{name}.rules.yml").read_text("utf-8"))
    return [rule for group in document["groups"] for rule in group["rules"]]


ALERTS, RECORDED = rules_of("alerts"), rules_of("recording")
RULE_IDS = [f"{rule.get('alert') or rule['record']}-{index}" for index, rule in enumerate(ALERTS + RECORDED)]
TESTS = sorted((PROMETHEUS / "tests").glob("*.test.yml"))


EXPOSED = {
    PREFIX + each.name + suffix
    for each in CATALOGUE
    for suffix in (("_bucket", "_sum", "_count") if each.type == "histogram" else ("",))
}


def test_the_files_are_what_is_generated() -> None:
    assert differing() == []
    assert {path.relative_to(DEPLOY).as_posix() for path in TESTS} <= set(FILES)


def test_configuration_and_rules_are_valid() -> None:
    checked = promtool("check", "config", "prometheus.yml", cwd=PROMETHEUS)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert f"{len(ALERTS)} rules found" in checked.stdout


def test_the_rules_pass_their_unit_tests() -> None:
    tested = promtool("test", "rules", *map(str, TESTS), cwd=PROMETHEUS)
    assert tested.returncode == 0, tested.stdout + tested.stderr
    assert tested.stdout.count("SUCCESS") == len(TESTS)


# what is broken, how it reads before and after, which file of tests notices
BROKEN = [
    ("a threshold", "group_left () 14.4 *", "group_left () 44.4 *", "burn"),
    ("whose objective", 'group_left () 1 * backend:streamgauge_turns_bad:allowed_ratio{objective="availability"}', 'group_left () 1 * backend:streamgauge_turns_bad:allowed_ratio{objective="ttft"}', "slow-burn"),
    ("a floor", " > 2.5", " > 0", "burn"),
    ("the short window", "and backend:streamgauge_turns_bad:ratio_rate5m", "or backend:streamgauge_turns_bad:ratio_rate5m", "burn"),
    ("all places", "max without (instance, pod) (streamgauge_canary_success) == 0", "min without (instance, pod) (streamgauge_canary_success) == 0", "backends"),
    ("the second probe", "  <= 2 * max without", "  <= 0 * max without", "backends"),
    ("the silence", "unless time() - streamgauge_last_event_timestamp_seconds <= 60", "", "backends"),
    ("the time that it must hold", "for: 2m", "for: 1s", "instances"),
    ("the share of late timers", "> 0.01", "> 0.5", "instances"),
]  # fmt: skip


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return shutil.copytree(PROMETHEUS, tmp_path / "prometheus")


@pytest.mark.parametrize(("before", "after", "tests"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN])
def test_a_broken_rule_fails_its_unit_tests(copy: Path, before: str, after: str, tests: str) -> None:
    file = copy / "alerts.rules.yml"
    text = file.read_text("utf-8")
    assert before in text
    file.write_text(text.replace(before, after), "utf-8")
    tested = promtool("test", "rules", f"tests/{tests}.test.yml", cwd=copy)
    assert tested.returncode == 1
    assert "exp:[" in tested.stderr, "valid still, and told apart by what fires"


def test_a_broken_test_fails(copy: Path) -> None:
    file = copy / "tests" / "instances.test.yml"
    file.write_text(file.read_text("utf-8").replace("values: '1x5 0x10'", "values: '1x15'"), "utf-8")
    assert promtool("test", "rules", "tests/instances.test.yml", cwd=copy).returncode == 1


@pytest.mark.parametrize("name", ["alerts.rules.yml", "recording.rules.yml"])
def test_a_rule_that_is_no_promql_fails_its_check(copy: Path, name: str) -> None:
    file = copy / name
    file.write_text(file.read_text("utf-8").replace("without (instance, pod)", "without (instance, pod", 1), "utf-8")
    assert promtool("check", "config", "prometheus.yml", cwd=copy).returncode == 1


@pytest.mark.parametrize("rule", ALERTS + RECORDED, ids=RULE_IDS)
def test_every_metric_of_a_rule_exists(rule: dict[str, Any]) -> None:
    assert selected(rule["expr"]) <= EXPOSED | {each["record"] for each in RECORDED} | {"up", "probe_success"}


def test_a_metric_that_does_not_exist_is_seen() -> None:
    assert not selected("sum(rate(streamgauge_turn_total[5m])) / 2 > bool streamgauge_turns_active") <= EXPOSED


def test_every_alert_fires_in_some_test() -> None:
    fired = {
        check["alertname"]
        for path in TESTS
        for case in yaml.safe_load(path.read_text("utf-8"))["tests"]
        for check in case.get("alert_rule_test", ())
        if check["exp_alerts"]
    }
    assert fired == {rule["alert"] for rule in ALERTS}


def test_every_alert_of_the_page_is_an_alert_here() -> None:
    for rule in RULES:
        found = [each for each in ALERTS if each["alert"] == rule.name]
        assert found
        assert rule.severity in {each["labels"]["severity"] for each in found}
        assert all(rule.next in each["annotations"]["description"] for each in found)


@pytest.mark.parametrize("rule", ALERTS, ids=RULE_IDS[: len(ALERTS)])
def test_an_alert_says_how_bad_what_and_where_to_read_on(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in {"page", "ticket", "none"}
    assert set(rule["annotations"]) == {"summary", "description", "runbook_url"}
    assert rule["annotations"]["description"].endswith((".", "?"))
    assert rule["annotations"]["runbook_url"] == f"docs/runbooks.md#{rule['alert'].lower()}"


def test_every_alert_has_its_runbook_and_every_runbook_its_alert() -> None:
    headings = re.findall(r"^## (.+)$", RUNBOOKS.read_text("utf-8"), re.MULTILINE)
    assert sorted(headings) == sorted({rule["alert"] for rule in ALERTS})


@pytest.mark.parametrize("part", ["True", "Look first", "Then"])
def test_a_runbook_has_its_parts(part: str) -> None:
    sections = RUNBOOKS.read_text("utf-8").split("\n## ")[1:]
    assert [section.split("\n")[0] for section in sections if f"**{part}:**" not in section] == []


def test_the_alertmanager_takes_its_example() -> None:
    checked = said("amtool", "check-config", "alertmanager.yml", cwd=PROMETHEUS)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "3 receivers" in checked.stdout
    assert "4 inhibit rules" in checked.stdout


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("receiver: pages", "receiver: nobody"),
        ('severity="page"', 'severity=="page"'),
        ("group_wait: 30s", "group_wait: 30"),
    ],
)
def test_a_broken_alertmanager_configuration_fails_its_check(copy: Path, before: str, after: str) -> None:
    file = copy / "alertmanager.yml"
    text = file.read_text("utf-8")
    assert before in text
    file.write_text(text.replace(before, after, 1), "utf-8")
    assert said("amtool", "check-config", "alertmanager.yml", cwd=copy).returncode == 1


@pytest.mark.parametrize(
    ("labels", "receiver"),
    [
        ({"alertname": "Watchdog", "severity": "none"}, "watchdog"),
        ({"alertname": "BackendDown", "severity": "page"}, "pages"),
        ({"alertname": "Stalls", "severity": "ticket"}, "tickets"),
        ({"alertname": "AvailabilityBurn", "severity": "page"}, "pages"),
    ],
)
def test_each_alert_goes_where_it_should(labels: dict[str, str], receiver: str) -> None:
    asked = [f"{name}={value}" for name, value in labels.items()]
    found = said("amtool", "config", "routes", "test", "--config.file=alertmanager.yml", *asked, cwd=PROMETHEUS)
    assert found.stdout.split() == [receiver], found.stderr


def test_what_the_alertmanager_matches_exists() -> None:
    document = yaml.safe_load((PROMETHEUS / "alertmanager.yml").read_text("utf-8"))
    matchers = [each for route in document["route"]["routes"] for each in route["matchers"]]
    for rule in document["inhibit_rules"]:
        matchers += rule["source_matchers"] + rule["target_matchers"]
    names = {rule["alert"] for rule in ALERTS}
    for matcher in matchers:
        label, operator, value = re.fullmatch(r'(\w+)(=~|=)"(.+)"', matcher).groups()  # type: ignore[union-attr]  # else it fails
        if label == "alertname":
            parts = value.split("|") if operator == "=~" else [value]
            assert all(any(re.fullmatch(part, name) for name in names) for part in parts), matcher
        else:
            assert (label, value) in {("severity", "page"), ("severity", "ticket")}
    receivers = {receiver["name"] for receiver in document["receivers"]}
    assert {document["route"]["receiver"], *(route["receiver"] for route in document["route"]["routes"])} == receivers
