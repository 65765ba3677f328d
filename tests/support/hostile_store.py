"""A server that lies about what it stores, for tests: the real one, whose answers change while an attack is on.

Run as a program: `hostile_store.py FILE`, with the settings of `serve` in PEERSEAL_* variables. FILE holds the attack
of the moment as JSON: `{"attack": NAME, "to": ACCOUNT, …}`; empty: the server is honest. The attacks are in `ATTACKS`;
`file` and `other` are ids of files (or links), `upload` is the other one's upload, `to` is the only one who is lied to. What clients sent for a new
version is kept beside FILE, to see for whom they sealed it.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeAlias

from sqlalchemy import select

from peerseal.crypto_engine import Identity, Root
from peerseal.errors import NotFound
from peerseal.server import api, create_app
from peerseal.server.config import ServerConfig
from peerseal.server.files.models import StoredVersion
from peerseal.server.files.rights import Place, Rights
from peerseal.server.files.wholes import Whole
from peerseal.server.run import serve
from peerseal.wire import accounts as a
from peerseal.wire import stored as s
from peerseal.wire.encoding import base64url_encode

MALLORY: Final = Identity(Root(b"mallory's root, 32 bytes, known.")).bundle.encoded
OTHER_SERVER: Final = b"another server.."


class Lie:
    """One answer on its way out: what was asked by whom, and what else the server knows."""

    def __init__(self, store: Store, caller: Any, plan: dict[str, str]) -> None:
        self.store, self.caller, self.plan = store, caller, plan

    def file(self, id_: str, to: str = "") -> s.File:
        """A file as the caller (or somebody else) is honestly shown it."""
        found: s.File = self.store.honest["file"](self.store.callers[to] if to else self.caller, id_)
        return found

    def versions(self, id_: str) -> tuple[s.Version, ...]:
        """All versions, as the caller is honestly shown them."""
        page: s.Versions = self.store.honest["versions"](self.caller, id_, None, 200)
        return page.versions

    @property
    def other(self) -> s.File:
        """The other file of the plan."""
        return self.file(self.plan["other"])


#: Changes a value of the kind its key in `Attack` says: `file`, `versions`, `link`, `chunk`, or an endpoint's name.
Change: TypeAlias = Callable[[Any, Lie], Any]
Attack: TypeAlias = dict[str, Change]


def but(value: Any, **changed: Any) -> Any:
    """The same with some fields changed."""
    return type(value)(**{name: changed.get(name, getattr(value, name)) for name in value.field_names})


def current(**fields: Callable[[s.Version, Lie], Any]) -> Attack:
    """A lie about some fields of the current version."""

    def change(file: s.File, lie: Lie) -> Any:
        changed = {name: make(file.current, lie) for name, make in fields.items()}  # type: ignore[arg-type]
        return but(file, current=but(file.current, **changed))

    return {"file": change}


def theirs(name: str) -> Callable[[s.Version, Lie], Any]:
    """That field of the other file's version."""
    return lambda version, lie: getattr(lie.other.current, name)


def injected(file: s.File, lie: Lie) -> Any:
    """A file of somebody else's under this one's id and owner."""
    foreign = lie.file(lie.plan["other"], lie.plan["author"])
    return but(foreign, id=file.id, owner=file.owner, mine=False, recipients=None, links=None)


def arriving(file: s.File, lie: Lie) -> Any:
    """Its closing head withheld."""
    version = but(file.current, state="arriving", closing=None, committed=None)
    return but(file, current=None, arriving=version)


def oldest(file: s.File, lie: Lie) -> Any:
    """The first version as the current one."""
    return but(file, current=lie.versions(file.id)[0])


def without_second(versions: s.Versions, lie: Lie) -> Any:
    """A version left out."""
    return but(versions, versions=tuple(one for one in versions.versions if one.version != 2))


def numbered_as_first(versions: s.Versions, lie: Lie) -> Any:
    """The newest version under the number of the oldest."""
    first, *rest = versions.versions
    return but(versions, versions=(but(rest[-1], version=first.version), *rest))


def one_record(version: s.Version) -> int:
    """Sealed bytes of its last record."""
    whole = version.record_size + 28
    return version.content_bytes % whole or whole


def keys_of_contact() -> Change:
    """Mallory's keys under the name of `whose`, Bob's if not said."""

    def change(said: Any, lie: Lie) -> Any:
        user = lie.plan.get("whose", "bob")
        if isinstance(said, a.Exchanges):
            rows = (
                but(row, bundle=MALLORY) if row.bundle and row.peer == user else row for row in said.exchanges
            )
            return a.Exchanges(tuple(rows))
        return but(said, bundle=MALLORY)

    return change


def account(**fields: Callable[[Lie], Any]) -> Change:
    """A lie about the account that signs in."""
    return lambda signed, lie: but(
        signed, account=but(signed.account, **{name: make(lie) for name, make in fields.items()})
    )


