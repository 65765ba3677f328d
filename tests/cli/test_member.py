"""What commands say of the account at this device: names, numbers, and what nobody has compared."""

from __future__ import annotations

import argparse

import pytest

from peerseal.cli.member import (
    account_name,
    fingerprint_text,
    label,
    now_pinned_line,
    number_lines,
    pinned_line,
    result,
    warn_plain,
)
from peerseal.cli.output import Output
from peerseal.client.settings import parse_server
from peerseal.errors import UsageError
from peerseal.wire.limits import LABEL_MAX_CHARACTERS


def named(name: str | None, as_: str | None) -> str:
    return account_name(argparse.Namespace(name=name, **{"as": as_}), "login")


def output(*, json: bool = False) -> Output:
    return Output(json=json, quiet=False, verbose=False, colour=False)


def test_the_name_is_the_argument_or_as(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PEERSEAL_AS", raising=False)
    assert named("ada", None) == named(None, "ada") == named("ada", "ada") == "ada"
    for wrong in ((None, None), ("ada", "bert")):
        with pytest.raises(UsageError) as refused:
            named(*wrong)
        assert "`peerseal login alice`" in refused.value.hint
    monkeypatch.setenv("PEERSEAL_AS", "bert")  # a default, and the argument is not
    assert named("ada", "bert") == "ada"


def test_a_device_is_called_by_its_computer_and_never_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "attic")
    assert label() == "command line on attic"
    monkeypatch.setattr("socket.gethostname", lambda: "")
    assert label() == "command line on a computer"
    monkeypatch.setattr("socket.gethostname", lambda: "x" * 1000)
    assert len(label()) == LABEL_MAX_CHARACTERS


def test_numbers_are_in_groups_people_can_compare() -> None:
    assert fingerprint_text(bytes(range(6))) == "0001 0203 0405"
    lines = number_lines("12345" * 12)
    assert lines == ["    12345  12345  12345  12345"] * 3


def test_pinned_is_never_called_verified_and_names_are_harmless() -> None:
    said = now_pinned_line("Mary Ann\x1b[2J")
    assert "pinned, not verified" in said
    assert "\x1b" not in said
    assert "peerseal contacts remove" in said
    assert "`peerseal exchange verify 'Mary Ann'`" in pinned_line("Mary Ann")


def test_a_password_on_a_plain_way_is_warned_of(capsys: pytest.CaptureFixture[str]) -> None:
    for harmless in ("https://files.example.org", "http://localhost:5000", "http://[::1]:5000"):
        warn_plain(parse_server(harmless), output())
    assert capsys.readouterr().err == ""
    warn_plain(parse_server("http://192.0.2.1:5000"), output())
    assert "is not https" in capsys.readouterr().err


def test_a_result_is_for_machines_alone(capsys: pytest.CaptureFixture[str]) -> None:
    result(output(), argparse.Namespace(json=False), {"a": 1})
    assert capsys.readouterr().out == ""
    result(output(json=True), argparse.Namespace(json=True), {"a": 1})
    assert capsys.readouterr().out == '{"v":1,"event":"result","a":1}\n'
