"""What an owner changes about an account: password, vault, keys, recovery with the 24 words, devices, its end."""

from __future__ import annotations

import contextlib

from peerseal.client.account import OpenAccount, Stretched, check_same, stretched_at
from peerseal.client.api import Api
from peerseal.client.keyring import Keyring, Member
from peerseal.client.said import check_own_keys
from peerseal.client.settings import ServerUrl
from peerseal.crypto_engine import Identity, Root, canonical_name, new_root, recovery_body
from peerseal.errors import Refused
from peerseal.wire import accounts as wire


def own(account: OpenAccount) -> wire.SignedIn:
    """What the server says of the signed-in account and session; its keys must be ours (`key_changed`)."""
    signed = account.api.ask(wire.SignedIn, "me")
    check_own_keys(account.identity, signed.account)
    return signed


def change_password(account: OpenAccount, old: str, new: str) -> OpenAccount:
    """Replace the password; the vault, if there is one, is sealed anew. All other sessions end."""
    had_vault = own(account).account.vault is not None
    proof = _proof(account, old)
    stretched = Stretched.fresh(new, account.user, proof.said.server)
    vault = stretched.seal(account.identity.root) if had_vault else None
    body = wire.ChangePassword(proof.auth, stretched.new_password(vault))
    signed = account.api.ask(wire.SignedIn, "change_password", body)
    return _kept(account, account.member, signed.session, signed.token, proof.said.server)


def set_vault(account: OpenAccount, password: str, *, on: bool) -> None:
    """Keep the root at the server, sealed by the password, or no longer."""
    own(account)
    proof = _proof(account, password)
    vault = proof.seal(account.identity.root) if on else None
    account.api.call("change_vault", wire.ChangeVault(proof.auth, vault))


def new_identity(account: OpenAccount, password: str) -> OpenAccount:
    """Start over with fresh keys. Contacts and every file sealed for the old keys are gone."""
    had_vault = account.api.ask(wire.SignedIn, "me").account.vault is not None
    proof = _proof(account, password)
    identity = Identity(new_root())
    vault = proof.seal(identity.root) if had_vault else None
    body = wire.ChangeIdentity(proof.auth, identity.bundle.encoded, vault)
    account.api.call("change_identity", body)
    old = account.member
    member = Member(old.name, old.user, old.session, old.token, identity.root, identity.fingerprint)
    return _kept(account, member, old.session, old.token, proof.said.server)


def recover(
    server: ServerUrl, keyring: Keyring, name: str, root: Root, password: str, *, vault: bool
) -> None:
    """Set a new password with the 24 words instead of the old one. All sessions end; sign in afterwards.

    Raises Refused (`login_failed`): the words are not this account's, or there is no such account.
    """
    user = canonical_name(name)
    with contextlib.closing(Api(server)) as api:
        server_id = api.info().server
        keyring.check_server(server, server_id)
        asked = api.ask(wire.Challenge, "recover_challenge", wire.Named(name))
        check_same(server, server_id, asked.server)
        stretched = Stretched.fresh(password, user, asked.server)
        new = stretched.new_password(stretched.seal(root) if vault else None)
        proof = Identity(root).sign("recover", _recovery(user, asked, new))
        try:
            api.call("recover", wire.Recover(name, asked.challenge, proof, new))
        except Refused as refused:
            if refused.code != "login_failed":
                raise
            raise Refused(
                f"These are not the words of an account called {name}.",
                code="login_failed",
                hint="Check name and words; nothing was changed.",
            ) from None


def delete(account: OpenAccount, password: str) -> None:
    """Delete the account with everything of it on the server, and forget it here."""
    proof = _proof(account, password)
    account.api.call("delete_account", wire.Proof(proof.auth))
    account.keyring.sign_out(account.server)


def sessions(account: OpenAccount) -> tuple[wire.SessionRow, ...]:
    """All signed-in devices."""
    return account.api.ask(wire.Sessions, "sessions").sessions


def end_session(account: OpenAccount, session: str) -> None:
    """Sign a device out."""
    account.api.call("end_session", session=session)


def _recovery(user: str, asked: wire.Challenge, new: wire.NewPassword) -> bytes:
    return recovery_body(
        asked.server,
        user,
        asked.challenge,
        auth=new.auth,
        salt=new.salt,
        memory=new.memory,
        passes=new.passes,
        lanes=new.lanes,
        vault=new.vault,
    )


def _proof(account: OpenAccount, password: str) -> Stretched:
    server_id = account.api.info().server
    account.keyring.check_server(account.server, server_id)
    return stretched_at(account.api, account.user, password, server_id)


def _kept(
    account: OpenAccount, member: Member, session: str, token: str | None, server_id: bytes
) -> OpenAccount:
    """The account under its session of now."""
    kept = Member(
        member.name, member.user, session, token or account.member.token, member.root, member.fingerprint
    )
    account.keyring.sign_in(account.server, server_id, kept)
    account.api.token = kept.token
    return OpenAccount(account.api, kept, account.keyring)
