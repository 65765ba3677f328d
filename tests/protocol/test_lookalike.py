"""Names that look alike, and names that mix scripts."""

import pytest

from peerseal.protocol.lookalike import looks_like, mixed_scripts, resembled, skeleton


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("\u0430lice", "alice"),
        ("b\u043eb", "bob"),
        ("\u0440\u0430\u0443\u0440\u0430\u04cf", "paypal"),
        ("\u03b1nn\u03b1", "anna"),
        ("\u0410LICE", "alice"),
        ("zo\u0451", "zo\u00eb"),
        ("\u03cc\u03c1a", "\u00f3pa"),
        ("\u0130da", "ida"),
        ("o\u02bcneil", "o'neil"),
        ("b0b", "bob"),
        ("a1ice", "alice"),
        ("\u0455\u0435\u0430n", "s\u0435an"),
    ],
)
def test_names_look_alike_both_ways(one: str, other: str) -> None:
    assert looks_like(one, other)
    assert looks_like(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        *(
            ("bob", "bob"),
            ("Bob", "bob"),
            ("\uff42ob", "bob"),
            ("bob", "rob"),
            ("zoe", "zo\u00eb"),
            ("", "a"),
        ),
        *(("\u0430\u043d\u043d\u0430", "anna"), ("\u6797", "\u6728"), ("bob", "bob.")),
    ],
)
def test_the_same_name_and_a_different_one_do_not(one: str, other: str) -> None:
    assert not looks_like(one, other)


@pytest.mark.parametrize(
    ("name", "scripts"),
    [
        ("\u0430lice", ("Latin", "Cyrillic")),
        ("\u03b1nna", ("Latin", "Greek")),
        ("\u03b1\u0431", ("Greek", "Cyrillic")),
        ("x\u03b1\u0431", ("Latin", "Greek", "Cyrillic")),
        ("\u0430\u043d\u043d\u0430 2", ()),
        ("zo\u00eb", ()),
        ("alice \u6797", ()),
        ("42", ()),
    ],
)
def test_mixed_scripts_are_named(name: str, scripts: tuple[str, ...]) -> None:
    assert mixed_scripts(name) == scripts


def test_the_known_name_that_is_resembled_is_found() -> None:
    assert resembled("b\u043eb", ["alice", "bob"]) == "bob"
    assert resembled("bob", ["alice", "bob"]) is None
    assert skeleton("b\u043eb") == "bob"
