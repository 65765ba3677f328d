"""paths.json: which paths a manifest may carry (§4.3)."""

from __future__ import annotations

from maker.basics import Case, VectorFile


def paths() -> VectorFile:
    accepted = [
        ("one", "a file", "a"),
        ("three", "folders in folders", "photos/2026/harbour.jpg"),
        ("hidden", "a hidden name is legal in the format", ".bashrc"),
        ("three-dots", "three dots are a name", "..."),
        ("dots-inside", "dots inside a name", "a..b/.c"),
        (
            "unicode",
            "other scripts, and a decomposed letter that stays so",
            "gru\u0308\u00dfe/\u65e5\u672c\u8a9e",
        ),
        ("space", "spaces, also at both ends", " a / b "),
        ("device", "a device name is legal in the format", "CON"),
        ("windows-letters", "letters some disks refuse", 'a<>"|?*'),
        ("colon-later", "a colon after more than one letter, or further in", "ab:c/d:e"),
        ("digit-colon", "a digit before the colon is no drive", "1:a"),
        ("tilde-later", "a tilde further in", "a/~b"),
        ("tilde-inside", "a tilde inside a name", "a~"),
        ("bidi", "bidirectional controls are legal in the format", "\u202egpj.exe"),
        ("percent", "a percent sign is a letter", "100%2e5/%2e%2e%2e"),
        ("percent-slash", "%2f is not decoded", "a%2f..%2fb"),
        ("component-255", "a name of 255 bytes", "a" * 255),
        ("components-64", "64 components", "/".join("a" * 64)),
        ("length-4096", "4,096 bytes in all", "/".join(["a" * 255] * 16) + ""),
        ("astral", "a character outside the basic plane", "\U0001f600"),
    ]
    refused: list[tuple[str, str, str | bytes]] = [
        ("empty", "no name at all", ""),
        ("dot", "this folder", "."),
        ("dot-dot", "the folder above", ".."),
        ("climb", "\u25b8 out of the target folder", "../../x"),
        ("climb-inside", "up and out again", "a/../../x"),
        ("dot-inside", "this folder, in the middle", "a/./b"),
        ("dot-dot-end", "the folder above, at the end", "a/.."),
        ("percent-dot-dot", "the folder above, percent-encoded", "%2e%2e/x"),
        ("percent-upper", "the same in upper case", "a/%2E%2E/x"),
        ("percent-half", "half of it percent-encoded", "a/.%2e"),
        ("percent-dot", "this folder, percent-encoded", "%2e/x"),
        ("absolute", "an absolute path", "/etc/x"),
        ("slash-end", "an empty component at the end", "a/"),
        ("slash-double", "an empty component", "a//b"),
        ("url", "a URL has an empty component", "file:///x"),
        ("backslash", "another system's separator", "a\\b"),
        ("backslash-climb", "up by another system's separator", "..\\x"),
        ("drive", "a drive", "C:"),
        ("drive-path", "a drive and a path", "c:/x"),
        ("drive-name", "a name on a drive", "C:x"),
        ("home", "somebody's home folder", "~/.ssh/authorized_keys"),
        ("home-of", "somebody else's home folder", "~root/x"),
        ("nul", "a NUL", "a\x00b"),
        ("line-feed", "a line feed", "a\nb"),
        ("escape", "an escape sequence of a terminal", "a\x1b[2Jb"),
        ("delete", "U+007F", "a\x7f"),
        ("c1", "a C1 control", "a\x9bb"),
        ("line-separator", "U+2028", "a\u2028b"),
        ("paragraph-separator", "U+2029", "a\u2029b"),
        ("not-utf-8", "bytes that are not UTF-8", b"a\xff"),
        ("surrogate", "a lone surrogate", b"a\xed\xa0\x80"),
        ("overlong", "a dot in an overlong form", b"\xc0\xae\xc0\xae/x"),
        ("component-256", "a name of 256 bytes", "a" * 256),
        ("component-bytes", "128 letters of two bytes each", "\u00e4" * 128),
        ("components-65", "65 components", "/".join("a" * 65)),
        ("length-4097", "4,097 bytes in all", "/".join(["a" * 240] * 17)),
    ]
    assert len("/".join(["a" * 240] * 17)) == 4096
    cases = []
    for i, why, path in accepted:
        text = path if i != "length-4096" else "/".join(["a" * 240] * 17)
        cases.append(
            Case(
                f"path-{i}", why, "check", {"path": text.encode().hex()}, out={"components": text.split("/")}
            )
        )
    for i, why, wrong in refused:
        raw = wrong.encode("utf-8") if isinstance(wrong, str) else wrong
        raw = b"/".join([b"a" * 240] * 16 + [b"a" * 241]) if i == "length-4097" else raw
        cases.append(Case(f"path-{i}", why, "check", {"path": raw.hex()}, "unsafe_name"))
    return VectorFile("paths", "Which paths a manifest may carry (§4.3)", cases)
