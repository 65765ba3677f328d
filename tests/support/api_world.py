"""A world in which every endpoint of the JSON API has something to do, and a right request to each."""

from __future__ import annotations

import json
import os
import secrets
from http.client import HTTPConnection
from typing import Any, Final

from peerseal.crypto_engine import recovery_body
from peerseal.wire import accounts as a
from peerseal.wire import challenge as challenge_wire
from peerseal.wire import guard as guard_wire
from peerseal.wire import operator as operator_wire
from peerseal.wire import parks as p
from peerseal.wire import reports as reports_wire
from peerseal.wire import stored as s
from peerseal.wire.api import ENDPOINTS
from peerseal.wire.encoding import base64url_decode, base64url_encode
from support.documented import Operation, Request
from support.json_schemas import Known
from support.parks import Plan, park
from support.people_with_keys import person
from support.stored_files import (
    access_list,
    commit_of,
    new_file,
    new_link,
    new_version,
    next_version,
    share_of,
)
from support.storing import Storer
from support.strangers import Stranger, solutions

_AUTH: Final = b"a" * 32

#: What an operator's endpoints take, where that says it all.
_OPERATED: Final[dict[str, object]] = {
    "report": reports_wire.Report("0" * 32, "other", "a word"),
    "operator_page_link": a.Empty(),
    "operator_open_page": None,
    "operator_standing": None,
    "operator_undo": None,
    "operator_allow": guard_wire.Allow("198.51.100.0/24"),
    "operator_disallow": None,
    "operator_mode": guard_wire.SetMode("observe"),
    "operator_change_account": operator_wire.ChangeOperated(None, suspended=False),
    "operator_invite": operator_wire.NewInvite("a note", 24),
    "operator_end_invite": None,
    "operator_close_report": None,
    "operator_revoke_reported": None,
}
People = tuple[Storer, ...]


