"""The rules of config.yaml that no type can say: each mistake is one sentence with key, expected and got."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import regex

from dashboard.config_types import Backend, CanarySettings, Config, Custom, Secret
from dashboard.config_yaml import ConfigError, check_page, check_url, given, quoted

DATA, WHOLE = "$data", "$"
"""Paths that are no steps: the data line itself, and the whole of its JSON."""


def check(config: Config, file: str, raw: Any) -> None:
    """Errors: ConfigError. `raw` is the file as it was written."""
    names: set[str] = set()
    for i, backend in enumerate(config.backends):
        _check_backend(backend, f"{file}: backends[{i}]", raw["backends"][i])
        if backend.name in names:
            raise ConfigError(
                f"{file}: backends[{i}].name: expected a name of its own, got {quoted(raw, ('backends', i, 'name'))} again"
            )
        names.add(backend.name)
    token, written = config.metrics.token.reveal(), given(raw, ("metrics", "token"))
    if not _TOKEN.fullmatch(token):
        raise ConfigError(f"{file}: metrics.token: expected letters, digits and -._~+/=, got other characters")
    if written is not None and not token and ":-" not in written:
        raise ConfigError(
            f"{file}: metrics.token: expected a token, got an empty one, which would let everybody in; "
            "write one, or leave the key out if that is meant"
        )
    if config.page.runbooks:
        check_page(config.page.runbooks, f"{file}: page.runbooks")


def _check_backend(backend: Backend, at: str, raw: Any) -> None:
    check_url(backend.url, f"{at}.url", raw["url"])
    if backend.proxy:
        check_url(backend.proxy, f"{at}.proxy", raw["proxy"], user=True)
    if backend.client_key and not backend.client_cert:
        raise ConfigError(f"{at}.client_cert: expected the certificate of client_key, got none")
    check_headers(backend.headers, f"{at}.headers")
    _check_canary(backend.canary, f"{at}.canary")
    if backend.dialect == "custom" and backend.custom is None:
        raise ConfigError(f"{at}.custom: expected a block with at least `text:`, because dialect is custom, got none")
    if backend.custom is not None and backend.dialect != "custom":
        raise ConfigError(
            f"{at}.dialect: expected custom, because a `custom:` block stands beside it, got {quoted(raw, ('dialect',))}"
        )
    if backend.custom is not None:
        check_custom(backend.custom, f"{at}.custom")
        for key in ("finish", "error"):
            if given(raw, ("custom", key)) is not None and not getattr(backend.custom, key).strip():
                raise ConfigError(
                    f"{at}.custom.{key}: expected {_WANTED[key]}, got nothing; leave the key out for none"
                )


_WANTED = {"finish": "a data line or `path=value`", "error": "a path such as error.message"}
_CONDITION = re.compile(r"""([\w$.\[\]'"-]+)=""")
"""The path of a `finish` that is `path=value` and no data line, also one that is written wrongly."""


def check_custom(custom: Custom, at: str) -> None:
    """Errors: ConfigError, a sentence that begins with `at`, for paths that lead nowhere."""
    _check_path(custom.text, f"{at}.text", (WHOLE, DATA))
    if custom.error.strip():
        _check_path(custom.error, f"{at}.error", (WHOLE,))
    condition = _CONDITION.match(custom.finish.strip())
    if condition:
        _check_path(condition[1], f"{at}.finish", (WHOLE,))


def _check_path(path: str, at: str, whole: tuple[str, ...]) -> None:
    """Steps joined by dots, or one of `whole`; the sentence counts characters from 1 and quotes none of them."""
    expected = f"{at}: expected a path such as choices.0.delta.content"
    if path in whole:
        return
    bracket = re.search(r"[\[\]]", path)
    if path.startswith("$"):
        raise ConfigError(f"{expected}{''.join(f' or {each}' for each in whole)}, got another one that begins with $")
    if bracket:
        raise ConfigError(
            f"{expected}, got a bracket at character {bracket.start() + 1}; a place in a list is a step of its own: .0"
        )
    place = 1
    for step in path.split("."):
        if not step:
            raise ConfigError(f"{expected}, got an empty step at character {place}")
        if step != step.strip() or not step.isprintable():
            raise ConfigError(f"{expected}, got a blank or a control character in the step at character {place}")
        place += len(step) + 1


def _check_canary(canary: CanarySettings | None, at: str) -> None:
    if canary is None:
        return
    if not canary.question.strip():
        raise ConfigError(f"{at}.question: expected a question, got only spaces")
    try:
        regex.compile(canary.expect_regex, regex.VERSION0)
    except regex.error as error:
        raise ConfigError(f"{at}.expect_regex: expected a regular expression, got one with an error: {error}") from None


_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 section 5.6.2, token
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]*=*")  # RFC 6750 section 2.1
_HEADER_ILLEGAL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")  # RFC 9110 section 5.5


_HEADERS_OF_THE_BODY = frozenset({"content-length", "transfer-encoding"})
"""They say how the body is framed (RFC 9112 section 6), which only the client that sends it knows. Host is not among
them: a backend behind a name-based proxy may need another one than its address says."""


def check_headers(headers: Mapping[str, Secret], at: str) -> None:
    """Errors: ConfigError, a sentence that begins with `at`, for headers that cannot be sent."""
    seen: set[str] = set()
    for name, secret in headers.items():
        if not _HEADER_NAME.fullmatch(name):
            raise ConfigError(f"{at}: expected the name of an HTTP header, got {name[:80]!r}")
        if name.lower() in seen:
            raise ConfigError(f"{at}.{name}: expected each header once, got it twice")
        if name.lower() in _HEADERS_OF_THE_BODY:
            raise ConfigError(f"{at}.{name}: expected no such header, because it is set from what is sent, got one")
        if _HEADER_ILLEGAL.search(secret.reveal()):
            raise ConfigError(f"{at}.{name}: expected one line of text, got a control character in it")
        seen.add(name.lower())
