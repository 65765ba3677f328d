"""Control messages: each is read back as it was written, and nothing loose is let in."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerseal.crypto_engine import FileKey
from peerseal.errors import IntegrityFailed
from peerseal.protocol.control import (
    Ack,
    Answer,
    Bye,
    Cancel,
    ControlMessage,
    Done,
    FileKeyMessage,
    Offer,
    Ping,
    Pong,
    PreviewEntry,
    decode,
    encode,
    known_code,
    preview_of,
)
from peerseal.protocol.moves import Candidates, Description, Have, Ice, IceCandidate, Path, Where

ID = bytes(range(16))
OFFER = Offer(ID, 1, 524_288, bytes(32), 2, 7, False, False, False, (PreviewEntry("日本/a", 7, "file"),))
MESSAGES: list[ControlMessage] = [
    OFFER,
    OFFER._replace(bytes=None, open=True, preview=(PreviewEntry("a", None, "file"),)),
    OFFER._replace(text=True, preview=(PreviewEntry("", 7, "text"),)),
    OFFER._replace(preview=(PreviewEntry("d", 0, "directory"),)),
    Answer(ID, True),
    Answer(ID, False, "declined", "no, thank you 😀"),
    FileKeyMessage(ID, FileKey(bytes(32))),
    Ack(ID, 1, 2**40, 2**53 - 1),
    Cancel(ID, "cancelled"),
    Cancel(None, "cancelled", "x" * 200),
    Path(ID, "relay", bytes(8), 0, 0),
    Path(ID, "store", bytes(8), 1, 2**53 - 1),
    Candidates(ID, 1024, ("192.0.2.7", "2001:db8::7"), bytes(16)),
    Where(ID),
    Have(ID, 1, 2**40, 2**53 - 1, bytes(32)),
    Description(ID, "answer", "ab+/", "p" * 22, bytes(32), "passive"),
    Ice(ID, (IceCandidate("192.0.2.7", 65_535, "srflx", 2**32 - 1),) * 16),
    Ping(0),
    Pong(2**53 - 1),
    Done(ID),
    Bye(),
    Bye("words_differ"),
]


def refused(number: int, value: object) -> str:
    with pytest.raises(IntegrityFailed) as wrong:
        decode(number, json.dumps(value).encode())
    return wrong.value.code


def offer_with(**fields: object) -> dict[str, object]:
    value: dict[str, object] = json.loads(encode(OFFER)[1])
    return {**value, **fields}


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_a_message_is_read_as_it_was_written(message: ControlMessage) -> None:
    assert decode(*encode(message)) == message


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_missing_unknown_and_mistyped_fields_are_malformed(message: ControlMessage) -> None:
    number, plaintext = encode(message)
    value = json.loads(plaintext)
    assert refused(number, {**value, "extra": 1}) == "malformed"
    for name in value:
        assert refused(number, {key: field for key, field in value.items() if key != name}) == "malformed"
        for mistyped in ("{}", "[[]]", "1.5"):
            assert refused(number, {**value, name: json.loads(mistyped)}) == "malformed"


@pytest.mark.parametrize("number", [0, 17, 18, 255])
def test_reserved_and_unknown_types_are_malformed(number: int) -> None:
    assert refused(number, {}) == "malformed"


@pytest.mark.parametrize(
    "fields",
    [
        {"bytes": None},
        {"open": True},
        {"files": 1_000_001},
        {"files": True},
        {"version": 0},
        {"record_size": 63},
        {"record_size": 1_048_577},
        {"id": "AAAA"},
        {"bytes": 2**53},
        {"preview": [{"path": "a", "size": 1, "kind": "file"}] * 51},
        {"preview": [{"path": "a", "size": None, "kind": "file"}]},
        {"preview": [{"path": "a", "size": 1, "kind": "link"}]},
        {"preview": [{"path": "a", "size": 1, "kind": "text"}]},
        {"preview": [{"path": "a", "size": 1, "kind": "directory"}]},
        {"preview": [{"path": "a", "size": 1, "kind": "file", "mode": 7}]},
    ],
)
def test_offers_that_do_not_hold_are_malformed(fields: dict[str, object]) -> None:
    assert refused(1, offer_with(**fields)) == "malformed"


@pytest.mark.parametrize("path", ["", "../x", "/x", "a\u001b[2J", "~"])
def test_an_unsafe_path_in_a_preview_is_refused(path: str) -> None:
    assert refused(1, offer_with(preview=[{"path": path, "size": 1, "kind": "file"}])) == "unsafe_name"


def test_messages_over_32_kib_are_malformed() -> None:
    with pytest.raises(IntegrityFailed) as wrong:
        decode(8, b'{"n": 1' + b" " * 32_768 + b"}")
    assert wrong.value.code == "malformed"


def test_what_a_peer_would_refuse_is_not_sent() -> None:
    with pytest.raises(IntegrityFailed):
        encode(Cancel(ID, "cancelled", "x" * 201))
    with pytest.raises(IntegrityFailed):
        encode(Ping(-1))


@given(st.lists(st.text(alphabet='a"é😀', min_size=1, max_size=80), max_size=60))
def test_a_preview_is_the_beginning_and_fits(paths: list[str]) -> None:
    entries = [PreviewEntry(path, 1, "file") for path in paths]
    preview = preview_of(entries)
    assert list(preview) == entries[: len(preview)]
    assert len(preview) == min(len(entries), 50)
    assert len(encode(OFFER._replace(preview=preview))[1]) <= 32_768


def test_a_preview_of_long_names_stops_at_16_kib() -> None:
    entries = [PreviewEntry("/".join([f"{n}" + "é" * 120] * 8), 1, "file") for n in range(50)]
    preview = preview_of(entries)
    written = encode(OFFER._replace(preview=preview))[1]
    assert 5 < len(preview) < 50
    assert 12_000 < len(written) < 16_384 + 400


def test_a_code_from_the_future_is_shown_as_cancelled() -> None:
    for code in ("declined", "not_found", "source_changed", "stream_cut", "content_differs"):
        assert known_code(code) == code
    assert known_code("\x1b[2J") == "cancelled"


def test_a_key_in_a_message_does_not_show() -> None:
    assert "…" in repr(FileKeyMessage(ID, FileKey(b"hunter2!" * 4)))
    assert "hunter2" not in repr(FileKeyMessage(ID, FileKey(b"hunter2!" * 4)))


@given(st.integers(0, 255), st.binary(max_size=60))
def test_any_bytes_are_a_message_or_refused(number: int, plaintext: bytes) -> None:
    verdict = "ok"
    try:
        decode(number, plaintext)
    except IntegrityFailed as wrong:
        verdict = wrong.code
    assert verdict in {"ok", "malformed", "unsafe_name"}
