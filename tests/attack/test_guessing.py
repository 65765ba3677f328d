"""Somebody guesses: passwords, names, ids. They are stopped; the people they guess at go on."""

from __future__ import annotations

import secrets
import statistics
import time
from typing import Final

import pytest

from attack.conftest import PROGRAM, SETTINGS, Attacked
from peerseal.wire import accounts as a
from support.outsider import Answer, Outsider
from support.serving import serving
from support.storing import Storer

pytestmark = pytest.mark.e2e

PROOF: Final = b"a" * 32


def guess(port: int, source: str, name: str) -> Answer:
    return Outsider(port, source).call("login", a.Login(name, secrets.token_bytes(32), "token", "guess"))


def known_device(port: int, person: Storer) -> str:
    """What a program of this person keeps of having signed in."""
    answer = Outsider(port).call("login", a.Login(person.name, PROOF, "token", "home"))
    assert answer.status == 200
    return str(answer.said["device"])


def sign_in(port: int, source: str, person: Storer, device: str = "") -> Answer:
    headers = {"Peerseal-Device": device} if device else {}
    return Outsider(port, source).call("login", a.Login(person.name, PROOF, "token", "again"), headers)


def test_who_guesses_a_password_is_stopped_and_the_owner_is_not(attacked: Attacked, ada: Storer) -> None:
    device = known_device(attacked.port, ada)
    mallory = "127.70.0.1"
    statuses = [guess(attacked.port, mallory, ada.name).status for _ in range(50)]
    assert statuses[:5] == [401] * 5
    assert statuses.count(401) <= 15, statuses
    assert set(statuses[-30:]) <= {403, 429}, statuses
    # The right password does not help them from there either, without the device.
    assert sign_in(attacked.port, mallory, ada).status in (403, 429)
    # The owner, with the device, in another network and even in the very same.
    assert sign_in(attacked.port, "127.71.0.1", ada, device).status == 200
    assert sign_in(attacked.port, mallory, ada, device).status == 200
    # Whoever is signed in is not disturbed at all.
    assert ada.call("files")[0] == 200


def test_guessing_from_many_networks_stops_strangers_and_not_the_owner(
    attacked: Attacked, ada: Storer
) -> None:
    device = known_device(attacked.port, ada)
    statuses = [guess(attacked.port, f"127.72.{number}.9", ada.name).status for number in range(40)]
    assert 401 in statuses[:5]
    assert 401 not in statuses[-10:], statuses
    stranger = guess(attacked.port, "127.73.0.1", ada.name)
    assert stranger.status == 429
    assert int(stranger.all("retry-after")[0]) >= 1
    assert sign_in(attacked.port, "127.73.1.1", ada, device).status == 200


def test_a_stolen_list_makes_every_unknown_device_pay(tmp_path_factory: pytest.TempPathFactory) -> None:
    # On a server of its own: while it lasts, every other test's strangers would have to pay.
    home = tmp_path_factory.mktemp("stolen")
    with serving(home, program=PROGRAM, env=SETTINGS) as url:
        port = int(url.rpartition(":")[2])
        bob = Storer.sign_up(port)
        try:
            device = known_device(port, bob)
            statuses = [
                guess(port, f"127.74.{number}.{number % 200 + 1}", f"victim {number}").status
                for number in range(120)
            ]
            assert statuses[0] == 401
            assert 401 not in statuses[-20:], statuses
            fresh = guess(port, "127.75.0.1", "somebody else")
            assert (fresh.status, fresh.code) == (429, "challenge")
            assert sign_in(port, "127.76.0.1", bob, device).status == 200
            assert bob.call("files")[0] == 200
        finally:
            bob.close()


def test_guessed_ids_find_nothing_and_stop_the_guesser(attacked: Attacked, ada: Storer) -> None:
    bodies = set()
    statuses = []
    for _ in range(60):
        answer = Outsider(attacked.port, "127.77.0.1").ask("GET", f"/api/v1/links/{secrets.token_hex(16)}")
        statuses.append(answer.status)
        bodies.add((answer.status, answer.code))
    assert statuses[0] == 404
    assert set(statuses) <= {403, 404, 429}
    assert statuses[-1] in (403, 429), statuses
    # Somebody signed in who looks for others' files is judged by their session, not by the address.
    eve = Storer.sign_up(attacked.port)
    try:
        found = [eve.call("file", file=secrets.token_hex(16))[0] for _ in range(30)]
        assert set(found) <= {401, 403, 404, 429}
        assert found[-1] in (401, 403, 429), found
        assert ada.call("files")[0] == 200, "the same address"
    finally:
        eve.close()


def test_names_that_are_there_and_names_that_are_not_are_answered_alike(
    attacked: Attacked, ada: Storer
) -> None:
    shapes, times = [], []
    for name, net in ((ada.name, 80), ("nobody of this name", 81)):
        taken = []
        for number in range(6):
            begun = time.perf_counter()
            answer = guess(attacked.port, f"127.{net}.{number}.1", name)
            taken.append(time.perf_counter() - begun)
            said = {key: value for key, value in answer.said.items() if key != "request_id"}
            headers = {key for key, _ in answer.headers}
            shapes.append((answer.status, tuple(sorted(said.items())), tuple(sorted(headers))))
        times.append(statistics.median(taken))
    assert len(set(shapes)) == 1, shapes
    # The same work: not one hash against none. Generous, since other things run on this machine too.
    assert max(times) < 5 * min(times) + 0.05, times
    registered = [
        Outsider(attacked.port, f"127.82.{number}.1").call(
            "register", a.Register(name, bytes(1520), a.NewPassword(PROOF, b"s" * 16, 65_536, 3, 1, None))
        )
        for number, name in enumerate((ada.name, "n" + secrets.token_hex(6)))
    ]
    assert registered[0].status == registered[1].status == 202
    assert registered[0].body == registered[1].body
