"""Which command words mean, and that each command and each action of one has a help of its own."""

from __future__ import annotations

import pytest

from peerseal.cli.main import main
from peerseal.cli.options import Options, Parser
from peerseal.cli.which import COMMANDS, command_of, split_command

ACTIONS = [
    f"{name} {action}"
    for name in ("guard", "backup")
    for action in getattr(command_of(name, []).module, "ACTIONS", ())
]
LIKE_A_CODE = "7-crossover-clockwork"


@pytest.mark.parametrize(
    ("words", "name", "rest"),
    [
        (["send", "a"], "send", ["a"]),
        (["--server", "send", "receive", "x"], "receive", ["--server", "send", "x"]),
        (["--data", "serve", "guard", "list"], "guard", ["--data", "serve", "list"]),
        ([LIKE_A_CODE], "receive", [LIKE_A_CODE]),
        (["-q", LIKE_A_CODE], "receive", ["-q", LIKE_A_CODE]),
        (["nonsense", "send"], None, ["nonsense", "send"]),
        (["--version"], None, ["--version"]),
        ([], None, []),
    ],
)
def test_the_first_word_that_is_no_flag_names_the_command(
    words: list[str], name: str | None, rest: list[str]
) -> None:
    assert split_command(words) == (name, rest)


@pytest.mark.parametrize(
    ("words", "name", "rest"),
    [
        (["undo", "3f"], "guard undo", ["3f"]),
        (["--data", "list", "undo", "3f"], "guard undo", ["--data", "list", "3f"]),
        (["allow", "list"], "guard allow", ["list"]),
        (["--json"], "guard", ["--json"]),
        (["forgive"], "guard", ["forgive"]),
    ],
)
def test_the_first_word_after_it_names_the_action(words: list[str], name: str, rest: list[str]) -> None:
    command = command_of("guard", words)
    assert (command.name, command.words) == (name, rest)


@pytest.mark.parametrize("name", [*COMMANDS, *ACTIONS])
def test_each_has_a_help_of_its_own(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*name.split(), "--help"])
    assert ended.value.code == 0
    told = capsys.readouterr().out
    assert told.startswith(f"usage: peerseal {name} ")
    assert f"`peerseal {name}" in told.partition("options:")[0]
    assert "exit codes:" in told


@pytest.mark.parametrize("name", ACTIONS)
def test_the_help_of_an_action_shows_examples_that_work(name: str) -> None:
    first, *rest = name.split()
    help_ = command_of(first, rest).help
    examples = [line.strip() for line in help_.splitlines() if f"peerseal {name}" in line and "`" not in line]
    assert examples
    for line in examples:
        words = line[line.index(f"peerseal {name}") :].partition("   ")[0].split()[1:]
        command = command_of(words[0], words[1:])
        parser = Parser(command.name, "")
        options = Options(parser, {})
        command.module.add_arguments(parser, options)
        options.common(server=command.asks_a_server, yes=command.yes)
        parser.parse(command.words)


@pytest.mark.parametrize("name", ["guard", "backup"])
def test_a_command_of_several_actions_tells_each_and_asks_which(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    command = command_of(name, [])
    for action, what in command.module.ACTIONS.items():
        assert f"{action:<10}{what}" in command.help
    for words in ([name], [name, "forgive"]):
        assert main(words) == 2
        said = capsys.readouterr()
        assert (said.out, f"`peerseal {name} --help`" in said.err) == ("", True)


@pytest.mark.parametrize(
    ("name", "flag"), [("guard allow", "remove"), ("serve", "check"), ("serve", "deep"), ("logout", "forget")]
)
def test_what_a_switch_does_once_is_done_by_no_variable(name: str, flag: str) -> None:
    first, *rest = name.split()
    command = command_of(first, rest)
    parser = Parser(command.name, "")
    options = Options(parser, {f"PEERSEAL_{flag.upper()}": "1"})
    command.module.add_arguments(parser, options)
    options.common(server=True, yes=None)
    assert getattr(parser.parse([]), flag) is False
    assert getattr(parser.parse([f"--{flag}"]), flag) is True
    assert f"PEERSEAL_{flag.upper()}" not in (parser.epilog or "")
