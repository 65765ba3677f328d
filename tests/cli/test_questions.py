"""Questions about an account: answered by lines of standard input, or at a terminal by what is typed after them, unseen."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Callable, Iterator

import pytest

from peerseal.cli.output import Output
from peerseal.cli.questions import Questions
from peerseal.errors import Declined, UsageError

GOOD = "correct horse"


def output(err: io.StringIO) -> Output:
    return Output(json=False, quiet=False, verbose=False, colour=False, err=err)


Given = Callable[..., Questions]


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> Iterator[Given]:
    """Questions answered by these bytes on standard input."""
    with contextlib.ExitStack() as pipes:

        def make(content: bytes, *, from_stdin: bool = True, yes: bool = False) -> Questions:
            reading, writing = os.pipe()
            with os.fdopen(writing, "wb") as pipe:
                pipe.write(content)
            monkeypatch.setattr(sys, "stdin", pipes.enter_context(os.fdopen(reading)))
            return Questions(output(io.StringIO()), yes=yes, from_stdin=from_stdin)

        yield make


class Typist(io.StringIO):
    """A person who reads the screen, and types the next answer as soon as a question stands there."""

    def __init__(self, keys: int, answers: list[str]) -> None:
        super().__init__()
        self._keys = keys
        self.answers = answers

    def write(self, text: str) -> int:
        if text.endswith((": ", "] ")):
            os.write(self._keys, self.answers.pop(0).encode())
        return super().write(text)


class Seat:
    """A terminal with somebody at it."""

    def __init__(self, keys: int, answers: tuple[str, ...]) -> None:
        self.keys = keys
        self.screen = Typist(keys, list(answers))
        self.asks = Questions(output(self.screen), yes=False, from_stdin=False)

    def echoed(self) -> str:
        """What the terminal itself showed of the keys."""
        os.set_blocking(self.keys, False)
        try:
            return os.read(self.keys, 65_536).decode()
        except BlockingIOError:
            return ""


@pytest.fixture
def seat(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Seat]]:
    keys, terminal = os.openpty()
    with os.fdopen(terminal) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        yield lambda *answers: Seat(keys, answers)
    os.close(keys)


def test_secrets_are_the_lines_of_standard_input_in_their_order(given: Given) -> None:
    asks = given(f"{GOOD}\r\nabandon ability\nan invitation \nlast".encode())
    assert asks.new_password() == GOOD
    assert asks.words() == "abandon ability"
    assert asks.invitation() == "an invitation"
    assert asks.password() == "last"
    with pytest.raises(UsageError) as ended:
        asks.password()
    assert ended.value.code == "no_password"


def test_a_short_password_is_refused_where_nobody_can_be_asked_again(given: Given) -> None:
    with pytest.raises(UsageError) as short:
        given(f"short\n{GOOD}\n".encode()).new_password()
    assert short.value.code == "password_short"
    assert "8 characters" in short.value.message


@pytest.mark.parametrize("content", [b"\xff\xfe\n", b"x" * 20_000])
def test_what_is_no_line_of_text_is_a_usage_error(given: Given, content: bytes) -> None:
    with pytest.raises(UsageError):
        given(content).password()


def test_without_a_terminal_no_secret_is_taken_from_a_pipe_unasked(given: Given) -> None:
    asks = given(f"{GOOD}\n".encode(), from_stdin=False)
    for ask in (asks.password, asks.new_password, asks.words, asks.invitation):
        with pytest.raises(UsageError) as nobody:
            ask()
        assert "--password-stdin" in nobody.value.hint


def test_a_yes_is_needed_unless_it_was_given_before(given: Given) -> None:
    given(b"", yes=True).sure("Delete it?", otherwise="-y deletes unasked.")
    with pytest.raises(UsageError) as nobody:
        given(b"y\n").sure("Delete it?", otherwise="-y deletes unasked.")
    assert nobody.value.hint == "-y deletes unasked."


def test_a_password_at_a_terminal_is_typed_twice_and_never_seen(seat: Callable[..., Seat]) -> None:
    ada = seat(f"{GOOD}\n", f"{GOOD}\n")
    assert ada.asks.new_password() == GOOD
    assert "The same again: " in ada.screen.getvalue()
    assert GOOD not in ada.echoed() + ada.screen.getvalue()


def test_a_slip_is_asked_about_again_and_three_are_too_many(seat: Callable[..., Seat]) -> None:
    ada = seat("short\n", f"{GOOD}\n", "corect horse\n", f"{GOOD}\n", f"{GOOD}\n")
    assert ada.asks.new_password() == GOOD
    assert "8 characters" in ada.screen.getvalue()
    assert "Once more" in ada.screen.getvalue()
    eve = seat(*[f"{GOOD}\n", "another horse\n"] * 3)
    with pytest.raises(UsageError) as differs:
        eve.asks.new_password()
    assert differs.value.code == "password_differs"


def test_only_what_is_typed_after_a_question_answers_it(seat: Callable[..., Seat]) -> None:
    ada = seat("maybe\n", "no\n")
    os.write(ada.keys, b"y\ny\n")
    with pytest.raises(Declined):
        ada.asks.sure("Delete it?", otherwise="")
    assert ada.screen.getvalue().count("Delete it? [y/n] ") == 2


def test_the_end_of_input_is_a_no(seat: Callable[..., Seat]) -> None:
    assert not seat("\x04").asks.yes_or_no("Delete it?")
    for ask in ("password", "invitation"):
        with pytest.raises(Declined):
            getattr(seat("\x04").asks, ask)()


def test_an_invitation_is_seen_while_it_is_typed(seat: Callable[..., Seat]) -> None:
    ada = seat(" AB-CD \n")
    assert ada.asks.invitation() == "AB-CD"
    assert "AB-CD" in ada.echoed()
