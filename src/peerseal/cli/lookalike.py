"""What is said of a name before keys are exchanged, if it may not be whose it seems."""

from __future__ import annotations

from peerseal.cli.output import Output
from peerseal.client.account import OpenAccount
from peerseal.files.names import visible
from peerseal.protocol.lookalike import mixed_scripts, resembled


def warning(name: str, known: tuple[str, ...]) -> str | None:
    """A sentence about `name` if it looks like one of the `known` or mixes scripts; None for most names."""
    if (like := resembled(name, known)) is not None:
        return (
            f"Look twice at {visible(name)}: this name has letters that only look like {visible(like)}, "
            "who is among your contacts. It is another account."
        )
    if scripts := mixed_scripts(name):
        return (
            f"Look twice at {visible(name)}: this name mixes {' and '.join(scripts)} letters. "
            "Some of them may only look like those of the name you expect."
        )
    return None


def warn(account: OpenAccount, name: str, output: Output) -> bool:
    """Say so, also with -q and, as a notice, with --json; returns whether there was anything to say."""
    said = warning(name, tuple(contact.name for contact in account.contacts.book.contacts))
    if said is not None:
        output.warning(said)
    return said is not None
