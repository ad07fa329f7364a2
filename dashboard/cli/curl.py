"""A pasted curl command as the request that it makes. Pure: files and the environment are given.

Quoting is bash's, `$'…'` (as a browser copies it) and `$NAME` included. What curl would do and we can't is refused by name.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from urllib.parse import quote, urlsplit, urlunsplit

import msgspec

from dashboard.cli.shell_words import CurlError, split_words

DATA = {
    "-d": "data",
    "--data": "data",
    "--data-ascii": "data",
    "--data-raw": "raw",
    "--data-binary": "binary",
    "--data-urlencode": "urlencode",
    "--json": "binary",
}
VALUES = {
    "-X": "method", "--request": "method", "-H": "header", "--header": "header", "--url": "url",
    "-A": "agent", "--user-agent": "agent", "-e": "referer", "--referer": "referer", "-b": "cookie", "--cookie": "cookie",
    "-u": "user", "--user": "user", "--oauth2-bearer": "bearer",
    **dict.fromkeys(
        ("-m", "--max-time", "--connect-timeout", "-o", "--output", "-w", "--write-out", "--retry", "--retry-delay"), "skip"
    ),
}  # fmt: skip
SWITCHES = {
    "-G": "get", "--get": "get", "-k": "insecure", "--insecure": "insecure",
    **dict.fromkeys(
        (
            "-N", "--no-buffer", "-s", "--silent", "-S", "--show-error", "-v", "--verbose", "-i", "--include", "-L",
            "--location", "-f", "--fail", "--fail-with-body", "-g", "--globoff", "-q", "-#", "--progress-bar",
            "--no-progress-meter", "--compressed", "--http1.1", "--http2", "-4", "-6", "--ipv4", "--ipv6",
        ),
        "skip",
    ),
}  # fmt: skip
OURS = frozenset(
    {"content-length", "connection", "transfer-encoding", "accept-encoding", "keep-alive", "te", "upgrade"}
)
"""Headers of the connection, which is ours."""


class Pasted(msgspec.Struct, frozen=True):
    """The request of a curl command. `headers` may hold secrets; `verify` is false after -k."""

    method: str
    url: str
    headers: Mapping[str, str] = {}
    body: bytes | None = None
    verify: bool = True


class _Command(msgspec.Struct):
    method: str = ""
    urls: list[str] = []
    headers: dict[str, tuple[str, str]] = {}
    data: list[bytes] = []
    has_data: bool = False
    get: bool = False
    verify: bool = True


def parse_curl(text: str, env: Mapping[str, str], read_file: Callable[[str], bytes]) -> Pasted:
    """The request that the command in `text` makes. Errors: CurlError, one sentence."""
    words = split_words(text.strip().removeprefix("$ "), env)
    if not words or words[0].replace("\\", "/").rpartition("/")[2].lower() not in ("curl", "curl.exe"):
        raise CurlError(f"expected a command that begins with curl, got {(words or ['nothing'])[0][:40]!r}")
    command = _Command()
    rest = words[1:]
    while rest:
        word = rest.pop(0)
        if word.startswith("-") and len(word) > 1 and not word.startswith("--"):
            _short(command, word, rest, read_file)
        elif word.startswith("--"):
            _option(command, word, rest, read_file)
        else:
            command.urls.append(word)
    return _request(command)


def _short(command: _Command, word: str, rest: list[str], read_file: Callable[[str], bytes]) -> None:
    """`-sN`, `-XPOST`: switches in one word, the last one perhaps with its value."""
    for i, letter in enumerate(word[1:], 2):
        flag = f"-{letter}"
        if flag not in SWITCHES:
            _option(command, flag, [word[i:], *rest] if word[i:] else rest, read_file)
            return
        _option(command, flag, rest, read_file)


def _option(command: _Command, flag: str, rest: list[str], read_file: Callable[[str], bytes]) -> None:
    if flag in SWITCHES:
        command.get = command.get or SWITCHES[flag] == "get"
        command.verify = command.verify and SWITCHES[flag] != "insecure"
        return
    if flag not in VALUES and flag not in DATA:
        raise CurlError(f"the option {flag[:40]!r} is not understood; leave it out if the request does not need it")
    if not rest:
        raise CurlError(f"the option {flag} needs a value, got none")
    value = rest.pop(0)
    if flag in DATA:
        _add_data(command, flag, value, read_file)
        return
    _apply(command, VALUES[flag], value)


def _apply(command: _Command, kind: str, value: str) -> None:
    match kind:
        case "method":
            command.method = value.upper()
        case "url":
            command.urls.append(value)
        case "header":
            _add_header(command, value)
        case "agent":
            _set(command, "User-Agent", value)
        case "referer":
            _set(command, "Referer", value)
        case "bearer":
            _set(command, "Authorization", f"Bearer {value}")
        case "user":
            _set(command, "Authorization", _basic(value))
        case "cookie" if "=" in value:
            _set(command, "Cookie", value)
        case "cookie":
            raise CurlError("-b: expected cookies as name=value, got the name of a file")


def _add_header(command: _Command, value: str) -> None:
    if value.startswith("@"):
        raise CurlError("-H: expected a header, got the name of a file")
    name, colon, rest = value.partition(":")
    if not colon and value.endswith(";"):  # curl's way to send an empty header
        name, rest = value[:-1], " "
    elif not colon:
        raise CurlError(f"-H: expected 'Name: value', got {name[:40]!r} without a colon")
    if rest.strip() or not colon:
        _set(command, name.strip(), rest.strip())
    else:
        command.headers[name.strip().lower()] = ("", "")  # `Name:` takes curl's own header away


def _set(command: _Command, name: str, value: str) -> None:
    if name.lower() not in OURS:
        command.headers[name.lower()] = (name, value)


def _default(command: _Command, name: str, value: str) -> None:
    command.headers.setdefault(name.lower(), (name, value))


def _basic(user: str) -> str:
    return "Basic " + base64.b64encode((user if ":" in user else f"{user}:").encode()).decode()


def _add_data(command: _Command, flag: str, value: str, read_file: Callable[[str], bytes]) -> None:
    kind = DATA[flag]
    if kind == "urlencode":
        name, equals, rest = value.partition("=")
        if "@" in name and not equals:
            raise CurlError("--data-urlencode: expected the data itself, got the name of a file")
        data = (f"{name}={quote(rest, safe='')}" if name else quote(rest, safe="")) if equals else quote(value, safe="")
        command.data.append(data.encode())
    elif value.startswith("@") and kind != "raw":
        read = _read(value[1:], flag, read_file)
        command.data.append(read.translate(None, b"\r\n\0") if kind == "data" else read)
    else:
        command.data.append(value.encode("utf-8", "surrogateescape"))
    if flag == "--json":
        _default(command, "Content-Type", "application/json")
        _default(command, "Accept", "application/json")
    command.has_data = True


def _read(name: str, flag: str, read_file: Callable[[str], bytes]) -> bytes:
    if name == "-":
        raise CurlError(f"{flag} @-: expected the body in the command or in a file, got standard input")
    try:
        return read_file(name)
    except OSError as error:
        raise CurlError(f"{flag} @{name}: expected a file that can be read, got: {error.strerror}") from None


def _request(command: _Command) -> Pasted:
    if len(command.urls) != 1:
        raise CurlError(f"expected one address, got {len(command.urls) or 'none'}" + _hint(command.urls))
    url = command.urls[0] if "://" in command.urls[0] else f"http://{command.urls[0]}"
    try:
        parts = urlsplit(url)
    except ValueError:
        raise CurlError("expected an address that can be read, got one with a broken host") from None
    if "@" in parts.netloc:
        user, _, host = parts.netloc.rpartition("@")
        _default(command, "Authorization", _basic(user))
        parts = parts._replace(netloc=host)
    body = b"&".join(command.data) if command.has_data else None
    if command.get and body is not None:
        query = "&".join(filter(None, (parts.query, body.decode("utf-8", "replace"))))
        parts, body = parts._replace(query=query), None
    if body is not None:
        _default(command, "Content-Type", "application/x-www-form-urlencoded")
    method = command.method or ("GET" if body is None else "POST")
    headers = {name: value for name, value in command.headers.values() if name}
    return Pasted(method, urlunsplit(parts), headers, body, command.verify)


def _hint(urls: list[str]) -> str:
    return f" ({', '.join(repr(url[:40]) for url in urls[:3])}); quote what has blanks in it" if urls else ""
