"""config.yaml as an operator's text: read strictly, `${NAME}` filled in, and every mistake told in one sentence.

A sentence names file, key, expected and got. What it got is quoted as it stands in the file, before `${NAME}` is filled
in, and never for the keys that may hold a secret.
"""

from __future__ import annotations

import difflib
import re
import types
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Union, get_args, get_origin
from urllib.parse import urlsplit

import msgspec
import yaml

MAX_DEPTH = 32
"""Levels of nesting that a file may have; a real one has five."""
MAX_VALUES = 100_000
"""Values that a file may have; a real one has hundreds."""
SECRET_KEYS = frozenset({"headers", "url", "custom", "ask", "query", "json", "params", "system", "proxy", "token"})
"""Keys whose values are never quoted in a sentence."""

Step = str | int
Path = tuple[Step, ...]


class ConfigError(ValueError):
    """An operator's mistake, said in one sentence: file, key, expected, got."""


def read(text: str, file: str) -> Any:
    """The YAML document in `text`, a mapping. Errors: ConfigError."""
    try:
        raw = yaml.load(text.removeprefix("\ufeff"), _UniqueKeys)  # noqa: S506  # a SafeLoader that refuses a key given twice
    except yaml.YAMLError as error:
        raise ConfigError(f"{file}: {_yaml_sentence(error)}") from None
    except RecursionError:
        raise ConfigError(f"{file}: {_TOO_DEEP}") from None
    except ValueError as error:  # a date that is none, an int of 5,000 digits
        raise ConfigError(f"{file}: expected values that YAML can hold, got one that it can't: {error}") from None
    if raw is None:
        raise ConfigError(f"{file}: (top level): expected a mapping with `backends:`, got an empty file")
    if not isinstance(raw, dict):
        raise ConfigError(f"{file}: (top level): expected a mapping with `backends:`, got {_kind(raw)}")
    return raw


def expand(value: Any, env: Mapping[str, str], file: str, at: Path = (), room: Iterator[int] | None = None) -> Any:
    """`value` with every `${NAME}` and `${NAME:-default}` read from `env`. Errors: ConfigError.

    An alias counts as often as it is used: `room` is what is left of MAX_VALUES.
    """
    room = iter(range(MAX_VALUES)) if room is None else room
    if len(at) > MAX_DEPTH:
        raise ConfigError(f"{file}: {_TOO_DEEP}")
    if next(room, None) is None:
        raise ConfigError(f"{file}: expected at most {MAX_VALUES:,} values, got more")
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, str):
                raise ConfigError(
                    f"{file}: {dotted((*at, str(key)))}: expected a key that is text, got {_kind(key)}; quote it"
                )
            _writable(key, file, (*at, key))
        return {key: expand(item, env, file, (*at, key), room) for key, item in value.items()}
    if isinstance(value, list):
        return [expand(item, env, file, (*at, i), room) for i, item in enumerate(value)]
    if not isinstance(value, str):
        return value

    def fill(match: re.Match[str]) -> str:
        found = env.get(match[1])
        if found is None and match[2] is None:
            raise ConfigError(
                f"{file}: {dotted(at)}: expected the environment variable {match[1]}, got none; "
                f"set it or write ${{{match[1]}:-default}}"
            )
        return found or match[2] or ""

    return _writable(_VARIABLE.sub(fill, value), file, at)


def _writable(text: str, file: str, at: Path) -> str:
    """`text`, which may end in a label, a header or a file's name. Errors: ConfigError for what none of them can hold."""
    odd = _UNWRITABLE.search(text)
    if odd:
        what = "a NUL" if odd[0] == "\0" else "half a character (a lone surrogate)"
        raise ConfigError(
            f"{file}: {dotted(at)}: expected text that a label, a header or a path can hold, got {what} in it"
        )
    return text


def sentence(file: str, message: str, raw: Any, root: type) -> str:
    """What msgspec says ("Expected `float` > 0.0 - at `$.backends[0].thresholds.ttft_s`"), as an operator reads it."""
    said, _, where = message.partition(" - at `$")
    at = _located(where.rstrip("`"), raw)
    unknown = re.fullmatch(r"Object contains unknown field `(.*)`", said, re.DOTALL)
    if unknown:
        return f"{file}: {dotted((*at, unknown[1]))}: {_unknown(unknown[1], _fields_at(root, at))}"
    missing = re.fullmatch(r"Object missing required field `(.*)`", said)
    if missing:
        return f"{file}: {dotted((*at, missing[1]))}: expected a value, got no such key"
    if said.startswith("Invalid enum value"):
        choices = " or ".join(map(str, get_args(_kind_at(root, at))))
        return f"{file}: {dotted(at)}: expected {choices}, got {quoted(raw, at)}"
    for pattern, words in _PATTERNS.items():
        if pattern in said:
            return f"{file}: {dotted(at)}: expected {words}, got {quoted(raw, at)}"
    expected = _WORDS.sub(lambda word: _PLAIN.get(word[1], word[1]), said.partition(", got ")[0])
    return f"{file}: {dotted(at)}: {expected[:1].lower()}{expected[1:]}, got {quoted(raw, at)}"


def dotted(at: Path) -> str:
    """A key's path as a person writes it: backends[0].thresholds.ttft_s."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{_clean(step)}" for step in at)
    return text.lstrip(".") or "(top level)"


def quoted(raw: Any, at: Path) -> str:
    """The value at `at` as the file has it, bounded; only its kind where it may be a secret."""
    value = raw
    for step in at:
        value = _item(value, step)
    hidden = any(step in SECRET_KEYS for step in at)
    if isinstance(value, list) and value:
        return f"{len(value)} of them"
    return _kind(value) if hidden or isinstance(value, dict | list | None) else repr(value)[:80]


def as_name(words: str) -> str:
    """`words` as far as a label may hold them; a backend's name stays as it is."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", words).strip(".-_")[:64] or "backend"


