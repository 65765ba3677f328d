"""The fence around the tests holds."""

import socket

import pytest


def test_connecting_to_another_computer_fails_the_test() -> None:
    with socket.socket() as sock, pytest.raises(pytest.fail.Exception, match="stay on this computer"):
        sock.connect(("192.0.2.1", 80))


def test_connecting_to_this_computer_works() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as sock,
    ):
        assert sock.getpeername() == server.getsockname()
