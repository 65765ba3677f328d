"""Breaks, changes of path and coming back, in any order: honest ends never contradict each other and always finish."""

from hypothesis import event, given, settings
from hypothesis import strategies as st

from peerseal.crypto_engine import FileKey
from peerseal.protocol.control import Ack, Answer, Cancel, ControlMessage, Done, FileKeyMessage
from peerseal.protocol.events import Failed
from peerseal.protocol.moves import Candidates, Have, Ice, IceCandidate, Path, PathKind, Where
from peerseal.wire.limits import TRANSFERS_MAX
from support.broken_line import BrokenLine
from support.sessions import carry, file, resumed

#: What may happen next; records and messages move more often than lines break.
STEPS = st.sampled_from(
    [
        *["send", "read", "to_sender", "to_receiver", "sender_hears", "receiver_hears"] * 3,
        *["finish", "change", "cut", "ask", "find"],
    ]
)


def happen(line: BrokenLine, step: str) -> None:
    match step:
        case "to_sender" | "to_receiver":
            line.deliver(step == "to_sender")
        case "sender_hears" | "receiver_hears":
            line.hear(step == "sender_hears")
        case "come_back":
            line.come_back()
        case "sender_cancels" | "receiver_cancels":
            line.cancel(step == "sender_cancels")
        case _:
            getattr(line, step)()


@settings(max_examples=50, deadline=None)
@given(st.lists(STEPS, max_size=120), st.integers(1, 6))
def test_whatever_breaks_and_crosses_everything_arrives_once_and_in_order(
    steps: list[str], total: int
) -> None:
    line = BrokenLine(total)
    for step in steps:
        happen(line, step)
    event(f"kept {line.kept} of {total} when the breaks end")
    line.settle()
    assert line.kept == total
    assert line.done
    assert line.over


@settings(max_examples=25, deadline=None)
@given(st.lists(STEPS | st.just("come_back"), max_size=80), st.integers(1, 6))
def test_coming_back_in_new_channels_loses_nothing_either(steps: list[str], total: int) -> None:
    line = BrokenLine(total)
    for step in steps:
        happen(line, step)
    line.settle()
    assert line.kept == total
    assert line.done
    assert line.over


@settings(max_examples=25, deadline=None)
@given(
    st.lists(STEPS, max_size=80),
    st.lists(STEPS, max_size=40),
    st.sampled_from(["sender_cancels", "receiver_cancels"]),
)
def test_whatever_crosses_a_cancel_is_no_contradiction(
    before: list[str], after: list[str], cancel: str
) -> None:
    line = BrokenLine(5)
    for step in [*before, cancel, *after]:
        happen(line, step)
    line.settle()
    assert not line.sender.over
    assert not line.receiver.over


COUNTS = st.integers(0, 2)
IDS = st.sampled_from([bytes([n]) * 16 for n in range(3)])
KINDS: st.SearchStrategy[PathKind] = st.sampled_from(["relay", "direct", "store"])
ANYTHING: st.SearchStrategy[ControlMessage] = st.one_of(
    st.builds(Where, IDS),
    st.builds(Have, IDS, COUNTS, COUNTS, COUNTS, st.just(bytes(32))),
    st.builds(Path, IDS, KINDS, st.just(bytes(8)), COUNTS, COUNTS),
    st.builds(Ack, IDS, COUNTS, COUNTS, COUNTS),
    st.builds(Done, IDS),
    st.builds(Cancel, IDS, st.just("cancelled"), st.none()),
    st.builds(Answer, IDS, st.booleans(), st.none(), st.none()),
    st.builds(FileKeyMessage, IDS, st.just(FileKey(bytes(32)))),
    st.builds(lambda id_: file().offer._replace(id=id_), IDS),
    st.builds(Candidates, IDS, st.just(4_000), st.just(("192.0.2.7",)), st.just(bytes(16))),
    st.builds(Ice, IDS, st.just((IceCandidate("192.0.2.7", 4_000, "host", 1),))),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(ANYTHING, max_size=40), st.lists(IDS, max_size=3, unique=True))
def test_a_hostile_peer_ends_the_session_with_a_code_or_changes_nothing_it_may_not(
    said: list[ControlMessage], own: list[bytes]
) -> None:
    hostile, victim = resumed(b"s" * 32, verified=False)
    carry(hostile, victim)
    for file_id in own:
        victim.where(file_id)
    for message in said:
        hostile._say(message)
    codes = set()
    for sealed in hostile.outbox():
        codes |= {event.error.code for event in victim.receive(sealed, 0.0) if isinstance(event, Failed)}
    assert codes <= {"out_of_order", "limit", "commitment_mismatch"}
    assert bool(codes) is victim.over
    assert len(victim._transfers) <= TRANSFERS_MAX
    assert not victim.verified
    assert not victim.may_send
