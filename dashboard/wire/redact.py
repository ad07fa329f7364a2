"""Takes secrets out of what others said: the configured ones in any spelling, and what looks like a key or a token.

A back end may echo a header that we sent; its words end up in a verdict, a page, a log or a recording. What is taken
out is replaced by as many asterisks, so that lengths, line ends and the places of reads stay as they were.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import html
import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import unquote, unquote_plus, urlsplit

from dashboard.config import Backend

SHORTEST = 6
"""A configured value with fewer characters is no secret that could be told from other words."""

HARMLESS = re.compile(
    r"accept(-.*)?|cache-control|connection|content-type|host|origin|referer|te|user-agent|.*-version"
)
"""Headers whose values are words of the protocol."""

_CREDENTIAL = re.compile(r"key|token|secret|password|passwd|credential|auth|cookie|session", re.IGNORECASE)

_LOOKS: tuple[tuple[bytes, re.Pattern[bytes]], ...] = tuple(
    (marker, re.compile(marker + rest))
    for marker, rest in (
        (b"sk-", rb"[\w-]{16,}"),
        (b"AKIA", rb"[0-9A-Z]{16}"),
        (b"ASIA", rb"[0-9A-Z]{16}"),
        *((b"gh%b_" % kind, rb"\w{20,}") for kind in (b"p", b"o", b"u", b"r", b"s")),
        (b"github_pat_", rb"\w{20,}"),
        (b"xox", rb"[abeprs]-[\w-]{10,}"),
        (b"AIza", rb"[\w-]{35}"),
        (b"hf_", rb"[A-Za-z0-9]{30,}"),
        (b"eyJ", rb"[\w-]{8,}\.[\w-]{8,}\.[\w-]*"),
    )
)
"""(how a key begins, the whole of it)."""

_NAMES = tuple(
    b"api_key api-key apikey access_token access-token refresh_token client_secret client-secret password "
    b"authorization bearer".split()
)
_NAMED = re.compile(
    rb"""(
      \bbearer\ +
    | (?:api[_-]?key|access[_-]token|refresh_token|client[_-]secret|password|authorization)
      \\?["']?\s*[:=]\s*\\?["']?(?:(?:basic|bearer|token)\ )?
    )([^\s"'\\,;&}<>*][^\s"'\\,;&}<>]{7,})""",
    re.VERBOSE | re.IGNORECASE,
)


class Redactor:
    r"""Knows the secrets it is given and, if `looks`, the looks of others'.

    >>> Redactor(["canary-7"]).text("no key canary-7, nor Bearer abcdefgh1")
    'no key ********, nor Bearer *********'
    """

    def __init__(self, secrets: Iterable[str] = (), *, looks: bool = True) -> None:
        spellings = (
            spelling for secret in secrets if len(secret) >= SHORTEST for spelling in (secret, _base64(secret))
        )
        found = sorted(set(spellings), key=len, reverse=True)
        self._secrets = [(_clue(spelling), re.compile(_pattern(spelling))) for spelling in found]
        self._looks = looks

    @property
    def clues(self) -> list[str]:
        """Of each spelling a part: where none of these is, no secret is."""
        return [clue.decode() for clue, _ in self._secrets]

    def scrub(self, data: bytes) -> bytes:
        """`data` with each secret in it overwritten; as long as it was."""
        for clue, pattern in self._secrets:
            if clue in data:
                data = pattern.sub(_starred, data)
        return self._scrub_looks(data) if self._looks else data

    @staticmethod
    def _scrub_looks(data: bytes) -> bytes:
        for marker, pattern in _LOOKS:
            if marker in data:
                data = pattern.sub(_masked, data)
        lower = data.lower()
        if any(name in lower for name in _NAMES):
            data = _NAMED.sub(lambda found: found[1] + b"*" * len(found[2]), data)
        return data

    def text(self, words: str) -> str:
        """As `scrub`, for words."""
        return self.scrub(words.encode("utf-8", "surrogatepass")).decode("utf-8", "surrogatepass")

    def reads(self, reads: Iterable[bytes]) -> list[bytes]:
        """As `scrub`, over reads that follow each other: a secret may begin in one and end in the next."""
        parts = list(reads)
        whole, out, at = self.scrub(b"".join(parts)), [], 0
        for part in parts:
            out.append(whole[at : at + len(part)])
            at += len(part)
        return out


def _starred(found: re.Match[bytes]) -> bytes:
    return b"*" * len(found[0])


def _masked(found: re.Match[bytes]) -> bytes:
    """What looks like a key, unless it is the end of a longer word."""
    before = found.string[found.start() - 1 : found.start()]
    return found[0] if before.isalnum() or before in (b"-", b"_") else b"*" * len(found[0])


def redactor_for(backend: Backend) -> Redactor:
    """One that knows what `backend` is asked with."""
    return Redactor(secrets_of(backend))


def secrets_of(backend: Backend) -> set[str]:
    """What of a backend's configuration must never be told: header values and their parts, passwords, keys."""
    held = (value.reveal() for name, value in backend.headers.items() if not HARMLESS.fullmatch(name.lower()))
    found = credentials_of(backend) | {part for value in held for part in _parts(value)}
    return {secret for secret in found if len(secret) >= SHORTEST}


def credentials_of(backend: Backend) -> set[str]:
    """Those of the secrets that are named like one: no word of an answer is one of these by chance."""
    found: set[str] = set()
    for name, secret in backend.headers.items():
        if _CREDENTIAL.search(name):
            found |= set(_parts(secret.reveal()))
    for url in (backend.url, backend.proxy):
        parts = urlsplit(url)
        found |= {part for part in (parts.password, parts.username) if part}
        for pair in parts.query.split("&"):
            name, _, value = pair.partition("=")
            found |= {value, unquote(value), unquote_plus(value)} if _CREDENTIAL.search(name) else set()
    bodies: list[Any] = [backend.ask.params]
    if backend.custom is not None:
        bodies += [backend.custom.json, backend.custom.query]
    for body in bodies:
        found |= set(_named_in(body, secret=False))
    return {secret for secret in found if len(secret) >= SHORTEST}


def _parts(value: str) -> Iterator[str]:
    """A header's value, and what of it is a secret by itself: the token after its scheme, a password, a cookie."""
    yield value
    scheme, _, token = value.strip().partition(" ")
    if token:
        yield token.strip()
    if scheme.lower() == "basic":
        with contextlib.suppress(binascii.Error, ValueError):
            yield base64.b64decode(token, validate=True).decode("utf-8", "replace").partition(":")[2]
    for pair in value.split(";"):
        if "=" in pair:
            yield pair.partition("=")[2].strip()


def _named_in(value: Any, *, secret: bool) -> Iterator[str]:
    """The texts in a body under a key that is named like a secret."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _named_in(inner, secret=secret or bool(_CREDENTIAL.search(str(key))))
    elif isinstance(value, list):
        for inner in value:
            yield from _named_in(inner, secret=secret)
    elif isinstance(value, str) and secret and "{question}" not in value:
        yield value


def _base64(secret: str) -> str:
    return base64.b64encode(secret.encode("utf-8", "surrogatepass")).rstrip(b"=").decode()


def _clue(secret: str) -> bytes:
    """What of it is written one way only, whoever writes it."""
    return max(re.findall(r"[0-9A-Za-z]+", secret), key=len, default="").encode()


def _pattern(secret: str) -> bytes:
    r"""The secret as it is, as JSON writes it (in JSON in JSON, too), as an address does, and as HTML."""
    begin = re.match(r"[0-9A-Za-z]*", secret)
    first = begin[0].encode() if begin else b""
    rest = b"".join(_any_spelling(char) for char in secret[len(first) :])
    if not first:
        return rest
    # not the n of an escaped line end: the backslash before it would be left alone
    return first + rb"(?:(?<!\\%b)|(?<=\\\\%b))" % (first, first) + rest


def _any_spelling(char: str) -> bytes:
    plain = char.encode("utf-8", "surrogatepass")
    if plain.isalnum():
        return plain
    units = char.encode("utf-16-be", "surrogatepass").hex()
    in_json = "".join(rf"\\+u{units[at : at + 4]}" for at in range(0, len(units), 4)).encode()
    in_address = "".join(f"%{byte:02x}" for byte in plain).encode()
    ways = [rb"\\*" + re.escape(plain), rb"(?i:%b|%b)" % (in_json, in_address), re.escape(html.escape(char).encode())]
    if char == " ":
        ways.append(rb"\+")
    return b"(?:%b)" % b"|".join(ways)
