"""Which ports a house uses: well-known ones for people, free ones for tests."""

import socket

FOR_PEOPLE = {
    "kiosk": 8080,
    "page": 8090,
    "resident": 8443,
    "staff": 8444,
    "terminal": 8445,
    "bridge": 8765,
    "ocsp": 8081,
    "printer": 8631,
}


class PortTakenError(Exception):
    """Raised when another program already listens on a port of the demo."""


def free() -> dict[str, int]:
    """A free loopback port for each part."""
    held = []
    try:
        for _ in FOR_PEOPLE:
            listener = socket.socket()
            listener.bind(("127.0.0.1", 0))
            held.append(listener)
        return {name: listener.getsockname()[1] for name, listener in zip(FOR_PEOPLE, held, strict=True)}
    finally:
        for listener in held:
            listener.close()


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
