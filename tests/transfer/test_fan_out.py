"""Several receivers of one code: each has it byte for byte, whatever becomes of the others; nobody forges for another."""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from peerseal.client.settings import parse_server
from peerseal.crypto_engine import park_secret, random_bytes
from peerseal.errors import Declined, Interrupted, PeersealError, Refused, TimedOut, VerificationFailed
from peerseal.files.scan import scan
from peerseal.files.source import Source
from peerseal.files.stream_source import from_stdin
from peerseal.protocol.control import Answer, Offer
from peerseal.transfer import absence, admission
from peerseal.transfer.arrival import ReceiveResult
from peerseal.transfer.cancel import Cancel
from peerseal.transfer.events import Event, Gone, Notice, Parked, Peer, Progress, Ready
from peerseal.transfer.events import Offer as Shown
from peerseal.transfer.events import Path as PathEvent
from peerseal.transfer.fan_out import send_to_many
from peerseal.transfer.journals import all_journals
from peerseal.transfer.parking import Parking, plan_of
from peerseal.transfer.person import Settled
from peerseal.transfer.receive import ReceiveWish, receive
from peerseal.transfer.send import SendWish
from peerseal.transfer.shared_upload import ManyResult
from support.cutting_proxy import CuttingProxy
from support.cutting_way import CuttingWay
from support.live_server import LiveServer

from .test_claims_of_receivers import Liar

WAIT = 30.0
RECORD = 4096


class Sending:
    """`send_to_many` on a thread of its own."""

    def __init__(
        self,
        server: str,
        paths: list[str],
        to: int,
        *,
        timeout: float = WAIT,
        source: Callable[[], Source] | None = None,
    ) -> None:
        self.events: list[Event] = []
        self.news: queue.Queue[Event] = queue.Queue()
        self.cancel = Cancel()
        self._wish = SendWish(
            server=parse_server(server),
            name="Ada",
            open_source=source or (lambda: scan(paths)),
            timeout=timeout,
            record_size=RECORD,
        )
        self._to = to
        self._outcome: list[ManyResult | BaseException] = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._outcome.append(send_to_many(self._wish, self._to, Settled(), self._hear, self.cancel))
        except BaseException as error:  # noqa: BLE001 - told to the test
            self._outcome.append(error)

    def _hear(self, event: Event) -> None:
        self.events.append(event)
        self.news.put(event)

    def wait_for(self, kind: type[Event]) -> Any:
        while True:
            event = self.news.get(timeout=WAIT)
            if isinstance(event, kind):
                return event

    def result(self) -> ManyResult:
        self._thread.join(WAIT)
        assert self._outcome, f"still running: {self.events[-5:]}"
        outcome = self._outcome[0]
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome


class Receiving:
    """One receiver of a code, on a thread of its own. With `slow`, it stands still before the first record until told."""

    def __init__(
        self,
        server: str,
        code: str,
        target: Path,
        *,
        accept: bool = True,
        slow: threading.Event | None = None,
        person: Settled | None = None,
        keep_in: Path | None = None,
    ) -> None:
        self._slow = slow
        self.events: list[Event] = []
        #: Something has come.
        self.began = threading.Event()
        self._outcome: list[ReceiveResult | BaseException] = []
        target.mkdir(exist_ok=True)
        wish = ReceiveWish(
            server=parse_server(server),
            name=target.name,
            code=code,
            target=str(target),
            keep_in=None if keep_in is None else str(keep_in),
        )
        self._thread = threading.Thread(
            target=self._run, args=(wish, person or Settled(accept=accept)), daemon=True
        )
        self._thread.start()

    def _run(self, wish: ReceiveWish, person: Settled) -> None:
        try:
            self._outcome.append(receive(wish, person, self._hear, Cancel()))
        except BaseException as error:  # noqa: BLE001 - told to the test
            self._outcome.append(error)

    def _hear(self, event: Event) -> None:
        self.events.append(event)
        if isinstance(event, Progress):
            self.began.set()
        if isinstance(event, PathEvent) and self._slow is not None:
            assert self._slow.wait(WAIT), "nobody let this one go on"

    @property
    def over(self) -> bool:
        return bool(self._outcome)

    def result(self) -> ReceiveResult:
        self._thread.join(WAIT)
        assert self._outcome, "still running"
        outcome = self._outcome[0]
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome


