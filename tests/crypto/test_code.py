"""Codes: what people type is read forgivingly, what is not a code is refused, and none shows itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerseal.crypto.code import Code, check_strength, code_generator, new_code, parse_code
from peerseal.crypto.dh14 import PRIME, jacobi
from peerseal.crypto.words import WORDS
from peerseal.errors import UsageError

ROOM = bytes(16)


@pytest.mark.parametrize(
    "typed",
    [
        "7-harbor-velvet",
        "  7-Harbor-VELVET \n",
        "7 harbor velvet",
        "7_harbor__velvet",
        "7 - harbor - velvet",
        "７－ｈａｒｂｏｒ－velvet",
    ],
)
def test_one_code_typed_in_many_ways(typed: str) -> None:
    assert parse_code(typed) == Code("7", "harbor-velvet")


@pytest.mark.parametrize(
    "typed",
    [
        *("", "7", "7-", "-harbor", "harbor-velvet", "07-harbor", "0-harbor", "1234567890-harbor"),
        *("7-harbor-", "7-härbor", "7-harbor.velvet", "7-harbor\tvelvet", "7-\u212aharbor\u0301", "٧-harbor"),
        "7-" + "a" * 201,
    ],
)
def test_what_is_not_a_code_is_refused(typed: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse_code(typed)
    assert refused.value.code == "code_malformed"
    assert refused.value.hint


@given(st.text(max_size=40))
def test_any_text_is_a_code_or_refused(typed: str) -> None:
    try:
        code = parse_code(typed)
    except UsageError:
        return
    assert parse_code(code.text) == code


def test_new_codes_are_two_words_of_the_list_and_differ() -> None:
    codes = {new_code("7") for _ in range(50)}
    assert len(codes) > 45
    assert all(set(code.words.split("-")) <= set(WORDS) for code in codes)
    assert new_code("12", 4).words.count("-") == 3


@pytest.mark.parametrize(
    "words", ["harbor-velvet", "x-harbor-1-velvet", "abcdefghij", "a-1b-2c-3d-4e-5f", "aabbccddee"]
)
def test_codes_that_are_hard_to_guess_pass(words: str) -> None:
    check_strength(Code("7", words))


@pytest.mark.parametrize(
    "words", ["harbor", "able-able", "abcdefghi", "aaaabbbbcccc", "a-b-c-d-e-f", "1111111111"]
)
def test_codes_that_are_easy_to_guess_are_refused(words: str) -> None:
    with pytest.raises(UsageError) as refused:
        check_strength(Code("7", words))
    assert refused.value.code == "code_malformed"


def test_a_generator_lies_in_the_group_and_depends_on_everything() -> None:
    generators = {
        code_generator(Code("7", "harbor-velvet"), ROOM),
        code_generator(Code("8", "harbor-velvet"), ROOM),
        code_generator(Code("7", "harbor-velvets"), ROOM),
        code_generator(Code("7", "harbor-velvet"), b"x" * 16),
    }
    assert len(generators) == 4
    assert all(jacobi(generator, PRIME) == 1 and generator > 1 for generator in generators)


def test_the_words_of_a_code_do_not_show() -> None:
    code = parse_code("7-harbor-velvet")
    for shown in (repr(code), str(code), f"{code}", f"{[code]}"):
        assert "harbor" not in shown
