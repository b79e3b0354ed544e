import socket

from launch.network import LOOPBACK, OURS, free_port


def test_ports_are_taken_where_no_connection_going_out_takes_them() -> None:
    assert all(free_port() in OURS for _ in range(20))


def test_the_preferred_port_is_kept_unless_somebody_listens_there() -> None:
    port = free_port()
    assert free_port(port) == port
    with socket.create_server((LOOPBACK, port)):
        assert free_port(port) != port
