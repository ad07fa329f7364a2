from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_stub.arithmetic import (
    MAX_BITS,
    ImpossibleSumError,
    UnreadableSumError,
    evaluate,
    find,
    written,
)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What's 2+2?", "4"),
        ("What is 2 + 2 =?", "4"),
        ("17 times 23", "391"),
        ("sqrt(144)", "12"),
        ("the square root of 2", "1.41421356237"),
        ("√9", "3"),
        ("12 divided by 5", "2.4"),
        ("what is 1,000 + 2.5 - 3?", "999.5"),
        ("2 to the power of 10", "1024"),
        ("3 x 4", "12"),
        ("3 × 4 ÷ 6", "2"),
        ("7 − 9", "-2"),
        ("7 squared plus 1", "50"),
        ("10 mod 3", "1"),
        ("17 // 5", "3"),
        ("-(2 + 3) * 4", "-20"),
        ("(1+2)*(3+4)", "21"),
        ("2 ** -1", "0.5"),
        ("abs(3 - 10)", "7"),
        ("0 ** 99999999", "0"),
        ("2 ** -99999999", "0"),
        ("6 / 3", "2"),
        ("1e", None),
        ("I have 3 apples. What is 2+2 (please)?", "4"),
        ("123456789 * 987654321", "121932631112635269"),
    ],
)
def test_sums_in_plain_words(question: str, answer: str | None) -> None:
    found = find(question)
    assert (written(evaluate(found)) if found else None) == answer


@pytest.mark.parametrize(
    "question",
    [
        "hello",
        "I was born in 1990",
        "__import__('os').system('id')",
        "os.system(1+1)",
        "[1+1 for _ in range(10**9)]",
        "lambda: 1+1",
        "(1).__class__ + 1",
        "",
        "+ - *",
    ],
)
def test_what_is_no_sum_is_not_found(question: str) -> None:
    assert find(question) is None


@pytest.mark.parametrize(
    ("expression", "refusal", "sentence"),
    [
        ("9**9**9", ImpossibleSumError, "too large"),
        ("9 ** 999999", ImpossibleSumError, "too large"),
        ("(2**500) ** 500", ImpossibleSumError, "too large"),
        ("2.0 ** 5000", ImpossibleSumError, "too large"),
        ("-2 ** 99999999", ImpossibleSumError, "too large"),
        ("9" * 190, ImpossibleSumError, "too large"),
        ("1e308 * 10", ImpossibleSumError, "too large"),
        ("10**150 * 10**150", ImpossibleSumError, "too large"),
        ("1/0", ImpossibleSumError, "zero"),
        ("1 % 0", ImpossibleSumError, "zero"),
        ("0 ** -1", ImpossibleSumError, "zero"),
        ("sqrt(-1)", ImpossibleSumError, "square root"),
        ("(-8) ** 0.5", ImpossibleSumError, "fractional"),
        ("(" * 99 + "1" + ")" * 99, None, ""),
        ("(" * 150, UnreadableSumError, "parentheses"),
        ("-" * 150 + "1", UnreadableSumError, "nested"),
        ("1+" * 99 + "1", UnreadableSumError, "nested"),
        ("1" * 201, UnreadableSumError, "201 characters"),
        ("1 +", UnreadableSumError, "can't read"),
        ("0777", UnreadableSumError, "can't read"),
        ("a + 1", UnreadableSumError, "only know"),
        ("(1).real", UnreadableSumError, "only know"),
        ("sqrt.__class__", UnreadableSumError, "only know"),
        ("open(1)", UnreadableSumError, "only know"),
        ("sqrt(1, 2)", UnreadableSumError, "only know"),
        ("sqrt(x=1)", UnreadableSumError, "only know"),
        ("'a' * 9", UnreadableSumError, "only know"),
        ("True + 1", UnreadableSumError, "only know"),
        ("1j + 1", UnreadableSumError, "only know"),
        ("1 << 9999999999", UnreadableSumError, "only know"),
        ("[1] * 9", UnreadableSumError, "only know"),
        ("1 if 1 else 2", UnreadableSumError, "only know"),
        ("\0", UnreadableSumError, "can't read"),
    ],
)
def test_hostile_sums_are_refused_quickly(expression: str, refusal: type[Exception] | None, sentence: str) -> None:
    began = time.process_time()
    if refusal is None:
        assert evaluate(expression) == 1
    else:
        with pytest.raises(refusal, match=sentence):
            evaluate(expression)
    assert time.process_time() - began < 0.2


@given(st.text(alphabet="0123456789.()+-*/% sqrtab_'\"", max_size=80))
def test_whatever_is_typed_gives_a_bounded_number_or_a_sentence(question: str) -> None:
    try:
        value = evaluate(find(question) or question)
    except (UnreadableSumError, ImpossibleSumError) as refusal:
        value, said = 0, str(refusal)
    else:
        said = written(value) + "."
    assert isinstance(value, float) or value.bit_length() <= MAX_BITS
    assert 1 < len(said) < 300
    assert said.endswith(".")


@given(st.integers(-(10**9), 10**9), st.sampled_from("+-*"), st.integers(0, 10**9))
def test_whole_numbers_are_exact(left: int, sign: str, right: int) -> None:
    expected = {"+": left + right, "-": left - right, "*": left * right}[sign]
    found = find(f"What is {left} {sign} {right}?")
    assert found is not None
    assert evaluate(found) == expected
