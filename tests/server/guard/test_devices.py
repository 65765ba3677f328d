"""Known devices: only those that signed in, only to that account, so many and so long."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from peerseal.server.accounts.models import User
from peerseal.server.guard.devices import PER_ACCOUNT, SECONDS, Devices, KnownDevice, device_hash, device_of
from support.api_client import ApiServer

STRANGERS = "A" * 43


@pytest.fixture
def api(tmp_path: Path) -> Iterator[ApiServer]:
    made = ApiServer(tmp_path / "data")
    made.person("ann"), made.person("bob")
    yield made
    made.close()


def devices(api: ApiServer) -> Devices:
    return Devices(api.database, lambda: int(api.seconds * 1000))


def number(api: ApiServer, name: str) -> int:
    with api.database.reading() as session:
        return session.scalars(select(User.id).where(User.user == name)).one()


def remembered(api: ApiServer, name: str, secret: str | None = None) -> str:
    with api.database.writing() as session:
        return devices(api).remember(session, number(api, name), secret)


def knows(api: ApiServer, name: str, secret: str) -> bool:
    with api.database.reading() as session:
        return devices(api).knows(session, number(api, name), secret)


def held(api: ApiServer, name: str) -> list[bytes]:
    with api.database.reading() as session:
        asked = select(KnownDevice.secret_hash).where(KnownDevice.user_id == number(api, name))
        return list(session.scalars(asked))


def test_it_is_known_to_the_account_it_signed_in_to_and_no_other(api: ApiServer) -> None:
    secret = remembered(api, "ann")
    assert knows(api, "ann", secret)
    assert not knows(api, "bob", secret)
    assert not knows(api, "ann", STRANGERS)
    assert remembered(api, "bob", secret) == secret
    assert knows(api, "bob", secret)
    assert device_hash(secret) in held(api, "ann")


def test_what_a_stranger_planted_does_not_become_known(api: ApiServer) -> None:
    given = remembered(api, "ann", STRANGERS)
    assert given != STRANGERS
    assert not knows(api, "ann", STRANGERS)


def test_of_each_account_the_latest_so_many_are_kept(api: ApiServer) -> None:
    first = remembered(api, "ann")
    others = []
    for _ in range(PER_ACCOUNT - len(held(api, "ann"))):
        api.pass_time(1)
        others.append(remembered(api, "ann"))
    api.pass_time(1)
    assert remembered(api, "ann", first) == first  # used again: no longer the oldest
    for _ in range(3):
        api.pass_time(1)
        others.append(remembered(api, "ann"))
    assert len(held(api, "ann")) == PER_ACCOUNT
    assert knows(api, "ann", first)
    assert knows(api, "ann", others[-1])
    assert not knows(api, "ann", others[0])


def test_it_is_forgotten_when_it_does_not_come_back(api: ApiServer) -> None:
    secret = remembered(api, "ann")
    api.pass_time(SECONDS)
    assert not knows(api, "ann", secret)
    assert not devices(api).known_anywhere(secret)
    new = remembered(api, "ann", secret)
    assert new != secret
    assert held(api, "ann") == [device_hash(new)]


def test_a_new_password_forgets_all_others_of_this_account_alone(api: ApiServer) -> None:
    mine, other, bobs = remembered(api, "ann"), remembered(api, "ann"), remembered(api, "bob")
    with api.database.writing() as session:
        devices(api).forget_others(session, number(api, "ann"), mine)
    assert [knows(api, "ann", one) for one in (mine, other)] == [True, False]
    assert knows(api, "bob", bobs)


@pytest.mark.parametrize("given", [b"", b"x", b"A" * 44, b"A" * 42 + b"!", b"A" * 43 + b"\n"])
def test_what_does_not_look_like_one_is_none(given: bytes) -> None:
    assert device_of([(b"peerseal-device", given)], secure=False) is None


def test_a_secure_page_shows_the_secure_cookie_alone() -> None:
    plain = [(b"cookie", b"peerseal_device=" + STRANGERS.encode())]
    secure = [(b"cookie", b"__Host-peerseal_device=" + STRANGERS.encode())]
    assert device_of(plain, secure=False) == STRANGERS
    assert device_of(plain, secure=True) is None
    assert device_of(secure, secure=True) == STRANGERS
