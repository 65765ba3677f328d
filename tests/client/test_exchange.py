"""Key exchanges between two people on a real server, and what a lying one can and cannot do."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from peerseal.client import upkeep
from peerseal.client.account import OpenAccount
from peerseal.client.exchange import (
    accept,
    ask,
    changed_keys,
    check_unchanged,
    compare,
    decline,
    groups,
    key_changed,
    look,
    pin,
    remove,
    verify,
    wait,
    withdraw,
)
from peerseal.crypto_engine import Identity, new_root, safety_number
from peerseal.errors import IntegrityFailed, NotFound, Refused, UsageError, VerificationFailed
from peerseal.wire import accounts as wire

from .conftest import NewPerson

pytestmark = pytest.mark.e2e


def meet(one: OpenAccount, other: OpenAccount) -> None:
    """An exchange from asking to both having pinned."""
    ask(one, other.name)
    accept(other, one.name, 1)
    look(one, 2)


def state(account: OpenAccount, name: str) -> str | None:
    contact = account.contacts.load().contact(name)
    return None if contact is None else contact.state


def test_an_accepted_exchange_pins_both_sides_unverified(person: NewPerson) -> None:
    one, other = person("one"), person("Other")
    assert ask(one, "OTHER").state == "pending"
    assert look(other, 1).pinned == ()
    assert accept(other, "one", 1).state == "pinned"
    assert look(one, 2).pinned == ("other",)
    assert look(one, 3).pinned == ()
    assert (state(one, "other"), state(other, "one")) == ("pinned", "pinned")
    known = one.contacts.book.contact("other")
    assert known is not None
    assert known.fingerprint == other.identity.fingerprint


def test_only_the_comparison_makes_a_contact_verified(person: NewPerson) -> None:
    left, right = person("left"), person("right")
    meet(left, right)
    comparison = compare(left, "Right")
    assert comparison.number == compare(right, "left").number
    assert comparison.number == safety_number(left.identity.fingerprint, right.identity.fingerprint)
    assert (comparison.changed, comparison.verified) == (False, False)
    assert verify(left, comparison, 3).state == "verified"
    assert compare(left, "right").verified
    assert (state(left, "right"), state(right, "left")) == ("verified", "pinned")


def test_requests_that_cannot_be_made_say_why(person: NewPerson) -> None:
    shy, bold = person("shy"), person("bold")
    with pytest.raises(UsageError, match="yourself"):
        ask(shy, "SHY")
    with pytest.raises(NotFound) as nobody:
        ask(shy, "nobody at all")
    assert nobody.value.message == f"Nobody called nobody at all has an account at {shy.server}."
    ask(bold, "shy")
    with pytest.raises(Refused) as again:
        ask(bold, "shy")
    assert again.value.code == "already_asked"
    with pytest.raises(Refused) as theirs:
        ask(shy, "bold")
    assert theirs.value.code == "they_asked"
    decline(shy, "bold")
    assert look(bold, 1).exchanges[0].state == "declined"
    assert look(bold, 1).pinned == ()
    ask(bold, "shy")
    withdraw(bold, "shy")
    with pytest.raises(NotFound):
        accept(shy, "bold", 1)
    assert (state(shy, "bold"), state(bold, "shy")) == (None, None)


def test_waiting_ends_with_the_answer_or_in_time(person: NewPerson) -> None:
    patient, slow = person("patient"), person("slow")
    row = ask(patient, "slow")
    assert wait(patient, row.id, 0.1) is None
    answer = threading.Timer(0.3, accept, (slow, "patient", 1))
    answer.start()
    answered = wait(patient, row.id, 30)
    answer.join(10)
    assert answered is not None
    assert answered.state == "accepted"
    patient.api.call("withdraw_exchange", exchange=row.id)
    with pytest.raises(NotFound):
        wait(patient, row.id, 5)


def test_new_keys_under_a_known_name_are_a_hard_stop_until_compared(person: NewPerson) -> None:
    knower, known = person("knower"), person("known")
    meet(knower, known)
    verify(knower, compare(knower, "known"), 1)
    before = compare(knower, "known").number
    renewed = upkeep.new_identity(known, "known's password")
    ask(renewed, "knower")
    with pytest.raises(VerificationFailed) as caught:
        accept(knower, "known", 2)
    after = safety_number(knower.identity.fingerprint, renewed.identity.fingerprint)
    assert (caught.value.code, caught.value.exit_code) == ("key_changed", 4)
    assert groups(before) in caught.value.hint
    assert groups(after) in caught.value.hint
    assert "`peerseal exchange verify known`" in caught.value.hint
    assert look(knower, 2).exchanges[0].state == "pending", "nothing was answered"
    comparison = compare(knower, "known")
    assert (comparison.number, comparison.pinned, comparison.changed) == (after, before, True)
    assert compare(renewed, "knower").number == after, "who asked can compare before the answer"
    contact = verify(knower, comparison, 3)
    assert (contact.state, contact.fingerprint) == ("verified", renewed.identity.fingerprint)
    assert look(knower, 4).exchanges[0].state == "accepted"
    assert look(renewed, 5).pinned == ("knower",)


def test_new_keys_stop_whoever_would_seal_for_the_old_ones(person: NewPerson) -> None:
    sealer, changing = person("sealer"), person("changing")
    meet(sealer, changing)
    pinned = sealer.contacts.load().contact("changing")
    assert pinned is not None
    check_unchanged(sealer, [pinned])
    renewed = upkeep.new_identity(changing, "changing's password")
    with pytest.raises(VerificationFailed) as caught:
        check_unchanged(sealer, [pinned])
    assert (caught.value.code, caught.value.exit_code) == ("key_changed", 4)
    assert "`peerseal exchange verify changing`" in caught.value.hint
    comparison = compare(sealer, "changing")
    assert comparison.changed
    assert comparison.number == safety_number(sealer.identity.fingerprint, renewed.identity.fingerprint)
    check_unchanged(sealer, [verify(sealer, comparison, 3)])


def test_a_server_that_does_not_say_does_not_stop_the_sealing(person: NewPerson) -> None:
    hurried, leaving = person("hurried"), person("leaving")
    meet(hurried, leaving)
    known = hurried.contacts.load().contact("leaving")
    assert known is not None
    upkeep.delete(leaving, "leaving's password")
    assert changed_keys(hurried, [known]) == []
    assert changed_keys(hurried, [known] * 70) == [], "more than it answers in a minute"


def test_an_answer_with_other_keys_than_the_pinned_ones_changes_nothing(person: NewPerson) -> None:
    asker, asked = person("asker"), person("asked")
    meet(asker, asked)
    pinned = asker.contacts.load().contact("asked")
    assert pinned is not None
    renewed = upkeep.new_identity(asked, "asked's password")
    ask(asker, "asked")
    accept(renewed, "asker", 1)
    found = look(asker, 2)
    assert [comparison.name for comparison in found.changed] == ["asked"]
    assert key_changed(found.changed[0]).code == "key_changed"
    assert asker.contacts.load().contact("asked") == pinned
    with pytest.raises(VerificationFailed):
        pin(asker, "asked", renewed.identity.bundle, 3)
    verify(asker, compare(asker, "asked"), 4)
    assert look(asker, 5).changed == ()


def test_a_removed_contact_stays_away_until_a_new_exchange(person: NewPerson) -> None:
    keeper, former = person("keeper"), person("former")
    meet(keeper, former)
    verify(keeper, compare(keeper, "former"), 1)
    remove(keeper, "Former")
    assert look(keeper, 2).pinned == ()
    assert state(keeper, "former") is None
    with pytest.raises(NotFound) as gone:
        remove(keeper, "former")
    assert gone.value.code == "no_contact"
    meet(keeper, former)
    assert state(keeper, "former") == "pinned"


def test_a_stranger_cannot_be_compared_with(person: NewPerson) -> None:
    alone = person("alone")
    with pytest.raises(NotFound) as caught:
        compare(alone, "ada")
    assert caught.value.code == "no_contact"
    assert "`peerseal exchange request ada`" in caught.value.hint


def test_a_server_that_swaps_keys_while_answering_pins_nothing(
    monkeypatch: pytest.MonkeyPatch, person: NewPerson
) -> None:
    victim, friend = person("victim"), person("friend")
    ask(friend, "victim")
    honest, mallory = victim.api.ask, Identity(new_root()).bundle.encoded

    def lying(kind: type[Any], name: str, *arguments: Any, **named: Any) -> Any:
        given = honest(kind, name, *arguments, **named)
        if name == "accept_exchange":
            return wire.Exchange(**{**given.__dict__, "bundle": mallory})
        return given

    monkeypatch.setattr(victim.api, "ask", lying)
    with pytest.raises(VerificationFailed) as caught:
        accept(victim, "friend", 1)
    assert caught.value.code == "key_changed"
    monkeypatch.undo()
    assert state(victim, "friend") is None


def test_a_name_nobody_can_have_is_the_servers_mistake(
    monkeypatch: pytest.MonkeyPatch, person: NewPerson
) -> None:
    puzzled, plain = person("puzzled"), person("plain")
    ask(plain, "puzzled")
    honest = puzzled.api.ask

    def odd(kind: type[Any], name: str, *arguments: Any, **named: Any) -> Any:
        given = honest(kind, name, *arguments, **named)
        if not isinstance(given, wire.Exchanges):
            return given
        rows = [wire.Exchange(**{**row.__dict__, "peer": "a/\x1bb"}) for row in given.exchanges]
        return wire.Exchanges(tuple(rows))

    monkeypatch.setattr(puzzled.api, "ask", odd)
    for call in (accept, decline, compare):
        with pytest.raises(IntegrityFailed) as caught:
            call(puzzled, "plain", *([1] if call is accept else []))
        assert (caught.value.code, caught.value.exit_code) == ("malformed", 7)
        assert "\x1b" not in caught.value.message


def test_keys_that_are_none_are_refused_and_nothing_is_answered(
    monkeypatch: pytest.MonkeyPatch, person: NewPerson
) -> None:
    careful, odd = person("careful"), person("odd")
    ask(odd, "careful")
    honest = careful.api.ask

    def lying(kind: type[Any], name: str, *arguments: Any, **named: Any) -> Any:
        given = honest(kind, name, *arguments, **named)
        if name != "exchanges":
            return given
        rows = (wire.Exchange(**{**row.__dict__, "bundle": bytes(1520)}) for row in given.exchanges)
        return wire.Exchanges(tuple(rows))

    monkeypatch.setattr(careful.api, "ask", lying)
    with pytest.raises(Exception, match="What the server shows as odd's keys is none") as caught:
        accept(careful, "odd", 1)
    assert caught.value.code == "malformed"  # type: ignore[attr-defined]
    monkeypatch.undo()
    assert look(odd, 1).exchanges[0].state == "pending"


def test_a_server_cannot_make_up_a_request_that_was_accepted(
    monkeypatch: pytest.MonkeyPatch, person: NewPerson
) -> None:
    calm = person("calm")
    made_up = wire.Exchange("0" * 32, "mallory", "in", "accepted", Identity(new_root()).bundle.encoded, 1, 2)
    say_exchanges(monkeypatch, calm, made_up)
    assert look(calm, 1).pinned == ()
    assert calm.contacts.load().contacts == ()


def test_an_acceptance_that_was_cut_off_before_pinning_is_finished_by_repeating_it(person: NewPerson) -> None:
    cut, whole = person("cut"), person("whole")
    row = ask(whole, "cut")
    cut.api.call("accept_exchange", wire.AcceptExchange(cut.identity.bundle.encoded), exchange=row.id)
    assert state(cut, "whole") is None
    assert accept(cut, "whole", 1).fingerprint == whole.identity.fingerprint


def test_one_answer_that_is_no_keys_does_not_hide_the_others(
    monkeypatch: pytest.MonkeyPatch, person: NewPerson
) -> None:
    many = person("many")
    good = Identity(new_root()).bundle
    broken = wire.Exchange("0" * 32, "broken", "out", "accepted", bytes(1520), 1, 3)
    whole = wire.Exchange("1" * 32, "fine", "out", "accepted", good.encoded, 1, 2)
    say_exchanges(monkeypatch, many, broken, whole)
    found = look(many, 4)
    assert (found.pinned, found.unusable) == (("fine",), ("broken",))


def say_exchanges(monkeypatch: pytest.MonkeyPatch, account: OpenAccount, *rows: wire.Exchange) -> None:
    """Let the server tell this account of these exchanges."""
    honest = account.api.ask

    def lying(kind: type[Any], name: str, *arguments: Any, **named: Any) -> Any:
        return wire.Exchanges(rows) if name == "exchanges" else honest(kind, name, *arguments, **named)

    monkeypatch.setattr(account.api, "ask", lying)
