"""Takes secrets out of what others said: the configured ones in any spelling, and what looks like a key or a token.

A back end may echo a header that we sent; its words end up in a verdict, a page, a log or a recording. What is taken
out is replaced by as many asterisks, so that lengths, line ends and the places of reads stay as they were.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote, quote_plus, urlsplit

from dashboard.config import Backend

SHORTEST = 6
"""A configured value with fewer characters is no secret that could be told from other words."""

HARMLESS = re.compile(
    r"accept(-.*)?|cache-control|connection|content-type|host|origin|referer|te|user-agent|.*-version"
)
"""Headers whose values are words of the protocol."""

_SECRET_KEY = re.compile(r"key|token|secret|password|passwd|credential|auth", re.IGNORECASE)

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
    r"""Knows the secrets it is given and the looks of others'.

    >>> Redactor(["canary-7"]).text("no key canary-7, nor Bearer abcdefgh1")
    'no key ********, nor Bearer *********'
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        spellings = {spelling for secret in secrets for spelling in _spellings(secret)}
        self._spellings = sorted(spellings, key=len, reverse=True)

    def scrub(self, data: bytes) -> bytes:
        """`data` with each secret in it overwritten; as long as it was."""
        for spelling in self._spellings:
            data = data.replace(spelling, b"*" * len(spelling))
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


def _masked(found: re.Match[bytes]) -> bytes:
    """What looks like a key, unless it is the end of a longer word."""
    before = found.string[found.start() - 1 : found.start()]
    return found[0] if before.isalnum() or before in (b"-", b"_") else b"*" * len(found[0])


def redactor_for(backend: Backend) -> Redactor:
    """One that knows what `backend` is asked with."""
    return Redactor(secrets_of(backend))


def secrets_of(backend: Backend) -> set[str]:
    """What of a backend's configuration must never be told: header values and their parts, passwords, keys."""
    found: set[str] = set()
    for name, value in backend.headers.items():
        if not HARMLESS.fullmatch(name.lower()):
            found |= set(_parts(value.reveal()))
    for url in (backend.url, backend.proxy):
        found |= {part for part in (urlsplit(url).password, urlsplit(url).username) if part}
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
            yield from _named_in(inner, secret=secret or bool(_SECRET_KEY.search(str(key))))
    elif isinstance(value, list):
        for inner in value:
            yield from _named_in(inner, secret=secret)
    elif isinstance(value, str) and secret and "{question}" not in value:
        yield value


def _spellings(secret: str) -> Iterator[bytes]:
    """As it is, as JSON writes it, as an address does, and as base64."""
    if len(secret) < SHORTEST:
        return
    plain = secret.encode("utf-8", "surrogatepass")
    yield plain
    for written in (json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]):
        yield written.encode("utf-8", "surrogatepass")
        yield written.replace("/", "\\/").encode("utf-8", "surrogatepass")
    yield quote(secret, safe="", errors="replace").encode()
    yield quote_plus(secret, errors="replace").encode()
    yield base64.b64encode(plain).rstrip(b"=")
