"""The fence around the tests holds, and those that wait for programs begin first."""

import socket

import pytest

from support.order import starts_programs


def test_connecting_to_another_computer_fails_the_test() -> None:
    with socket.socket() as sock, pytest.raises(pytest.fail.Exception, match="stay on this computer"):
        sock.connect(("192.0.2.1", 80))


def test_connecting_to_this_computer_works() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as sock,
    ):
        assert sock.getpeername() == server.getsockname()


def test_what_waits_for_programs_begins_before_what_does_not(request: pytest.FixtureRequest) -> None:
    items = request.session.items
    waiting = {item.path for item in items if starts_programs(item) or item.get_closest_marker("timeout")}
    begins = [path in waiting for path in dict.fromkeys(item.path for item in items)]
    assert begins == sorted(begins, reverse=True)
