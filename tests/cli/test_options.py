"""Options of commands: each is a flag and a variable, one the default of the other, and what is wrong names itself."""

from __future__ import annotations

import argparse

import pytest

from peerseal.cli.options import Options, Parser, seconds, store_choice, word_count
from peerseal.errors import UsageError


def parsed(words: list[str], **environ: str) -> argparse.Namespace:
    """A command with one of each, given these words."""
    parser = Parser("try", "")
    variables = {f"PEERSEAL_{name}": value for name, value in environ.items()}
    options = Options(parser, variables)
    options.text("--name", dest="name", default="nobody", help="a text")
    options.number("--wait", dest="wait", read=seconds, default=7.0, help="a number")
    options.switch("--loud", dest="loud", help="a switch")
    options.action("--once", dest="once", help="an action")
    parser.add_argument("paths", nargs="*")
    options.common(server=True, yes="yes to all")
    return parser.parse(words)


def test_a_flag_wins_over_its_variable_and_that_over_the_default() -> None:
    assert (parsed([]).name, parsed([]).wait) == ("nobody", 7.0)
    assert (parsed([], NAME="ada", WAIT="2").name, parsed([], WAIT="2").wait) == ("ada", 2.0)
    assert parsed(["--name", "bert", "--wait", "3"], NAME="ada", WAIT="2").name == "bert"
    assert parsed(["--wait", "3"], WAIT="2").wait == 3.0


@pytest.mark.parametrize("word", ["1", "true", "Yes", "ON"])
def test_a_switch_is_on_by_what_means_yes(word: str) -> None:
    assert parsed([], LOUD=word).loud is True


@pytest.mark.parametrize("word", ["", "0", "no", "off", "maybe"])
def test_a_switch_is_off_by_anything_else(word: str) -> None:
    assert parsed([], LOUD=word).loud is False


def test_what_is_done_once_has_no_variable() -> None:
    assert parsed([], ONCE="1").once is False
    assert parsed(["--once"]).once is True


def test_a_variable_that_is_wrong_is_named() -> None:
    with pytest.raises(UsageError, match="PEERSEAL_WAIT: 'long' is not a number of seconds above 0"):
        parsed([], WAIT="long")


def test_behind_two_dashes_are_arguments_only_and_in_front_of_them_any_order() -> None:
    found = parsed(["a", "--loud", "b", "--", "--name", "-y"])
    assert (found.paths, found.loud, found.name) == (["a", "b", "--name", "-y"], True, "nobody")


def test_flags_that_were_typed_are_told_from_variables() -> None:
    assert parsed(["--name=ada", "-y"], LOUD="1").given == {"--name"}


def test_what_is_unknown_is_refused_with_the_way_to_the_help() -> None:
    with pytest.raises(UsageError, match="--nonsense") as refused:
        parsed(["--nonsense"])
    assert "`peerseal try --help`" in refused.value.hint
    with pytest.raises(UsageError, match="--nam"):  # no guessing what was meant
        parsed(["--nam", "ada"])


def test_help_ends_with_every_variable_and_exit_code() -> None:
    parser = Parser("try", "")
    options = Options(parser, {})
    options.text("--name", dest="name", help="a text")
    options.action("--once", dest="once", help="an action")
    options.common(server=True, yes="yes to all")
    told = parser.format_help()
    for name in ("NAME", "SERVER", "JSON", "YES", "QUIET", "VERBOSE", "NO_COLOR"):
        assert f"PEERSEAL_{name}" in told
    assert "PEERSEAL_ONCE" not in told
    assert "130 Ctrl-C" in told


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "1e9", "", "ten"])
def test_seconds_are_above_0(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        seconds(text)
    assert seconds("0.5") == 0.5


@pytest.mark.parametrize("text", ["1", "11", "", "two", "2.0", "\u0663"])
def test_a_code_has_2_to_10_words(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="from 2 to 10"):
        word_count(text)
    assert (word_count("2"), word_count("10")) == (2, 10)


def test_storing_is_one_of_three_words() -> None:
    assert [store_choice(word) for word in ("auto", "always", "never")] == ["auto", "always", "never"]
    with pytest.raises(UsageError, match="--store sometimes is none of"):
        store_choice("sometimes")
