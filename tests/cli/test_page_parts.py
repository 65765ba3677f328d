"""What a document loads, runs or says besides is named, however it is written, and nobody is tired with endless parts."""

from __future__ import annotations

import pytest

from peerseal.cli.page_parts import beyond


@pytest.mark.parametrize(
    ("added", "said"),
    [
        (b"<script src=https://evil.example/x.js></script>", "refers to https://evil.example/x.js"),
        (b"<script>go()</script>", "a script written into it"),
        (b"<style>a{}</style>", "a style written into it"),
        (b"<img src=x onerror=go()>", "runs a script (onerror)"),
        (b"<base href=//evil.example/>", "<base> refers to //evil.example/"),
        (b"<meta http-equiv=refresh content='0;url=//evil.example'>", "refresh 0;url=//evil.example"),
        (b"<script src=app.js></script>", "refers to app.js"),
    ],
)
def test_what_a_document_loads_or_runs_besides_is_named(added: bytes, said: str) -> None:
    ours = b"<!doctype html><script src=app.js></script>"
    assert [part for part in beyond(ours + added, ours) if said in part]
    assert not list(beyond(ours, ours))


def test_a_document_of_endless_parts_tires_nobody() -> None:
    assert len(list(beyond(b"".join(b"<a href=%d>" % n for n in range(500_000)), b""))) == 20


def test_what_ours_has_once_is_named_if_it_comes_twice() -> None:
    ours = b"<!doctype html><script src=app.js></script>"
    assert list(beyond(ours.replace(b"app.js", b"APP.JS"), ours)) == ["its <script> refers to APP.JS"]
    assert list(beyond(ours + b"<script SRC='app.js'></script>", ours)) == ["its <script> refers to app.js"]
    assert list(beyond(b"", ours)) == []


def test_bytes_that_are_no_text_are_read_all_the_same() -> None:
    assert list(beyond(b"\xff\xfe<img src=\xff>", b"")) == ["its <img> refers to \ufffd"]
