"""The receiver's own bulk loop against `vectors/stream.json`, and every bit of a whole stream turned once."""

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest

from peerseal.crypto_engine import FileKey
from peerseal.errors import Interrupted, PeersealError
from peerseal.files.folder_sink import FolderSink
from peerseal.protocol.control import Offer
from peerseal.protocol.entries import Entry
from peerseal.protocol.manifest import ManifestReader
from peerseal.transfer.incoming import Incoming
from peerseal.transfer.outgoing import SealedFile
from peerseal.transport.transport import PathKind

VECTORS = Path(__file__).parents[2] / "vectors" / "stream.json"
CASES: dict[str, dict[str, Any]] = {case["id"]: case for case in json.loads(VECTORS.read_text())["cases"]}
RECORD_SIZE = 64


class GivenBytes:
    """A path on which these bytes came, and then its end."""

    kind: PathKind = "relay"
    detail = ""

    def __init__(self, content: bytes) -> None:
        self._rest = content

    def receive_into(self, view: memoryview) -> None:
        if len(self._rest) < len(view):
            raise Interrupted("the end", code="truncated")
        view[:] = self._rest[: len(view)]
        self._rest = self._rest[len(view) :]

    def has_more(self) -> bool:
        return bool(self._rest)

    def abort(self) -> None:
        self._rest = b""

    def close(self) -> None:
        self._rest = b""


class KeptBytes:
    """A sink that keeps what was placed in it, whatever entry it belongs to."""

    current = ""

    def __init__(self) -> None:
        self.content = b""

    def expect(self, entry: Entry) -> None:
        pass

    def size_given(self, number: int, size: int) -> None:
        pass

    def check_space(self, size: int) -> None:
        pass

    def write(self, content: memoryview) -> None:
        self.content += content

    def finish(self) -> list[str]:
        return []

    def placed(self) -> list[str]:
        return []

    def notices(self) -> list[str]:
        return []

    def kept(self) -> None:
        pass

    def abort(self) -> None:
        pass


def _receive(case: dict[str, Any], content: bytes, sink: FolderSink | KeptBytes) -> None:
    given = case["in"]
    assert given["record_size"] == RECORD_SIZE
    file = SealedFile(
        bytes.fromhex(given["id"]), given["version"], RECORD_SIZE, FileKey(bytes.fromhex(given["key"]))
    )
    Incoming(
        file,
        _offer(bytes.fromhex(case["out"]["manifest"])),
        sink,
        on_kept=lambda _: None,
        on_bytes=lambda _count, _path: None,
    ).run(GivenBytes(content))


def _offer(manifest: bytes) -> Offer:
    """What the sender of this manifest would have offered, as far as it can be read."""
    reader = ManifestReader(RECORD_SIZE)
    pieces = [manifest[at : at + RECORD_SIZE] for at in range(0, len(manifest), RECORD_SIZE)]
    with contextlib.suppress(PeersealError):
        for index, piece in enumerate(pieces):
            reader.feed(index, piece, final=index == len(pieces) - 1)
    total = None if reader.open else sum(entry.size or 0 for entry in reader.entries)
    return Offer(
        bytes(16), 1, RECORD_SIZE, bytes(32), len(reader.entries), total, reader.open, False, False, ()
    )


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_bulk_loop_ends_as_the_vectors_say(case: dict[str, Any]) -> None:
    sink = KeptBytes()
    try:
        _receive(case, bytes.fromhex(case["in"]["bytes"]), sink)
        verdict = "ok"
    except PeersealError as error:
        verdict = error.code
    assert verdict == case["expect"]
    assert bytes.fromhex(case["out"]["content"]).startswith(sink.content)
    if verdict == "ok":
        assert sink.content.hex() == case["out"]["content"]


@pytest.mark.parametrize(
    "case", [case for case in CASES.values() if case["expect"] != "ok"], ids=lambda c: c["id"]
)
def test_a_stream_that_fails_leaves_nothing_in_the_folder(case: dict[str, Any], tmp_path: Path) -> None:
    sink = FolderSink(str(tmp_path))
    with pytest.raises(PeersealError):
        _receive(case, bytes.fromhex(case["in"]["bytes"]), sink)
    sink.abort()
    assert list(tmp_path.iterdir()) == []


def test_every_single_bit_turned_is_refused_and_nothing_wrong_is_placed() -> None:
    case = CASES["stream-whole"]
    good = bytes.fromhex(case["in"]["bytes"])
    for bit in range(8 * len(good)):
        turned = bytearray(good)
        turned[bit // 8] ^= 1 << bit % 8
        sink = KeptBytes()
        with pytest.raises(PeersealError):
            _receive(case, bytes(turned), sink)
        assert bytes.fromhex(case["out"]["content"]).startswith(sink.content), bit


def test_a_stream_cut_at_any_byte_is_truncated() -> None:
    case = CASES["stream-whole"]
    good = bytes.fromhex(case["in"]["bytes"])
    for length in range(len(good)):
        with pytest.raises(PeersealError) as cut:
            _receive(case, good[:length], KeptBytes())
        assert cut.value.code == "truncated", length
