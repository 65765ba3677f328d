"""Everybody a file can have to do with, on a real server: they play the scene, ask, and are told."""

from __future__ import annotations

import itertools
import json
import os
import secrets
import time
from typing import Any

from peerseal.crypto_engine import Identity, new_root
from peerseal.wire import accounts as a
from peerseal.wire import guard as guard_wire
from peerseal.wire import operator as operator_wire
from peerseal.wire import reports as reports_wire
from peerseal.wire import stored as s
from peerseal.wire.api import ENDPOINTS
from peerseal.wire.encoding import base64url_encode
from support.asked import Asked
from support.parks import Plan, park
from support.scene import GUESTS, HOME, PROOF, ROLES, Role, Said, Scene, password, send
from support.stored_files import access_list, commit_of, new_file, new_link, new_version, next_version
from support.storing import Storer


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


def down(person: Storer, upload: str) -> str:
    """A download ticket."""
    return str(person.expect("store_ticket", s.AskStoreTicket("download"), upload=upload)["ticket"])


def but(value: Any, **changed: Any) -> Any:
    """The same wire value with some fields changed."""
    return type(value)(**{name: changed.get(name, getattr(value, name)) for name in value.field_names})
