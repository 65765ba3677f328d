"""Everybody a file can have to do with, on a real server, and what they would send to each endpoint of the API."""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import json
import os
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any, Final, Literal, TypeAlias
from urllib.parse import quote

from peerseal.client.challenge import solve
from peerseal.crypto_engine import Identity, new_root, recovery_body
from peerseal.wire import accounts as a
from peerseal.wire import challenge as challenge_wire
from peerseal.wire import guard as guard_wire
from peerseal.wire import operator as operator_wire
from peerseal.wire import parks as p
from peerseal.wire import reports as reports_wire
from peerseal.wire import stored as s
from peerseal.wire.api import ENDPOINTS
from peerseal.wire.encoding import base64url_encode
from support.parks import Plan, park
from support.stored_files import access_list, commit_of, new_file, new_link, new_version, next_version
from support.storing import Storer

Role: TypeAlias = Literal["anonymous", "stranger", "former", "recipient", "owner", "operator"]
ROLES: Final[tuple[Role, ...]] = ("anonymous", "stranger", "former", "recipient", "owner", "operator")
#: Who has no account.
GUESTS: Final[tuple[Role, ...]] = ("anonymous", "operator")
PROOF: Final = b"a" * 32
#: Where everybody is.
HOME: Final = "127.0.0.1"
#: Nobody's.
WRONG: Final = hashlib.sha256(b"a guess").digest()


@dataclass(frozen=True)
class Said:
    """An answer; `head` without what differs between any two."""

    status: int
    head: frozenset[tuple[str, str]]
    body: bytes

    @property
    def but_id(self) -> tuple[int, frozenset[tuple[str, str]], bytes]:
        """All of it but the request's id."""
        if not self.body.startswith(b'{"code"'):
            return self.status, self.head, self.body
        said = json.loads(self.body)
        return self.status, self.head, self.body.replace(said["request_id"].encode(), b"")


@dataclass(frozen=True)
class Scene:
    """One stored file: two versions, a third arriving, a link, a request for keys, and the owner's other device.

    It was for `former` too, who has been taken off its list. `telling`: what nobody else's answer may hold.
    """

    file: str
    old: str
    current: str
    arriving: s.NewVersion
    link: str
    token: bytes
    exchange: str
    session: str
    recipient: str
    fellow: str
    down: Mapping[Role, str]
    up: str
    plan: Plan
    standing: str
    allowed: str
    invite: str
    report: str
    page: str
    telling: tuple[str, ...]

    def absent(self) -> Scene:
        """The same requests, about things that never were."""
        return dataclasses.replace(
            self,
            file=secrets.token_hex(16),
            old=secrets.token_hex(16),
            current=secrets.token_hex(16),
            arriving=new_version(3, open_=True),
            link=secrets.token_hex(16),
            exchange=secrets.token_hex(16),
            session=secrets.token_hex(16),
            plan=Plan(open_=True),
            standing=secrets.token_hex(16),
            allowed=secrets.token_hex(16),
            invite=secrets.token_hex(16),
            report=secrets.token_hex(16),
        )


