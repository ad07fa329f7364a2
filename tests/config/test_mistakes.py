"""The config file as an operator meets it: each mistake is one sentence with file, key, expected and got."""

from __future__ import annotations

import pytest

from dashboard.config import ConfigError, parse
from dashboard.config_yaml import MAX_DEPTH
from tests.config.one import CANARY, one


def custom(keys: str) -> str:
    """A backend with a `custom:` block of these keys."""
    return one(f"    dialect: custom\n    custom: {{{keys}}}\n")


LAUGHS = "a: &a [x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join(['*' + before] * 8)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)

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
    (
        "name with a blank",
        "backends: [{name: 'a b', url: 'http://h'}]",
        "backends[0].name",
        "1 to 64 letters, digits",
        "'a b'",
    ),
    ("name empty", "backends: [{name: '', url: 'http://h'}]", "backends[0].name", "1 to 64 letters, digits", "''"),
    ("name with a line's end", 'backends: [{name: "a\\n", url: "http://h"}]', "backends[0].name", "1 to 64", r"'a\n'"),
    ("name too long", f"backends: [{{name: {'a' * 65}, url: 'http://h'}}]", "backends[0].name", "1 to 64", "'aaa"),
    (
        "origin with a line's end",
        one('page: {frame_ancestors: ["http://h\\n"]}\n'),
        "frame_ancestors[0]",
        "an origin",
        "h",
    ),
    ("a NUL", one('history: {path: "a\\0"}\n'), "history.path", "a path can hold", "a NUL"),
    ("a surrogate", one('    ask: {model: "a\\ud800"}\n'), "backends[0].ask.model", "a label", "a lone surrogate"),
    ("a surrogate for a list", 'backends: "\\ud800"\n', "backends", "a label", "a lone surrogate"),
    (
        "a surrogate in a key",
        one('    headers: {"\\ud800": a}\n'),
        r"backends[0].headers.\ud800",
        "",
        "a lone surrogate",
    ),
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
    ("objective in percent", one() + "objectives: {availability: 99.5}\n", "objectives.availability", "< 1", "99.5"),
    ("objective of all", one("    objectives: {ttft: 1}\n"), "backends[0].objectives.ttft", "< 1", "1"),
    (
        "objective unknown",
        one("    objectives: {gap: 0.9}\n"),
        "backends[0].objectives",
        "availability, ttft",
        "an unknown key",
    ),
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
    ("path of two dots", custom("text: a..b"), "custom.text", "a path such as", "an empty step at character 3"),
    ("path that ends in a dot", custom("text: a.b."), "custom.text", "a path such as", "an empty step at character 5"),
    ("path of a dot", custom("text: ."), "custom.text", "a path such as", "an empty step at character 1"),
    (
        "path with a bracket",
        custom("text: 'choices[0].text'"),
        "custom.text",
        "a path",
        "a bracket at character 8; a place",
    ),
    ("path as JSONPath has it", custom("text: $.a"), "custom.text", "or $ or $data", "another one that begins with $"),
    ("path misspelt", custom("text: $Data"), "custom.text", "or $ or $data", "another one"),
    (
        "path with a blank",
        custom("text: 'a. b'"),
        "custom.text",
        "a path",
        "a blank or a control character in the step at character 3",
    ),
    ("path with a control", custom('text: "a.b\\x07"'), "custom.text", "a path", "in the step at character 3"),
    (
        "error empty",
        custom("text: a, error: ''"),
        "custom.error",
        "a path such as error.message",
        "nothing; leave the key",
    ),
    ("error with a bracket", custom("text: a, error: 'e['"), "custom.error", "a path", "a bracket at character 2"),
    (
        "finish empty",
        custom("text: a, finish: ''"),
        "custom.finish",
        "a data line or `path=value`",
        "nothing; leave the key",
    ),
    ("finish blank", custom("text: a, finish: ' '"), "custom.finish", "a data line or `path=value`", "nothing"),
    (
        "finish with two dots",
        custom("text: a, finish: 'a..b=stop'"),
        "custom.finish",
        "a path",
        "an empty step at character 3",
    ),
    (
        "finish with a bracket",
        custom("text: a, finish: 'c[0].x=stop'"),
        "custom.finish",
        "a path",
        "a bracket at character 2",
    ),
    (
        "token empty",
        one("metrics: {token: ''}\n"),
        "metrics.token",
        "a token",
        "an empty one, which would let everybody in",
    ),
    ("token of blanks", one("metrics: {token: '  '}\n"), "metrics.token", "a token", "an empty one"),
    (
        "runbooks a script",
        one("page: {runbooks: 'javascript:alert(1)'}\n"),
        "page.runbooks",
        "http:// or https://",
        "javascript:alert(1)",
    ),
    (
        "runbooks a path",
        one("page: {runbooks: docs/runbooks.md}\n"),
        "page.runbooks",
        "http:// or https://",
        "docs/runbooks.md",
    ),
    (
        "runbooks with a fragment",
        one("page: {runbooks: 'http://h/#a'}\n"),
        "page.runbooks",
        "without a fragment",
        "http://h/",
    ),
    (
        "runbooks with a quote",
        one("page: {runbooks: 'http://h/\"x'}\n"),
        "page.runbooks",
        "other characters as %XX",
        "http://h/",
    ),
    ("aliases without end", LAUGHS, "config.yaml", "at most 100,000 values", "more"),
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


@pytest.mark.parametrize(
    "keys",
    [
        "text: $data",
        "text: $",
        "text: choices.-1.content-type",
        "text: 'a key.of two words'",
        "text: a, finish: '[DONE]'",
        "text: a, finish: 'END=='",
        "text: a, finish: 'a b=c'",
        "text: a, finish: choices.0.finish_reason=stop, error: error.message",
    ],
)
def test_a_path_that_can_lead_somewhere_is_taken(keys: str) -> None:
    assert parse(custom(keys), env={}).backends[0].custom is not None


@pytest.mark.parametrize(("written", "env"), [("${T:-}", {}), ("${T:-}", {"T": ""}), ("${T:-x}", {})])
def test_a_token_may_be_none_where_the_file_says_so(written: str, env: dict[str, str]) -> None:
    token = parse(one(f"metrics: {{token: '{written}'}}\n"), env=env).metrics.token.reveal()
    assert token == ("x" if "x" in written else "")


def test_a_token_that_the_environment_was_to_give_is_not_missed_in_silence() -> None:
    with pytest.raises(ConfigError, match=r"metrics\.token: expected a token, got an empty one"):
        parse(one("metrics: {token: '${T}'}\n"), env={"T": ""})


def test_seventeen_backends_are_one_too_many() -> None:
    def rows(n: int) -> str:
        return "backends:\n" + "".join(f"  - {{name: b{i}, url: 'http://h'}}\n" for i in range(n))

    assert len(parse(rows(16)).backends) == 16
    with pytest.raises(ConfigError, match=r"^config\.yaml: backends: expected a list of length <= 16, got 17 of them$"):
        parse(rows(17))


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
