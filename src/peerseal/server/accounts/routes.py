"""The endpoints of accounts: what Flask does with what the services say."""

from __future__ import annotations

from peerseal.server.accounts.asking import Guest, Signed, credential_of
from peerseal.server.accounts.changes import Changes
from peerseal.server.accounts.login import keep_cookie, signed_in, signed_out, strict_cookie
from peerseal.server.accounts.recovery import Recovery
from peerseal.server.accounts.service import Accounts
from peerseal.server.api import Answers, asking
from peerseal.server.guard import devices
from peerseal.server.guard.entrance import device_given
from peerseal.server.guard.noted import noted_sign_in
from peerseal.wire import accounts as wire


def register(answers: Answers, accounts: Accounts, changes: Changes, recovery: Recovery) -> None:
    """Sign-up, sign-in, an account's sessions, and what it changes of itself."""
    _signing_in(answers, accounts)
    _changing(answers, changes)
    answers("recover_challenge")(recovery.challenge)
    answers("recover")(recovery.recover)


def _signing_in(answers: Answers, accounts: Accounts) -> None:
    answers("register")(accounts.register)
    answers("login_params")(accounts.parameters)
    answers("sessions")(accounts.sessions)

    @answers("login")
    def login(guest: Guest, wanted: wire.Login) -> wire.SignedIn:
        answer, started, signed = accounts.login(guest, wanted)
        signed_in(started, signed)
        noted_sign_in(signed.session_id, signed.user)
        if started.credential.kind == "token" or answer.device is None:
            return answer
        strict_cookie(devices.COOKIE, answer.device, devices.SECONDS)
        return wire.SignedIn(answer.account, answer.session, answer.csrf, answer.token)

    @answers("logout")
    def logout(signed: Signed, _empty: wire.Empty) -> None:
        accounts.logout(signed)
        signed_out(signed)

    @answers("me")
    def me(signed: Signed) -> wire.SignedIn:
        answer = accounts.me(signed)
        credential = credential_of(asking(), accounts.origins)
        if credential is not None and credential.kind == "cookie":
            keep_cookie(credential.secret)
        return answer

    @answers("end_session")
    def end_session(signed: Signed, session: str) -> None:
        accounts.end_session(signed, session)
        if session == signed.session_id:
            signed_out(signed)


def _changing(answers: Answers, changes: Changes) -> None:
    answers("change_vault")(changes.vault)

    @answers("change_identity")
    def change_identity(signed: Signed, wanted: wire.ChangeIdentity) -> None:
        changes.identity(signed, wanted, device_given(asking()))

    @answers("change_password")
    def change_password(signed: Signed, wanted: wire.ChangePassword) -> wire.SignedIn:
        answer, started = changes.password(signed, wanted, device_given(asking()))
        signed_in(started, signed)
        return answer

    @answers("delete_account")
    def delete_account(signed: Signed, proof: wire.Proof) -> None:
        changes.delete(signed, proof)
        signed_out(signed)