class Cast:
    """The people. One server sees them all come from one address."""

    def __init__(self, port: int, operator: str) -> None:
        """`operator` is the token that makes an operator."""
        self.port = port
        self._operator = {"Authorization": f"Operator {operator}"}
        self._addresses = itertools.count()
        self.people: dict[Role, Storer] = {role: Storer.sign_up(port) for role in ROLES if role not in GUESTS}
        for role in GUESTS:
            self.people[role] = Storer(port)
        self.fellow = Storer.sign_up(port)
        self._file = self._other = ""
        self._parks: list[Plan] = []
        self.lost = "lost" + secrets.token_hex(4)
        self.identity = Identity(new_root())
        register = a.Register(self.lost, self.identity.bundle.encoded, password())
        self.people["anonymous"].expect("register", register)

    def close(self) -> None:
        """Everybody hangs up."""
        self._reconnect()

    def _reconnect(self) -> None:
        """Nobody relies on a connection that the server may have closed meanwhile, being idle."""
        for person in (*self.people.values(), self.fellow):
            person.close()

    def scene(self) -> Scene:
        """A new file with everything around it; the one before is deleted."""
        self._reconnect()
        owner, recipient, former = (self.people[role] for role in ("owner", "recipient", "former"))
        if self._file:
            owner.call("delete_file", file=self._file)
            owner.call("end_session", session=self._other)  # an account has so many
        self._other = owner.expect("login", a.Login(owner.name, PROOF, "token", "other"))["session"]
        first = new_file((recipient.name, former.name, self.fellow.name))
        self._file = first.id
        self._store(owner, owner.expect("new_file", first)["ticket"], first.version)
        tickets: dict[Role, str] = {"former": down(former, first.version.upload)}
        readers = (recipient.name, self.fellow.name)
        revoke = s.Revoke(access_list(first.id, 2))
        owner.expect("revoke", revoke, file=first.id, name=former.name)
        second = next_version(first.id, 2, 2, readers)
        self._store(owner, owner.expect("new_version", second, 1, file=first.id)["ticket"], second.version)
        third = next_version(first.id, 3, 2, readers)
        third = but(third, version=new_version(3, open_=True))
        up = owner.expect("new_version", third, 2, file=first.id)["ticket"]
        owner.fill(up, third.version)
        token = os.urandom(32)
        link = new_link(first.id, second.version.upload, token, counter=3)
        owner.expect("new_link", link, file=first.id)
        for role in ("recipient", "owner"):
            tickets[role] = down(self.people[role], second.version.upload)
        shown = (
            second.version.opening,
            second.version.card,
            second.recipients[0].wrap,
            third.version.opening,
        )
        return Scene(
            file=first.id,
            old=first.version.upload,
            current=second.version.upload,
            arriving=third.version,
            link=link.link,
            token=token,
            exchange=self._exchange(),
            session=self._other,
            recipient=recipient.name,
            fellow=self.fellow.name,
            down=tickets,
            up=up,
            plan=self._park(),
            standing=self._standing(),
            **self._operated(link.link),
            telling=(first.id, second.version.upload, link.link, *(base64url_encode(one) for one in shown)),
        )

    def ask(self, role: Role, method: str, row: str, scene: Scene) -> Said:
        """What this person is told when they ask that of `row` (an endpoint, perhaps `endpoint: how`)."""
        self._reconnect()
        name = row.partition(":")[0]
        if name in ("confirm_link", "solve_challenge", "operator_open_page") and method != "POST":
            row = f"{name}: wrong"  # the right one is work, and good once
        path, body, if_match = Asked(self, role, scene).of(row)
        headers = self._credential(role)
        entry = ENDPOINTS[name]
        data = None
        if entry.takes is not None:
            headers["Content-Type"] = "application/json"
            data = json.dumps(entry.takes.write(body)).encode()
        if if_match is not None:
            headers["If-Match"] = f'"{if_match}"'
        # One network may report five times an hour, and guess at one link ten times a minute.
        apart = name == "report" or row in ("open_link: wrong", "link_ticket: wrong")
        source = self._address() if apart else HOME
        return send(self.people[role].port, method, f"/api/v1{path}", data, headers, source)

    def chunk(self, role: Role, method: str, ticket: str, body: bytes | None = None) -> Said:
        """What they are told at the first chunk with that ticket."""
        headers = {"Authorization": f"Ticket {ticket}"} if ticket else self._credential(role)
        return send(self.port, method, "/api/v1/chunks/content/0", body, headers)

    def plain(self, role: Role, method: str, path: str) -> Said:
        """Any address without a body."""
        return send(self.port, method, path, None, self._credential(role))

    def restore(self, role: Role, row: str, said: Said) -> None:
        """After something that ended their session, sign in again (as a new account if that is gone)."""
        person = self.people[role]
        if row == "delete_account":
            person.expect("register", a.Register(person.name, bytes(1520), password()))
        if row == "change_password":
            person.token = json.loads(said.body)["token"]
        elif row in ("delete_account", "logout"):
            person.token = ""
            person.token = person.expect("login", a.Login(person.name, PROOF, "token", "again"))["token"]

    def _credential(self, role: Role) -> dict[str, str]:
        if role == "operator":
            return dict(self._operator)
        token = self.people[role].token
        return {"Authorization": f"Bearer {token}"} if token else {}

    def _store(self, owner: Storer, ticket: str, version: s.NewVersion) -> None:
        owner.fill(ticket, version)
        owner.expect("commit", commit_of(version), upload=version.upload)

    def operate(self, name: str, body: object = None, **parts: str) -> Any:
        """What the operator is told; `body` as a wire value."""
        entry = ENDPOINTS[name]
        data = None if entry.takes is None else json.dumps(entry.takes.write(body)).encode()
        headers = {**self._operator, **({"Content-Type": "application/json"} if data is not None else {})}
        said = send(self.port, entry.method, f"/api/v1{entry.path.format(**parts)}", data, headers)
        assert said.status == entry.status, (name, said)
        return json.loads(said.body) if said.body else None

    def _address(self) -> str:
        """Of somebody nobody has seen yet."""
        number = next(self._addresses)
        return f"127.66.{number // 200}.{number % 200 + 1}"

    def _standing(self) -> str:
        """A scanner that was noticed."""
        scanner = self._address()
        end = time.monotonic() + 10
        while time.monotonic() < end:
            send(self.port, "GET", "/.env", None, {}, scanner)
            for one in self.operate("operator_standings")["standings"]:
                if one["label"] == scanner:
                    return str(one["id"])
        raise AssertionError("a scanner was not noticed")

    def _operated(self, link: str) -> dict[str, str]:
        """Something of each kind that an operator ends."""
        for one in self.operate("operator_invites")["invites"]:
            self.operate("operator_end_invite", invite=one["id"])
        for one in self.operate("operator_allowed")["allowed"]:
            self.operate("operator_disallow", allowed=one["id"])
        report = ENDPOINTS["report"].takes
        assert report is not None
        data = json.dumps(report.write(reports_wire.Report(link, "other", "see for yourself"))).encode()
        kind = {"Content-Type": "application/json"}
        assert send(self.port, "POST", "/api/v1/report", data, kind, self._address()).status == 204
        return {
            "allowed": self.operate("operator_allow", guard_wire.Allow("192.0.2.0/24"))["id"],
            "invite": self.operate("operator_invite", operator_wire.NewInvite("", 1))["invite"]["id"],
            "report": self.operate("operator_reports")["reports"][0]["id"],
            "page": self.operate("operator_page_link", a.Empty())["secret"],
        }

    def keep(self, plan: Plan) -> Plan:
        """One more park, to be ended with the next scene: one network has so many."""
        self._parks.append(plan)
        return plan

    def _park(self) -> Plan:
        """An open park whose chunks are all there; the ones before are gone."""
        guest = self.people["anonymous"]
        for plan in self._parks:
            guest.call("end_park", plan.proof, park=plan.id)
        self._parks.clear()
        plan = self.keep(Plan(open_=True))
        park(guest, plan, commit=False)
        return plan

    def _exchange(self) -> str:
        """A request of the recipient's that the owner has not answered."""
        recipient, owner = self.people["recipient"], self.people["owner"]
        for row in recipient.expect("exchanges")["exchanges"]:
            if row["state"] == "pending" and row["peer"] == owner.name:
                return str(row["id"])
        asked = recipient.expect("ask_exchange", a.AskExchange(owner.name, bytes(1520)))
        return str(asked["id"])