def place(**fields: Callable[[Place, Lie], Any]) -> Change:
    """Another place than the one that was asked for."""
    return lambda here, lie: dataclasses.replace(
        here, **{name: make(here, lie) for name, make in fields.items()}
    )


def left_out(here: Place, lie: Lie) -> Place:
    """The second chunk of the content is not there."""
    if here.stream.name == "content" and here.n == 1:
        raise NotFound
    return here


def other_for(stream: str) -> Callable[[Place, Lie], Whole]:
    """The other file's blobs for one stream."""
    return lambda here, lie: (
        dataclasses.replace(here.whole, group=lie.store.groups[lie.plan["upload"]])
        if here.stream.name == stream
        else here.whole
    )


ATTACKS: Final[dict[str, Attack]] = {
    "another file in its place": {"file": lambda file, lie: but(file, current=lie.other.current)},
    "another file under its id": {"file": lambda file, lie: lie.other},
    "the key of another file": current(wrap=theirs("wrap")),
    "the key for another person": current(
        wrap=lambda version, lie: lie.file(lie.plan["file"], lie.plan["reader"]).current.wrap  # type: ignore[union-attr]
    ),
    "the heads of another file": current(opening=theirs("opening"), closing=theirs("closing")),
    "the closing head of another file": current(closing=theirs("closing")),
    "the name of another file": current(card=theirs("card")),
    "a file of somebody else's as hers": {"file": injected},
    "her file as somebody else's": {"file": lambda file, lie: but(file, owner=lie.plan["author"])},
    "her file as a stranger's": {"file": lambda file, lie: but(file, owner="nobody you know")},
    "her file as the reader's own": {
        "file": lambda file, lie: but(file, owner=lie.plan["to"], mine=True, recipients=(), links=())
    },
    "the first version again": {"file": oldest},
    "a version left out of the history": {"versions": without_second},
    "a version under another number": {"versions": numbered_as_first},
    "the closing head withheld": {"file": arriving},
    "every closing head withheld": {"every file": arriving},
    "the access list before": {
        "file": lambda file, lie: but(
            file,
            access=lie.store.lists[file.id][-2],
            recipients=(*(file.recipients or ()), lie.plan.get("reader", "bob")),
        )
    },
    "the first access list": {"file": lambda file, lie: but(file, access=lie.store.lists[file.id][0])},
    "a reader nobody added": {
        "file": lambda file, lie: but(file, recipients=(*(file.recipients or ()), "bob", "eve"))
    },
    "a link that was revoked": {
        "file": lambda file, lie: but(file, links=tuple(lie.store.links[file.id].values()))
    },
    "one record less": current(content_bytes=lambda version, _: version.content_bytes - one_record(version)),
    "one record more": current(
        content_bytes=lambda version, _: version.content_bytes + version.record_size + 28
    ),
    "another record size": current(record_size=lambda version, _: version.record_size * 2),
    "two chunks in each other's place": {
        "chunk": place(
            n=lambda here, _: 1 - here.n if here.stream.name == "content" and here.n < 2 else here.n
        )
    },
    "the first chunk again and again": {
        "chunk": place(n=lambda here, _: 0 if here.stream.name == "content" else here.n)
    },
    "a chunk left out": {"chunk": left_out},
    "the content of another file": {"chunk": place(whole=other_for("content"))},
    "the list of names of another file": {"chunk": place(whole=other_for("manifest"))},
    "the contact book before": {
        "book": lambda book, lie: lie.store.books[lie.caller.user][-2],
    },
    "no contact book": {"book": lambda book, lie: a.Book(0, None)},
    "the contact book of somebody else": {
        "book": lambda book, lie: a.Book(book.counter, lie.store.books["eve"][-1].book)
    },
    "other keys of a contact": {"user_key": keys_of_contact(), "exchanges": keys_of_contact()},
    "another server": {
        "info": lambda server, lie: OTHER_SERVER,
        "login_params": lambda said, lie: but(said, server=OTHER_SERVER),
    },
    "a password hardly stretched": {"login_params": lambda said, lie: but(said, memory=8, passes=1)},
    "parameters of another server": {"login_params": lambda said, lie: but(said, server=OTHER_SERVER)},
    "the vault of somebody else": {
        "login": account(vault=lambda lie: lie.store.honest["me"](lie.store.callers["eve"]).account.vault)
    },
    "other keys of the account": {"login": account(bundle=lambda lie: MALLORY)},
    "a challenge of another server": {"recover_challenge": lambda said, lie: but(said, server=OTHER_SERVER)},
    "a link to another file": {"open_link": lambda said, lie: lie.store.opened[lie.plan["other"]]},
    "the key of another link": {
        "open_link": lambda said, lie: but(
            said, version=but(said.version, wrap=lie.store.opened[lie.plan["other"]].version.wrap)
        )
    },
    "other keys behind a link": {"open_link": lambda said, lie: but(said, bundle=MALLORY)},
}


