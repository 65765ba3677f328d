"""Account names, passwords and what a recovery signs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerseal.crypto.password import canonical_name, check_parameters, recovery_body, stretch
from peerseal.errors import UsageError
from peerseal.wire.invisible import is_invisible
from support.refusals import refused

SERVER, SALT = bytes(16), bytes(range(16))
NEW = {"auth": bytes(32), "salt": SALT, "memory": 65536, "passes": 3, "lanes": 1, "vault": bytes(93)}


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Alice", "alice"),
        ("ＡＬＩＣＥ", "alice"),
        ("Jean-Luc O'Neil", "jean-luc o'neil"),
        ("a\u00a0b", "a b"),
        ("Ünï", "ünï"),
        ("U\u0308", "ü"),
        ("李小龙", "李小龙"),
        ("x" * 64, "x" * 64),
        ("_.-'x", "_.-'x"),
        ("_.7", "_.7"),
    ],
)
def test_a_name_has_one_spelling(typed: str, name: str) -> None:
    assert canonical_name(typed) == name


@pytest.mark.parametrize(
    "typed",
    [
        *("", " ", " alice", "alice ", "a  b", "a\tb", "a/b", "a@b", "a\0b", "x" * 65, "😀", "a\u200bb"),
        *("a\u202eb", "\ud800", "a\nb", "a\u2028b", "<b>", "a+b", "a,b", "\ufeffa"),
        *("ua\ufe0f", "ua\u034f", "u\u3164a", "ua\U000e0100", "\u115f", ".", "..", "_.-'", "\u0301a"),
    ],
)
def test_anything_else_is_refused(typed: str) -> None:
    with refused("name_malformed"):
        canonical_name(typed)


def test_no_code_point_that_is_not_seen_is_part_of_a_name() -> None:
    unseen = [chr(point) for point in range(0x110000) if is_invisible(chr(point))]
    assert len(unseen) == 4174
    for character in unseen:
        with refused("name_malformed"):
            canonical_name(f"u{character}a")


@given(st.text(max_size=70))
def test_a_name_is_its_own_canonical_form(typed: str) -> None:
    try:
        name = canonical_name(typed)
    except UsageError:
        return
    assert canonical_name(name) == name


@pytest.mark.parametrize(
    "parameters",
    [
        *((65_535, 3, 1), (1_048_577, 3, 1), (0, 3, 1), (2**32, 3, 1)),
        *((65_536, 2, 1), (65_536, 11, 1), (65_536, 3, 0), (65_536, 3, 5), (65_536, -3, 1)),
    ],
)
def test_weak_or_ruinous_parameters_are_refused_before_the_password_is_used(
    parameters: tuple[int, int, int],
) -> None:
    with refused("weak_parameters"):
        stretch("password", "ada", SERVER, SALT, *parameters)


@pytest.mark.parametrize("parameters", [(65_536, 3, 1), (1_048_576, 10, 4)])
def test_parameters_within_bounds_are_taken(parameters: tuple[int, int, int]) -> None:
    check_parameters(*parameters)


def test_keys_depend_on_password_user_server_and_salt() -> None:
    keys = [
        stretch("pässword", "ada", SERVER, SALT, 65_536, 3, 1),
        stretch("password", "ada", SERVER, SALT, 65_536, 3, 1),
        stretch("pässword", "bob", SERVER, SALT, 65_536, 3, 1),
        stretch("pässword", "ada", SALT, SALT, 65_536, 3, 1),
        stretch("pässword", "ada", SERVER, SERVER, 65_536, 3, 1),
    ]
    assert len({key for pair in keys for key in pair}) == 2 * len(keys)
    assert stretch("pa\u0308ssword", "ada", SERVER, SALT, 65_536, 3, 1) == keys[0]
    assert keys[0].auth.hex() not in repr(keys[0])


@pytest.mark.parametrize(("server", "salt"), [(15, 16), (17, 16), (16, 15), (16, 17)])
def test_a_server_id_or_salt_of_another_length_is_malformed(server: int, salt: int) -> None:
    with refused("malformed"):
        stretch("password", "ada", bytes(server), bytes(salt), 65_536, 3, 1)


def test_a_password_that_is_no_text_is_refused() -> None:
    with refused("usage"):
        stretch("\ud800", "ada", SERVER, SALT, 65_536, 3, 1)


@pytest.mark.parametrize(
    "changed",
    [
        {"auth": b"\1" * 32},
        {"salt": bytes(16)},
        {"memory": 65537},
        {"passes": 4},
        {"lanes": 2},
        {"vault": None},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_a_recovery_speaks_of_everything_new(changed: dict[str, object]) -> None:
    body = recovery_body(SERVER, "ada", bytes(32), **NEW)  # type: ignore[arg-type]
    assert recovery_body(SERVER, "ada", bytes(32), **{**NEW, **changed}) != body  # type: ignore[arg-type]
    for server, user, challenge in (
        (SALT, "ada", bytes(32)),
        (SERVER, "bob", bytes(32)),
        (SERVER, "ada", b"\1" * 32),
    ):
        assert recovery_body(server, user, challenge, **NEW) != body  # type: ignore[arg-type]