class Asked:
    """What one person would ask for at each endpoint: address, body, If-Match."""

    def __init__(self, cast: Cast, role: Role, scene: Scene) -> None:
        self._cast, self._role, self._scene = cast, role, scene
        self._me = cast.people[role]

    def of(self, row: str) -> tuple[str, Any, int | None]:
        """For this row of the table."""
        endpoint, _, how = row.partition(": ")
        scene = self._scene
        parts = {
            "file": scene.file,
            "upload": scene.current if endpoint == "store_ticket" and not how else scene.arriving.upload,
            "version": "1",
            "link": scene.link,
            "session": scene.session,
            "exchange": scene.exchange,
            "park": scene.plan.id,
            "reader": scene.plan.reader,
            "standing": scene.standing,
            "allowed": scene.allowed,
            "invite": scene.invite,
            "report": scene.report,
            "name": scene.fellow if how == "a fellow" else scene.recipient,
        }
        path = ENDPOINTS[endpoint].path.format(**{key: quote(value) for key, value in parts.items()})
        made = getattr(self, f"body_{endpoint}", None)
        if_match = {"change_file": 2, "new_version": 2}.get(endpoint)
        if endpoint == "store_book":
            if_match = self._book_counter()
        body = a.Empty() if made is None else made(how)
        return path, body, if_match

    def _book_counter(self) -> int:
        return 0 if self._role in GUESTS else int(self._me.expect("book")["counter"])

    def _access(self, counter: int) -> bytes:
        return access_list(self._scene.file, counter)

    def body_register(self, how: str) -> a.Register:
        return a.Register("r" + secrets.token_hex(6), bytes(1520), password())

    def body_login_params(self, how: str) -> a.Named:
        return a.Named(self._scene.recipient)

    def body_login(self, how: str) -> a.Login:
        wrong = how == "wrong"
        name = self._scene.fellow if wrong else self._scene.recipient
        return a.Login(name, b"b" * 32 if wrong else PROOF, "token", "test")

    def body_change_password(self, how: str) -> a.ChangePassword:
        return a.ChangePassword(PROOF, password())

    def body_change_vault(self, how: str) -> a.ChangeVault:
        return a.ChangeVault(PROOF, None)

    def body_change_identity(self, how: str) -> a.ChangeIdentity:
        return a.ChangeIdentity(PROOF, bytes(1520), None)

    def body_delete_account(self, how: str) -> a.Proof:
        return a.Proof(PROOF)

    def body_recover_challenge(self, how: str) -> a.Named:
        return a.Named(self._cast.lost)

    def body_recover(self, how: str) -> a.Recover:
        cast = self._cast
        said = cast.people["anonymous"].expect("recover_challenge", a.Named(cast.lost))
        asked = ENDPOINTS["recover_challenge"].gives
        assert asked is not None
        challenge: a.Challenge = asked.read(said)
        new = password()
        signed = recovery_body(
            challenge.server,
            cast.lost,
            challenge.challenge,
            auth=new.auth,
            salt=new.salt,
            memory=new.memory,
            passes=new.passes,
            lanes=new.lanes,
            vault=new.vault,
        )
        identity = Identity(new_root()) if how == "wrong" else cast.identity
        return a.Recover(cast.lost, challenge.challenge, identity.sign("recover", signed), new)

    def body_store_book(self, how: str) -> a.Book:
        return a.Book(self._book_counter() + 1, os.urandom(1200))

    def body_ask_exchange(self, how: str) -> a.AskExchange:
        return a.AskExchange(self._scene.fellow, bytes(1520))

    def body_accept_exchange(self, how: str) -> a.AcceptExchange:
        return a.AcceptExchange(bytes(1520))

    def body_new_file(self, how: str) -> s.NewFile:
        return new_file()

    def body_change_file(self, how: str) -> s.ChangeFile:
        return s.ChangeFile(4_000_000_000_000)

    def body_new_version(self, how: str) -> s.NewFileVersion:
        return next_version(self._scene.file, 3, 3, (self._scene.recipient,))

    def body_share(self, how: str) -> s.Share:
        return s.Share(self._access(9), (s.UploadWrap(self._scene.current, os.urandom(1181)),))

    def body_revoke(self, how: str) -> s.Revoke:
        leaves = self._role == "recipient" and not how
        return s.Revoke(None if leaves else self._access(9))

    def body_new_link(self, how: str) -> s.NewLink:
        return new_link(self._scene.file, self._scene.current, os.urandom(32), counter=9)

    def body_revoke_link(self, how: str) -> s.Revoke:
        return s.Revoke(self._access(9))

    def body_store_ticket(self, how: str) -> s.AskStoreTicket:
        return s.AskStoreTicket("upload" if how == "to write" else "download")

    def body_reserve(self, how: str) -> s.Reserve:
        return s.Reserve(self._scene.arriving.manifest_bytes, self._scene.arriving.content_bytes)

    def body_commit(self, how: str) -> s.Commit:
        return commit_of(self._scene.arriving)

    def body_open_link(self, how: str) -> s.LinkToken:
        return s.LinkToken(hashlib.sha256(b"a guess").digest() if how == "wrong" else self._scene.token)

    body_link_ticket = body_open_link

    def body_confirm_link(self, how: str) -> s.Confirm:
        if how == "wrong":
            return s.Confirm(base64url_encode(bytes(32)))
        guest = self._cast.people["anonymous"]
        token = s.LinkToken(self._scene.token)
        ticket = guest.expect("link_ticket", token, link=self._scene.link)["ticket"]
        assert guest.get(ticket, "content", 0)[0] == 200
        return s.Confirm(ticket)

    def body_new_park(self, how: str) -> p.NewPark:
        return self._cast.keep(Plan()).wanted

    def _park_proof(self, how: str) -> p.ParkToken:
        plan = self._scene.plan
        told = {"": plan.token, "a reader": plan.readers[plan.reader]}
        return p.ParkToken(told.get(how, WRONG))

    def _reader_proof(self, how: str) -> p.ParkToken:
        plan = self._scene.plan
        told = {"": plan.readers[plan.reader], "the sender": plan.token}
        return p.ParkToken(told.get(how, WRONG))

    body_park_ticket = body_park = body_end_park = _park_proof
    body_parked = body_parked_ticket = body_parked_done = _reader_proof

    def body_add_reader(self, how: str) -> p.AddReader:
        reader = p.NewReader(secrets.token_hex(16), bytes(32))
        return p.AddReader(self._park_proof(how).token, reader)

    def body_park_closing(self, how: str) -> p.ParkClosing:
        return p.ParkClosing(self._park_proof(how).token, self._scene.plan.reader, os.urandom(124))

    def body_reserve_park(self, how: str) -> p.ParkSizes:
        sizes = self._scene.plan.sizes()
        return p.ParkSizes(self._park_proof(how).token, sizes.manifest_bytes, sizes.content_bytes)

    body_commit_park = body_reserve_park

    def body_report(self, how: str) -> reports_wire.Report:
        return reports_wire.Report(self._scene.link, "other", "")

    def body_solve_challenge(self, how: str) -> challenge_wire.Solved:
        said = self._cast.people["anonymous"].expect("challenge")
        if how == "wrong":
            return challenge_wire.Solved(said["challenge"], (0,) * said["count"])
        return challenge_wire.Solved(said["challenge"], solve(said["challenge"], said["bits"], said["count"]))

    def body_operator_open_page(self, how: str) -> operator_wire.OpenPage:
        secret = base64url_encode(WRONG)
        return operator_wire.OpenPage(
            secret if how == "wrong" else self._cast.operate("operator_page_link", a.Empty())["secret"]
        )

    def body_operator_allow(self, how: str) -> guard_wire.Allow:
        return guard_wire.Allow(f"198.51.100.{secrets.randbelow(256)}")

    def body_operator_mode(self, how: str) -> guard_wire.SetMode:
        return guard_wire.SetMode("observe")

    def body_operator_change_account(self, how: str) -> operator_wire.ChangeOperated:
        return operator_wire.ChangeOperated(None, False)

    def body_operator_invite(self, how: str) -> operator_wire.NewInvite:
        return operator_wire.NewInvite("", 1)


def password() -> a.NewPassword:
    """Everybody's."""
    return a.NewPassword(PROOF, b"s" * 16, 65_536, 3, 1, None)


def down(person: Storer, upload: str) -> str:
    """A download ticket."""
    return str(person.expect("store_ticket", s.AskStoreTicket("download"), upload=upload)["ticket"])


def but(value: Any, **changed: Any) -> Any:
    """The same wire value with some fields changed."""
    return type(value)(**{name: changed.get(name, getattr(value, name)) for name in value.field_names})


def send(  # noqa: PLR0917 - a request has so many parts
    port: int, method: str, path: str, body: bytes | None, headers: Mapping[str, str], source: str = HOME
) -> Said:
    """One request on a connection of its own: what is said to one must not hang on what was said to another."""
    link = HTTPConnection("127.0.0.1", port, timeout=40, source_address=(source, 0))
    try:
        link.request(method, path, body, dict(headers))
        answer = link.getresponse()
        kept = ((name.lower(), value) for name, value in answer.getheaders())
        changing = ("date", "x-request-id")
        head = frozenset((name, value) for name, value in kept if name not in changing)
        return Said(answer.status, head, answer.read())
    finally:
        link.close()
