"""What the config file says: the environment in it, secrets, defaults, where it is looked for, the shipped one."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec
import pytest

from dashboard.config import Backend, Config, ConfigError, Secret, default_config, load, parse
from tests.architecture.tree import ROOT
from tests.config.one import CANARY, one


@pytest.mark.parametrize(
    ("value", "env", "read"),
    [
        ("${T}", {"T": "x"}, "x"),
        ("Bearer ${T}", {"T": "x"}, "Bearer x"),
        ("${T}${T}", {"T": "x"}, "xx"),
        ("${T:-d}", {}, "d"),
        ("${T:-d}", {"T": ""}, "d"),
        ("${T:-}", {}, ""),
        ("${T}", {"T": ""}, ""),
        ("${T}", {"T": "${U}", "U": "no second pass"}, "${U}"),
        ("Bearer ${T:-}", {}, "Bearer"),
        ("${T}", {"T": "a token from a file\n"}, "a token from a file"),
        ("$T {T} $${", {}, "$T {T} $${"),
    ],
)
def test_a_value_reads_the_environment(value: str, env: dict[str, str], read: str) -> None:
    config = parse(one(f'    headers: {{A: "{value}"}}\n'), env=env)
    assert config.backends[0].headers["A"].reveal() == read


def test_a_config_does_not_print_its_secrets() -> None:
    config = parse(
        one(
            "    dialect: custom\n"
            "    headers: {Authorization: 'Bearer ${K}', X-Api-Key: '${K}'}\n"
            "    ask: {system: '${K}', params: {key: '${K}'}}\n"
            "    custom: {text: $data, json: {key: '${K}'}, query: {key: '${K}'}}\n",
            url="http://h/x?key=${K}",
        ),
        env={"K": CANARY},
    )
    backend = config.backends[0]
    assert CANARY in backend.url
    assert backend.headers["X-Api-Key"].reveal() == CANARY
    shown = [config, backend, backend.headers, backend.headers["X-Api-Key"], backend.ask, backend.custom]
    for thing in shown:
        assert CANARY not in f"{thing} {thing!r}"
    with pytest.raises((TypeError, NotImplementedError)):
        msgspec.json.encode(config)


def test_a_proxy_may_have_a_user() -> None:
    backend = parse(one("    proxy: 'http://u:${K}@p:3128'\n"), env={"K": CANARY}).backends[0]
    assert backend.proxy == f"http://u:{CANARY}@p:3128"
    assert CANARY not in repr(backend)


def test_a_config_is_frozen() -> None:
    config = parse(one())
    for part, field in [(config, "page"), (config.backends[0], "url"), (config.limits, "turn_s")]:
        with pytest.raises(AttributeError):
            setattr(part, field, None)


def test_defaults_are_those_of_the_design() -> None:
    backend = parse(one()).backends[0]
    assert (backend.dialect, backend.method, backend.max_parallel, backend.replay) == ("auto", "POST", 4, False)
    thresholds = backend.thresholds
    assert (thresholds.ttft_s, thresholds.gap_s, thresholds.stall_after_s) == (2, 5, 5)
    assert (thresholds.first_text_give_up_s, thresholds.give_up_s) == (120, 60)
    assert (backend.timeouts.connect_s, backend.timeouts.head_s) == (10, 60)


def test_a_backend_has_its_own_objectives_and_what_it_leaves_out_is_of_all() -> None:
    text = (
        "objectives: {ttft: 0.8}\n"
        "backends:\n"
        "  - {name: a, url: 'http://h', objectives: {availability: 0.9}}\n"
        "  - {name: b, url: 'http://h', objectives: {ttft: 0.95}}\n"
        "  - {name: c, url: 'http://h'}\n"
    )
    assert [(each.objectives.availability, each.objectives.ttft) for each in parse(text).backends] == [
        (0.9, 0.8),
        (0.995, 0.95),
        (0.995, 0.8),
    ]


def test_anchors_and_merges_work() -> None:
    text = (
        "backends:\n"
        "  - {name: a, url: 'http://h', thresholds: &slow {ttft_s: 9}}\n"
        "  - {name: b, url: 'http://h', thresholds: {<<: *slow, gap_s: 7}}\n"
    )
    slow = parse(text).backends[1].thresholds
    assert (slow.ttft_s, slow.gap_s) == (9, 7)


def test_load_looks_in_the_named_file_then_the_environment_then_here_then_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert load(env={}) == default_config({})
    (tmp_path / "config.yaml").write_text(one(url="http://here/"))
    (tmp_path / "env.yaml").write_text(one(url="http://env/"))
    (tmp_path / "named.yaml").write_text("\ufeff" + one(url="http://named/"), "utf-8")
    env = {"STREAMGAUGE_CONFIG": str(tmp_path / "env.yaml")}
    assert load(env={}).backends[0].url == "http://here/"
    assert load(env={"STREAMGAUGE_CONFIG": ""}).backends[0].url == "http://here/"
    assert load(env=env).backends[0].url == "http://env/"
    assert load(tmp_path / "named.yaml", env).backends[0].url == "http://named/"


def test_a_file_that_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "latin.yaml").write_bytes(b"page: {title: caf\xe9}")
    for name, got in [("none.yaml", "No such file"), (".", "Is a directory|Permission"), ("latin.yaml", "other bytes")]:
        with pytest.raises(ConfigError, match=f": expected .*, got.*({got})"):
            load(tmp_path / name, {})


@pytest.mark.skipif(sys.platform == "win32", reason="no /dev/zero")
def test_a_file_without_end_is_let_go_soon() -> None:
    with pytest.raises(ConfigError, match=r"^/dev/zero: expected at most 1,048,576 bytes, got more$"):
        load(Path("/dev/zero"), {})


def test_the_shipped_file_says_the_defaults_of_the_types() -> None:
    """Every key stands in config.yaml, active or commented, and what is active equals the default."""
    text = (ROOT / "config.yaml").read_text("utf-8")
    config = parse(text, env={})
    assert config == default_config({})
    parts: list[type[msgspec.Struct]] = [Config, Backend, *_parts(Backend), *_parts(Config)]
    for part in parts:
        for field in msgspec.structs.fields(part):
            assert f"{field.encode_name}:" in text, field.encode_name


def test_the_commented_examples_of_the_shipped_file_are_valid_too() -> None:
    text = (ROOT / "config.yaml").read_text("utf-8")
    lines = [line.replace("#~", "", 1) if line.startswith("#~") else line for line in text.splitlines()]
    config = parse("\n".join(lines), env={})
    assert [backend.name for backend in config.backends] == ["demo", "llm", "messages", "agent", "ours", "events"]
    assert {backend.dialect for backend in config.backends} == {
        "orchestrator",
        "openai-chat",
        "anthropic",
        "a2a",
        "custom",
    }


def _parts(root: type[msgspec.Struct]) -> list[type[msgspec.Struct]]:
    kinds = [field.type for field in msgspec.structs.fields(root)]
    return [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, msgspec.Struct)]


def test_a_secret_equals_its_like_and_hashes_without_showing() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert {Secret("a"): 1}[Secret("a")] == 1
    assert "a" not in f"{Secret('abc')}".removeprefix("Secret")
