"""Which command the words of a command line mean, and where it is.

A command is a module, whose docstring is its help. One with `ACTIONS` is several: each is a module of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Final

from peerseal.client.settings import is_stored_link
from peerseal.wire.value import Value

if TYPE_CHECKING:
    from types import ModuleType

    from peerseal.cli.options import Parser

COMMANDS: Final = {
    "send": "send files, folders or a text to somebody",
    "receive": "receive, by a code or under a name",
    "serve": "run a server for this network",
    "backup": "copy a server's folder while it runs, or put a copy back",
    "register": "make an account",
    "login": "sign in on this device",
    "logout": "sign out and forget the keys here",
    "whoami": "who is signed in here",
    "account": "password, 24 words, recovery, devices, the end",
    "exchange": "exchange keys with somebody, compare safety numbers",
    "contacts": "whose keys you have",
    "upload": "store files, sealed, for contacts or for yourself",
    "files": "what is stored for you",
    "download": "a stored file, verified",
    "update": "a new version of a stored file",
    "history": "the versions of a stored file",
    "restore": "an older version again as the newest",
    "delete": "a stored file, for everybody",
    "share": "let more people read it, or make a link",
    "expire": "until when a stored file is kept",
    "revoke": "take it back from somebody, or take back a link",
    "transfers": "what was left unfinished: go on with it, or give it up",
    "guard": "what the server stops, why, and how it is undone",
    "verify-web": "whether a server's page is the one of this Peerseal",
    "doctor": "say why a server or path does not work, and the fix",
}
#: They ask no running server.
_ALONE: Final = frozenset(
    ["serve", "backup", "backup create", "backup restore", "guard replay", "guard verify"]
)
_VALUE_FLAGS: Final = frozenset(["--server", "--data"])


class Command(Value):
    """A command, or one action of it: how it is called, its module, and the words that are left for it."""

    name: str
    module: ModuleType
    words: list[str]

    @property
    def asks_a_server(self) -> bool:
        """Whether it takes --server."""
        return self.name not in _ALONE

    @property
    def yes(self) -> str | None:
        """What -y answers, if anything."""
        yes: str | None = getattr(self.module, "YES", None)
        return yes

    @property
    def help(self) -> str:
        """What its help says first."""
        says = (self.module.__doc__ or "").strip()
        actions: dict[str, str] = getattr(self.module, "ACTIONS", {})
        if not actions:
            return says
        rows = [f"{action:<10}{what}" for action, what in actions.items()]
        return "\n".join([says, "", *rows, "", f"`peerseal {self.name} ACTION --help` says more about each."])


def command_of(name: str, words: list[str]) -> Command:
    """The command `name`, or the action of it that the first of these words names."""
    module = import_module(module_of(name))
    place = _first(words)
    if place is not None and words[place] in getattr(module, "ACTIONS", ()):
        name = f"{name} {words[place]}"
        return Command(name, import_module(module_of(name)), words[:place] + words[place + 1 :])
    return Command(name, module, words)


def action_argument(parser: Parser, actions: dict[str, str]) -> None:
    """What stands for the action where none is named: it says which there are."""
    parser.add_argument("action", choices=list(actions), metavar="ACTION", help=", ".join(actions))


def module_of(name: str) -> str:
    """Where a command or an action is."""
    return f"peerseal.cli.{name.replace('-', '_').replace(' ', '_')}"


def split_command(argv: list[str]) -> tuple[str | None, list[str]]:
    """The command and everything else. A bare code or link means `receive`."""
    place = _first(argv)
    if place is None:
        return None, argv
    word = argv[place]
    if word in COMMANDS:
        return word, argv[:place] + argv[place + 1 :]
    return ("receive", argv) if _looks_like_code(word) else (None, argv[place:])


def overview() -> str:
    """What `peerseal --help` says."""
    lines = [
        "Hand files to people, sealed end to end.",
        "",
        "  peerseal COMMAND [OPTIONS]",
        "  peerseal CODE",
        "",
    ]
    lines += [f"  {name:<12}{what}" for name, what in COMMANDS.items()]
    lines += ["", "`peerseal COMMAND --help` says more about each."]
    return "\n".join(lines)


def _looks_like_code(word: str) -> bool:
    nameplate, dash, words = word.partition("-")
    return (
        (nameplate.isdigit() and bool(dash) and bool(words))
        or "#code=" in word
        or "#room=" in word
        or is_stored_link(word)
    )


def _first(words: Sequence[str]) -> int | None:
    """The place of the first word that is neither a flag nor the value of one."""
    skip = False
    for place, word in enumerate(words):
        if not skip and not word.startswith("-"):
            return place
        skip = not skip and word in _VALUE_FLAGS
    return None
