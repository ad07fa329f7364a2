"""A pasted curl command: the request that curl itself would make, or a sentence that names what is in the way."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shutil
import socketserver
import subprocess
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.cli.curl import OURS, Pasted, parse_curl
from dashboard.cli.question_field import question_in, with_question
from dashboard.cli.shell_words import CurlError, split_words

ENV = {"KEY": "sk-1", "HOST": "h"}
FILES = {"body.json": b'{"a":\r\n 1}\n'}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json", "Accept": "application/json"}


def read_file(name: str) -> bytes:
    if name not in FILES:
        raise FileNotFoundError(2, "No such file or directory")
    return FILES[name]


def parse(text: str) -> Pasted:
    return parse_curl(text, ENV, read_file)


COMMANDS: list[tuple[str, Pasted]] = [
    ("curl http://h/x", Pasted("GET", "http://h/x")),
    ("  $ curl http://h/x  ", Pasted("GET", "http://h/x")),
    ("/usr/bin/curl h:9000/x", Pasted("GET", "http://h:9000/x")),
    ("curl.exe https://h", Pasted("GET", "https://h")),
    ("curl -N -s -S -i -v -L -f http://h", Pasted("GET", "http://h")),
    ("curl -sNL http://h", Pasted("GET", "http://h")),
    ("curl --no-buffer --silent --compressed --http1.1 --url http://h", Pasted("GET", "http://h")),
    ("curl -X POST http://h", Pasted("POST", "http://h")),
    ("curl -XPOST http://h", Pasted("POST", "http://h")),
    ("curl -sXpost http://h", Pasted("POST", "http://h")),
    ("curl --request PUT http://h", Pasted("PUT", "http://h")),
    ("curl -k https://h", Pasted("GET", "https://h", verify=False)),
    ("curl http://h -m 30 --connect-timeout 5 -o /dev/null -w '%{http_code}'", Pasted("GET", "http://h")),
    ("curl http://h -H 'A: b'", Pasted("GET", "http://h", {"A": "b"})),
    ("curl http://h -H'A: b:c' --header \"D:e\"", Pasted("GET", "http://h", {"A": "b:c", "D": "e"})),
    ("curl http://h -H 'a: b' -H 'A: c'", Pasted("GET", "http://h", {"A": "c"})),
    ("curl http://h -H 'X-Empty;'", Pasted("GET", "http://h", {"X-Empty": ""})),
    ("curl http://h -H 'Content-Length: 5' -H 'Accept-Encoding: br' -H 'Connection: close'", Pasted("GET", "http://h")),
    ("curl http://h -A me -e http://r -b 'a=1; b=2'",
     Pasted("GET", "http://h", {"User-Agent": "me", "Referer": "http://r", "Cookie": "a=1; b=2"})),
    ("curl http://h -u me:it", Pasted("GET", "http://h", {"Authorization": "Basic " + base64.b64encode(b"me:it").decode()})),
    ("curl http://me:it@h/x", Pasted("GET", "http://h/x", {"Authorization": "Basic " + base64.b64encode(b"me:it").decode()})),
    ("curl http://h --oauth2-bearer t", Pasted("GET", "http://h", {"Authorization": "Bearer t"})),
    ("curl http://h -d a=b", Pasted("POST", "http://h", FORM, b"a=b")),
    ("curl http://h -d a=b --data c=d", Pasted("POST", "http://h", FORM, b"a=b&c=d")),
    ("curl http://h -d ''", Pasted("POST", "http://h", FORM, b"")),
    ("curl http://h -H 'Content-Type: text/x' -d a", Pasted("POST", "http://h", {"Content-Type": "text/x"}, b"a")),
    ("curl http://h -H 'Content-Type:' -d a", Pasted("POST", "http://h", {}, b"a")),
    ("curl http://h --data-raw @a", Pasted("POST", "http://h", FORM, b"@a")),
    ("curl http://h -d @body.json", Pasted("POST", "http://h", FORM, b'{"a": 1}')),
    ("curl http://h --data-binary @body.json", Pasted("POST", "http://h", FORM, b'{"a":\r\n 1}\n')),
    ("curl http://h --data-urlencode 'q=a b&c'", Pasted("POST", "http://h", FORM, b"q=a%20b%26c")),
    ("curl http://h --data-urlencode '=a b'", Pasted("POST", "http://h", FORM, b"a%20b")),
    ("curl http://h --data-urlencode 'a b'", Pasted("POST", "http://h", FORM, b"a%20b")),
    ("curl -G http://h?z=1 -d a=b --data-urlencode 'q=c d'", Pasted("GET", "http://h?z=1&a=b&q=c%20d")),
    ("curl http://h --json '{\"a\": 1}'", Pasted("POST", "http://h", JSON, b'{"a": 1}')),
    ("curl http://h --json '{}' -X PATCH", Pasted("PATCH", "http://h", JSON, b"{}")),
    ("curl 'http://h/x' \\\n  -H 'A: b' \\\r\n  -d 'x'", Pasted("POST", "http://h/x", {"A": "b", **FORM}, b"x")),
    (r"""curl http://h --data-raw $'{"a":"it\'s \u00e9\n"}'""", Pasted("POST", "http://h", FORM, '{"a":"it\'s é\n"}'.encode())),
    (r'''curl http://h -d "{\"a\": \"b\\n\"}"''', Pasted("POST", "http://h", FORM, b'{"a": "b\\n"}')),
    ('curl http://$HOST/x -H "Authorization: Bearer ${KEY}"', Pasted("GET", "http://h/x", {"Authorization": "Bearer sk-1"})),
    ("curl http://h -H 'A: $KEY'", Pasted("GET", "http://h", {"A": "$KEY"})),
    ("curl 'http://h/?a=1&b=2'", Pasted("GET", "http://h/?a=1&b=2")),
    (r"curl http://h/?a=1\&b=2", Pasted("GET", "http://h/?a=1&b=2")),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), COMMANDS, ids=[text for text, _ in COMMANDS])
