"""People who use the command line or the Python SDK: real processes, their events read from standard output."""

from __future__ import annotations

import json
import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path

from support.payloads import Payload, Tree, tree_of
from support.programs import Program

PEERSEAL = Path(sys.executable).parent / "peerseal"
SDK_PERSON = Path(__file__).with_name("sdk_person.py")
_numbers = count()


class ProgramPerson(ABC):
    """Either side of a transfer, by a program of its own in a folder of its own."""

    def __init__(
        self, server: str, home: Path, prefix: Sequence[str] = (), env: Mapping[str, str] | None = None
    ) -> None:
        self.server, self.home, self.prefix = server, home, list(prefix)
        self.into = home / f"received-{next(_numbers)}"
        self.into.mkdir(parents=True)
        self.env = {"PEERSEAL_HOME": str(home / "peerseal"), "NO_COLOR": "1", **(env or {})}
        self._program: Program | None = None

    @property
    def program(self) -> Program:
        assert self._program is not None, "nothing started"
        return self._program

    def close(self) -> None:
        if self._program is not None:
            self._program.stop()

    # --- sender ---

    def ask(self, payload: Payload, to: str) -> None:
        self.start("send", payload, to=to)

    def show_code(self, payload: Payload) -> str:
        self.start("send", payload)
        return str(self.program.event("ready")["code"])

    def hand_over(self) -> None:  # noqa: B027 - a page needs a click here, a program does not
        """Nothing to do: the program goes on by itself."""

    def sent(self) -> None:
        self.program.succeed()
        self.program.event("complete")

    # --- receiver ---

    def wait_as(self, name: str) -> None:
        self.start("receive", name=name)
        self.program.event("ready")

    def use_code(self, code: str) -> None:
        self.start("receive", code=code)

    def accept_request(self) -> None:  # noqa: B027 - a page needs a click here, a program does not
        """Nothing to do: the program goes on by itself."""

    def accept_offer(self) -> None:  # noqa: B027 - a page needs a click here, a program does not
        """Nothing to do: the program goes on by itself."""

    def received(self) -> Tree:
        self.program.succeed()
        self.program.event("complete")
        return tree_of(self.into)

    def received_text(self) -> str:
        self.program.succeed()
        assert tree_of(self.into) == {}
        return str(self.program.event("text")["text"])

    # --- both ---

    def words(self) -> tuple[str, ...]:
        said = self.program.event("check")["words"]
        return tuple(
            said.split() if isinstance(said, str) else map(str, said if isinstance(said, list) else ())
        )

    @abstractmethod
    def start(
        self,
        verb: str,
        payload: Payload | None = None,
        *,
        to: str | None = None,
        name: str | None = None,
        code: str | None = None,
    ) -> None:
        """Begin to `send` the payload or to `receive`, by name or by code."""


class CommandLinePerson(ProgramPerson):
    """`peerseal send` and `peerseal receive`, as a script would call them. `options`: those of every call."""

    options: Sequence[str] = ()

    def start(
        self,
        verb: str,
        payload: Payload | None = None,
        *,
        to: str | None = None,
        name: str | None = None,
        code: str | None = None,
        words: str | None = None,
        more: Sequence[str] = (),
    ) -> None:
        argv: list[str | Path] = [
            *self.prefix,
            PEERSEAL,
            verb,
            "--server",
            self.server,
            "--json",
            "-y",
            *self.options,
            *more,
        ]
        if verb == "receive":
            argv += ["-o", self.into]
        if to is not None:
            argv += ["--to", to, "--as", "Alice"]
        if name is not None:
            argv += ["--as", name]
        if to is not None or name is not None:
            argv += ["--unverified"] if words is None else ["--words", words]
        if payload is not None:
            argv += ["--text", payload.text] if payload.text is not None else [*payload.paths]
        if code is not None:
            argv.append(code)
        self._program = Program(argv, self.home / f"{verb}-{next(_numbers)}.log", self.env)


class SdkPerson(ProgramPerson):
    """`peerseal.send(...)` and `peerseal.receive(...)` in a Python program."""

    def start(
        self,
        verb: str,
        payload: Payload | None = None,
        *,
        to: str | None = None,
        name: str | None = None,
        code: str | None = None,
    ) -> None:
        wish = {
            "verb": verb,
            "server": self.server,
            "to": to,
            "name": name or (None if to is None else "Alice"),
            "code": code,
            "into": str(self.into),
            "paths": [str(path) for path in payload.paths] if payload else [],
            "text": payload.text if payload else None,
        }
        argv: list[str | Path] = [*self.prefix, sys.executable, SDK_PERSON, json.dumps(wish)]
        self._program = Program(argv, self.home / f"sdk-{verb}-{next(_numbers)}.log", self.env)