@pytest.fixture
def folder(outbox: Path) -> Path:
    """Two files and an empty folder: several chunks of records."""
    tree = outbox / "tree"
    (tree / "empty").mkdir(parents=True)
    (tree / "big.bin").write_bytes(random_bytes(700_000))
    (tree / "small.txt").write_text("hello")
    return tree


def same(folder: Path, target: Path) -> bool:
    there = target / folder.name
    return (
        (there / "big.bin").read_bytes() == (folder / "big.bin").read_bytes()
        and (there / "small.txt").read_text() == "hello"
        and (there / "empty").is_dir()
    )


def test_each_has_it_and_a_slow_one_holds_up_nobody(server: str, folder: Path, tmp_path: Path) -> None:
    sending = Sending(server, [str(folder)], 3)
    code = sending.wait_for(Ready).code
    go_on = threading.Event()
    slow = Receiving(server, code, tmp_path / "slow", slow=go_on)
    sending.wait_for(Peer)
    quick = [Receiving(server, code, tmp_path / name) for name in ("one", "other")]
    for receiver in quick:
        receiver.result()
    parked = sending.wait_for(Parked)
    assert parked.expires > time.time() * 1000
    assert not slow.over
    go_on.set()
    slow.result()
    result = sending.result()
    assert [receiver.done for receiver in result.receivers] == [True] * 3
    assert (result.files, result.bytes) == (2, 700_005)
    for name in ("slow", "one", "other"):
        assert same(folder, tmp_path / name)


def test_the_sender_may_leave_once_it_is_told_so(server: str, folder: Path, tmp_path: Path) -> None:
    sending = Sending(server, [str(folder)], 1)
    go_on = threading.Event()
    slow = Receiving(server, sending.wait_for(Ready).code, tmp_path / "slow", slow=go_on)
    sending.wait_for(Parked)
    sending.cancel.cancel()
    result = sending.result()
    assert [receiver.done for receiver in result.receivers] == [False]
    go_on.set()
    slow.result()
    assert same(folder, tmp_path / "slow")


def test_who_says_no_leaves_the_place_to_somebody_else(server: str, folder: Path, tmp_path: Path) -> None:
    sending = Sending(server, [str(folder)], 1)
    code = sending.wait_for(Ready).code
    with pytest.raises(Declined):
        Receiving(server, code, tmp_path / "no", accept=False).result()
    assert "said no" in sending.wait_for(Notice).message
    Receiving(server, code, tmp_path / "yes").result()
    assert [receiver.name for receiver in sending.result().receivers] == ["yes"]


def test_a_wrong_guess_closes_the_code_and_who_is_in_finishes(
    server: str, folder: Path, tmp_path: Path
) -> None:
    sending = Sending(server, [str(folder)], 3)
    code = sending.wait_for(Ready).code
    one = Receiving(server, code, tmp_path / "one")
    one.result()
    nameplate = code.partition("-")[0]
    with pytest.raises(PeersealError):
        Receiving(server, f"{nameplate}-wrong-guess", tmp_path / "guess").result()
    with pytest.raises(VerificationFailed) as closed:
        sending.result()
    assert closed.value.code == "wrong_code"
    assert same(folder, tmp_path / "one")
    with pytest.raises(PeersealError):
        Receiving(server, code, tmp_path / "late").result()


class Squatter(Liar):
    """A receiver with the code who parks something of its own under its reader id before it says yes."""

    def __init__(self, server: str, code: str) -> None:
        super().__init__(server, code)
        offer = self.told(Offer)
        secret = park_secret(self.exporter("park"), offer.id, offer.version)
        self._parking = Parking.begin(parse_server(server), plan_of(RECORD, 100, 100), [secret])
        self.says(Answer(offer.id, accept=True, code=None, message=None))

    def close(self) -> None:
        self._parking.close()
        self.peer.close()


@pytest.mark.parametrize("first", [True, False])
def test_who_squats_its_own_place_in_the_park_is_turned_away_alone(
    server: str, folder: Path, tmp_path: Path, *, first: bool
) -> None:
    """Whatever a receiver does with its own secret is no matter of the others."""
    sending = Sending(server, [str(folder)], 2)
    code = sending.wait_for(Ready).code
    honest = [] if first else [Receiving(server, code, tmp_path / "before")]
    for receiver in honest:
        receiver.result()
    squatter = Squatter(server, code)
    while "gets nothing" not in sending.wait_for(Notice).message:
        """Who has come, and who has everything."""
    squatter.close()
    while len(honest) < 2:
        honest.append(Receiving(server, code, tmp_path / f"after{len(honest)}"))
        honest[-1].result()
    assert [receiver.done for receiver in sending.result().receivers] == [True, True]
    for name in ("after0", "after1") if first else ("before", "after1"):
        assert same(folder, tmp_path / name)


