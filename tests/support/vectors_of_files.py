"""How Python runs the vectors about file keys, records, control messages, paths, manifests and streams."""

import json

import pytest

from peerseal.crypto import file_key, kdf
from peerseal.crypto.record import RecordOpener
from peerseal.errors import IntegrityFailed, PeersealError
from peerseal.protocol import channel, control
from peerseal.protocol.manifest import ManifestReader
from peerseal.protocol.paths import read_path
from peerseal.wire.frames import FrameReader, read_frame_header
from peerseal.wire.limits import FRAME_HEADER_BYTES
from support.vectors import Case, Run, Values, from_hex


def _file(case: Case) -> tuple[file_key.FileKey, bytes, int]:
    return file_key.FileKey(from_hex(case.given["key"])), from_hex(case.given["id"]), case.given["version"]


def _commitment(case: Case, seen: Values) -> None:
    seen["commitment"] = file_key.commitment(*_file(case)).hex()


def _record_key(case: Case, seen: Values) -> None:
    key, file_id, version = _file(case)
    seen["bytes"] = file_key.record_key(key, case.given["stream"], file_id, version).hex()


def _commitment_check(case: Case, _: Values) -> None:
    file_key.check_commitment(*_file(case), from_hex(case.given["commitment"]))


def _record_open(case: Case, seen: Values) -> None:
    key, file_id, version = _file(case)
    opener = RecordOpener(key, case.given["stream"], file_id, version, case.given["record_size"])
    seen["plaintext"] = ""
    for record in case.given["records"]:
        seen["plaintext"] += opener.open(record["index"], record["final"], from_hex(record["record"])).hex()
    opener.end()


def _written(message: control.ControlMessage) -> Values:
    number, plaintext = control.encode(message)
    return {"type": number, "value": json.loads(plaintext)}


def _control_read(case: Case, seen: Values) -> None:
    message = control.decode(case.given["type"], from_hex(case.given["plaintext"]))
    seen["value"] = _written(message)["value"]


def _channel_end(case: Case) -> channel.Channel:
    # The file gives the two direction keys themselves, so that a channel can be tried without a handshake.
    def given(_secret: object, label: str, _context: bytes, _length: int) -> bytes:
        return from_hex(case.shared[label.replace("-", "_")])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(channel, "expand", given)
        return channel.Channel(kdf.PseudoRandomKey(), case.given["role"])


def _channel_open(case: Case, seen: Values) -> None:
    end = _channel_end(case)
    seen["opened"] = []
    for message in case.given["messages"]:
        seen["opened"].append(_written(end.open(from_hex(message))))


def _dead_channel(case: Case, seen: Values) -> None:
    end = _channel_end(case)
    *before, last = case.given["messages"]
    seen["opened"] = [_written(end.open(from_hex(message))) for message in before]
    with pytest.raises(PeersealError):
        end.open(from_hex(last))
    end.open(from_hex(case.given["then"]))


def _path(case: Case, seen: Values) -> None:
    seen["components"] = list(read_path(from_hex(case.given["path"])))


def _manifest_read(case: Case, seen: Values) -> ManifestReader:
    reader = ManifestReader(case.given["record_size"])
    last = len(case.given["records"]) - 1
    for index, record in enumerate(case.given["records"]):
        reader.feed(index, from_hex(record), index == last)
    if case.given["content_length"] is not None:
        reader.check(case.given["content_length"])
    seen.update(open=reader.open, head_records=reader.head_records)
    seen["entries"] = [
        {
            name: getattr(entry, name)
            for name in ("kind", "path", "size", "modified", "executable", "media_type")
        }
        for entry in reader.entries
    ]
    return reader


def _manifest_offer(case: Case, seen: Values) -> None:
    reader = _manifest_read(case, seen)
    offer = dict(case.given["offer"])
    preview = tuple(control.PreviewEntry(**entry) for entry in offer.pop("preview"))
    reader.check_offer(
        control.Offer(
            bytes(16), 1, case.given["record_size"], bytes(32), offer["files"], offer["bytes"],
            offer["open"], offer["text"], False, preview,
        )
    )  # fmt: skip


def _frame_header(case: Case, seen: Values) -> None:
    header = from_hex(case.given["header"])
    read = read_frame_header(header)
    seen.update(length=read.length, stream=read.stream, final=read.final, index=read.index)
    FrameReader(case.given["record_size"]).check_length(read)


def _frames_of_path(case: Case, seen: Values) -> None:
    given = case.given
    frames = FrameReader(given["record_size"], given["manifest"], given["content"], ended=given["ended"])
    if given["head"]:
        frames.allow_content()
    for header in given["headers"]:
        frames.accept(from_hex(header))
    seen["ended"] = frames.ended


def _stream(case: Case, seen: Values) -> None:
    key, file_id, version = _file(case)
    size = case.given["record_size"]
    frames, manifest = FrameReader(size), ManifestReader(size)
    openers = {
        "manifest": RecordOpener(key, "manifest", file_id, version, size),
        "content": RecordOpener(key, "content", file_id, version, size),
    }
    seen.update(manifest="", content="")
    rest = from_hex(case.given["bytes"])
    while rest:
        header = frames.accept(rest[:1] if frames.ended else _piece(rest, FRAME_HEADER_BYTES))
        rest = rest[FRAME_HEADER_BYTES:]
        record = _piece(rest, header.length)
        rest = rest[header.length :]
        plaintext = openers[header.stream].open(header.index, header.final, record)
        seen[header.stream] += plaintext.hex()
        if header.stream == "content":
            manifest.place(len(plaintext))
        else:
            manifest.feed(header.index, plaintext, header.final)
            if manifest.head_complete:
                frames.allow_content()
    frames.end()
    manifest.check(len(seen["content"]) // 2)


def _piece(rest: bytes, length: int) -> bytes:
    if len(rest) < length:
        raise IntegrityFailed("an end inside a frame", code="truncated")
    return rest[:length]


OPERATIONS: dict[str, Run] = {
    "file_key.commitment": _commitment,
    "file_key.record_key": _record_key,
    "file_key.check": _commitment_check,
    "record.open": _record_open,
    "control.read": _control_read,
    "channel.open": _channel_open,
    "channel.dead": _dead_channel,
    "paths.check": _path,
    "manifest.read": _manifest_read,
    "manifest.offer": _manifest_offer,
    "frames.header": _frame_header,
    "frames.path": _frames_of_path,
    "stream.receive": _stream,
}