def test_a_command_becomes_its_request(text: str, expected: Pasted) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "begins with curl, got 'nothing'"),
        ("wget http://h", "begins with curl, got 'wget'"),
        ("curl", "expected one address, got none"),
        ("curl -d x", "expected one address, got none"),
        ("curl http://a http://b", "expected one address, got 2 .*'http://a', 'http://b'"),
        ('curl http://h -d {"a": 1}', "expected one address, got 2"),
        ("curl http://h --frobnicate", "the option '--frobnicate' is not understood"),
        ("curl http://h -Z", "the option '-Z' is not understood"),
        ("curl http://h -sZ", "the option '-Z' is not understood"),
        ("curl http://h -F a=b", "the option '-F' is not understood"),
        ("curl http://h -x proxy", "the option '-x' is not understood"),
        ("curl http://h -H", "the option -H needs a value, got none"),
        ("curl http://h -H nothing", "expected 'Name: value', got 'nothing' without a colon"),
        ("curl http://h -H @file", "-H: expected a header, got the name of a file"),
        ("curl http://h -b jar.txt", "-b: expected cookies"),
        ("curl http://h -d @none.json", "-d @none.json: expected a file that can be read, got: No such file"),
        ("curl http://h -d @-", "got standard input"),
        ("curl http://h --data-urlencode name@file", "expected the data itself"),
        ("curl http://h | jq .", r"expected one curl command, got '\|' outside quotes"),
        ("curl http://h/?a=1&b=2", "expected one curl command, got '&' outside quotes"),
        ("curl http://h > out", "got '>' outside quotes"),
        ('curl http://h -d "$(cat x)"', r"got '\$\(' outside quotes"),
        ("curl http://h -d `cat x`", "got '`' outside quotes"),
        ('curl http://h -d \'{"a": 1}', "expected a closing '"),
        ('curl http://h -d "a', 'expected a closing "'),
        ('curl http://h -H "A: $NOPE"', "expected the environment variable NOPE, got none"),
    ],
)
def test_what_cannot_be_followed_is_named(text: str, said: str) -> None:
    with pytest.raises(CurlError, match=said) as caught:
        parse(text)
    assert "\n" not in str(caught.value)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=0), max_size=5))
def test_single_quotes_keep_anything_but_themselves(words: list[str]) -> None:
    quoted = ["'" + word.replace("'", "'\\''") + "'" for word in words]
    assert split_words(" ".join(quoted), {}) == words


@given(st.text(max_size=200))
def test_any_text_gives_a_request_or_a_sentence(text: str) -> None:
    with contextlib.suppress(CurlError):
        assert parse(f"curl {text}").method


