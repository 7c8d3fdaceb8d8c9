"""Which ports a house uses: well-known ones for people, free ones for tests."""

import secrets
import socket

FOR_PEOPLE = {
    "kiosk": 8080,
    "page": 8090,
    "resident": 8443,
    "staff": 8444,
    "terminal": 8445,
    "verify": 8446,
    "bridge": 8765,
    "ocsp": 8081,
    "printer": 8631,
    "payment": 8632,
}


# Linux hands out 32768 and above (net.ipv4.ip_local_port_range).
_BELOW_THE_KERNELS = range(20000, 32000)


class PortTakenError(Exception):
    """Raised when another program already listens on a port of the demo."""


def free() -> dict[str, int]:
    """A free loopback port for each part, none of them twice."""
    found: set[int] = set()
    while len(found) < len(FOR_PEOPLE):
        found.add(one())
    return dict(zip(FOR_PEOPLE, sorted(found), strict=True))


def one() -> int:
    """A free loopback port that stays free until its program is there.

    Not from the range out of which the kernel serves those who name no port: any connection of a busy test run may
    get such a port in the seconds before it is listened on.
    """
    while True:
        port = secrets.choice(_BELOW_THE_KERNELS)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port


def for_people() -> dict[str, int]:
    """The ports that the README names; raises PortTakenError when one is in use."""
    for name, port in FOR_PEOPLE.items():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                raise PortTakenError(f"port {port} ({name}) is in use; is another demo running?") from error
    return dict(FOR_PEOPLE)
