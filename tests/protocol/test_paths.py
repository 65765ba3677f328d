"""Legal paths come through as components; whatever could leave the target folder is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerseal.errors import IntegrityFailed
from peerseal.protocol.paths import check_path, read_path


@pytest.mark.parametrize(
    "path",
    [
        *(
            "a",
            "a/b/c.txt",
            ".bashrc",
            "...",
            "a/..b",
            "%2e%2e%2e",
            "b ",
            "CON",
            "a~",
            "d/~x",
            "日本/ملف/😀.txt",
        ),
        *("e\u0301.txt", "x/C:", "1:2", '<>"|?*', "\u202egpj.exe", "a" * 255, "/".join("a" * 64)),
    ],
)
def test_legal_paths_give_their_components(path: str) -> None:
    assert "/".join(check_path(path)) == path
    assert read_path(path.encode()) == check_path(path)


@pytest.mark.parametrize(
    "path",
    [
        *("", "/", "/etc/x", "a/", "a//b", "//x", "file:///x", ".", "..", "../../x", "a/../../x", "a/./b"),
        *(
            "%2e%2e/x",
            "a/%2E%2e",
            "%2e",
            ".%2e/x",
            "%2E./x",
            "..\\x",
            "\\\\srv\\s",
            "C:\\x",
            "C:",
            "c:x",
            "C:/x",
        ),
        *("~", "~/.ssh/authorized_keys", "~root/x", "a\0b", "a\nb", "a\x1b[31m", "a\x07", "\x7f", "\x9b31m"),
        *(
            "a\u2028b",
            "a\u2029b",
            "\ud800",
            "a" * 256,
            "é" * 128,
            "/".join("a" * 65),
            "/".join(["a" * 250] * 17),
        ),
    ],
)
def test_unsafe_paths_are_refused_without_repeating_them(path: str) -> None:
    with pytest.raises(IntegrityFailed) as wrong:
        check_path(path)
    assert wrong.value.code == "unsafe_name"
    assert len(path) < 3 or path not in str(wrong.value)


@pytest.mark.parametrize(
    "encoded", [b"\xff", b"a\xc3", b"\xc0\xae\xc0\xae", b"\xed\xa0\x80", b"\xf8\x88\x80\x80\x80"]
)
def test_bytes_that_are_not_utf_8_are_refused(encoded: bytes) -> None:
    with pytest.raises(IntegrityFailed) as wrong:
        read_path(encoded)
    assert wrong.value.code == "unsafe_name"


@given(st.text(alphabet=st.sampled_from("./%2eE~:\\aC\0"), max_size=12))
def test_a_path_that_passes_never_climbs(path: str) -> None:
    try:
        components = check_path(path)
    except IntegrityFailed:
        return
    assert all(part.lower().replace("%2e", ".") not in {"", ".", ".."} for part in components)
    assert not set(path) & {"\\", "\0"}
    assert path[0] not in "/~"


@given(st.binary(max_size=300))
def test_any_bytes_are_a_path_or_unsafe(encoded: bytes) -> None:
    verdict, path = "ok", encoded
    try:
        path = "/".join(read_path(encoded)).encode()
    except IntegrityFailed as wrong:
        verdict = wrong.code
    assert verdict in {"ok", "unsafe_name"}
    assert path == encoded
