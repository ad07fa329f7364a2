"""A command line as bash splits it into words, as far as a pasted curl command needs. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping


class CurlError(ValueError):
    """A pasted command that we can't follow; one sentence for the person who pasted it."""


_PIECE = re.compile(
    r"""
      (?P<joined>\\\r?\n)
    | \\(?P<escaped>.)
    | \$'(?P<ansi>(?:\\.|[^'\\])*)'
    | '(?P<single>[^']*)'
    | "(?P<double>(?:\\.|[^"\\])*)"
    | \$(?P<name>[A-Za-z_]\w*|\{[A-Za-z_]\w*\})
    | (?P<blank>\s+)
    | (?P<special>[|&;<>()`'"]|\$\()
    | (?P<plain>[^\s\\'"$|&;<>()`]+|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_IN_DOUBLE = re.compile(
    r"""\\(?P<joined>\r?\n)|\\(?P<escaped>["\\$`])|(?P<special>\$\(|`)|\$(?P<name>[A-Za-z_]\w*|\{[A-Za-z_]\w*\})"""
)
_ANSI = re.compile(r"\\(?:u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8})|x([0-9a-fA-F]{1,2})|([0-7]{1,3})|(.))", re.DOTALL)
_LETTERS = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "e": "\x1b", "f": "\f", "v": "\v", "0": "\0"}


def split_words(text: str, env: Mapping[str, str]) -> list[str]:
    r"""The words of `text`, quotes taken away and `$NAME` read from `env`. Errors: CurlError.

    >>> split_words("curl -d 'a b' $'it\\'s'", {})
    ['curl', '-d', 'a b', "it's"]
    """
    words: list[str] = []
    word: list[str] | None = None
    for match in _PIECE.finditer(text):
        if match["blank"] is not None:
            words += ["".join(word)] if word is not None else []
            word = None
        elif match["joined"] is None:
            word = [] if word is None else word
            word.append(_piece(match, env))
    return [*words, "".join(word)] if word is not None else words


def _piece(match: re.Match[str], env: Mapping[str, str]) -> str:
    kind = match.lastgroup or ""
    text = match[kind]
    read: dict[str, Callable[[], str]] = {
        "ansi": lambda: _ANSI.sub(_ansi, text),
        "double": lambda: _IN_DOUBLE.sub(lambda inner: _in_double(inner, env), text),
        "name": lambda: _variable(text, env),
        "special": lambda: _refuse(text),
    }
    return read[kind]() if kind in read else text


def _ansi(match: re.Match[str]) -> str:
    code = match[1] or match[2] or match[3]
    if code:
        return chr(min(int(code, 16), 0x10FFFF))
    return chr(int(match[4], 8)) if match[4] else _LETTERS.get(match[5], match[5])


def _in_double(match: re.Match[str], env: Mapping[str, str]) -> str:
    if match["special"]:
        return _refuse(match["special"])
    if match["name"]:
        return _variable(match["name"], env)
    return match["escaped"] or ""


def _variable(name: str, env: Mapping[str, str]) -> str:
    found = env.get(name.strip("{}"))
    if found is None:
        raise CurlError(f"expected the environment variable {name.strip('{}')}, got none; set it or write its value")
    return found


def _refuse(text: str) -> str:
    if text in "'\"":
        raise CurlError(f"expected a closing {text}, got none; is the command whole?")
    raise CurlError(
        f"expected one curl command, got {text!r} outside quotes; quote the address and leave out what follows"
    )
