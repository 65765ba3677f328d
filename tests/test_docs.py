"""What the pages for people print is true: commands exist as written, links lead somewhere, settings have their defaults."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import re
import shlex
from pathlib import Path
from typing import Final

import pytest

import peerseal
from peerseal.cli.options import Options, Parser
from peerseal.cli.which import COMMANDS, command_of, split_command
from peerseal.server.config import ServerConfig
from peerseal.transfer.events import Event

ROOT: Final = Path(__file__).parents[1]
PAGES: Final = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
_BLOCK: Final = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page: Path, language: str) -> list[str]:
    return [text for kind, text in _BLOCK.findall(page.read_text(encoding="utf-8")) if kind == language]


def printed_commands() -> set[str]:
    found = set()
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        lines = [line for block in blocks(page, "console") for line in block.splitlines()]
        found |= {line.removeprefix("$ ") for line in lines if line.startswith("$ peerseal ")}
        found |= set(re.findall(r"`(peerseal [^`…]+)`", _BLOCK.sub("", text)))
    return found


def test_there_are_commands_to_look_at() -> None:
    assert len(printed_commands()) > 30


@pytest.mark.parametrize("line", sorted(printed_commands()))
def test_a_printed_command_is_one_the_command_line_takes(line: str) -> None:
    words = shlex.split(line.partition(" < ")[0], comments=True)[1:]
    if words == ["--help"]:
        return
    name, rest = split_command(words)
    assert name is not None, line
    command = command_of(name, rest)
    parser = Parser(command.name, command.help)
    options = Options(parser, {})
    command.module.add_arguments(parser, options)
    options.common(server=command.asks_a_server, yes=command.yes)
    if "--help" not in rest and len(line.split()) > 2:  # `peerseal files` in a sentence names the command
        parser.parse_intermixed_args(command.words)


def test_every_command_is_told_of_in_a_page_for_people() -> None:
    pages = [ROOT / "README.md", ROOT / "docs/accounts.md", ROOT / "docs/operations.md"]
    text = " ".join(page.read_text(encoding="utf-8") for page in pages)
    assert {
        name for name in COMMANDS if not re.search(rf"`(peerseal )?{name}\b|\$ peerseal {name}\b", text)
    } <= {"whoami"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_to_files_that_are_there(page: Path) -> None:
    text = _BLOCK.sub("", page.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text):
        assert target.startswith(("http://", "https://")) or (page.parent / target).exists(), target


def test_python_on_the_first_page_calls_what_there_is() -> None:
    calls = [
        node
        for block in blocks(ROOT / "README.md", "python")
        for node in ast.walk(ast.parse(block))
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("peerseal.")
    ]
    assert len(calls) >= 5
    for call in calls:
        function = getattr(peerseal, ast.unparse(call.func).removeprefix("peerseal."))
        named = {keyword.arg: None for keyword in call.keywords if keyword.arg is not None}
        inspect.signature(function).bind(*call.args, **named)


def test_every_setting_is_in_the_operators_table_with_its_default() -> None:
    table = dict(
        re.findall(
            r"^\| `PEERSEAL_(\w+)` \| (.*?) \|",
            (ROOT / "docs/operations.md").read_text(encoding="utf-8"),
            re.MULTILINE,
        )
    )
    assert set(table) == {one.name.upper() for one in dataclasses.fields(ServerConfig)}
    printed = {f"PEERSEAL_{name}": value.strip("`") for name, value in table.items() if value != "–"}
    assert ServerConfig.from_environment(printed) == ServerConfig()


def test_every_event_is_told_of_with_its_fields() -> None:
    rows = re.findall(
        r"^\| `(\w+)` \| ((?:`\w+`\?? ?)+) \|",
        (ROOT / "docs/events.md").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    printed = {name: re.findall(r"`(\w+)`", fields) for name, fields in rows}
    told = {one.event: [name.rstrip("_") for name in one.field_names] for one in Event.__subclasses__()}
    assert printed == told
