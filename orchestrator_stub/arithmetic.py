"""Sums in plain words, worked out safely: own tokens, Python's parser, a whitelist of nodes, and a bound on everything.

Nothing is ever evaluated by Python; a sum that would be huge is refused before the work is done.
"""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable, Mapping

MAX_CHARS = 200
MAX_DEPTH = 40
MAX_BITS = 512
"""Whole numbers may grow to 155 digits."""

Number = int | float


class UnreadableSumError(ValueError):
    """Not a sum that we can read; the message is a sentence for a person."""


class ImpossibleSumError(ValueError):
    """A sum without an answer that we would give (too large, division by zero); the message is a sentence."""


_WORDS = (
    (r"\bto the power of\b", "**"),
    (r"\b(?:multiplied by|times)\b", "*"),
    (r"\b(?:divided by|over)\b", "/"),
    (r"\b(?:modulo|mod)\b", "%"),
    (r"\bplus\b", "+"),
    (r"\bminus\b", "-"),
    (r"\bsquared\b", "**2"),
    (r"\bcubed\b", "**3"),
    (r"\b(?:the )?square root of ([\d.]+)", r"sqrt(\1)"),
    (r"(?<=\d)\s*[x×·]\s*(?=\d)", "*"),
    (r"[×·]", "*"),
    (r"÷", "/"),
    (r"[−–]", "-"),  # the minus sign and the dash that people paste
    (r"√\s*([\d.]+)", r"sqrt(\1)"),
    (r"√", "sqrt"),
    (r"\^", "**"),
    (r"(?<=\d),(?=\d{3}\b)", ""),
)
_TOKEN = re.compile(r"(\d+\.\d+|\.\d+|\d+)|(\*\*|//|[-+*/%()])|(sqrt|abs)(?=\s*\()|(\s+)|([^\s\d()*/%+-]+)")
_CODE = re.compile(r"[_\[\]{};\\@|]|\w\.[a-z]|\b(?:lambda|import)\b")


def find(question: str) -> str | None:
    """The longest sum in `question`, with Python's operators; None where there is none.

    >>> find("What's 17 times 23?")
    '17 * 23'
    """
    text = question.lower()
    if _CODE.search(text):
        return None
    for pattern, sign in _WORDS:
        text = re.sub(pattern, sign, text)
    runs: list[list[str]] = [[]]
    for number, sign, function, space, _ in _TOKEN.findall(text):
        if number or sign or function:
            runs[-1].append(number or sign or function)
        elif not space:
            runs.append([])
    sums = [run for run in map(_trimmed, runs) if _is_sum(run)]
    return _joined(max(sums, key=lambda run: len(run))) if sums else None  # noqa: PLW0108  # mypy reads a bare len as str's


def _joined(run: list[str]) -> str:
    return " ".join(run).replace("( ", "(").replace(" )", ")").replace("sqrt (", "sqrt(").replace("abs (", "abs(")


def _trimmed(run: list[str]) -> list[str]:
    """Without the signs at the end that belong to the sentence ("2 + 2 -")."""
    while run and run[-1] in {"+", "-", "*", "/", "%", "**", "//", "("}:
        run = run[:-1]
    return run


def _is_sum(run: list[str]) -> bool:
    numbers = sum(token[0].isdigit() or token[0] == "." for token in run)
    signs = sum(not (token[0].isdigit() or token in {".", "(", ")"}) for token in run)
    return numbers > 0 and signs > 0


def evaluate(expression: str) -> Number:
    """The value of `expression` (+ - * / // % ** parentheses sqrt abs). Errors: UnreadableSumError, ImpossibleSumError.

    >>> evaluate("(1 + 2) * 3")
    9
    """
    if len(expression) > MAX_CHARS:
        raise UnreadableSumError(f"That sum is {len(expression)} characters long; I read up to {MAX_CHARS}.")
    try:
        tree = ast.parse(expression, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise UnreadableSumError(f"I can't read {expression!r} as a sum; check its signs and parentheses.") from None
    try:
        return _whole(_value(tree.body, 0))
    except ZeroDivisionError:
        raise ImpossibleSumError("Dividing by zero has no answer.") from None
    except OverflowError:
        raise ImpossibleSumError(_TOO_LARGE) from None


_TOO_LARGE = "That number is too large for me to write down."


def _value(node: ast.expr, depth: int) -> Number:
    if depth > MAX_DEPTH:
        raise UnreadableSumError("That sum is nested too deeply for me.")
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return _bounded(number)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _value(operand, depth + 1)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand, depth + 1)
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _SIGNS:
            return _bounded(_SIGNS[type(sign)](_value(left, depth + 1), _value(right, depth + 1)))
        case ast.Call(func=ast.Name(id=name), args=[argument], keywords=[]) if name in _FUNCTIONS:
            return _bounded(_FUNCTIONS[name](_value(argument, depth + 1)))
    raise UnreadableSumError("I only know numbers, + - * / // % **, parentheses, sqrt and abs.")


def _bounded(value: Number) -> Number:
    if isinstance(value, int) and value.bit_length() > MAX_BITS:
        raise ImpossibleSumError(_TOO_LARGE)
    if isinstance(value, float) and not math.isfinite(value):
        raise ImpossibleSumError(_TOO_LARGE)
    return value


def _power(base: Number, exponent: Number) -> Number:
    """Refused before it is computed: 9 ** 9 ** 9 would have 370 million digits."""
    if isinstance(base, int) and isinstance(exponent, int) and base.bit_length() * exponent > MAX_BITS * 2:
        raise ImpossibleSumError(_TOO_LARGE)
    value = base**exponent
    if isinstance(value, complex):
        raise ImpossibleSumError("A fractional power of a negative number is no number on my ruler.")
    return value


def _root(value: Number) -> Number:
    if value < 0:
        raise ImpossibleSumError("A negative number has no square root on my ruler.")
    if isinstance(value, int) and math.isqrt(value) ** 2 == value:
        return math.isqrt(value)
    return math.sqrt(value)


def _quotient(left: Number, right: Number) -> Number:
    """A whole number where the division comes out even, however large."""
    if isinstance(left, int) and isinstance(right, int) and left % right == 0:
        return left // right
    return left / right


_SIGNS: Mapping[type[ast.operator], Callable[[Number, Number], Number]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: _quotient,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: _power,
}
_FUNCTIONS: Mapping[str, Callable[[Number], Number]] = {"sqrt": _root, "abs": abs}


def _whole(value: Number) -> Number:
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 2**53 else value


def written(value: Number) -> str:
    """As a person writes it: whole numbers in full, others to 12 significant digits."""
    return str(value) if isinstance(value, int) else format(value, ".12g")
