"""A small program of somebody who uses the Python SDK; its events go to standard output, one a line.

Run as `sdk_person.py WISH`, WISH being a JSON object: verb, server, to, name, code, into, paths, text.
"""

from __future__ import annotations

import json
import sys

import peerseal
from peerseal.errors import PeersealError
from peerseal.transfer.events import Event, Failure, to_json


def tell(event: Event) -> None:
    sys.stdout.write(json.dumps(to_json(event)) + "\n")
    sys.stdout.flush()


def main(wish: dict[str, str | None], paths: list[str]) -> int:
    """Do it; the exit code is the error's, as at the command line."""
    server, name, code = wish["server"], wish["name"], wish["code"]
    try:
        if wish["verb"] == "send":
            unverified = wish["to"] is not None
            peerseal.send(
                paths,
                to=wish["to"],
                text=wish["text"],
                server=server,
                name=name,
                unverified=unverified,
                on_event=tell,
            )
        else:
            into = wish["into"] or "."
            unverified = code is None
            peerseal.receive(code, name=name, into=into, server=server, unverified=unverified, on_event=tell)
    except PeersealError as error:
        tell(Failure.of(error))
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    files = given.pop("paths")
    sys.exit(main(given, files))
