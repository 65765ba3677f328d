"""Every pair of {page, command line, SDK} hands over every kind of payload, by name and by code, byte for byte."""

from collections.abc import Callable
from pathlib import Path

import pytest

from support.page import PagePerson, as_downloaded, complaints_of
from support.payloads import Payload, assorted, big, message, three_hundred
from support.people import Person, hand_over_by_code, hand_over_by_name

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.timeout(180)]

KINDS = ("page", "command line", "sdk")
PAIRS = [pytest.param(a, b, id=f"{a} to {b}") for a in KINDS for b in KINDS]
#: The big one is more than all that may be on its way at once: 32 MiB in flight, 48 unread in a browser.
PAYLOADS: dict[str, Callable[[Path], Payload]] = {
    "assorted files": lambda folder: assorted(folder / "assorted"),
    "64 MB": lambda folder: big(folder / "big"),
    "a folder of 300": lambda folder: three_hundred(folder / "folder"),
    "a text": lambda _: message(),
}
Make = Callable[[str], Person]


@pytest.fixture(scope="session")
def payloads(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Payload]:
    folder = tmp_path_factory.mktemp("payloads")
    return {name: make(folder) for name, make in PAYLOADS.items()}


def assert_arrived(payload: Payload, arrived: object, receiver: Person) -> None:
    if payload.text is not None:
        assert arrived == payload.text
    elif isinstance(receiver, PagePerson):
        assert arrived == as_downloaded(payload.tree)
    else:
        assert arrived == payload.tree


@pytest.mark.parametrize("what", PAYLOADS)
@pytest.mark.parametrize(("sender", "receiver"), PAIRS)
def test_by_name_everything_arrives_byte_for_byte(
    sender: str, receiver: str, what: str, person: Make, payloads: dict[str, Payload]
) -> None:
    alice, bob = person(sender), person(receiver)
    arrived = hand_over_by_name(alice, bob, payloads[what], f"Bob {receiver} {what}")
    assert_arrived(payloads[what], arrived, bob)
    assert complaints_of([one for one in (alice, bob) if isinstance(one, PagePerson)]) == []


@pytest.mark.parametrize(("sender", "receiver"), PAIRS)
def test_by_code_files_arrive_byte_for_byte(
    sender: str, receiver: str, person: Make, payloads: dict[str, Payload]
) -> None:
    alice, bob = person(sender), person(receiver)
    payload = payloads["assorted files"]
    arrived = hand_over_by_code(alice, bob, payload)
    assert_arrived(payload, arrived, bob)
