"""What one person would ask for at each endpoint of the API: address, body, If-Match."""

from __future__ import annotations

import hashlib
import os
import secrets
from typing import TYPE_CHECKING, Any
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
from support.parks import Plan
from support.scene import GUESTS, PROOF, WRONG, Role, Scene, password
from support.stored_files import access_list, commit_of, new_file, new_link, next_version

if TYPE_CHECKING:
    from support.cast import Cast


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

    def body_set_sender(self, how: str) -> s.SetSender:
        return s.SetSender(self._scene.fellow, wanted=True)

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