class _Echo(socketserver.StreamRequestHandler):
    """Keeps the request as it came."""

    def handle(self) -> None:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += self.rfile.read(1)
        lines = head.decode("latin-1").split("\r\n")[:-2]
        headers = {name: value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        size = int(next((value for name, value in headers.items() if name.lower() == "content-length"), 0))
        self.server.seen.append((lines[0], headers, self.rfile.read(size)))  # type: ignore[attr-defined]  # set below
        self.wfile.write(b"HTTP/1.1 204 No Content\r\n\r\n")


@pytest.fixture(scope="module")
def echo() -> Iterator[Any]:
    with socketserver.TCPServer(("127.0.0.1", 0), _Echo) as server:
        server.seen = []  # type: ignore[attr-defined]  # for the handler
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server
        server.shutdown()


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl: apt-get install curl")
@pytest.mark.parametrize(
    "rest",
    [
        "",
        "-d a=b",
        "-sNXPUT -d 'a b' -d c",
        "-H 'Content-Type:' -d x",
        "-H 'X-Empty;' -H 'A: b'",
        '--json \'{"q": "ä"}\'',
        "-G -d a=1 --data-urlencode 'q=x y'",
        "-u me:it -A agent -e http://r/ -b 'c=1'",
        r"--data-raw $'it\'s\n\u00e9'",
        '-d "a\\"b\\$c"',
    ],
)
def test_curl_itself_sends_the_same(rest: str, echo: Any) -> None:
    url = f"http://127.0.0.1:{echo.server_address[1]}/x"
    env = {**os.environ, "LC_ALL": "C.UTF-8"}
    subprocess.run(["bash", "-c", f"curl -s --noproxy '*' {url} {rest}"], check=True, env=env)
    line, headers, body = echo.seen.pop()
    sent = parse(f"curl {url} {rest}")
    theirs = {name.lower(): value for name, value in headers.items()}
    for default in ("host", "user-agent", "accept", *OURS):
        if default not in {name.lower() for name in sent.headers}:
            theirs.pop(default, None)
    line = line.replace("+", "%20")  # what curl makes of a blank with -G depends on its version
    assert line == f"{sent.method} {sent.url.removeprefix(url.removesuffix('/x'))} HTTP/1.1"
    assert {name.lower(): value for name, value in sent.headers.items()} == theirs
    assert (sent.body or b"") == body


def body(value: Any) -> Pasted:
    return Pasted("POST", "http://h", {"Content-Type": "application/json"}, json.dumps(value).encode())


MESSAGES = [
    (body({"message": "old"}), {"message": "new"}),
    (body({"prompt": "old", "n": 1}), {"prompt": "new", "n": 1}),
    (body({"model": "m", "input": "old"}), {"model": "m", "input": "new"}),
    (body({"q": "old", "k": {"q": "deep"}}), {"q": "new", "k": {"q": "deep"}}),
    (
        body({"messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "old"}]}),
        {"messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "new"}]},
    ),
    (
        body(
            {"messages": [{"role": "user", "content": "a"}, {"role": "user", "content": "old"}, {"role": "assistant"}]}
        ),
        {"messages": [{"role": "user", "content": "a"}, {"role": "user", "content": "new"}, {"role": "assistant"}]},
    ),
    (
        body({"messages": [{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": "old"}]}]}),
        {"messages": [{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": "new"}]}]},
    ),
    (
        body({"params": {"message": {"parts": [{"kind": "text", "text": "old"}]}}}),
        {"params": {"message": {"parts": [{"kind": "text", "text": "new"}]}}},
    ),
]


@pytest.mark.parametrize(("pasted", "expected"), MESSAGES)
def test_another_question_takes_the_place_of_the_pasted_one(pasted: Pasted, expected: Any) -> None:
    assert question_in(pasted) == "old"
    asked = with_question(pasted, "new")
    assert asked is not None
    assert json.loads(asked.body or b"") == expected
    assert (asked.url, asked.method, asked.headers) == (pasted.url, pasted.method, pasted.headers)


def test_a_question_in_the_address_or_a_form_is_replaced_too() -> None:
    get = with_question(Pasted("GET", "http://h/x?q=old&k=1"), "a b&c")
    assert get is not None
    assert get.url == "http://h/x?q=a+b%26c&k=1"
    form = with_question(Pasted("POST", "http://h", FORM, b"k=1&message=old"), "new")
    assert form is not None
    assert form.body == b"k=1&message=new"


@pytest.mark.parametrize(
    "pasted",
    [
        Pasted("GET", "http://h/x"),
        body({"a": "b"}),
        body({"message": {"no": "string"}}),
        body({"messages": []}),
        body({"messages": [{"role": "assistant", "content": "x"}]}),
        body([1]),
        Pasted("POST", "http://h", {"Content-Type": "text/plain"}, b"message=x"),
        Pasted("POST", "http://h", {}, b"\xff"),
        Pasted("POST", "http://h", {}, b"[" * 100_000),
    ],
)
def test_no_question_is_made_up(pasted: Pasted) -> None:
    assert question_in(pasted) is None
    assert with_question(pasted, "new") is None