class Store:
    """What the server remembers of everything that passed, and the lie of the moment."""

    def __init__(self, plan: Path) -> None:
        self._plan = plan
        self.honest: dict[str, Callable[..., Any]] = {}
        self.callers: dict[str, Any] = {}
        self.lists: dict[str, list[bytes]] = {}
        self.links: dict[str, dict[str, s.LinkRow]] = {}
        self.books: dict[str, list[a.Book]] = {}
        self.opened: dict[str, s.LinkFile] = {}
        self.groups: dict[str, str] = {}

    def answer(self, endpoint: str, caller: Any, body: tuple[Any, ...], parts: dict[str, Any]) -> Any:
        """What is said to a request."""
        if getattr(caller, "user", ""):
            self.callers[caller.user] = caller
        self._note_asked(endpoint, caller, body, parts)
        said = self.honest[endpoint](caller, *body, **parts)
        self._note_said(said, parts)
        name = getattr(caller, "user", "") or getattr(next(iter(body), None), "name", "")
        plan = self.plan(name)
        return said if plan is None else self._lied(endpoint, said, Lie(self, caller, plan))

    def plan(self, user: str) -> dict[str, str] | None:
        """The attack on this account, if there is one now."""
        text = self._plan.read_text()
        plan: dict[str, str] = json.loads(text) if text else {}
        return plan if plan and plan.get("to", user) == user else None

    def change(self, kind: str, value: Any, lie: Lie) -> Any:
        """The value as the attack of the moment has it."""
        change = ATTACKS[lie.plan["attack"]].get(kind)
        return value if change is None else change(value, lie)

    def _lied(self, endpoint: str, said: Any, lie: Lie) -> Any:
        if isinstance(said, s.Files):
            return but(said, files=tuple(self._about(file, lie) for file in said.files))
        if isinstance(said, s.File):
            return self._about(said, lie)
        return self.change(endpoint, said, lie)

    def _about(self, file: s.File, lie: Lie) -> Any:
        if file.id not in lie.plan.get("but", "") and file.current is not None:
            file = self.change("every file", file, lie)
        return self.change("file", file, lie) if file.id == lie.plan.get("file") else file

    def _note_asked(self, endpoint: str, caller: Any, body: tuple[Any, ...], parts: dict[str, Any]) -> None:
        (asked,) = body or (None,)
        if endpoint == "store_book":
            self.books.setdefault(caller.user, []).append(asked)
        if isinstance(asked, s.NewFileVersion):
            sent = {
                "recipients": [one.name for one in asked.recipients],
                "links": [one.link for one in asked.links],
            }
            self._plan.with_name("sent").write_text(json.dumps(sent))
        access, file = getattr(asked, "access", None), parts.get("file", getattr(asked, "id", None))
        if access is not None and file is not None and self.lists.get(file, [b""])[-1] != access:
            self.lists.setdefault(file, []).append(access)

    def _note_said(self, said: Any, parts: dict[str, Any]) -> None:
        if isinstance(said, s.LinkFile):
            self.opened[parts["link"]] = said
        for file in [said] if isinstance(said, s.File) else said.files if isinstance(said, s.Files) else []:
            for row in file.links or ():
                self.links.setdefault(file.id, {})[row.id] = row


def arm(store: Store) -> None:
    """Put the store between the endpoints and the network."""
    register, place_of = api.Answers.__call__, Rights.place

    def registered(answers: api.Answers, name: str) -> Callable[[api.Answer], api.Answer]:
        def connect(answer: api.Answer) -> api.Answer:
            store.honest[name] = answer
            return register(answers, name)(
                lambda caller, *body, **parts: store.answer(name, caller, body, parts)
            )

        return connect

    def found(rights: Rights, grant: Any, stream: Any, n: int) -> Place:
        here = place_of(rights, grant, stream, n)
        with rights._parts.database.reading() as session:
            rows = session.scalars(select(StoredVersion)).all()
            store.groups = {row.upload: row.blobs for row in rows}
        plan = store.plan("")
        changed = here if plan is None else store.change("chunk", here, Lie(store, None, plan))
        assert isinstance(changed, Place)
        return changed

    def said(server: bytes) -> str:
        plan = store.plan("")
        return base64url_encode(
            server if plan is None else store.change("info", server, Lie(store, None, plan))
        )

    api.Answers.__call__ = registered  # type: ignore[method-assign,assignment]
    Rights.place = found  # type: ignore[method-assign,assignment]
    vars(create_app)["base64url_encode"] = said


if __name__ == "__main__":
    arm(Store(Path(sys.argv[1])))
    serve(ServerConfig.from_environment())