def check_url(url: str, at: str, written: str | None = None, *, user: bool = False) -> None:
    """Refuse what is no absolute http address; the sentence quotes `written` (as the file has it), without what may be secret.

    Errors: ConfigError.
    """
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # its words may quote a password
        good = False
    if not good or not url.isprintable() or " " in url:
        raise ConfigError(f"{at}: expected an http:// or https:// address, got {shown_url(written or url)!r}")
    if parts.username is not None and not user:
        raise ConfigError(f"{at}: expected no user or password in the address, got some; use headers and ${{NAME}}")


_PAGE = re.compile(r"https?://[\w.:\[\]-]+(/[\w.~%!$&'()*+,;=:@/-]*)?(\?[\w.~%!$&'()*+,;=:@/?-]*)?", re.ASCII)
"""RFC 3986, without a fragment: one is added to it."""


def check_page(url: str, at: str) -> None:
    """Refuse what is no address of a page that a link may lead to. Errors: ConfigError."""
    check_url(url, at)
    if not _PAGE.fullmatch(url):
        raise ConfigError(
            f"{at}: expected an address without a fragment, other characters as %XX, got {shown_url(url)!r}"
        )


def given(raw: Any, at: Path) -> str | None:
    """The text that the file has at `at`, before `${NAME}` is filled in; None where it says nothing there."""
    for step in at:
        raw = _item(raw, step)
    return raw if isinstance(raw, str) else None


def shown_url(url: str) -> str:
    """An address without what may be secret in it: user, password, query, fragment; at most 200 characters."""
    return re.split(r"[?#]", re.sub(r"^(\w+://)?.*@", r"\1…@", url))[0][:200]


NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z"
ORIGIN = r"^https?://[A-Za-z0-9.*:\[\]-]+\Z|^'self'\Z"
"""\\Z: `$` would let a line's end pass, with which a label or a header ends badly."""
_PATTERNS = {
    repr(NAME): "1 to 64 letters, digits, `.`, `_` and `-` that begin with a letter or digit",
    repr(ORIGIN): "an origin such as https://intranet.example, or 'self'",
}
_UNWRITABLE = re.compile(r"[\0\ud800-\udfff]")
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")
_TOO_DEEP = f"expected at most {MAX_DEPTH} levels of nesting, got more"
_WORDS = re.compile(r"`(\w+)(?: \| null)?`")
_PLAIN = {
    "object": "a mapping",
    "array": "a list",
    "str": "text",
    "float": "a number",
    "int": "a whole number",
    "bool": "true or false",
    "null": "nothing",
}
_KINDS = {dict: "a mapping", list: "a list", str: "text", float: "a number", int: "a number", bool: "true or false"}


class _UniqueKeys(yaml.SafeLoader):
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            if not isinstance(key_node, yaml.ScalarNode) or key_node.tag == "tag:yaml.org,2002:merge":
                continue
            if key_node.value in seen:
                problem = f"{_clean(key_node.value)}: expected each key once, got it twice"
                raise yaml.constructor.ConstructorError(None, None, problem, key_node.start_mark)
            seen.add(key_node.value)
        return super().construct_mapping(node, deep)


def _yaml_sentence(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or " ".join(str(error).split())
    return where + (problem if "expected" in problem else f"expected valid YAML, got an error: {problem}")


def _kind(value: Any) -> str:
    return "nothing" if value is None else _KINDS.get(type(value), f"a {type(value).__name__}")


def _clean(text: str) -> str:
    return text[:80] if text.isprintable() else repr(text[:80])[1:-1]


def _located(where: str, raw: Any) -> Path:
    """The path of msgspec as steps; its `[...]` (some value of a mapping of text) becomes the first key whose value is no text."""
    at: list[Step] = []
    value = raw
    for name, index in re.findall(r"\.([^.\[\]`]+)|\[(\d+|\.\.\.)\]", where):
        step: Step = name or (int(index) if index.isdigit() else _first_odd(value))
        at.append(step)
        value = _item(value, step)
    return tuple(at)


def _item(value: Any, step: Step) -> Any:
    try:
        return value[step]
    except (KeyError, IndexError, TypeError):
        return None


def _first_odd(value: Any) -> Step:
    pairs: Iterator[tuple[Step, Any]] = iter(value.items() if isinstance(value, dict) else enumerate(value or ()))
    return next((key for key, item in pairs if not isinstance(item, str)), "…")


def _unknown(key: str, fields: tuple[str, ...]) -> str:
    close = difflib.get_close_matches(key, fields, 1)
    hint = f" (did you mean {close[0]}?)" if close else ""
    return f"expected one of {', '.join(fields)}, got an unknown key{hint}"


def _fields_at(root: type, at: Path) -> tuple[str, ...]:
    kind = _kind_at(root, at)
    return tuple(field.encode_name for field in msgspec.structs.fields(kind)) if isinstance(kind, type) else ()


def _kind_at(root: Any, at: Path) -> Any:
    """The declared type at `at`, without Annotated and None."""
    kind = _bare(root)
    for step in at:
        if isinstance(step, int):
            kind = _bare(get_args(kind)[0])
        elif isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            kind = _bare({field.encode_name: field.type for field in msgspec.structs.fields(kind)}.get(step))
        else:
            return None
    return kind


def _bare(kind: Any) -> Any:
    while get_origin(kind) in (Annotated, Union, types.UnionType):
        kind = get_args(kind)[0]
    return kind
