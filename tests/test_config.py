"""The config file as an operator meets it: each mistake is one sentence with file, key, expected and got."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from dashboard.config import Backend, Config, ConfigError, Secret, default_config, load, parse
from dashboard.config_yaml import MAX_DEPTH

CANARY = "canary-key-5f1d9c"
ROOT = Path(__file__).parents[1]


def one(rest: str = "", url: str = "http://h/x") -> str:
    """A file with one backend, and `rest` after its first two keys."""
    return f"backends:\n  - name: a\n    url: {url}\n{rest}"


# Each row: what is wrong; the file; what stands before "got" (key and expected); what after.
BAD = [
    ("empty", "", "(top level)", "`backends:`", "an empty file"),
    ("comments only", "# nothing\n", "(top level)", "`backends:`", "an empty file"),
    ("a list on top", "- a\n", "(top level)", "a mapping", "a list"),
    ("a number on top", "5\n", "(top level)", "a mapping", "a number"),
    ("text on top", "hello\n", "(top level)", "a mapping", "text"),
    ("no backends", "page: {title: x}\n", "backends", "a value", "no such key"),
    ("backends empty", "backends: []\n", "backends", "length >= 1", "a list"),
    ("backends null", "backends:\n", "backends", "a list", "nothing"),
    ("backends a mapping", "backends: {name: a}\n", "backends", "a list", "a mapping"),
    ("a backend is a number", "backends: [3]\n", "backends[0]", "a mapping", "3"),
    ("no url", "backends: [{name: a}]\n", "backends[0].url", "a value", "no such key"),
    ("no name", "backends: [{url: 'http://h'}]\n", "backends[0].name", "a value", "no such key"),
    ("top-level unknown", one() + "limit: {}\n", "limit", "one of backends, limits, page", "did you mean limits?"),
    ("backend unknown", one("    urll: x\n"), "backends[0].urll", "one of name, url,", "did you mean url?"),
    ("threshold unknown", one("    thresholds: {ttft: 2}\n"), "backends[0].thresholds.ttft", "ttft_s", "unknown key"),
    ("unknown with dots", one("    a.b: x\n"), "backends[0].a.b", "one of name", "unknown key"),
    ("unknown, on", one("    on: x\n"), "backends[0].True", "a key that is text", "true or false"),
    ("a key is a number", "1: 2\n", "1", "a key that is text", "a number"),
    ("a key is a list", "? [a]\n: b\n", "line 1", "valid YAML", "unhashable key"),
    ("top key twice", one() + "page: {}\npage: {}\n", "page", "each key once", "twice"),
    ("backend key twice", one("    url: http://other/\n"), "line 4, column 5: url", "each key once", "twice"),
    ("deep key twice", one("    retry: {cap_s: 1, cap_s: 1}\n"), "cap_s", "each key once", "twice"),
    ("header twice", one("    headers: {X-A: a, x-a: b}\n"), "backends[0].headers.x-a", "each header once", "twice"),
    ("name twice", one() + "  - {name: a, url: 'http://h'}\n", "backends[1].name", "a name of its own", "'a' again"),
    ("name with a blank", "backends: [{name: 'a b', url: 'http://h'}]", "backends[0].name", "matching", "'a b'"),
    ("name empty", "backends: [{name: '', url: 'http://h'}]", "backends[0].name", "matching", "''"),
    ("name a number", "backends: [{name: 5, url: 'http://h'}]", "backends[0].name", "text", "5"),
    ("float text", one("    thresholds: {ttft_s: fast}\n"), "backends[0].thresholds.ttft_s", "a number", "'fast'"),
    ("float zero", one("    thresholds: {gap_s: 0}\n"), "backends[0].thresholds.gap_s", "a number > 0", "0"),
    ("float negative", one("    thresholds: {give_up_s: -1}\n"), "thresholds.give_up_s", "> 0", "-1"),
    ("float huge", one("    timeouts: {head_s: 86401}\n"), "backends[0].timeouts.head_s", "<= 86400", "86401"),
    ("float infinite", one("    timeouts: {head_s: .inf}\n"), "backends[0].timeouts.head_s", "<= 86400", "inf"),
    ("float nan", one("    timeouts: {connect_s: .nan}\n"), "backends[0].timeouts.connect_s", "> 0", "nan"),
    ("int zero", one("    max_parallel: 0\n"), "backends[0].max_parallel", "a whole number >= 1", "0"),
    ("int broken", one("    max_parallel: 1.5\n"), "backends[0].max_parallel", "a whole number", "1.5"),
    ("int is true", one("    max_parallel: true\n"), "backends[0].max_parallel", "a whole number", "True"),
    ("int too many", one("    retry: {max_attempts: 101}\n"), "backends[0].retry.max_attempts", "<= 100", "101"),
    ("limit too small", one() + "limits: {event_bytes: 10}\n", "limits.event_bytes", ">= 1024", "10"),
    ("limits a list", one() + "limits: [1]\n", "limits", "a mapping", "1 of them"),
    ("bool text", one("    verify: 'no'\n"), "backends[0].verify", "true or false", "'no'"),
    ("method", one("    method: PUT\n"), "backends[0].method", "POST or GET", "'PUT'"),
    ("method lower", one("    method: post\n"), "backends[0].method", "POST or GET", "'post'"),
    ("examples text", one("    examples: hello\n"), "backends[0].examples", "a list", "'hello'"),
    ("example a number", one("    examples: [a, 5]\n"), "backends[0].examples[1]", "text", "5"),
    ("header a number", one("    headers: {A: b, N: 5}\n"), "backends[0].headers.N", "text", "a number"),
    ("header null", one("    headers: {N: }\n"), "backends[0].headers.N", "text", "nothing"),
    ("headers text", one(f"    headers: {CANARY}\n"), "backends[0].headers", "a mapping", "text"),
    ("header name", one("    headers: {'a b': x}\n"), "backends[0].headers", "the name of an HTTP header", "'a b'"),
    ("metrics token", one("metrics: {token: 'a b'}\n"), "metrics.token", "letters, digits", "other characters"),
    ("metrics port", one("metrics: {port: 0}\n"), "metrics.port", ">= 1", "0"),
    (
        "header of the body",
        one('    headers: {Content-Length: "3"}\n'),
        "backends[0].headers.Content-Length",
        "no such",
        "one",
    ),
    (
        "header of the framing",
        one("    headers: {transfer-encoding: chunked}\n"),
        "headers.transfer-encoding",
        "no such",
        "one",
    ),
    ("header two lines", one('    headers: {A: "x\\nB: y"}\n'), "backends[0].headers.A", "one line", "control"),
    ("url no scheme", one(url="h/x"), "backends[0].url", "http:// or https://", "'h/x'"),
    ("url ftp", one(url="ftp://h/x"), "backends[0].url", "http:// or https://", "'ftp://h/x'"),
    ("url no host", one(url="http:///x"), "backends[0].url", "http:// or https://", "'http:///x'"),
    ("url port", one(url="http://h:99999/"), "backends[0].url", "http:// or https://", "99999"),
    ("url port text", one(url="'http://h:eighty/'"), "backends[0].url", "http:// or https://", "eighty"),
    ("url bracket", one(url="'http://[::1/'"), "backends[0].url", "http:// or https://", "[::1"),
    ("url blank", one(url="'http://h/a b'"), "backends[0].url", "http:// or https://", "a b"),
    ("url control", one(url='"http://h/a\\r\\nX: y"'), "backends[0].url", "http:// or https://", "\\r\\n"),
    ("url user", one(url=f"http://u:{CANARY}@h/x"), "backends[0].url", "no user or password", "some"),
    ("url number", one(url="5"), "backends[0].url", "text", "a number"),
    ("idle text", one("    timeouts: {idle_s: never}\n"), "backends[0].timeouts.idle_s", "a number", "'never'"),
    ("idle zero", one("    timeouts: {idle_s: 0}\n"), "backends[0].timeouts.idle_s", "> 0", "0"),
    ("proxy", one(f"    proxy: odd://u:{CANARY}@p/\n"), "backends[0].proxy", "http:// or https://", "'odd://…@p/'"),
    ("proxy list", one(f"    proxy: [{CANARY}]\n"), "backends[0].proxy", "text", "1 of them"),
    ("key alone", one("    client_key: k.pem\n"), "backends[0].client_cert", "the certificate", "none"),
    ("custom missing", one("    dialect: custom\n"), "backends[0].custom", "at least `text:`", "none"),
    (
        "custom text missing",
        one("    dialect: custom\n    custom: {}\n"),
        "backends[0].custom.text",
        "a value",
        "no such",
    ),
    ("custom text empty", one("    dialect: custom\n    custom: {text: ''}\n"), "custom.text", "length >= 1", "text"),
    ("custom unread", one("    custom: {text: a}\n"), "backends[0].dialect", "custom", "nothing"),
    (
        "custom query",
        one("    dialect: custom\n    custom: {text: a, query: {n: 5}}\n"),
        "custom.query.n",
        "text",
        "a number",
    ),
    ("colon", "a: b: c\n", "line 1, column 5", "valid YAML", "mapping values"),
    ("tab", "backends:\n\t- name: a\n", "line 2", "valid YAML", "cannot start any token"),
    ("control", "a: \x07\n", "config.yaml", "valid YAML", "special characters"),
    ("two documents", "a: 1\n---\nb: 2\n", "line 2", "valid YAML", "another document"),
    ("an object tag", "a: !!python/object/apply:os.getcwd []\n", "line 1", "valid YAML", "constructor"),
    ("an impossible date", "a: 2026-99-99\n", "config.yaml", "values that YAML can hold", "month"),
    ("itself inside", "a: &a [*a]\n", "config.yaml", f"at most {MAX_DEPTH} levels", "more"),
    ("a well of brackets", "[" * 5000, "config.yaml", f"at most {MAX_DEPTH} levels", "more"),
]


@pytest.mark.parametrize(("text", "key", "expected", "got"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_each_mistake_is_one_sentence_with_file_key_expected_and_got(
    text: str, key: str, expected: str, got: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(text, "my/config.yaml" if key != "config.yaml" else "config.yaml", {})
    said = str(caught.value)
    before, _, after = said.rpartition("got")
    assert said.startswith(("my/config.yaml: ", "config.yaml: "))
    assert key in before
    assert expected in before
    assert got in after
    assert "\n" not in said
    assert CANARY not in said
    assert len(said) < 400


def test_seventeen_backends_are_one_too_many() -> None:
    def rows(n: int) -> str:
        return "backends:\n" + "".join(f"  - {{name: b{i}, url: 'http://h'}}\n" for i in range(n))

    assert len(parse(rows(16)).backends) == 16
    with pytest.raises(ConfigError, match=r"^config\.yaml: backends: expected a list of length <= 16, got 17 of them$"):
        parse(rows(17))


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


def test_a_missing_variable_is_named_with_its_key_and_the_way_out() -> None:
    with pytest.raises(ConfigError) as caught:
        parse(one("    headers:\n      Authorization: Bearer ${OUR_TOKEN}\n"), "c.yaml", {})
    assert str(caught.value) == (
        "c.yaml: backends[0].headers.Authorization: expected the environment variable OUR_TOKEN, got none; "
        "set it or write ${OUR_TOKEN:-default}"
    )


@pytest.mark.parametrize(
    "text",
    [
        one("    method: ${K}\n"),
        one("    max_parallel: ${K}\n"),
        one("    thresholds: {ttft_s: '${K}'}\n"),
        one("    dialect: ${K}\n    custom: {text: a}\n"),
        one("    headers: {'A': \"${K}\\n\\nB\"}\n"),
        one("    headers: '${K}'\n"),
        one("    custom: '${K}'\n"),
        one(url="${K}"),
        one(url="ftp://u:${K}@h/"),
        one(url="http://u:${K}@h/"),
        one(url="http://u:a/${K}@h/"),
        one(url="http://h:${K}/") + "    method: PUT\n",
        one(url="ftp://h/?key=${K}"),
        one(url="http://h:0/#${K}"),
        one("    name2: ${K}\n"),
        "backends: [{name: '${K} ', url: 'http://h'}]\n",
        "backends: ${K}\n",
    ],
)
def test_no_sentence_repeats_what_the_environment_holds(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(text, env={"K": CANARY})
    assert CANARY not in str(caught.value)
    assert caught.value.__cause__ is None


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