class World:
    """An account with a file (`file`, of two versions), an arriving `upload`, a link, a session, exchanges, a park."""

    def __init__(self, port: int, people: People, operator: str = "") -> None:
        """`operator`: the server's token for operators."""
        self._operator = Stranger(port, "127.0.0.1")
        self._operator.headers["Authorization"] = f"Operator {operator}"
        if operator:  # whatever the world before asked for
            self._operator.ask("PUT", "/api/v1/operator/mode", {"mode": "observe"})
        self.other, self.third, self.fourth = people
        self.me = Storer.sign_up(port)
        self.token = os.urandom(32)
        file = new_file((self.other.name,), new_version(open_=True))
        self.file = file.id
        self._store(self.me.expect("new_file", file), file.version)
        second = next_version(file.id, 2, recipients=(self.other.name,))
        self._store(self.me.expect("new_version", second, if_match=1, file=file.id), second.version)
        self.stored, self.first = second.version, file.version
        self.arriving = new_version(3, open_=True)
        third = s.NewFileVersion(self.arriving, access_list(file.id, 1), (), ())
        self.up = self.me.expect("new_version", third, if_match=2, file=file.id)["ticket"]
        self.down = self.me.expect("store_ticket", s.AskStoreTicket("download"), upload=self.stored.upload)[
            "ticket"
        ]
        self.link = new_link(file.id, self.stored.upload, self.token, counter=2)
        self.me.expect("new_link", self.link, file=file.id)
        self.asked = self.me.expect("ask_exchange", a.AskExchange(self.third.name, bytes(1520)))["id"]
        self.asking = self.other.expect("ask_exchange", a.AskExchange(self.me.name, bytes(1520)))["id"]
        self.plan = Plan(open_=True)
        self.parked = park(self.me, self.plan, commit=False)
        self.session = self.me.expect("login", a.Login(self.me.name, _AUTH, "token", "second"))["session"]

    def close(self) -> None:
        """Hang up. Who asked is free to ask in the next world, and there is room for its park."""
        self.me.call("end_park", self.plan.proof, park=self.plan.id)
        self.other.call("withdraw_exchange", exchange=self.asking)
        self.me.close()

    def whole(self) -> bool:
        """Whether account and file are still there."""
        return self.me.call("file", file=self.file)[0] == 200

    def ask(self, request: Request) -> tuple[int, str, bytes]:
        """Send it: status, content type, body."""
        # Each on a connection of its own: after a refusal the server may close it.
        link = HTTPConnection("127.0.0.1", self.me.port, timeout=40)
        try:
            link.request(request.method, request.path, request.body, request.headers)
            answer = link.getresponse()
            return answer.status, answer.headers.get("Content-Type", ""), answer.read()
        finally:
            link.close()

    def known(self) -> Known:
        """Values that mean something here, by the name of their field or part of the path."""
        wrap = [{"upload": self.stored.upload, "wrap": _text(os.urandom(1181))}]
        return {
            "name": [self.me.name, self.other.name, self.third.name],
            "to": [self.third.name],
            "auth": [_text(_AUTH)],
            "bundle": [_text(bytes(1520))],
            "token": [_text(token) for token in (self.token, self.plan.token, self.plan.reading().token)],
            "park": [self.plan.id],
            "reader": [self.plan.reader],
            "record_size": [64],
            "manifest_from": [0],
            "content_from": [0],
            "access": [_text(access_list(self.file, counter)) for counter in (1, 3, 9)],
            "file": [self.file],
            "upload": [self.stored.upload, self.arriving.upload, self.first.upload],
            "link": [self.link.link],
            "exchange": [self.asking, self.asked],
            "version": [1, 2],
            "If-Match": ['"0"', '"2"'],
            "stream": ["manifest", "content"],
            "chunk": [0, 1],
            "after": [0, 1, 2**53 - 1],
            "wait": [0],
            "wraps": [wrap],
            "expires": [None, 4_000_000_000_000],
            "manifest_bytes": [self.arriving.manifest_bytes],
            "content_bytes": [self.arriving.content_bytes],
        }

    def right(self, operation: Operation) -> Request:
        """A request the server grants with the status `granted`."""
        if operation.name == "commit":
            self.me.fill(self.up, self.arriving)
        if operation.name in _OPERATED or operation.name == "solve_challenge":
            body, parts = self._operated(operation.name)
        else:
            body, parts = self._rights().get(operation.name, (None, {}))
        parts = {"park": self.plan.id, "reader": self.plan.reader, **parts}
        parts = {"name": self.other.name, "file": self.file, "link": self.link.link, **parts}
        headers = self.credential(operation)
        data: bytes | None = None
        if operation.schema is not None:
            data = json.dumps(ENDPOINTS[operation.name].takes.write(body)).encode()  # type: ignore[union-attr]
            headers["Content-Type"] = "application/json"
        elif operation.name == "put_chunk":
            data = bytes(self.arriving.manifest_bytes)
        if any(one["name"] == "If-Match" for one in operation.parameters):
            headers["If-Match"] = '"0"' if operation.name == "store_book" else '"2"'
        return Request(operation.method, operation.path.format(**parts), data, headers)

    def _operated(self, name: str) -> tuple[object, dict[str, object]]:  # noqa: PLR0911 - a table
        """For the guard's and the operator's: what they act on is made for them."""
        asks = self._operator
        if name == "solve_challenge":
            said = asks.ask("GET", "/api/v1/challenge").json
            return challenge_wire.Solved(said["challenge"], tuple(solutions(said))), {}
        if name in ("operator_standing", "operator_undo"):
            Stranger(asks.port, f"127.0.{secrets.randbelow(200) + 1}.9").ask("GET", "/.env")
            (one, *_) = asks.ask("GET", "/api/v1/operator/standing").json["standings"]
            return a.Empty(), {"standing": one["id"]}
        if name == "operator_open_page":
            return operator_wire.OpenPage(
                asks.ask("POST", "/api/v1/operator/page-links", {}).json["secret"]
            ), {}
        if name == "operator_disallow":
            return None, {
                "allowed": asks.ask("POST", "/api/v1/operator/allow", {"what": "192.0.2.0/24"}).json["id"]
            }
        if name == "operator_end_invite":
            wanted = {"note": "", "hours": 1}
            return None, {"invite": asks.ask("POST", "/api/v1/operator/invites", wanted).json["invite"]["id"]}
        if name in ("operator_close_report", "operator_revoke_reported"):
            asks.ask(
                "POST",
                "/api/v1/report",
                reports_wire.REPORT.write(reports_wire.Report(self.link.link, "other", "")),
            )
            (one, *_) = asks.ask("GET", "/api/v1/operator/reports").json["reports"]
            return a.Empty(), {"report": one["id"]}
        return _OPERATED[name], {}

    def _store(self, ticket: dict[str, Any], version: s.NewVersion) -> None:
        self.me.fill(ticket["ticket"], version)
        self.me.expect("commit", commit_of(version), upload=version.upload)

    def _recovery(self, password: a.NewPassword) -> a.Recover:
        """Of another account, which has keys to sign with."""
        identity, name = person("ada"), secrets.token_hex(6)
        self.me.expect("register", a.Register(name, identity.bundle.encoded, password))
        said = self.me.expect("recover_challenge", a.Named(name))
        server, challenge = base64url_decode(said["server"]), base64url_decode(said["challenge"])
        what = {
            field: getattr(password, field)
            for field in ("auth", "salt", "memory", "passes", "lanes", "vault")
        }
        body = recovery_body(server, name, challenge, **what)
        return a.Recover(name, challenge, identity.sign("recover", body), password)

    def _down_by_link(self) -> str:
        """The ticket of a link that has served something."""
        ticket: str = self.me.expect("link_ticket", s.LinkToken(self.token), link=self.link.link)["ticket"]
        assert self.me.get(ticket, "content", 0)[0] == 200
        return ticket

    def credential(self, operation: Operation) -> dict[str, str]:
        """The header that opens it."""
        if "chunk" in operation.name:
            return {"Authorization": f"Ticket {self.up if operation.method == 'PUT' else self.down}"}
        if operation.name.startswith("operator_") and operation.name != "operator_open_page":
            return dict(self._operator.headers)
        return {"Authorization": f"Bearer {self.me.token}"}

    def _rights(self) -> dict[str, tuple[object, dict[str, object]]]:
        """For each operation a body and the parts of its path."""
        fresh = a.NewPassword(b"b" * 32, b"s" * 16, 65_536, 3, 1, bytes(93))
        proof, token = a.Proof(_AUTH), s.LinkToken(self.token)
        stored: dict[str, object] = {"upload": self.stored.upload}
        arriving: dict[str, object] = {"upload": self.arriving.upload}
        sizes = self.arriving.manifest_bytes, self.arriving.content_bytes
        another = new_link(self.file, self.stored.upload, self.token, counter=3)
        named = a.Named(self.me.name)
        return {
            "register": (a.Register(secrets.token_hex(6), bytes(1520), fresh), {}),
            "login_params": (named, {}),
            "login": (a.Login(self.me.name, _AUTH, "token", "again"), {}),
            "logout": (a.Empty(), {}),
            "change_password": (a.ChangePassword(_AUTH, fresh), {}),
            "change_vault": (a.ChangeVault(_AUTH, bytes(93)), {}),
            "change_identity": (a.ChangeIdentity(_AUTH, bytes(1520), None), {}),
            "delete_account": (proof, {}),
            "recover_challenge": (named, {}),
            "recover": (self._recovery(fresh), {}),
            "end_session": (None, {"session": self.session}),
            "store_book": (a.Book(1, bytes(100)), {}),
            "ask_exchange": (a.AskExchange(self.fourth.name, bytes(1520)), {}),
            "accept_exchange": (a.AcceptExchange(bytes(1520)), {"exchange": self.asking}),
            "decline_exchange": (a.Empty(), {"exchange": self.asking}),
            "withdraw_exchange": (None, {"exchange": self.asked}),
            "set_sender": (s.SetSender(self.other.name, wanted=True), {}),
            "new_file": (new_file((self.other.name,)), {}),
            "new_version": (next_version(self.file, 3, counter=2), {}),
            "change_file": (s.ChangeFile(4_000_000_000_000), {}),
            "delete_version": (None, {"version": 1}),
            "share": (share_of(self.file, self.stored.upload, 3), {"name": self.third.name}),
            "revoke": (s.Revoke(access_list(self.file, 3)), {}),
            "new_link": (another, {}),
            "revoke_link": (s.Revoke(access_list(self.file, 3)), {}),
            "upload": (None, arriving),
            "store_ticket": (s.AskStoreTicket("download"), stored),
            "reserve": (s.Reserve(*sizes), arriving),
            "commit": (commit_of(self.arriving), arriving),
            "abandon": (None, arriving),
            "open_link": (token, {}),
            "link_ticket": (token, {}),
            "confirm_link": (s.Confirm(self._down_by_link()), {}),
            **self._rights_to_parks(),
            "put_chunk": (None, {"stream": "manifest", "chunk": 0}),
            "get_chunk": (None, {"stream": "content", "chunk": 0}),
            "head_chunk": (None, {"stream": "content", "chunk": 0}),
        }

    def _rights_to_parks(self) -> dict[str, tuple[object, dict[str, object]]]:
        """The same for those of docs/api.md §6."""
        plan = self.plan
        return {
            "new_park": (Plan().wanted, {}),
            "park_ticket": (plan.proof, {}),
            "add_reader": (plan.one_more(), {}),
            "park_closing": (p.ParkClosing(plan.token, plan.reader, os.urandom(124)), {}),
            "reserve_park": (plan.sizes(), {}),
            "commit_park": (plan.sizes(), {}),
            "park": (plan.proof, {}),
            "end_park": (plan.proof, {}),
            "parked": (plan.reading(), {}),
            "parked_ticket": (plan.reading(), {}),
            "parked_done": (plan.reading(), {}),
        }


def _text(octets: bytes) -> str:
    return base64url_encode(octets)
