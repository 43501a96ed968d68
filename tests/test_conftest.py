"""The guard of the test suite itself."""

import os
import socket
import urllib.request

import pytest


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("2001:db8::1", 80, 0, 0)])
def test_a_socket_to_another_machine_is_refused(address: tuple[str, int]) -> None:
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    with socket.socket(family) as outside, pytest.raises(RuntimeError, match="stay on this machine"):
        outside.connect(address)


def test_a_name_of_another_machine_is_not_even_looked_up() -> None:
    with pytest.raises(RuntimeError, match=r"example\.com"):
        urllib.request.urlopen("http://example.com/")


def test_loopback_is_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        assert client.getpeername() == server.getsockname()


def test_the_settings_of_whoever_runs_the_tests_are_out_of_reach() -> None:
    assert "dreflow-tests-" in os.environ["DREFLOW_HOME"]
    assert [name for name in os.environ if name.startswith("PG") or name == "DREFLOW_WORKSPACE"] == []