def test_a_server_that_lets_nobody_else_read_keeps_what_those_who_came_were_promised(
    server: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise Refused("The server says no.", code="quota")

    sending = Sending(server, [str(folder)], 2)
    code = sending.wait_for(Ready).code
    go_on = threading.Event()
    one = Receiving(server, code, tmp_path / "one", slow=go_on)
    sending.wait_for(PathEvent)
    monkeypatch.setattr(Parking, "add_reader", refuse)
    with pytest.raises(PeersealError):
        Receiving(server, code, tmp_path / "other").result()
    sending.wait_for(Parked)
    go_on.set()
    one.result()
    assert same(folder, tmp_path / "one")
    with pytest.raises(Refused) as refused:
        sending.result()
    assert refused.value.code == "quota"


def test_nobody_came(server: str, folder: Path) -> None:
    with pytest.raises(TimedOut):
        Sending(server, [str(folder)], 2, timeout=0.3).result()


def test_those_who_came_have_it_when_others_did_not(server: str, folder: Path, tmp_path: Path) -> None:
    sending = Sending(server, [str(folder)], 2, timeout=3.0)
    Receiving(server, sending.wait_for(Ready).code, tmp_path / "one").result()
    with pytest.raises(TimedOut):
        sending.result()
    assert same(folder, tmp_path / "one")


def test_a_server_that_stays_away_ends_the_code_and_takes_nothing_from_who_has_come(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admission, "AWAY_SECONDS", 1.0)
    with LiveServer() as live:
        sending = Sending(live.url, [str(folder)], 2)
        Receiving(live.url, sending.wait_for(Ready).code, tmp_path / "one").result()
        while "has everything" not in sending.wait_for(Notice).message:
            """Who has come; the other one is still waited for."""
        live.stop()
        with pytest.raises(Interrupted) as cut:
            sending.result()
    assert (cut.value.code, cut.value.exit_code) == ("connection_lost", 10)
    assert "to the others" in cut.value.hint
    assert same(folder, tmp_path / "one")


def test_a_code_outlives_the_server_that_is_started_anew(folder: Path, tmp_path: Path) -> None:
    data = {"data": str(tmp_path / "server")}
    with LiveServer(data) as before, CuttingProxy(before.url) as way:
        sending = Sending(way.url, [str(folder)], 2)
        code = sending.wait_for(Ready).code
        go_on = threading.Event()
        early = Receiving(way.url, code, tmp_path / "early", slow=go_on)
        while "1 more may" not in sending.wait_for(Notice).message:
            """It has the key, and is off the line."""
        way.refuses = True
        before.stop()
        while "waits for the server" not in sending.wait_for(Notice).message:
            """The upload of what is there already may be told before."""
        with LiveServer(data) as after:
            way.leads_to(after.url)
            way.refuses = False
            while "good again" not in sending.wait_for(Notice).message:
                """Whoever tries before that finds no such code."""
            Receiving(way.url, code, tmp_path / "late").result()
            go_on.set()
            early.result()
            assert [receiver.done for receiver in sending.result().receivers] == [True, True]
    assert same(folder, tmp_path / "early")
    assert same(folder, tmp_path / "late")


def test_a_wrong_guess_closes_the_code_after_the_server_was_started_anew_too(
    folder: Path, tmp_path: Path
) -> None:
    with LiveServer() as before, CuttingProxy(before.url) as way:
        sending = Sending(way.url, [str(folder)], 2)
        code = sending.wait_for(Ready).code
        way.refuses = True
        before.stop()
        with LiveServer() as after:
            way.leads_to(after.url)
            way.refuses = False
            while "good again" not in sending.wait_for(Notice).message:
                """Its number is shown again."""
            with pytest.raises(PeersealError):
                Receiving(way.url, f"{code.partition('-')[0]}-wrong-guess", tmp_path / "guess").result()
            with pytest.raises(VerificationFailed):
                sending.result()


def test_a_sender_that_is_cut_off_half_way_is_said_to_be_gone_and_what_came_is_kept(
    outbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(absence, "GONE_SECONDS", 1.0)
    monkeypatch.setattr(absence, "RETURN_SECONDS", 2.0)
    (outbox / "big.bin").write_bytes(random_bytes(_SIZE))
    with LiveServer(before=_SHORT_WAITS) as live, CuttingProxy(live.url) as proxy:
        sending = Sending(proxy.url, [str(outbox / "big.bin")], 2)
        one = Receiving(live.url, sending.wait_for(Ready).code, tmp_path / "one", keep_in=tmp_path / "home")
        assert one.began.wait(WAIT)
        proxy.refuses = True
        proxy.cut_everything()
        with pytest.raises(Interrupted) as gone:
            one.result()
        sending.cancel.cancel()
    assert (gone.value.code, gone.value.exit_code) == ("not_back", 10)
    assert "peerseal transfers resume" in gone.value.hint
    assert [event.name for event in one.events if isinstance(event, Gone)] == ["Ada"]
    (listed,) = all_journals(str(tmp_path / "home"))
    assert 0 < listed.done < _SIZE


_SIZE = 40_000_000
_SHORT_WAITS = "import peerseal.wire.limits\npeerseal.wire.limits.CHUNK_WAIT_SECONDS = 0.3\n"


def test_a_receiver_whose_connections_keep_breaking_has_it_all_the_same(folder: Path, tmp_path: Path) -> None:
    with LiveServer() as live:
        way = CuttingWay(live.port, 200_000, down=True)
        sending = Sending(live.url, [str(folder)], 1)
        cut = Receiving(way.url, sending.wait_for(Ready).code, tmp_path / "cut")
        cut.result()
        way.close()
        assert way.cuts >= 3
        assert same(folder, tmp_path / "cut")
        sending.result()


def test_standard_input_is_read_once_for_all(server: str, tmp_path: Path) -> None:
    """A stream whose length nobody knew: those who came have it once it has ended."""
    read, write = os.pipe()
    content = random_bytes(300_000)
    sending = Sending(server, [], 2, source=lambda: from_stdin(read, "stdin", RECORD))
    code = sending.wait_for(Ready).code
    threading.Thread(target=_pour, args=(write, content), daemon=True).start()
    receivers = [Receiving(server, code, tmp_path / name) for name in ("one", "other")]
    for receiver in receivers:
        receiver.result()
    assert sending.result().bytes == len(content)
    for name in ("one", "other"):
        assert (tmp_path / name / "stdin").read_bytes() == content


def test_standard_input_that_stands_still_is_told_to_those_who_wait_for_its_end(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its sender may be gone, or only slow: it is waited for, however long that takes."""
    monkeypatch.setattr(absence, "GONE_SECONDS", 0.5)
    monkeypatch.setattr(absence, "RETURN_SECONDS", 1.0)
    read, write = os.pipe()
    sending = Sending(server, [], 1, source=lambda: from_stdin(read, "stdin", RECORD))
    content = random_bytes(200_000)
    os.write(write, content[:50_000])
    one = Receiving(server, sending.wait_for(Ready).code, tmp_path / "one")
    end = time.monotonic() + WAIT
    while not any(isinstance(event, Gone) for event in one.events):
        assert time.monotonic() < end
        time.sleep(0.05)
    _pour(write, content[50_000:])
    one.result()
    assert (tmp_path / "one" / "stdin").read_bytes() == content
    sending.result()


def _pour(write: int, content: bytes) -> None:
    with os.fdopen(write, "wb") as pipe:
        pipe.write(content)


class _Thinking(Settled):
    """Somebody who does not answer."""

    def accept_offer(self, offer: Shown, still: Callable[[], object]) -> bool:
        while True:
            time.sleep(0.05)
            still()


def test_who_does_not_answer_holds_up_the_others_only_for_a_while(
    server: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("peerseal.transfer.fan_out.OTHERS_SECONDS", 1.0)
    sending = Sending(server, [str(folder)], 2)
    code = sending.wait_for(Ready).code
    silent = Receiving(server, code, tmp_path / "silent", person=_Thinking())
    sending.wait_for(Peer)
    quick = [Receiving(server, code, tmp_path / name) for name in ("one", "other")]
    for receiver in quick:
        receiver.result()
    assert {receiver.name for receiver in sending.result().receivers} == {"one", "other"}
    with pytest.raises(PeersealError):
        silent.result()
