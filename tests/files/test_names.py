"""Names on the disk, on the wire and on the screen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerseal.errors import IntegrityFailed
from peerseal.files.names import fit, local_components, numbered, visible, wire_component
from peerseal.protocol.paths import check_path

ANY_NAME = st.text(min_size=1, max_size=300)


@pytest.mark.parametrize(
    ("wire", "local"),
    [
        ("photo.jpg", ("photo.jpg",)),
        ("a/b c/d.txt", ("a", "b c", "d.txt")),
        ("a:b", ("a_b",)),
        ('<>"|?*', ("______",)),
        ("CON", ("_CON",)),
        ("nul.txt", ("_nul.txt",)),
        ("dir/com1.log", ("dir", "_com1.log")),
        ("COM¹", ("_COM¹",)),
        ("NUL .txt", ("_NUL .txt",)),
        ("console", ("console",)),
        ("report. . ", ("report____",)),
        ("gpj.\u202eexe", ("gpj._exe",)),
        (".bashrc", (".bashrc",)),
        ("été/日本語/🎉", ("été", "日本語", "🎉")),
    ],
)
def test_a_wire_path_has_one_place_on_every_system(wire: str, local: tuple[str, ...]) -> None:
    assert local_components(wire) == local


def test_a_hidden_name_is_shown_when_nobody_was_asked() -> None:
    assert local_components(".ssh/config", unhide=True) == ("_.ssh", "config")
    assert local_components("a/.hidden", unhide=True) == ("a", ".hidden")


@given(st.lists(ANY_NAME, min_size=1, max_size=4).map("/".join))
def test_no_local_name_leaves_its_folder(path: str) -> None:
    try:
        check_path(path)
    except IntegrityFailed:
        return
    for component in local_components(path):
        assert component not in ("", ".", "..")
        assert "/" not in component
        assert "\0" not in component
        assert len(component.encode()) <= 255


@given(ANY_NAME, st.booleans())
def test_every_disk_name_becomes_a_legal_wire_name(name: str, first: bool) -> None:
    name = name.replace("/", "")
    if name:
        component = wire_component(name, first=first)
        check_path(component if first else f"folder/{component}")


@given(ANY_NAME)
def test_a_legal_name_goes_over_the_wire_unchanged(name: str) -> None:
    try:
        components = check_path(name)
    except IntegrityFailed:
        return
    if len(components) == 1:
        assert wire_component(name, first=True) == name


@pytest.mark.parametrize(
    ("name", "wire"),
    [
        ("a\\b", "a_b"),
        ("line\nbreak", "line_break"),
        ("~", "_"),
        ("C:", "C_"),
        ("%2e%2E", "__2e_2E"),
        ("caf\udce9", "caf_"),
    ],
)
def test_what_cannot_be_on_the_wire_is_mapped(name: str, wire: str) -> None:
    assert wire_component(name, first=True) == wire


def test_a_number_stands_before_the_extension() -> None:
    assert numbered("a.txt", 1) == "a (1).txt"
    assert numbered("a.tar.gz", 2) == "a (2).tar.gz"
    assert numbered(".bashrc", 1) == ".bashrc (1)"
    assert numbered("v1.2", 1, folder=True) == "v1.2 (1)"


@given(st.text(min_size=1, max_size=400), st.integers(1, 9999), st.booleans())
def test_a_numbered_name_still_fits(name: str, number: int, folder: bool) -> None:
    name = name.encode(errors="replace").decode()
    assert len(numbered(fit(name), number, folder=folder).encode()) <= 255


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain name.txt", "plain name.txt"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("a\u202egpj.exe", "a\\u202egpj.exe"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("tag\U000e0041", "tag\\U000e0041"),
        ("ua\ufe0f", "ua\\ufe0f"),
        ("\ufe0f", "\\ufe0f"),
        ("\ufe0f\u20e3", "\\ufe0f\u20e3"),
        ("ua\u034f", "ua\\u034f"),
        ("u\u3164a", "u\\u3164a"),
        ("\u115f", "\\u115f"),
        ("ua\U000e0100", "ua\\U000e0100"),
        ("ua\u200d", "ua\\u200d"),
        ("u\u200ca", "u\\u200ca"),
        ("❤\ufe0f\ufe0f", "❤\ufe0f\\ufe0f"),
        ("日本語 العربية 👨‍👩‍👧", "日本語 العربية 👨‍👩‍👧"),
        ("❤\ufe0f.txt 1\ufe0f\u20e3", "❤\ufe0f.txt 1\ufe0f\u20e3"),
        ("👩🏽\u200d🚀 🏳\ufe0f\u200d🌈", "👩🏽\u200d🚀 🏳\ufe0f\u200d🌈"),
        ("می\u200cخواهم क\u094d\u200dष", "می\u200cخواهم क\u094d\u200dष"),
    ],
)
def test_what_could_mislead_is_made_visible(raw: str, shown: str) -> None:
    assert visible(raw) == shown


@given(st.text())
def test_nothing_visible_controls_a_terminal(text: str) -> None:
    assert not any(ord(c) < 0x20 or 0x7F <= ord(c) <= 0x9F for c in visible(text))
