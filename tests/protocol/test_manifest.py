"""Manifests: what a writer lists a reader gets, and every broken rule has its refusal."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peerseal.crypto_engine import lp
from peerseal.errors import IntegrityFailed
from peerseal.protocol import entries as rules
from peerseal.protocol.control import Offer, PreviewEntry
from peerseal.protocol.entries import Entry
from peerseal.protocol.manifest import ManifestReader, ManifestWriter

LATER = 2**64 - 1


def head(records: int = 1, flags: int = 0, magic: bytes = b"PSM1") -> bytes:
    return magic + struct.pack(">BQ", flags, records)


def body(kind: int, size: int, path: bytes, *, modified: int = 0, mode: int = 0, media: bytes = b"") -> bytes:
    return lp(struct.pack(">BQQB", kind, size, modified, mode) + lp(path, media))


def given_size(number: int, size: int) -> bytes:
    return lp(struct.pack(">BQQ", 4, number, size))


def read(*records: bytes, record_size: int = 65_536) -> ManifestReader:
    reader = ManifestReader(record_size)
    for index, record in enumerate(records):
        reader.feed(index, record, index == len(records) - 1)
    return reader


def refused(*records: bytes, record_size: int = 65_536) -> str:
    with pytest.raises(IntegrityFailed) as wrong:
        read(*records, record_size=record_size)
    return wrong.value.code


FILES = [
    Entry("file", "a.txt", 5, 1_700_000_000_000, False, "text/plain"),
    Entry("directory", "d", 0, 7),
    Entry("file", "d/run", 0, 0, True),
    Entry("directory", "d/empty", 0),
    Entry("file", "日本/😀", 2**40),
]


@pytest.mark.parametrize("record_size", [64, 65, 1024, 1_048_576])
def test_entries_come_back_as_they_were_written(record_size: int) -> None:
    writer = ManifestWriter(open=False, record_size=record_size)
    plaintext = writer.entries(FILES)
    reader = read(*writer.cut(plaintext), record_size=record_size)
    assert reader.entries == FILES
    assert reader.closed
    assert reader.head_complete
    assert not reader.open
    reader.check(5 + 2**40)


def test_entries_are_given_as_soon_as_they_are_complete() -> None:
    writer = ManifestWriter(open=False, record_size=64)
    pieces = list(writer.cut(writer.entries(FILES)))
    reader = ManifestReader(64)
    came = [reader.feed(at, piece, at == len(pieces) - 1) for at, piece in enumerate(pieces)]
    assert [entry for part in came for entry in part] == FILES
    assert came[0] == FILES[:1]


def test_a_manifest_of_nothing_is_a_head() -> None:
    writer = ManifestWriter(open=False, record_size=64)
    assert writer.entries([]) == head()
    read(head()).check(0)


def test_a_text_stands_alone() -> None:
    text = Entry("text", "", 12, media_type="text/plain; charset=utf-8")
    writer = ManifestWriter(open=False, record_size=64)
    reader = read(*writer.cut(writer.entries([text])), record_size=64)
    assert reader.entries == [text]


_components = st.text(alphabet="abcé😀 .", min_size=1, max_size=6).filter(
    lambda part: part not in {".", ".."}
)
_paths = st.lists(st.lists(_components, min_size=1, max_size=3).map(tuple), max_size=8, unique=True)


@settings(max_examples=60)
@given(_paths, st.integers(0, 2**49), st.sampled_from([64, 100, 4096]), st.booleans())
def test_any_tree_of_files_comes_back(
    paths: list[tuple[str, ...]], size: int, record_size: int, open_end: bool
) -> None:
    chosen = [
        path for path in paths if not any(other != path and other[: len(path)] == path for other in paths)
    ]
    entries = [Entry("file", "/".join(path), size, at, at % 2 == 1) for at, path in enumerate(chosen)]
    writer = ManifestWriter(open=open_end, record_size=record_size)
    plaintext = writer.entries(entries)
    assert not open_end or len(plaintext) % record_size == 0
    reader = read(*writer.cut(plaintext), record_size=record_size)
    assert reader.entries == entries
    assert reader.head_records == len(list(writer.cut(plaintext)))


@pytest.mark.parametrize("record_size", [64, 66, 70, 75, 128, 65_536])
def test_a_size_may_be_given_later(record_size: int) -> None:
    writer = ManifestWriter(open=True, record_size=record_size)
    start = list(writer.cut(writer.entries([Entry("file", "first", 3), Entry("file", "stdin", None)])))
    reader = ManifestReader(record_size)
    for index, piece in enumerate(start):
        assert len(piece) == record_size
        reader.feed(index, piece, False)
        assert reader.head_complete is (index == len(start) - 1)
    assert [entry.size for entry in reader.entries] == [3, None]
    reader.place(10)
    reader.feed(len(start), writer.size(1, 7), True)
    assert [entry.size for entry in reader.entries] == [3, 7]
    reader.check(10)


def test_a_size_that_never_comes_is_refused() -> None:
    writer = ManifestWriter(open=True, record_size=64)
    pieces = list(writer.cut(writer.entries([Entry("file", "stdin", None)])))
    assert refused(*pieces, record_size=64) == "manifest_invalid"
    assert refused(*pieces, b"", record_size=64) == "manifest_invalid"


def _open_with_one_later() -> bytes:
    return ManifestWriter(open=True, record_size=64).entries([Entry("file", "a", None)])


def test_a_size_once_given_never_changes() -> None:
    start = _open_with_one_later()
    assert refused(start, given_size(0, 5) + given_size(0, 5), record_size=64) == "manifest_invalid"
    assert refused(start, given_size(0, 5) + given_size(0, 6), record_size=64) == "manifest_invalid"
    assert read(start, given_size(0, 5), record_size=64).entries[0].size == 5


def test_a_size_below_what_was_placed_is_refused() -> None:
    reader = ManifestReader(64)
    reader.feed(0, _open_with_one_later(), False)
    reader.place(6)
    with pytest.raises(IntegrityFailed) as wrong:
        reader.feed(1, given_size(0, 5), True)
    assert wrong.value.code == "manifest_invalid"


def test_content_that_belongs_to_no_entry_is_refused_at_once() -> None:
    reader = read(head() + body(1, 5, b"a"))
    reader.place(5)
    with pytest.raises(IntegrityFailed) as wrong:
        reader.place(1)
    assert wrong.value.code == "manifest_invalid"


def test_content_before_the_head_is_out_of_order() -> None:
    with pytest.raises(IntegrityFailed) as wrong:
        ManifestReader(64).place(1)
    assert wrong.value.code == "out_of_order"


def test_an_open_manifest_may_grow() -> None:
    start = ManifestWriter(open=True, record_size=64).entries([Entry("file", "a", 1)])
    reader = read(start, body(1, 2, b"b"), record_size=64)
    assert [entry.path for entry in reader.entries] == ["a", "b"]
    reader.check(3)


@pytest.mark.parametrize(
    "plaintext",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(head()[:12], id="half a head"),
        pytest.param(head(magic=b"PSM2"), id="another magic"),
        pytest.param(head(flags=2), id="an unknown flag"),
        pytest.param(head(flags=3), id="an unknown flag beside open"),
        pytest.param(head(0), id="no head records"),
        pytest.param(head(2), id="fewer records than said"),
        pytest.param(head() + b"\0\0\0", id="half a length"),
        pytest.param(head() + body(1, 5, b"a")[:-1], id="half an entry"),
        pytest.param(head() + body(1, 5, b"a") + b"\0", id="left-over byte"),
        pytest.param(head() + lp(b""), id="an entry of nothing"),
        pytest.param(head() + struct.pack(">I", 65_537) + b"\1", id="an entry too long"),
        pytest.param(head() + lp(b"\x05"), id="kind 5"),
        pytest.param(head() + lp(bytes(3)), id="padding in a whole manifest"),
        pytest.param(head() + body(1, 5, b"a") + given_size(0, 5), id="a size in a whole manifest"),
        pytest.param(head() + body(1, LATER, b"a"), id="a size later in a whole manifest"),
        pytest.param(head() + body(1, 2**53, b"a"), id="a size over the limit"),
        pytest.param(head() + body(1, 2**53 - 1, b"a") + body(1, 1, b"b"), id="a sum over the limit"),
        pytest.param(head() + body(1, 1, b"a", modified=2**53), id="a time over the limit"),
        pytest.param(head() + body(1, 1, b"a", mode=2), id="an unknown mode bit"),
        pytest.param(head() + body(1, 1, b"a", media=b"\xff"), id="a media type that is not ASCII"),
        pytest.param(head() + body(1, 1, b"a", media=b"a\n"), id="a media type with a control"),
        pytest.param(head() + body(1, 1, b"a", media=b"a" * 128), id="a media type too long"),
        pytest.param(head() + lp(struct.pack(">BQQB", 1, 0, 0, 0) + lp(b"a", b"") + b"\0"), id="left-over in entry"),
        pytest.param(head() + lp(struct.pack(">BQQB", 1, 0, 0, 0) + lp(b"a")), id="no media type"),
        pytest.param(head() + lp(struct.pack(">BQQBI", 1, 0, 0, 0, 2**32 - 1)), id="a path of 4 GiB"),
        pytest.param(head() + body(1, 1, b"a") + body(1, 1, b"a"), id="a path twice"),
        pytest.param(head() + body(1, 1, b"a") + body(2, 0, b"a"), id="a path as file and folder"),
        pytest.param(head() + body(1, 1, b"a") + body(1, 1, b"a/b"), id="a file as parent"),
        pytest.param(head() + body(1, 1, b"a/b/c") + body(1, 1, b"a/b"), id="a parent as file"),
        pytest.param(head() + body(2, 1, b"a"), id="a folder with a size"),
        pytest.param(head() + body(2, 0, b"a", mode=1), id="a folder with a mode"),
        pytest.param(head() + body(2, 0, b"a", media=b"x"), id="a folder with a media type"),
        pytest.param(head() + body(3, 1, b"a"), id="a text with a path"),
        pytest.param(head() + body(3, 1, b"", modified=1), id="a text with a time"),
        pytest.param(head() + body(3, 1, b"", mode=1), id="a text with a mode"),
        pytest.param(head() + body(3, 1, b"") + body(3, 1, b""), id="two texts"),
        pytest.param(head() + body(3, 1, b"") + body(1, 1, b"a"), id="a file beside a text"),
        pytest.param(head() + body(2, 0, b"a") + body(3, 1, b""), id="a text beside a folder"),
        pytest.param(head(flags=1) + body(1, LATER, b"a") + body(1, LATER, b"b"), id="two sizes later"),
        pytest.param(head(flags=1) + body(2, LATER, b"a"), id="a folder's size later"),
        pytest.param(head(flags=1) + given_size(0, 1), id="a size of no entry"),
        pytest.param(head(flags=1) + body(1, LATER, b"a") + given_size(1, 1), id="a size of another entry"),
        pytest.param(head(flags=1) + body(1, LATER, b"a") + given_size(0, LATER), id="a size later, later"),
        pytest.param(head(flags=1) + body(1, LATER, b"a") + lp(b"\x04" + bytes(17)), id="a size entry too long"),
    ],
)  # fmt: skip
def test_a_broken_manifest_is_invalid(plaintext: bytes) -> None:
    assert refused(plaintext) == "manifest_invalid"


@pytest.mark.parametrize("path", [b"", b"../x", b"/x", b"a\\b", b"\xff", b"~/x", b"a\x1bb", b"a" * 256])
@pytest.mark.parametrize("kind", [1, 2])
def test_an_unsafe_path_is_refused_as_such(kind: int, path: bytes) -> None:
    assert refused(head() + body(kind, 0, path)) == "unsafe_name"


def test_more_records_than_the_head_says_are_refused() -> None:
    assert refused(head() + body(1, 1, b"a"), body(1, 1, b"b")) == "manifest_invalid"


def test_an_entry_does_not_run_over_the_end_of_an_open_head() -> None:
    entry = body(1, 1, b"a")
    assert refused(head(flags=1) + entry[:5], entry[5:]) == "manifest_invalid"


def test_records_come_in_order_and_after_a_refusal_none() -> None:
    reader = ManifestReader(64)
    with pytest.raises(IntegrityFailed) as wrong:
        reader.feed(1, head(), True)
    assert wrong.value.code == "out_of_order"
    with pytest.raises(IntegrityFailed):
        reader.feed(0, head(), True)
    closed = read(head())
    with pytest.raises(IntegrityFailed) as wrong:
        closed.feed(1, b"", True)
    assert wrong.value.code == "out_of_order"


@pytest.mark.parametrize("length", [0, 4, 6])
def test_content_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(IntegrityFailed) as wrong:
        read(head() + body(1, 5, b"a")).check(length)
    assert wrong.value.code == "manifest_invalid"


@settings(max_examples=300)
@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_are_read_or_refused(plaintext: bytes, open_end: bool) -> None:
    verdict = "ok"
    try:
        read(head(flags=int(open_end)) + plaintext)
    except IntegrityFailed as wrong:
        verdict = wrong.code
    assert verdict in {"ok", "manifest_invalid", "unsafe_name"}


def test_a_writer_refuses_what_a_reader_would() -> None:
    for entries in (
        [Entry("file", "../x", 1)],
        [Entry("file", "a", None)],
        [Entry("file", "a", 1), Entry("file", "a", 2)],
        [Entry("file", "a", 1, media_type="é")],
    ):
        with pytest.raises(IntegrityFailed):
            ManifestWriter(open=False, record_size=64).entries(entries)


def _offer(files: int = 2, size: int | None = 3, *, is_open: bool = False, text: bool = False,
           preview: tuple[PreviewEntry, ...] = ()) -> Offer:  # fmt: skip
    return Offer(bytes(16), 1, 65_536, bytes(32), files, size, is_open, text, False, preview)


A, B, D = PreviewEntry("a", 1, "file"), PreviewEntry("b", 2, "file"), PreviewEntry("d", 0, "directory")


def test_a_manifest_that_was_offered_passes() -> None:
    reader = read(head() + body(1, 1, b"a") + body(2, 0, b"d") + body(1, 2, b"b"))
    for preview in ((), (A,), (A, D), (A, D, B)):
        reader.check_offer(_offer(preview=preview))


@pytest.mark.parametrize(
    "offer",
    [
        pytest.param(_offer(files=3), id="another count"),
        pytest.param(_offer(size=4), id="another sum"),
        pytest.param(_offer(size=None, is_open=True), id="open"),
        pytest.param(_offer(text=True), id="text"),
        pytest.param(_offer(preview=(B,)), id="another first entry"),
        pytest.param(_offer(preview=(A, D, B, A)), id="more entries"),
        pytest.param(_offer(preview=(PreviewEntry("a", 2, "file"),)), id="another size"),
    ],
)
def test_a_manifest_that_was_not_offered_is_refused(offer: Offer) -> None:
    reader = read(head() + body(1, 1, b"a") + body(2, 0, b"d") + body(1, 2, b"b"))
    with pytest.raises(IntegrityFailed) as wrong:
        reader.check_offer(offer)
    assert wrong.value.code == "manifest_invalid"


def test_files_beyond_the_offered_count_are_refused_as_they_come() -> None:
    text = head(records=3) + body(2, 0, b"d" * 100) + body(1, 1, b"a") + body(1, 0, b"b" * 300)
    pieces = [text[at : at + 128] for at in (0, 128)]
    for files, verdict in ((2, "ok"), (0, "manifest_invalid")):
        reader = ManifestReader(128, _offer(files=files))
        reader.feed(0, pieces[0], False)
        try:
            reader.feed(1, pieces[1], False)
            came = "ok"
        except IntegrityFailed as wrong:
            came = wrong.code
        assert came == verdict


def test_folders_have_a_limit_of_their_own_however_they_are_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rules, "FOLDERS_MAX", 6)
    of_their_own = body(2, 0, b"a") + body(2, 0, b"a/b") + body(2, 0, b"c")
    parents = body(1, 0, b"a/b/x") + body(1, 0, b"d/e/f/y") + body(1, 0, b"d/e/f/z")
    assert len(read(head() + of_their_own + parents).entries) == 6
    assert len(read(head() + parents + of_their_own).entries) == 6
    assert refused(head() + of_their_own + parents + body(2, 0, b"g")) == "limit"
    assert refused(head() + parents + of_their_own + body(1, 0, b"d/g/y")) == "limit"
    with pytest.raises(IntegrityFailed) as wrong:
        ManifestWriter(open=False, record_size=64).entries([Entry("directory", "/".join("abcdefg"), 0)])
    assert wrong.value.code == "limit"


def test_what_a_manifest_takes_on_a_disk_counts_its_folders() -> None:
    reader = read(head() + body(1, 5, b"a/b/x") + body(2, 0, b"c"))
    assert reader.disk_bytes == 5 + 4 * 4096


def test_an_open_offer_matches_before_and_after_its_size_is_known() -> None:
    offer = _offer(1, None, is_open=True, preview=(PreviewEntry("a", None, "file"),))
    reader = ManifestReader(64)
    reader.feed(0, _open_with_one_later(), False)
    reader.check_offer(offer)
    reader.feed(1, given_size(0, 9), True)
    reader.check_offer(offer)
